"""The effective history against its definition written out naively, on generated logs, for every prefix of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telling import Naive, Told, arrivals, seen, told
from unsigned import APPROVAL, AUTHOR, BEGIN, entry, infusion, instant, occurred, signer, uuid

from ledger.course.history import History, effective, readings
from ledger.events.base import Need, Wire
from ledger.events.body import close_body
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.registry import KINDS
from ledger.events.safety import ToleranceAssessed, ToxicityReported

DAYS = ("2010-03-01", "2010-03-02", "2010-03-03")
CLOCKS = ("T09:00-08:00", "T12:00-08:00", "")
VERIFIED = Need(meaning="verified", role="pharmacist")
SIGNERS = (
    signer("pi.1", "approved", "principal-investigator"),
    signer("pi.2", "approved", "principal-investigator"),
    signer("pharm.1", "verified", "pharmacist"),
    signer("nurse.1", "approved", "principal-investigator"),
    signer("inv.1", "acknowledged", "investigator"),
)
LATE = (timedelta(0), timedelta(days=16), timedelta(days=31))

step = st.tuples(
    st.sampled_from(["dose", "tolerance", "toxicity", "correct", "correct", "void", "void", "sign", "sign"]),
    st.integers(0, 11),
    st.integers(0, 8),
    st.sampled_from((0, 0, 0, 0, 1, 2)),
    st.integers(0, 4),
)
steps = st.lists(step, max_size=12)


class Log:
    """A log of one patient that grows by drawn steps; amendments name whatever stands before them."""

    def __init__(self, drawn: Sequence[tuple[str, int, int, int, int]]) -> None:
        self.entries: list[Entry] = []
        self.time = timedelta(0)
        for what, pick, when, late, who in drawn:
            self.time += LATE[late] + timedelta(minutes=1)
            self.grow(what, pick, DAYS[when % 3] + CLOCKS[when // 3], who)

    def grow(self, what: str, pick: int, at: str, who: int) -> None:
        """Add one entry, if there is something that it can be about."""
        about = self.entries[pick % len(self.entries)] if self.entries else None
        if what == "correct" and about is not None:
            self.correct(about, at, pick, who)
        elif what == "void" and about is not None:
            self.put(EntryVoided(why="duplicate"), at, who, corrects=about)
        elif what == "sign" and about is not None:
            signed = entry(
                len(self.entries),
                EntryCountersigned(target=about.id),
                number=self.number(),
                signers=(SIGNERS[who],),
                needs=(),
                recorded=self.time,
            )
            self.entries.append(signed)
        else:
            self.put(self.fact(what, pick), at, who)

    def number(self) -> int:
        """A name for the next entry that says nothing of its place."""
        return len(self.entries) * 7 % 97

    def put(self, event: Wire, at: str, who: int, corrects: Entry | None = None) -> None:
        """Add an entry that its author signs, and perhaps a second person at once."""
        second = APPROVAL if corrects is not None else VERIFIED
        self.entries.append(
            entry(
                len(self.entries),
                event,
                at=at,
                number=self.number(),
                needs=(AUTHOR, second) if who % 2 else (AUTHOR,),
                signers=(signer("nurse.1"), SIGNERS[who]) if who > 2 else (signer("nurse.1"),),
                corrects=corrects,
                recorded=self.time,
            )
        )

    def fact(self, what: str, pick: int, before: int | None = None) -> Wire:
        """A fact; a judgement names a dose that stands before, if there is one."""
        doses = [one for one in self.entries[:before] if one.kind == "infusion.recorded/1"]
        if what == "tolerance" and doses:
            dose = doses[pick % len(doses)].id
            return ToleranceAssessed(dose=dose, worst_grade=pick % 3, tolerated=True, toxicities=(), window_h=24)
        if what == "toxicity":
            named = doses[pick % len(doses)].id if doses and pick % 2 else None
            return ToxicityReported(term="fever", verbatim=None, dose=named, aware_at=None)
        return infusion(str(pick + 1))

    def correct(self, about: Entry, at: str, pick: int, who: int) -> None:
        """Restate a fact, or its correction, with another body and time; other entries cannot be corrected."""
        kind = about.event.kind if isinstance(about.event, EntryCorrected) else about.kind
        if kind.startswith("entry."):
            return
        what = {"tolerance.assessed/1": "tolerance", "toxicity.reported/1": "toxicity"}.get(kind, "dose")
        body = self.fact(what, pick + 1)
        event = EntryCorrected(kind=kind, occurred=occurred(at), body=close_body(body))
        self.put(event, at, who, corrects=about)


def check(drawn: Sequence[tuple[str, int, int, int, int]]) -> None:
    """Compare every prefix of a log, and every reading of the whole."""
    log = Log(drawn).entries
    for size in range(len(log) + 1):
        expected = told(log[:size])
        assert expected == seen(effective(log, sees=lambda one, size=size: one.position < size))
    pending = [name for name, _, _ in Naive(log).awaiting()]
    grants = [frozenset[str](), *([frozenset(pending)] if pending else [])]
    grants += [frozenset({one}) for one in pending] if len(pending) > 1 else []
    assert [told(log, grant) for grant in grants] == [seen(history) for history in readings(log, at=BEGIN)]


@settings(max_examples=1000)
@given(steps)
def test_every_prefix_tells_what_the_definition_says(drawn: list[tuple[str, int, int, int, int]]) -> None:
    """A voided 30 mg would still count, a correction nobody approved would already permit the next step."""
    check(drawn)


@pytest.mark.soak
@given(st.lists(step, max_size=20))
def test_longer_logs_tell_what_the_definition_says(drawn: list[tuple[str, int, int, int, int]]) -> None:
    """A patient with years of corrections would be dosed by a history that nobody wrote."""
    check(drawn)


@settings(max_examples=300)
@given(steps, st.sampled_from(DAYS), st.randoms(use_true_random=False))
def test_what_was_true_on_a_day(drawn: list[tuple[str, int, int, int, int]], day: str, random: Random) -> None:
    """The inspector's question about a day would be answered with a dose of the day after."""
    log = Log(drawn).entries
    at = instant(day) - timedelta(minutes=random.choice((0, 0, 60, 900)))
    expected = [fact for fact in Naive(log).facts() if fact.at <= at]
    assert expected == seen(effective(log, valid_at=at))[0]


def unsorted(history: History) -> list[Told]:
    """The facts in their order, but their signers in none."""
    return [replace(fact, persons=tuple(sorted(fact.persons))) for fact in seen(history)[0]]


@settings(max_examples=300)
@given(steps, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(drawn: list[tuple[str, int, int, int, int]], random: Random) -> None:
    """Two workstations that got the same entries in another order would show two next doses."""
    log = Log(drawn).entries
    expected, actual = effective(log), effective(arrivals(log, random))
    assert unsorted(expected) == unsorted(actual)


def chain(*links: tuple[Wire, int]) -> list[Entry]:
    """A log in which each link amends the entry at a position, all of them signed as they must be."""
    log = [entry(0, infusion("30"))]
    for event, target in links:
        log.append(entry(len(log), event, corrects=log[target]))
    return log


def restated(given_mg: str) -> EntryCorrected:
    """A correction of the amount."""
    at = occurred("2010-03-01T10:00-08:00")
    return EntryCorrected(kind="infusion.recorded/1", occurred=at, body=close_body(infusion(given_mg)))


VOID = EntryVoided(why="duplicate")


def test_a_void_that_was_taken_back_does_not_hide_the_newer_correction() -> None:
    """The 3 mg that the pharmacy stated last would be forgotten, and 10 mg taken for what was given."""
    log = chain((restated("10"), 0), (VOID, 1), (restated("3"), 0), (VOID, 2))
    (fact,) = effective(log).facts
    assert ("3", log[3].id) == (fact.event.given_mg, fact.amended_by.id)


def test_a_dose_known_to_the_day_stands_before_a_judgement_that_was_moved_to_it() -> None:
    """A tolerance corrected to belong to another dose would be an orphan, and the step never passed."""
    judged = ToleranceAssessed(dose=uuid(0), worst_grade=0, tolerated=True, toxicities=(), window_h=24)
    moved = ToleranceAssessed(dose=uuid(2), worst_grade=0, tolerated=True, toxicities=(), window_h=24)
    noon = "2010-03-02T12:00-08:00"
    body = EntryCorrected(kind="tolerance.assessed/1", occurred=occurred(noon), body=close_body(moved))
    log = [entry(0, infusion("3")), entry(1, judged, at=noon), entry(2, infusion("10"), at="2010-03-02")]
    log.append(entry(3, body, corrects=log[1]))
    assert [uuid(0), uuid(2), uuid(1)] == [fact.id for fact in effective(log).facts]


@pytest.mark.parametrize(("voids", "counts"), [(0, True), (1, False), (2, True), (3, False), (4, True)])
def test_voids_of_voids(voids: int, counts: bool) -> None:
    """A dose whose void was itself void would be missing from the twelve (I3)."""
    log = chain(*((VOID, position) for position in range(voids)))
    assert counts == bool(effective(log).facts)


def test_the_table_of_ranks_is_the_registrys() -> None:
    """The definition that the history is compared with would order facts of one minute otherwise."""
    kinds = {"infusion.recorded/1": 16, "toxicity.reported/1": 20, "tolerance.assessed/1": 25}
    assert kinds == {name: KINDS[name].rank for name in kinds}
    assert instant("2010-03-01T10:00-08:00") == BEGIN
