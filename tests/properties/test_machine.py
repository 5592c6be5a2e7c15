"""Any sequence of acts on one patient: what the ledger makes of it, against the same worked out plainly.

After every act the course, its readings and its gates agree with the plain record; nothing earlier has changed;
what is judged again from nothing, in another order of arrival or as of an earlier place in the log is the same.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from acts import MONDAY, PATIENT, Ward, founded, key
from forging import copied
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from plainly import Plain
from playing import Play
from telling import arrivals

from commands.chart import PatientFile
from commands.opening import site_setting
from ledger import codec
from ledger.book import Ledger
from ledger.course.history import effective
from ledger.course.patient import fold
from ledger.course.state import Course
from ledger.errors import BadInput, Conflict, NotAllowed, Question, Refused
from ledger.events.dosing import InfusionStarted
from ledger.merkle.tree import leaf_hash
from ledger.rules.ladder import ladder, weeks

REFUSALS = (Refused, Conflict, NotAllowed, BadInput)
AMOUNTS = tuple(Decimal(text) for text in ("3", "10", "30", "9.9", "5.94", "40"))
FUTURE = timedelta(minutes=5)

amount = st.sampled_from(AMOUNTS)
yes = st.booleans()
pick = st.integers(0, 30)


class Course12(RuleBasedStateMachine):
    """One patient from the first order to the thirteenth, in any order."""

    templates: dict[str, tuple[Path, Play]]

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.folder = Path(self.closing.enter_context(tempfile.TemporaryDirectory()))
        self.raws: list[bytes] = []
        self.shown: list[tuple[int, object, tuple[object, ...]]] = []
        self.steps = 0

    @initialize(start=st.sampled_from(["fresh", "fresh", "eleven"]))
    def begin(self, start: str) -> None:
        """Sit down at a site with a new patient, or one with eleven doses."""
        path, before = self.templates[start]
        ward = Ward.copy(path, self.folder / "trial.ledger", seed="machine", now=before.ward.now + timedelta(days=1))
        self.closing.callback(ward.close)
        self.play = Play(ward, deepcopy(before.said))
        self.random = Random(1)

    # --- acts ----------------------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from((1, 3, 18, 24, 48, 170, 800)))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self.play.ward.now += timedelta(hours=hours)

    @rule(amount=st.sampled_from(AMOUNTS), ahead=st.sampled_from((0, 1, 30, 80)))
    def order(self, amount: Decimal, ahead: int) -> None:
        """Order any amount."""
        self.ordered(amount, ahead)

    @rule()
    def order_the_step(self) -> None:
        """Order the step that is due."""
        self.ordered(self.play.plain().next_step((self.play.now + timedelta(hours=1)).date()), 1)

    def ordered(self, amount: Decimal, ahead: int) -> int | None:
        """Order, and compare what refuses it with the plain rules; what is open must be seen first."""
        planned = self.play.now + timedelta(hours=ahead)
        expected = self.play.against_order(amount, planned)
        seen = self.play.seen()
        if not expected and seen:
            self.refused(Question, lambda: self.play.order(amount, planned))
        return self.gated(expected, lambda: self.play.order(amount, planned, seen=seen))

    @precondition(lambda self: self.orders())
    @rule(of=pick, amount=st.sampled_from((None, None, None, Decimal("9.9"), Decimal(12))))
    def prepare(self, of: int, amount: Decimal | None) -> None:
        """Check and release an order, with what it says or nearly."""
        order = self.chosen(self.orders(), of)
        self.tried(lambda: self.play.prepare(order, amount or self.play.said_at(order).what["amount"]))

    @rule()
    def premedicate(self) -> None:
        """Give the set, and wait until it works."""
        self.play.premedicate()
        self.play.ward.now += timedelta(minutes=40)

    @precondition(lambda self: self.orders())
    @rule(of=pick)
    def start(self, of: int) -> None:
        """Start a dose; every gate is judged again."""
        order = self.chosen(self.orders(), of)
        self.gated(self.play.against_start(order), lambda: self.play.start(order))

    @precondition(lambda self: self.orders())
    @rule(of=pick)
    def start_alone(self, of: int) -> None:
        """One person twice, or the prescriber, or another wristband: never."""
        order = f"#{self.chosen(self.orders(), of)}"
        ward = self.play.ward
        for by, wit, wristband in (("nurse.1", "nurse.1", PATIENT), ("nurse.1", "nurse.2", "P-002")):
            self.refused(
                (Refused, NotAllowed),
                lambda by=by, wit=wit, worn=wristband: ward.act(
                    by, "dose start", order=order, wristband=worn, wit=(wit,)
                ),
            )

    @rule()
    def morning(self) -> None:
        """Take the step that is due from its order to its tolerance, as far as the gates let it."""
        ward = self.play.ward
        step = self.play.plain().next_step((self.play.now + timedelta(hours=1)).date())
        order = self.ordered(step, 1)
        if order is None:
            return
        self.play.prepare(order, step)
        self.play.premedicate()
        ward.now += timedelta(minutes=40)
        dose = self.gated(self.play.against_start(order), lambda: self.play.start(order))
        if dose is not None:
            ward.now += timedelta(hours=2)
            self.play.end(dose, step)
            ward.now += timedelta(hours=2)
            self.tried(lambda: self.play.tolerance(dose, 0, tolerated=True))

    @precondition(lambda self: self.play.places("start"))
    @rule(of=pick, given=amount, aborted=yes)
    def end(self, of: int, given: Decimal, aborted: bool) -> None:
        """Complete or abort a dose, with any amount: given above prepared is a query, never refused (I6)."""
        dose = self.chosen(self.play.places("start"), of)
        self.tried(lambda: self.play.end(dose, given, aborted=aborted))

    @rule(amount=amount, hours=st.sampled_from((2, 3, 20, 30, 75, 200)), known=st.sampled_from(("time", "time", "day")))
    def record(self, amount: Decimal, hours: int, known: str) -> None:
        """Record a dose that was given, whatever the protocol says of it: a fact is never refused."""
        started = self.play.now - timedelta(hours=hours)
        day = known == "day" and started.date() < self.play.now.date()
        place = self.play.record(amount, started, day=day)
        told = {f.rule for f in self.play.ward.file().findings if f.position == place}
        doses = self.play.plain().doses
        rank = [dose.position for dose in doses].index(place)
        assert (rank >= 12) == ("A-COUNT" in told)
        assert (amount > 30) == ("A-MAX" in told)
        assert "D-QUERY" in told

    @precondition(lambda self: self.doses())
    @rule(of=pick, worst=st.integers(0, 4), tolerated=yes)
    def tolerance(self, of: int, worst: int, tolerated: bool) -> None:
        """Assess a dose; a grade 3 cannot be called tolerated."""
        dose = self.chosen(self.doses(), of)
        if worst > 2 and tolerated:
            self.refused(Refused, lambda: self.play.tolerance(dose, worst, tolerated=True))
        else:
            self.tried(lambda: self.play.tolerance(dose, worst, tolerated=tolerated))

    @rule(term=st.sampled_from(["infusion-related-reaction", "fever", "nausea"]), of=pick, linked=yes)
    def toxicity(self, term: str, of: int, linked: bool) -> None:
        """Report a reaction, of a dose or of none."""
        dose = self.chosen(self.doses(), of) if linked and self.doses() else None
        self.tried(lambda: self.play.toxicity(term, dose))

    @precondition(lambda self: self.play.places("toxicity"))
    @rule(
        of=pick, grade=st.integers(1, 4), what=st.sampled_from(["grade", "grade", "regrade", "regrade now", "resolve"])
    )
    def judge(self, of: int, grade: int, what: str) -> None:
        """Grade a toxicity, change the grade, or say that it is over."""
        sick = self.chosen(self.play.places("toxicity"), of)
        if not any(s.position == sick for s in self.play.plain().sicknesses):
            return
        act = {
            "grade": lambda: self.play.grade(sick, grade),
            "regrade": lambda: self.play.regrade(sick, grade, approved=False),
            "regrade now": lambda: self.play.regrade(sick, grade, approved=True),
            "resolve": lambda: self.play.resolve(sick),
        }[what]
        self.tried(act)

    @rule(why=st.sampled_from(["toxicity", "infection", "other"]))
    def hold(self, why: str) -> None:
        """Hold the drug."""
        self.play.hold(why)

    @precondition(lambda self: self.play.places("hold"))
    @rule(of=pick)
    def lift(self, of: int) -> None:
        """Lift a hold, if it stands."""
        self.tried(lambda: self.play.lift(self.chosen(self.play.places("hold"), of)))

    @rule(name=st.sampled_from(["A-INTERVAL", "A-LADDER", "A-COUNT"]))
    def override(self, name: str) -> None:
        """Let a dose pass a rule; there is no way past the twelve."""
        if name == "A-COUNT":
            self.refused(Refused, lambda: self.play.override(name))
        else:
            self.play.override(name)

    @precondition(lambda self: self.orders())
    @rule(of=pick)
    def cancel(self, of: int) -> None:
        """Withdraw an order."""
        self.tried(lambda: self.play.cancel(self.chosen(self.orders(), of)))

    @precondition(lambda self: self.play.places("record", "end"))
    @rule(of=pick, given=amount, approved=yes)
    def correct(self, of: int, given: Decimal, approved: bool) -> None:
        """The amount was written down wrongly."""
        place = self.chosen(self.play.places("record", "end"), of)
        self.tried(lambda: self.play.correct(place, given=given, approved=approved))

    @precondition(lambda self: self.play.places("record"))
    @rule(of=pick, approved=yes)
    def move(self, of: int, approved: bool) -> None:
        """The dose was given a day earlier."""
        place = self.chosen(self.play.places("record"), of)
        at = (self.play.plain().when(self.play.said_at(place)) - timedelta(days=1)).replace(second=0, microsecond=0)
        self.tried(lambda: self.play.correct(place, at=at, approved=approved))

    @precondition(lambda self: self.voidable())
    @rule(of=pick, approved=yes)
    def void(self, of: int, approved: bool) -> None:
        """Strike a dose, an end, a judgement, a correction or a void; once void, it cannot be voided again (I3)."""
        place = self.chosen(self.voidable(), of)
        said = self.play.said_at(place)
        by = self.play.ward.book.entry(place).author.person
        if self.play.plain().struck(said):
            self.refused(REFUSALS, lambda: self.play.void(place, by, approved=approved))
        else:
            self.tried(lambda: self.play.void(place, by, approved=approved))

    @precondition(lambda self: self.waiting())
    @rule(of=pick)
    def countersign(self, of: int) -> None:
        """The principal investigator signs what waits."""
        self.tried(lambda: self.play.countersign(self.chosen(self.waiting(), of)))

    # --- choosing and trying -------------------------------------------------------------------------------------

    def chosen(self, places: list[int], of: int) -> int:
        """One of the places, the newest first."""
        return places[-1 - of % len(places)]

    def orders(self) -> list[int]:
        """All orders."""
        return self.play.places("order")

    def doses(self) -> list[int]:
        """The doses that count."""
        return [dose.position for dose in self.play.plain().doses]

    def voidable(self) -> list[int]:
        """What may be struck."""
        return self.play.places("start", "record", "end", "tolerance", "toxicity", "grade", "hold", "correct", "void")

    def waiting(self) -> list[int]:
        """What lacks a signature."""
        return [one.position for one in self.play.said if one.waits]

    def tried(self, act: Callable[[], object]) -> None:
        """Do something that may be refused; then nothing but the attempt is written."""
        size = self.play.ward.book.size
        try:
            act()
        except REFUSALS as error:
            self.kept(size, error)

    def refused(self, kind: type[Exception] | tuple[type[Exception], ...], act: Callable[[], object]) -> None:
        """Do something that must be refused."""
        size = self.play.ward.book.size
        with pytest.raises(kind) as caught:
            act()
        self.kept(size, caught.value)

    def kept(self, size: int, error: object) -> None:
        """A refusal is one attempt, or nothing where it never became an act."""
        book = self.play.ward.book
        attempts = 0 if isinstance(error, BadInput | Question) else 1
        assert size + attempts == book.size
        assert error.attempt == (size if attempts else None)
        assert all(book.entry(place).kind == "entry.refused/1" for place in range(size, book.size))

    def gated(self, expected: set[str], act: Callable[[], int]) -> int | None:
        """Do a gated act: it is refused by exactly these rules, or it is done."""
        size = self.play.ward.book.size
        try:
            place = act()
        except Refused as error:
            self.kept(size, error)
            refusing, place = set(error.rules), None
        else:
            refusing = set()
        assert expected == refusing
        return place

    # --- what always holds ---------------------------------------------------------------------------------------

    @invariant()
    def agrees(self) -> None:
        """The fold, in every reading, says what was worked out plainly (I1, I10)."""
        if not hasattr(self, "play"):
            return
        file, ward = self.play.ward.file(), self.play.ward
        assert [plainly(plain, ward) for plain in self.play.readings()] == [
            summary(course, ward) for course in file.courses
        ]
        told = (summary(file.course, ward), file.findings)
        again = PatientFile(PATIENT, file.entries, file.setting, ward.local, ward.post.memory.get(ward.book.id, {}))
        assert file.courses == again.courses
        assert told == (summary(again.course, ward), again.findings)
        self.shown.append((ward.book.size, ward.local, told))

    @invariant()
    def nothing_earlier_changes(self) -> None:
        """The bytes that were stored are stored, and nothing was put between them (I2)."""
        if not hasattr(self, "play"):
            return
        book = self.play.ward.book
        raws = [raw for _, raw in book.raws()]
        assert self.raws == raws[: len(self.raws)]
        for entry in book.entries(len(self.raws)):
            payload = entry.payload
            assert entry.occurred_at <= entry.recorded_at + FUTURE or payload.occurred.precision == "day"
            assert entry.position - payload.command.index == payload.after.size  # I9
        self.raws = raws
        assert list(book.audit()) == []
        self.steps += 1
        if self.steps % 10 == 0:
            assert self.play.ward.report().findings == ()

    @invariant()
    def any_order_of_arrival(self) -> None:
        """The same entries in another order of arrival are the same course (I1)."""
        if not hasattr(self, "play"):
            return
        entries = self.play.ward.file().entries
        course = fold(effective(entries).facts)
        shuffled = fold(effective(arrivals(entries, self.random)).facts)
        assert course == shuffled
        starts = [entry.event.order for entry in entries if isinstance(entry.event, InfusionStarted)]
        given = [dose.order for dose in course.doses if dose.order is not None]
        assert len(given) == len(set(given))  # I4
        assert set(given) <= set(starts)
        ended = [dose for dose in course.doses if dose.ended_at is not None and dose.precision == "minute"]
        assert all(dose.ended_at >= dose.started_at for dose in ended)  # I7
        assert all(dose.tolerance is None or dose.started_at <= dose.tolerance.at for dose in course.doses)  # I5

    @invariant()
    def as_it_was_known(self) -> None:
        """What was shown at an earlier time is what is told of that time now."""
        if not self.shown:
            return
        size, at, told = self.shown[self.random.randrange(len(self.shown))]
        ward = self.play.ward
        entries = ward.book.stream(f"patient/{PATIENT}", up_to=size)
        file = PatientFile(PATIENT, entries, site_setting(ward.book), at)
        assert told == (summary(file.course, ward, at), file.findings)

    def teardown(self) -> None:
        """A ledger cut off at an earlier size, written anew from the bytes, is the ledger that it was."""
        try:
            if hasattr(self, "play"):
                self.cut()
        finally:
            self.closing.close()

    def cut(self) -> None:
        """Write the log anew, and compare roots, receipts and the course at every size that was shown."""
        ward = self.play.ward
        assert ward.report().findings == ()
        shown = {size: (at, told) for size, at, told in self.shown}
        source = copied(ward.book)
        with again(source, self.folder / "again.ledger") as book:
            for batch in commands(source.entries)[1:]:
                receipts = book.append(
                    [raw for _, raw in batch], now=opened(batch[0]).recorded_at, **beside(source, batch)
                )
                assert ward.book.receipts(opened(batch[0]).payload.command.id) == receipts
                if book.size in shown:
                    at, told = shown[book.size]
                    file = PatientFile(PATIENT, book.stream(f"patient/{PATIENT}"), site_setting(book), at)
                    assert told == (summary(file.course, ward, at), file.findings)
            assert (ward.book.root(), ward.book.checkpoint()) == (book.root(), book.checkpoint())


# --- the two sides of the comparison -----------------------------------------------------------------------------


def summary(course: Course, ward: Ward, at: object = None) -> tuple[object, ...]:
    """What matters of a course, as the fold and the rules have it."""
    protocol = ward.file().setting.protocol
    found = ladder(course, protocol, at or ward.local)
    doses = [(r.dose.position, r.dose.started_at, r.step_mg, r.dose.amount_mg, r.standing) for r in found.rungs]
    return (
        doses,
        found.counted,
        (found.remaining, found.over, found.orderable),
        found.cumulative_mg,
        found.next_mg,
        found.step_mg,
        [week.given_mg for week in weeks(course, protocol)],
        sorted((held.rule, held.for_good) for held in found.held),
    )


def plainly(plain: Plain, ward: Ward) -> tuple[object, ...]:
    """The same, worked out plainly."""
    on, counted = ward.local.date(), len(plain.doses)
    remaining, taken = max(0, 12 - counted), len(plain.open_orders(ward.local))
    holds = sorted(plain.holds())
    step = plain.next_step(on)
    return (
        [(d.position, d.at, d.step, d.amount, d.stands) for d in plain.doses],
        counted,
        (remaining, max(0, counted - 12), max(0, remaining - taken)),
        plain.total,
        step,
        None if holds or not remaining else step,
        plain.weeks(),
        holds,
    )


# --- a ledger written anew ---------------------------------------------------------------------------------------


def opened(placed: tuple[int, bytes]) -> object:
    """An entry at its place."""
    return codec.open_entry(placed[1], log="main", position=placed[0])


def commands(raws: tuple[bytes, ...]) -> list[list[tuple[int, bytes]]]:
    """The log by the commands that wrote it."""
    found: list[list[tuple[int, bytes]]] = []
    for placed in enumerate(raws):
        if opened(placed).payload.command.index == 0:
            found.append([])
        found[-1].append(placed)
    return found


def beside(source: object, batch: list[tuple[int, bytes]]) -> dict[str, object]:
    """The texts and files that a batch names."""
    names = {name for _, raw in batch for name in codec.commitments(codec.jws.parse(raw).payload)}
    blobs = source.blobs if any(opened(one).kind == "protocol.activated/1" for one in batch) else {}
    return {"texts": {name: source.texts[name] for name in names}, "blobs": blobs}


def again(source: object, path: Path) -> Ledger:
    """A new ledger with the same first entry."""
    first = (0, source.entries[0])
    now = opened(first).recorded_at
    book = Ledger.create(path, first[1], log_signer=key("log"), now=now, texts=beside(source, [first])["texts"])
    assert leaf_hash(first[1]).hex() == book.id
    return book


# --- playing it --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> type[Course12]:
    """The machine, with a new patient to begin from, and one with eleven doses."""
    folder = tmp_path_factory.mktemp("machine")
    fresh = founded(folder / "fresh.ledger")
    ward = Ward.copy(fresh, folder / "eleven.ledger", now=MONDAY)
    eleven = Play(ward)
    for days, amount in (
        (0, 3),
        (1, 10),
        (2, 30),
        (4, 30),
        (7, 30),
        (9, 30),
        (11, 30),
        (14, 30),
        (16, 30),
        (18, 30),
        (21, 30),
    ):
        ward.now = MONDAY + timedelta(days=days, hours=8)
        dose = eleven.record(Decimal(amount), MONDAY + timedelta(days=days))
        eleven.tolerance(dose, 0, tolerated=True)
    ward.close()
    new = Ward(now=MONDAY)
    templates = {"fresh": (fresh, Play(new)), "eleven": (folder / "eleven.ledger", eleven)}
    return type("Course", (Course12,), {"templates": templates})


QUICK = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def test_any_sequence_of_acts(machine: type[Course12]) -> None:
    """Somewhere among twelve doses, voids and corrections the tool would permit a thirteenth, or forget one given."""
    run_state_machine_as_test(machine, settings=settings(max_examples=15, stateful_step_count=25, **QUICK))


@pytest.mark.soak
def test_many_long_sequences_of_acts(machine: type[Course12], soak_seconds: float) -> None:
    """A course that nobody thought of would be dosed by a rule that nobody wrote."""
    run_state_machine_as_test(
        machine, settings=settings(max_examples=int(soak_seconds * 2), stateful_step_count=60, **QUICK)
    )


@pytest.fixture
def play(machine: type[Course12], tmp_path: Path) -> Iterator[Play]:
    """A new patient, to be played by hand."""
    path, _ = machine.templates["fresh"]
    with closing(Ward.copy(path, tmp_path / "trial.ledger")) as ward:
        yield Play(ward)


def test_what_waited_too_long_holds_nothing_any_more(play: Play) -> None:
    """A void that nobody countersigned within 30 days would keep the drug from the patient until the program ends."""
    lifted = play.lift(play.hold("infection"))
    play.void(lifted, "inv.1", approved=False)
    planned = play.now + timedelta(hours=1)
    with pytest.raises(Refused) as caught:
        play.order(Decimal(3), planned)
    assert ("A-INFECT",) == caught.value.rules
    play.ward.now += timedelta(days=31)
    assert play.order(Decimal(3), play.now + timedelta(hours=1)) > lifted


def test_what_was_read_before_is_let_go(play: Play) -> None:
    """A workstation that is never switched off would fill up with old judgements until it stops in mid-dose."""
    for _ in range(20):
        play.premedicate()
    gc.collect()
    kept = [one for one in gc.get_objects() if isinstance(one, PatientFile) and one.memory is memory_of(play)]
    assert len(kept) <= 2


def memory_of(play: Play) -> dict[str, PatientFile]:
    """What the workstation of a play remembers."""
    return play.ward.post.memory[play.ward.book.id]


def test_a_dose_prepared_for_another_step_is_not_started(play: Play) -> None:
    """Thirty milligrams in the bag of a patient who was ordered three would be hung up without a question."""
    order = play.order(Decimal(3), play.now + timedelta(hours=1))
    play.prepare(order, Decimal(30))
    play.premedicate()
    play.ward.now += timedelta(minutes=40)
    with pytest.raises(Refused) as caught:
        play.start(order)
    assert "A-LADDER" in caught.value.rules


def test_what_a_dose_stands_on_is_no_one_persons_to_change(play: Play) -> None:
    """With one signature a given dose would belong to another drug, or a reaction of grade 3 would hold nothing."""
    dose = play.ward.given("3mg")
    (order,) = play.ward.file().course.orders.values()
    with pytest.raises(Refused, match="given on this order") as caught:
        play.ward.do("inv.1", "void", entry=f"#{order.position}", reason="test", wit=("pi.1",))
    assert ("S-ORDER",) == caught.value.rules
    reaction = play.ward.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", dose=dose)
    play.ward.do("inv.1", "toxicity grade", toxicity=reaction, grade=3)
    play.ward.do("inv.1", "correct", entry=f"#{order.position}", set=["drug=clofarabine"], reason="transcription")
    play.ward.do("nurse.1", "correct", entry=reaction, set=["term=nausea"], reason="transcription")
    file = play.ward.file()
    assert (1, 2) == (play.ward.ladder().counted, len(file.history.awaiting))
    assert ["A-G34"] == [held.rule for held in play.ward.ladder().held]
