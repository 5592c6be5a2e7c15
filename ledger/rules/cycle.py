"""The course of the drug given in cycles: where it stands, and whether its next cycle may be opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from ledger.course.state import Course, Cycle
from ledger.errors import Refused
from ledger.protocol.model import Protocol
from ledger.rules.cycle_days import Days, day_1, day_on, days_of
from ledger.rules.cycle_holds import anc_giga, held, level_now
from ledger.rules.finding import Hit
from ledger.rules.ladder import ladder
from ledger.rules.tolerance import Held

CycleState = Literal["NOT_STARTED", "OPEN", "DOSING_DONE", "ON_HOLD", "CLOSED", "STOPPED", "DISCONTINUED"]


@dataclass(frozen=True, slots=True)
class CycleCourse:
    """The course of the cycle drug at one moment; `day` is the day that a dose at that moment would be."""

    state: CycleState
    cycle: Cycle | None
    days: Days | None
    day: int | None
    level: str
    held: tuple[Held, ...]


def cycle_course(course: Course, protocol: Protocol, at: datetime) -> CycleCourse:
    """Give the state of the cycle drug at `at`, an aware time of the site."""
    cycle = course.cycles[-1] if course.cycles else None
    n = cycle.n if cycle is not None and cycle.open else len(course.cycles) + 1
    holding = held(course, protocol, n)
    level = level_now(course, protocol).name
    if cycle is None:
        state: CycleState = "DISCONTINUED" if any(h.for_good for h in holding) else "NOT_STARTED"
        return CycleCourse(state, None, None, None, level, holding)
    days = days_of(course, protocol, cycle)
    day = day_on(days, protocol, at.date())
    return CycleCourse(
        _state(cycle, days, holding), cycle, days, min(day, days.planned) if cycle.open else None, level, holding
    )


def _state(cycle: Cycle, days: Days, holding: tuple[Held, ...]) -> CycleState:
    if any(h.for_good for h in holding):
        return "DISCONTINUED"
    if cycle.closed_at is not None:
        return "CLOSED"
    if cycle.stopped is not None:
        return "STOPPED"
    if not days.open:
        return "DOSING_DONE"
    return "ON_HOLD" if holding else "OPEN"


def level_value(protocol: Protocol, level: str) -> Decimal | None:
    """Give what a level is worth in mg/m2 per day; None where the pack does not set it (K-VALUE)."""
    try:
        return protocol.level_mg_m2(level)
    except Refused:
        return None


def opening(course: Course, protocol: Protocol, at: datetime) -> tuple[Hit, ...]:
    """List every rule against opening the next cycle at `at`, given the course before it."""
    hits = [*_open_already(course), *after_ladder(course, protocol, at), *_next(course, protocol)]
    if course.cycles:
        hits += _interval(course, protocol, course.cycles[-1], at)
    hits += _measured(course, protocol)
    hits += [Hit(one.rule, one.text) for one in held(course, protocol, len(course.cycles) + 1)]
    return tuple(hits)


def after_ladder(course: Course, protocol: Protocol, at: datetime) -> Iterator[Hit]:
    """C-AFTER: the step-up drug has come as far as the pack wants, and was not stopped for a reaction."""
    if protocol.cycle_requires == "nothing":
        return
    now = ladder(course, protocol, at)
    target = protocol.ladder_steps_mg[-1]
    if protocol.cycle_requires == "target_tolerated" and not now.reached_target:
        yield Hit("C-AFTER", f"{target} mg of {protocol.ladder_drug} was not given and tolerated before")
    elif now.counted == 0:
        yield Hit("C-AFTER", f"no {protocol.ladder_drug} was given before")
    elif any(one.for_good and one.rule == "A-G34" for one in now.held):
        yield Hit("C-AFTER", f"{protocol.ladder_drug} was stopped for good by a reaction")


def _open_already(course: Course) -> Iterator[Hit]:
    found = course.open_cycle()
    if found is not None:
        yield Hit("C-CYCLE", f"cycle {found.n} (entry {found.position}) is still open")


def _next(course: Course, protocol: Protocol) -> Iterator[Hit]:
    """C-NEXT: no progression and no unacceptable toxicity since the cycles began."""
    if not course.cycles:
        return
    since = [response for response, at, _ in course.responses if at >= course.cycles[0].opened_at]
    if since and since[-1].lower() in protocol.cycle_excluded_responses:
        yield Hit("C-NEXT", f"the response is {since[-1]}")
    stopped = [c.n for c in course.cycles if c.unacceptable and protocol.cycle_unacceptable_toxicity_stops]
    if stopped:
        yield Hit("C-NEXT", f"the toxicity of cycle {stopped[-1]} was called unacceptable")


def _interval(course: Course, protocol: Protocol, before: Cycle, at: datetime) -> Iterator[Hit]:
    """C-CYCLE: days since the previous day 1, the neutrophil count since, and organ function."""
    first = day_1(course, protocol, before)
    days = (at.date() - first).days
    if days < protocol.cycle_gap_days:
        yield Hit("C-CYCLE", f"{days} days since day 1 of cycle {before.n}, not {protocol.cycle_gap_days}")
    counts = [count for lab in course.labs if lab.at.date() > first and (count := anc_giga(lab)) is not None]
    if not counts:
        yield Hit("C-CYCLE", f"no ANC is on record since day 1 of cycle {before.n}")
    elif counts[-1] < protocol.cycle_min_anc:
        yield Hit("C-CYCLE", f"ANC {counts[-1]} is below {protocol.cycle_min_anc} x 10^9/L")
    if protocol.cycle_organ_recovered and not before.recovered and not before.open:
        yield Hit("C-CYCLE", f"organ function is not recorded as recovered when cycle {before.n} was closed")


def _measured(course: Course, protocol: Protocol) -> Iterator[Hit]:
    """C-BSA: height is known, and weight was measured since the previous cycle began."""
    since = day_1(course, protocol, course.cycles[-1]) if course.cycles else None
    if not any(height is not None for _, _, height, _ in course.weights):
        yield Hit("C-BSA", "no height is on record")
    if not any(since is None or measured.date() > since for measured, _, _, _ in course.weights):
        yield Hit("C-BSA", "no weight was measured" + (f" since {since}" if since is not None else ""))
