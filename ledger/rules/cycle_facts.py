"""What the facts of a cycle break: as it was opened and closed, its doses as they ended, support that was missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ledger.course.state import Course, Cycle, Dose
from ledger.protocol.model import Protocol
from ledger.rules.cycle import opening
from ledger.rules.cycle_days import days_of
from ledger.rules.cycle_dose import Given, amount, calculate, infusion, preparation
from ledger.rules.cycle_holds import level_now
from ledger.rules.finding import Hit


def opened(before: Course, cycle: Cycle, protocol: Protocol) -> Iterator[Hit]:
    """Judge a cycle as it was opened."""
    yield from opening(before, protocol, cycle.opened_at)
    level = level_now(before, protocol).name
    if cycle.level != level:
        yield Hit("C-LEVEL", f"opened at level {cycle.level}, the patient's is {level}")


def closed(before: Course, opened: str, protocol: Protocol) -> Iterator[Hit]:
    """Judge a cycle as it was closed: every day is given or recorded as omitted, unless it was stopped."""
    cycle = before.cycle(opened)
    if cycle is None or cycle.stopped is not None:
        return
    left = days_of(before, protocol, cycle).open
    if left:
        days = ", ".join(map(str, left))
        yield Hit("C-DAY", f"closed while day {days} of cycle {cycle.n} is neither given nor recorded as omitted")


def began(before: Course, dose: Dose, protocol: Protocol) -> Iterator[Hit]:
    """Judge how a dose was prepared, and by which route it was given."""
    if dose.route not in protocol.cycle_routes:
        yield Hit("C-LEVEL", f"given by route {dose.route}")
    order = before.orders.get(dose.order or "")
    if order is None or order.released is None:
        return
    yield from preparation(protocol, order.released.prepared_mg, order.released.volume_ml)
    if dose.started_at > order.released.diluted_at + timedelta(hours=protocol.cycle_use_within_h):
        yield Hit("C-INF", f"diluted more than {protocol.cycle_use_within_h} h before")


def ended(after: Course, dose: Dose, protocol: Protocol) -> Iterator[Hit]:
    """Judge a dose at its end: the running time, and the amount where it is not what was prepared."""
    yield from infusion(dose, protocol)
    if dose.given_mg == dose.prepared_mg:
        return
    calculation, _ = calculate(after, protocol, dose.started_at)
    if calculation is not None:
        given = Given(dose.amount_mg, dose.started_at, planned=False, stopped=dose.stopped is not None)
        yield from amount(calculation, protocol, given, after.open_cycle())


def unsupported(course: Course, cycle: Cycle, protocol: Protocol, on: date) -> tuple[str, ...]:
    """List the supportive agents that are not on record for a day of a cycle (C-SUPP)."""
    first = days_of(course, protocol, cycle).first
    if first is None or not first <= on < first + timedelta(days=protocol.support_days):
        return ()
    day = on.isoformat()
    given = {agent for agent, since, until in course.prophylaxis if since <= day and (until is None or until >= day)}
    return tuple(agent for agent in protocol.support if agent not in given)


def support_missed(course: Course, protocol: Protocol, at: datetime) -> Iterator[tuple[Cycle, str]]:
    """Give each cycle with a day that is over and lacked support, and what was missing."""
    for cycle in course.cycles:
        first = days_of(course, protocol, cycle).first
        if first is None:
            continue
        past = [first + timedelta(days=n) for n in range(protocol.support_days)]
        lacking = {day: unsupported(course, cycle, protocol, day) for day in past if day < at.date()}
        agents = sorted({agent for missing in lacking.values() for agent in missing})
        if agents:
            days = sum(1 for missing in lacking.values() if missing)
            yield cycle, f"not on record for {days} of the days that are over: {', '.join(agents)}"
