"""The step-up course: which doses count, which step is next and why, weekly totals, and the state of the course."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from ledger.course.state import Course, Dose
from ledger.protocol.model import Protocol
from ledger.rules import haematology
from ledger.rules.tolerance import Held, Standing, holds, standing

State = Literal["NOT_STARTED", "ESCALATING", "AT_TARGET", "LAPSED", "ON_HOLD", "EXHAUSTED", "DISCONTINUED"]


class Rung(Struct, frozen=True):
    """One counted dose on the ladder: the step it was, the step that was due, and whether it was passed."""

    dose: Dose
    step_mg: Decimal
    due_mg: Decimal
    lapsed: bool
    standing: Standing
    passed: bool


class Week(Struct, frozen=True):
    """One treatment week: its number, what was given in it, and the cap; mg."""

    n: int
    given_mg: Decimal
    cap_mg: Decimal


class Ladder(Struct, frozen=True):
    """The course of the step-up drug at one moment.

    `next_mg` is the step that the ladder gives, also while held; `because` names the rules and entries behind it.
    """

    state: State
    next_mg: Decimal
    because: tuple[str, ...]
    rungs: tuple[Rung, ...]
    counted: int
    open_orders: int
    maximum: int
    cumulative_mg: Decimal
    reached_target: bool
    lapses_on: date | None
    held: tuple[Held, ...]

    @property
    def remaining(self) -> int:
        """Doses left of the maximum."""
        return max(0, self.maximum - self.counted)

    @property
    def orderable(self) -> int:
        """Doses left that are not taken by open orders."""
        return max(0, self.remaining - self.open_orders)

    @property
    def over(self) -> int:
        """Doses given beyond the maximum."""
        return max(0, self.counted - self.maximum)

    @property
    def last(self) -> Dose | None:
        """The newest counted dose."""
        return self.rungs[-1].dose if self.rungs else None

    @property
    def step_mg(self) -> Decimal | None:
        """The step the protocol would not refuse now; None when held, exhausted or discontinued."""
        return None if self.state in ("ON_HOLD", "EXHAUSTED", "DISCONTINUED") else self.next_mg


def counted(dose: Dose, protocol: Protocol) -> bool:
    """Tell whether a started dose counts toward the maximum (parameter `ladder_counts`)."""
    if dose.nothing_given:
        return False
    step = nominal(dose, protocol)
    match protocol.ladder_counts:
        case "started":
            return True
        case "completed":
            return dose.status == "completed"
        case "half":
            return dose.amount_mg * 2 >= step
        case "target_only":
            return step == protocol.ladder_steps_mg[-1]


def nominal(dose: Dose, protocol: Protocol) -> Decimal:
    """Give the step in mg that a dose was: as ordered, else by the amount prepared or given."""
    if dose.step_mg is not None:
        return dose.step_mg
    return step_of(dose.prepared_mg or dose.amount_mg, protocol)


def step_of(amount_mg: Decimal, protocol: Protocol) -> Decimal:
    """Give the smallest step that an amount does not exceed by more than preparation allows; else the highest."""
    fits = (step for step in protocol.ladder_steps_mg if amount_mg * protocol.step_min_fraction <= step)
    return next(fits, protocol.ladder_steps_mg[-1])


def climb(course: Course, protocol: Protocol) -> tuple[Rung, ...]:
    """Walk the counted doses in the order of their start and say for each which step was due."""
    steps = protocol.ladder_steps_mg
    due, rungs = 0, list[Rung]()
    for dose in course.doses_of(protocol.ladder_drug):
        if not counted(dose, protocol):
            continue
        lapsed = bool(rungs) and (dose.on - rungs[-1].dose.on).days >= protocol.restart_gap_days
        due = 0 if lapsed else due
        step = nominal(dose, protocol)
        place = steps.index(step) if step in steps else len(steps) - 1
        stands = standing(course, protocol, dose)
        passed = stands == "tolerated" and dose.amount_mg >= step * protocol.step_min_fraction
        rungs.append(Rung(dose, step, steps[due], lapsed, stands, passed))
        due = min(place + 1, len(steps) - 1) if passed else min(place, due)
    return tuple(rungs)


def ladder(course: Course, protocol: Protocol, at: datetime) -> Ladder:
    """Give the state of the step-up course at `at` (an aware time of the site; its date decides the gap)."""
    rungs = climb(course, protocol)
    steps = protocol.ladder_steps_mg
    last = rungs[-1].dose if rungs else None
    lapses_on = last.on + timedelta(days=protocol.restart_gap_days) if last else None
    lapsed = lapses_on is not None and at.date() >= lapses_on
    next_mg, because = _next(rungs, protocol, lapsed=lapsed)
    heme = haematology.hold(course, protocol, at)
    held = (*holds(course, protocol, protocol.ladder_drug), *heme.held)
    if heme.resume_mg is not None and not lapsed:
        next_mg, because = min(next_mg, heme.resume_mg), ("A-HEME",)
    total = sum((r.dose.amount_mg for r in rungs), Decimal(0))
    reached = any(r.passed and r.step_mg == steps[-1] for r in rungs)
    at_target = (
        bool(rungs) and reached and next_mg == steps[-1] and (rungs[-1].passed or rungs[-1].standing == "pending")
    )
    state = _state(rungs, protocol, held=held, lapsed=lapsed, at_target=at_target)
    orders = len(course.open_orders(protocol.ladder_drug, at))
    return Ladder(
        state, next_mg, because, rungs, len(rungs), orders, protocol.ladder_max_doses, total, reached, lapses_on, held
    )


def weeks(course: Course, protocol: Protocol) -> tuple[Week, ...]:
    """Give the total of each treatment week, from the course's first dose to its last."""
    doses = course.doses_of(protocol.ladder_drug)
    if not doses:
        return ()
    totals: dict[int, Decimal] = {}
    for dose in doses:
        n = (dose.on - doses[0].on).days // 7 + 1
        totals[n] = totals.get(n, Decimal(0)) + dose.amount_mg
    return tuple(Week(n, totals.get(n, Decimal(0)), protocol.week_cap_mg) for n in range(1, max(totals) + 1))


def same_week(course: Course, protocol: Protocol, at: datetime) -> tuple[Dose, ...]:
    """List the doses that share the week of `at`, by the pack's definition of a week."""
    doses = course.doses_of(protocol.ladder_drug)
    match protocol.week:
        case "treatment":
            if not doses:
                return ()
            n = (at.date() - doses[0].on).days // 7
            return tuple(d for d in doses if (d.on - doses[0].on).days // 7 == n)
        case "iso":
            return tuple(d for d in doses if d.on.isocalendar()[:2] == at.date().isocalendar()[:2])
        case "rolling_168h":
            return tuple(d for d in doses if at - timedelta(hours=168) < d.started_at <= at)


def _next(rungs: tuple[Rung, ...], protocol: Protocol, *, lapsed: bool) -> tuple[Decimal, tuple[str, ...]]:
    steps = protocol.ladder_steps_mg
    if not rungs:
        return steps[0], ("A-LADDER",)
    last = rungs[-1]
    entry = f"entry {last.dose.position}"
    if lapsed:
        return steps[0], ("A-GAP", entry)
    place = steps.index(last.step_mg) if last.step_mg in steps else len(steps) - 1
    due = steps.index(last.due_mg)
    if last.passed:
        return steps[min(place + 1, len(steps) - 1)], ("A-LADDER", entry)
    why = {"tolerated": "A-STEPOK", "not-tolerated": "A-REPEAT", "pending": "A-TOLPEND", "contradicted": "T-CONTRA"}
    return steps[min(place, due)], (why[last.standing], entry)


def _state(
    rungs: tuple[Rung, ...], protocol: Protocol, *, held: tuple[Held, ...], lapsed: bool, at_target: bool
) -> State:
    if any(h.for_good for h in held):
        return "DISCONTINUED"
    if len(rungs) >= protocol.ladder_max_doses:
        return "EXHAUSTED"
    if held:
        return "ON_HOLD"
    if lapsed:
        return "LAPSED"
    if not rungs:
        return "NOT_STARTED"
    return "AT_TARGET" if at_target else "ESCALATING"
