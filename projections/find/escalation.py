"""Escalations that no signed tolerance supported when they were given, whatever was written afterwards.

The step before must be known as tolerated twice: as the record stood when the dose began, and as that part of the
record stands now. A tolerance that was written, corrected or voided later does not support it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

from ledger.book import Ledger
from ledger.course import patient as fold
from ledger.course.history import Fact, effective
from ledger.course.state import Course
from ledger.events.entry import Entry
from ledger.events.safety import ToleranceAssessed
from ledger.rules.ladder import Rung, climb
from ledger.rules.lateness import late
from ledger.values import wire_decimal
from projections.find.found import Ask, Found, Row, cited, head, looked, patients
from projections.printed import minute, second, stated
from projections.replay import PatientAt

Lack = Literal["no-dose-before", "step-skipped", "not-assessed", "assessed-after", "recorded-after", "not-tolerated"]
"""What was lacking at the start; `recorded-after`: stated for a time before it, but not in the record then."""


class EscalationRow(Row, frozen=True, kw_only=True):
    """One dose above the step before it; `supported_by` is the assessment that came too late, where there is one."""

    started_at: str
    from_mg: str | None
    to_mg: str
    previous: int | None
    lack: Lack
    assessed_at: str | None
    assessed_recorded_at: str | None
    assessment: int | None
    late: bool


class UnsupportedEscalation(Found, frozen=True, kw_only=True):
    """Escalations without a tolerance that was signed and in the record before them."""

    rows: tuple[EscalationRow, ...]


def unsupported_escalation(ledger: Ledger, ask: Ask) -> UnsupportedEscalation:
    """List every counted dose above the step before it whose tolerance was not signed and written when it began."""
    through = looked(ledger, ask)
    rows = [row for opened in patients(ledger, ask, through) for row in _of_patient(ledger, opened)]
    return UnsupportedEscalation(query="unsupported-escalation", **head(through, ask), rows=tuple(rows))


def _of_patient(ledger: Ledger, opened: PatientAt) -> Iterator[EscalationRow]:
    steps = opened.setting.protocol.ladder_steps_mg
    rungs = climb(opened.course, opened.setting.protocol)
    for place, rung in enumerate(rungs):
        before = rungs[place - 1] if place else None
        if rung.step_mg <= (before.step_mg if before is not None else steps[0]):
            continue
        fact = opened.facts[rung.dose.id]
        written = _written(ledger, opened, fact)
        needed = steps[steps.index(rung.step_mg) - 1] if rung.step_mg in steps else steps[-1]
        then = effective(_but(opened, fact, written), valid_at=rung.dose.started_at).facts
        now = [one for one in opened.history.facts if one.entry.position < written]
        courses = (_course(facts, rung.dose.started_at, fact.id) for facts in (then, now))
        if not all(_supports(opened, course, needed) for course in courses):
            yield _row(opened, rung, before, needed, written)


def _written(ledger: Ledger, opened: PatientAt, fact: Fact) -> int:
    """Count the entries that were in the log when a dose began; one begun on the spot began with its own entry."""
    at_start = min(ledger.position_at(fact.occurred_at), opened.window.size)
    return max(at_start, fact.entry.position) if fact.kind.startswith("infusion.started") else at_start


def _but(opened: PatientAt, fact: Fact, written: int) -> list[Entry]:
    return [one for one in opened.entries if one.position < written and one.id != fact.id]


def _course(facts: Sequence[Fact], start: datetime, dose: str) -> Course:
    return fold.fold([one for one in facts if one.id != dose and one.occurred_at <= start])


def _supports(opened: PatientAt, course: Course, needed_mg: Decimal) -> bool:
    """Tell whether the newest counted dose was of the step below, or above it, and stands as tolerated."""
    rungs = climb(course, opened.setting.protocol)
    return bool(rungs) and rungs[-1].step_mg >= needed_mg and rungs[-1].standing == "tolerated"


def _row(opened: PatientAt, rung: Rung, before: Rung | None, needed_mg: Decimal, written: int) -> EscalationRow:
    zone, dose = opened.window.zone, rung.dose
    lack, assessed = _lack(opened, rung, before, needed_mg, written)
    fact = opened.facts[dose.id]
    started = stated(dose.started_at, dose.on, dose.precision)
    step = wire_decimal(rung.step_mg)
    came = f"from {wire_decimal(before.step_mg)} to {step} mg" if before is not None else f"begun at {step} mg"
    return EscalationRow(
        **cited(fact.entry, zone, fact),
        why=f"{came} at {started}: {_said(opened, lack, before, assessed)}",
        started_at=started,
        from_mg=wire_decimal(before.step_mg) if before is not None else None,
        to_mg=step,
        previous=before.dose.position if before is not None else None,
        lack=lack,
        assessed_at=assessed.occurred.at if assessed is not None else None,
        assessed_recorded_at=second(assessed.entry.recorded_at, zone) if assessed is not None else None,
        assessment=assessed.entry.position if assessed is not None else None,
        late=late(fact, opened.setting.protocol) is not None,
    )


def _lack(
    opened: PatientAt, rung: Rung, before: Rung | None, needed_mg: Decimal, written: int
) -> tuple[Lack, Fact | None]:
    """Say what was lacking, and name the assessment that it rests on."""
    if before is None:
        return "no-dose-before", None
    if before.step_mg < needed_mg:
        return "step-skipped", None
    start, about = rung.dose.started_at, before.dose.id
    every = [one for one in opened.history.facts if _assesses(opened, one) == about]
    in_time = [one for one in every if one.occurred_at <= start]
    unwritten = [one for one in in_time if one.entry.position >= written]
    if unwritten:
        return "recorded-after", unwritten[0]
    if in_time:
        return "not-tolerated", in_time[-1]
    return ("assessed-after", every[0]) if every else ("not-assessed", None)


def _assesses(opened: PatientAt, fact: Fact) -> str | None:
    """Give the dose whose tolerance a fact is about."""
    if not isinstance(fact.event, ToleranceAssessed):
        return None
    dose = opened.course.dose(fact.event.dose)
    return dose.id if dose is not None else None


def _said(opened: PatientAt, lack: Lack, before: Rung | None, assessed: Fact | None) -> str:
    if before is None:
        return "no lower step was given or assessed before"
    dose = before.dose
    of = f"the {wire_decimal(before.step_mg)} mg of {stated(dose.started_at, dose.on, dose.precision)}"
    if assessed is None:
        return f"{of} has no signed tolerance" if lack == "not-assessed" else f"the step after {of} was skipped"
    by, at = assessed.entry.author.name, assessed.occurred.at
    if lack == "assessed-after":
        return f"the tolerance of {of} was assessed only at {at}, by {by}"
    if lack == "recorded-after":
        recorded = minute(assessed.entry.recorded_at, opened.window.zone)
        return f"the tolerance of {of}, stated for {at}, was recorded only at {recorded}, by {by}"
    return f"{of} did not stand as tolerated then (assessed at {at} by {by})"
