"""The drug given in cycles on the patient card: the stricter of every reading, and what is due in a cycle."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.course.state import Course
from ledger.rules.cycle import CycleCourse, CycleState, cycle_course
from ledger.rules.cycle_dose import calculate, renal_at
from ledger.rules.cycle_facts import unsupported
from ledger.values import wire_decimal
from projections.card import Cycles, Due
from projections.printed import amount, minute
from projections.replay import PatientAt

_WORST_FIRST: tuple[CycleState, ...] = (
    "DISCONTINUED",
    "STOPPED",
    "ON_HOLD",
    "CLOSED",
    "DOSING_DONE",
    "NOT_STARTED",
    "OPEN",
)


def cycles_of(opened: PatientAt) -> Cycles:
    """Give the course of the cycle drug: where the readings differ, the one that permits least."""
    course, now = strictest(opened)
    return Cycles(
        drug=opened.setting.protocol.cycle_drug,
        state=now.state,
        cycle=now.cycle.n if now.cycle is not None else None,
        day=now.day,
        level=now.cycle.level if now.cycle is not None else None,
        level_mg_m2=amount(now.cycle.level_mg_m2) if now.cycle is not None else None,
        dose_mg=_dose(opened, course, now),
        factors=_factors(opened, course, now),
        given_days=tuple(sorted(now.days.given)) if now.days is not None else (),
        omitted_days=tuple(sorted(now.days.omitted)) if now.days is not None else (),
        because=tuple(one.text for one in now.held),
    )


def strictest(opened: PatientAt) -> tuple[Course, CycleCourse]:
    """Give the reading of the record, and where the cycle drug stands in it, that permits least."""
    protocol, at = opened.setting.protocol, opened.window.at
    readings = [(course, cycle_course(course, protocol, at)) for course in opened.courses]
    return min(readings, key=lambda one: _WORST_FIRST.index(one[1].state))


def due_in_cycle(opened: PatientAt, course: Course) -> Iterator[Due]:
    """Name the support of today that is not on record, and a missing creatinine clearance, while a cycle is open."""
    protocol, at = opened.setting.protocol, opened.window.at
    cycle = course.open_cycle()
    if cycle is None:
        return
    missing = unsupported(course, cycle, protocol, at.date())
    if missing:
        considered = ", ".join(protocol.support_considered) or "nothing"
        what = f"supportive care of cycle {cycle.n}: {', '.join(missing)}; to be considered: {considered}"
        yield Due(what=what, rule="C-SUPP", entry=cycle.position, since=None, due=None)
    renal = renal_at(course, protocol, at)
    if renal is not None and renal.source is None:
        since = minute(cycle.opened_at, opened.window.zone)
        what = f"no creatinine clearance is on record for cycle {cycle.n}"
        yield Due(what=what, rule="C-RENAL", entry=cycle.position, since=since, due=None)


def _dose(opened: PatientAt, course: Course, now: CycleCourse) -> str | None:
    if now.state not in ("OPEN", "DOSING_DONE"):
        return None
    found, _ = calculate(course, opened.setting.protocol, opened.window.at)
    return wire_decimal(found.dose_mg) if found is not None else None


def _factors(opened: PatientAt, course: Course, now: CycleCourse) -> dict[str, str]:
    if now.cycle is None:
        return {}
    found, _ = calculate(course, opened.setting.protocol, opened.window.at)
    if found is None or not now.cycle.open:
        return {name: wire_decimal(value) for name, value in now.cycle.factors.items()}
    return {one.name: wire_decimal(one.value) for one in found.factors}
