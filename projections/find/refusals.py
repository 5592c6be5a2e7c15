"""Attempts that were refused, rules that were overridden, and what followed each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Literal

from ledger.book import Ledger
from ledger.course.history import Fact
from ledger.events import dosing
from ledger.events.cycle import CycleOpened
from ledger.events.entry import Entry
from ledger.events.record import EntryRefused
from ledger.events.safety import OverrideGranted
from projections.find.found import Ask, Found, Row, cited, head, looked, patients, words
from projections.printed import View, second
from projections.replay import PatientAt, Window
from projections.words import summary

Outcome = Literal["let pass", "accepted later", "recorded as given", "tried again", "nothing", "used", "not used"]
FOLLOWS = timedelta(hours=24)
MOST = 5
"""What followed is looked for within a day of the attempt, and at most so many entries are shown."""
WRITES = {
    "accrual-resume": "accrual.resumed",
    "cohort-decide": "cohort.decided",
    "correct": "entry.corrected",
    "countersign": "entry.countersigned",
    "cycle-open": "cycle.opened",
    "dlt-adjudicate": "dlt.adjudicated",
    "dose-amend": "order.amended",
    "dose-cancel": "order.cancelled",
    "dose-order": "dose.ordered",
    "dose-pharmacy-check": "order.checked",
    "dose-release": "dose.released",
    "dose-start": "infusion.started",
    "hold-lift": "hold.lifted",
    "level-open": "level.opened",
    "override-grant": "override.granted",
    "patient-enrol": "patient.enrolled",
    "patient-screen": "eligibility.assessed",
    "tolerance-assess": "tolerance.assessed",
    "toxicity-grade": "toxicity.graded",
    "toxicity-regrade": "toxicity.regraded",
    "void": "entry.voided",
}
"""What the acts that a rule or the authority table can refuse write, without the version of the kind."""
_OF_A_DOSE = frozenset({"dose-order", "dose-amend", "dose-start"})
_GIVEN = (dosing.InfusionStarted, dosing.InfusionRecorded)


class Following(View, frozen=True, kw_only=True):
    """An entry that came after: in the same streams within a day, or for an override an act that rests on it."""

    position: int
    kind: str
    what: str
    recorded_at: str
    name: str


class RefusalRow(Row, frozen=True, kw_only=True):
    """One attempt or override. `input` is what was typed, `answer` what was said, null where this copy lacks them.

    `claimed_by` is who it was said to be, and `proof` how far that was shown; an attempt is signed by the device.
    `outcome` of an attempt within a day: its rule was overridden, an act of its kind was accepted, the infusion was
    recorded as given all the same, it was tried again, or nothing of this.
    """

    what: Literal["refused", "overridden"]
    act: str
    claimed_by: str | None
    proof: str | None
    rules: tuple[str, ...]
    exit: int | None
    about: tuple[str, ...]
    input: str | None
    answer: str | None
    outcome: Outcome
    followed: tuple[Following, ...]


class Refusals(Found, frozen=True, kw_only=True):
    """Refused attempts and granted overrides in the order of the log."""

    rows: tuple[RefusalRow, ...]


def refusals(ledger: Ledger, ask: Ask) -> Refusals:
    """List what was refused or overridden; an override that was voided is none."""
    through = looked(ledger, ask)
    rows = list(_refused(ledger, ask, through))
    if ledger.roster(through.size).protocol is not None:
        rows += [row for opened in patients(ledger, ask, through) for row in _overridden(opened)]
    rows.sort(key=lambda row: row.position)
    return Refusals(query="refusals", **head(through, ask), rows=tuple(rows))


def _refused(ledger: Ledger, ask: Ask, through: Window) -> Iterator[RefusalRow]:
    attempts = [one for name in ledger.streams("attempts/") for one in ledger.stream(name, up_to=through.size)]
    for entry in attempts:
        event = entry.event
        if not isinstance(event, EntryRefused) or (through.until is not None and entry.occurred_at > through.until):
            continue
        if ask.patient is not None and f"patient/{ask.patient}" not in event.streams:
            continue
        yield _attempt(ledger, entry, event, attempts, through)


def _attempt(
    ledger: Ledger, entry: Entry, event: EntryRefused, attempts: Sequence[Entry], through: Window
) -> RefusalRow:
    about = tuple(name.partition("/")[2] for name in event.streams if name.startswith("patient/"))
    after = sorted(_after(ledger, entry, event, attempts, through), key=lambda one: one.position)
    rules = ", ".join(event.rules)
    outcome = _outcome(event, after)
    told = cited(entry, through.zone)
    told["patient"] = about[0] if about else None
    return RefusalRow(
        **told,
        why=f"{event.act} by {event.claimed_by or 'nobody known'} was refused"
        f" ({rules or f'exit {event.exit}'}); afterwards: {outcome}",
        what="refused",
        act=event.act,
        claimed_by=event.claimed_by,
        proof=event.proof,
        rules=event.rules,
        exit=event.exit,
        about=about,
        input=words(ledger, event.input),
        answer=words(ledger, event.answer),
        outcome=outcome,
        followed=tuple(_following(one, through) for one in after[:MOST]),
    )


def _after(
    ledger: Ledger, entry: Entry, event: EntryRefused, attempts: Sequence[Entry], through: Window
) -> Iterator[Entry]:
    """Give what was written within a day in the streams of the attempt, and further attempts at the same act."""
    last = entry.recorded_at + FOLLOWS
    for name in event.streams:
        for one in ledger.stream(name, up_to=through.size):
            if one.position > entry.position and one.recorded_at <= last:
                yield one
    for one in attempts:
        again = one.event
        same = isinstance(again, EntryRefused) and again.act == event.act and {*again.streams} & {*event.streams}
        if same and one.position > entry.position and one.recorded_at <= last:
            yield one


def _outcome(event: EntryRefused, after: Sequence[Entry]) -> Outcome:
    """Say what became of a refused act: the strongest of what followed."""
    if any(isinstance(one.event, OverrideGranted) and one.event.rule in event.rules for one in after):
        return "let pass"
    if any(one.kind.partition("/")[0] == WRITES.get(event.act) for one in after):
        return "accepted later"
    if event.act in _OF_A_DOSE and any(isinstance(one.event, dosing.InfusionRecorded) for one in after):
        return "recorded as given"
    return "tried again" if any(isinstance(one.event, EntryRefused) for one in after) else "nothing"


def _overridden(opened: PatientAt) -> Iterator[RefusalRow]:
    for fact in opened.history.facts:
        event = fact.event
        if isinstance(event, OverrideGranted):
            yield _override(opened, fact, event)


def _override(opened: PatientAt, fact: Fact, event: OverrideGranted) -> RefusalRow:
    used = [one for one in opened.history.facts if fact.id in _overrides(one)]
    orders = {one.id for one in used if isinstance(one.event, dosing.DoseOrdered)}
    used += [one for one in opened.history.facts if isinstance(one.event, _GIVEN) and one.event.order in orders]
    after = list(dict.fromkeys(one.entry.position for one in used))
    entries = [opened.entries[place] for place, one in enumerate(opened.entries) if one.position in after]
    acts = ", ".join(f"#{one.position} {one.kind}" for one in entries)
    return RefusalRow(
        **cited(fact.entry, opened.window.zone, fact),
        why=f"{fact.entry.author.name} let {event.drug} pass {event.rule} until {event.valid_until}; "
        + (f"used by {acts}" if acts else "it was not used"),
        what="overridden",
        act="override-grant",
        claimed_by=None,
        proof=None,
        rules=(event.rule,),
        exit=None,
        about=(opened.number,),
        input=None,
        answer=None,
        outcome="used" if entries else "not used",
        followed=tuple(_following(one, opened.window) for one in entries[:MOST]),
    )


def _overrides(fact: Fact) -> tuple[str, ...]:
    named = (dosing.DoseOrdered, dosing.OrderAmended, dosing.InfusionStarted, CycleOpened)
    return fact.event.overrides if isinstance(fact.event, named) else ()


def _following(entry: Entry, through: Window) -> Following:
    return Following(
        position=entry.position,
        kind=entry.kind,
        what=summary(entry.event),
        recorded_at=second(entry.recorded_at, through.zone),
        name=entry.author.name,
    )
