"""Dose-limiting toxicities, ruled so or still open, and what happened to the cycle drug after each."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from math import prod
from typing import Literal

from msgspec import Struct

from ledger.book import Ledger
from ledger.course.history import Fact
from ledger.course.state import Course, Dose, Toxicity
from ledger.events import cycle, dosing, patient
from ledger.protocol.model import Protocol
from ledger.rules.dlt import candidates, first_dose
from ledger.values import wire_decimal
from projections.find.found import Ask, Found, Row, cited, head, looked, patients
from projections.printed import View, amount, minute
from projections.replay import PatientAt
from projections.words import of_dose, summary

Then = Literal["lowered", "unchanged", "raised", "stopped", "no further dose"]
_ABOUT_THE_DOSE = (
    cycle.CycleOpened,
    cycle.CycleClosed,
    cycle.CycleStopped,
    cycle.CycleDayOmitted,
    patient.TreatmentEnded,
    patient.PatientDied,
    dosing.HoldLifted,
)
_OF_A_DRUG = (dosing.HoldPlaced, dosing.CourseDiscontinued)


class NextRow(View, frozen=True, kw_only=True):
    """One thing that happened to the cycle drug after the toxicity began."""

    position: int
    at: str
    kind: str
    what: str


class DltRow(Row, frozen=True, kw_only=True):
    """One dose-limiting toxicity; `ruling` is the entry that ruled so, null while nobody has ruled on a candidate.

    `before_mg_m2` and `next_mg_m2` are what the last dose before and the first dose after its onset rested on: the
    level with the patient's own reductions, in mg/m2. `next` is filled where the follow-up is asked for.
    """

    term: str | None
    grade: int | None
    onset: str | None
    cycle: int | None
    ruling: int | None
    ruled_at: str | None
    before_mg_m2: str | None
    next_mg_m2: str | None
    before_dose: int | None
    next_dose: int | None
    then: Then
    next: tuple[NextRow, ...]


class Dlt(Found, frozen=True, kw_only=True):
    """Dose-limiting toxicities; those that were ruled not to be are left out."""

    rows: tuple[DltRow, ...]


class _Limiting(Struct, frozen=True):
    """A toxicity that limits the dose, or may; None where only counts say so and nobody reported it."""

    toxicity: Toxicity | None
    why: str
    ruled: bool


def dlt(ledger: Ledger, ask: Ask) -> Dlt:
    """List what was ruled dose-limiting, and candidates without a ruling, each with what happened to the dose next."""
    through = looked(ledger, ask)
    rows = [
        _row(opened, one, followup=ask.followup)
        for opened in patients(ledger, ask, through)
        for one in _limiting(opened)
    ]
    return Dlt(query="dlt", **head(through, ask), rows=tuple(rows))


def _limiting(opened: PatientAt) -> Iterator[_Limiting]:
    course, protocol = opened.course, opened.setting.protocol
    found = candidates(course, protocol, opened.window.at)
    named = {one.toxicity.id for one in found if one.toxicity is not None}
    for one in found:
        if one.ruled is not False:
            yield _Limiting(one.toxicity, one.why, bool(one.ruled))
    for toxicity in course.toxicities.values():
        if toxicity.id not in named and toxicity.ruling is not None and toxicity.ruling.dlt:
            yield _Limiting(toxicity, f"{toxicity.term} grade {toxicity.worst}", ruled=True)


def _row(opened: PatientAt, one: _Limiting, *, followup: bool) -> DltRow:
    course, protocol, toxicity = opened.course, opened.setting.protocol, one.toxicity
    first = first_dose(course, protocol)
    subject = toxicity.id if toxicity is not None else first.id if first is not None else ""
    fact = opened.facts[subject]
    doses = [dose for dose in course.doses_of(protocol.cycle_drug) if not dose.nothing_given]
    before = [dose for dose in doses if dose.started_at <= fact.occurred_at]
    after = [dose for dose in doses if dose.started_at > fact.occurred_at]
    last, following = before[-1:], after[:1]
    then = _then(course, protocol, last[0] if last else None, following[0] if following else None)
    ruling = toxicity.ruling if toxicity is not None and one.ruled else None
    ruled = f"ruled dose-limiting in #{ruling.position}" if ruling is not None else "nobody has ruled on it"
    return DltRow(
        **cited(fact.entry, opened.window.zone, fact),
        why=f"{one.why}; {ruled}; then: {_said(course, then, last, following)}",
        term=toxicity.term if toxicity is not None else None,
        grade=toxicity.worst if toxicity is not None else None,
        onset=minute(toxicity.onset) if toxicity is not None else None,
        cycle=last[0].cycle if last else None,
        ruling=ruling.position if ruling is not None else None,
        ruled_at=minute(ruling.at) if ruling is not None else None,
        before_mg_m2=amount(_per_m2(course, last[0])) if last else None,
        next_mg_m2=amount(_per_m2(course, following[0])) if following else None,
        before_dose=last[0].position if last else None,
        next_dose=following[0].position if following else None,
        then=then,
        next=tuple(_next(opened, fact)) if followup else (),
    )


def _then(course: Course, protocol: Protocol, last: Dose | None, following: Dose | None) -> Then:
    if following is None:
        return "stopped" if protocol.cycle_drug in course.discontinued or course.ended_at else "no further dose"
    was = _per_m2(course, last) if last is not None else None
    now = _per_m2(course, following)
    if was is None or now is None or was == now:
        return "unchanged"
    return "lowered" if now < was else "raised"


def _per_m2(course: Course, dose: Dose) -> Decimal | None:
    """Give what a dose rested on in mg/m2: the factors of its order without the body, else the level of its cycle."""
    order = course.orders.get(dose.order or "")
    if order is not None and order.factors:
        return prod((value for name, value in order.factors.items() if name != "bsa"), start=Decimal(1))
    return next((one.level_mg_m2 for one in course.cycles if one.n == dose.cycle), None)


def _said(course: Course, then: Then, last: list[Dose], following: list[Dose]) -> str:
    if not following:
        return then if then == "stopped" else "no further dose of the drug is on record"
    dose = following[0]
    now, was = _per_m2(course, dose), _per_m2(course, last[0]) if last else None
    change = f"{amount(was)} -> {amount(now)} mg/m2" if was is not None and was != now else f"{amount(now)} mg/m2"
    given = wire_decimal(dose.amount_mg)
    return f"{then} ({change}), next dose #{dose.position} of {given} mg in cycle {dose.cycle}"


def _next(opened: PatientAt, about: Fact) -> Iterator[NextRow]:
    """List what happened to the cycle drug after the onset, in clinical order."""
    course, drug = opened.course, opened.setting.protocol.cycle_drug
    doses = {dose.id: dose for dose in course.doses_of(drug)}
    for fact in opened.history.facts:
        if fact.occurred_at <= about.occurred_at:
            continue
        event = fact.event
        of_drug = isinstance(event, _OF_A_DRUG) and event.drug == drug
        if fact.id in doses or of_drug or isinstance(event, _ABOUT_THE_DOSE):
            what = of_dose(doses[fact.id]) if fact.id in doses else summary(event)
            yield NextRow(position=fact.entry.position, at=fact.occurred.at, kind=fact.kind, what=what)
