"""The days of a cycle: which doses belong to it, when its day 1 was, which days are given, omitted or open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ledger.course.state import Course, Cycle, Dose, Toxicity
from ledger.protocol.model import Protocol


@dataclass(frozen=True, slots=True)
class Days:
    """The days of one cycle; `first` is the date of its day 1, None before that has come."""

    first: date | None
    given: Mapping[int, Dose]
    omitted: tuple[int, ...]
    planned: int

    @property
    def open(self) -> tuple[int, ...]:
        """The planned days that are neither given nor recorded as omitted."""
        return tuple(day for day in range(1, self.planned + 1) if day not in self.given and day not in self.omitted)

    @property
    def last(self) -> date | None:
        """The date of the last planned day, where the days follow each other."""
        return None if self.first is None else self.first + timedelta(days=self.planned - 1)


def calendar(protocol: Protocol) -> bool:
    """Whether the number of a day follows from its date: consecutive days, and a missed one is not made up."""
    return protocol.cycle_consecutive and protocol.cycle_missed_day == "omitted"


def doses_of(course: Course, protocol: Protocol, n: int) -> tuple[Dose, ...]:
    """List the doses of cycle `n` in the order of their start."""
    return tuple(d for d in course.doses_of(protocol.cycle_drug) if d.cycle == n and not d.nothing_given)


def days_of(course: Course, protocol: Protocol, cycle: Cycle) -> Days:
    """Number the days of a cycle. Days omitted before the first dose come before it."""
    doses = doses_of(course, protocol, cycle.n)
    skipped = 0
    while skipped + 1 in cycle.omitted:
        skipped += 1
    first = doses[0].on - timedelta(days=skipped) if doses else None
    given: dict[int, Dose] = {}
    for dose in doses:
        if first is not None and calendar(protocol):
            day = (dose.on - first).days + 1
        else:
            day = next(n for n in range(1, len(doses) + len(cycle.omitted) + 2) if n not in {*given, *cycle.omitted})
        given.setdefault(day, dose)
    return Days(first, given, cycle.omitted, protocol.cycle_days)


def day_on(days: Days, protocol: Protocol, on: date) -> int:
    """Give the day of the cycle that a dose on this date would be, above the planned number when it is too late."""
    if days.first is not None and calendar(protocol):
        return (on - days.first).days + 1
    return next((day for day in days.open if day > 0), days.planned + 1)


def day_1(course: Course, protocol: Protocol, cycle: Cycle) -> date:
    """Give the date of day 1 of a cycle: of its first dose, and until that is given the day it was opened."""
    return days_of(course, protocol, cycle).first or cycle.opened_at.date()


def cycle_at(course: Course, at: datetime) -> Cycle | None:
    """Find the cycle that a dose at `at` belongs to: the newest one opened before, unless it was closed by then."""
    found = next((c for c in reversed(course.cycles) if c.opened_at <= at), None)
    return None if found is None or (found.closed_at is not None and found.closed_at < at) else found


def cycle_of(course: Course, protocol: Protocol, toxicity: Toxicity) -> Cycle | None:
    """Find the cycle in which a toxicity began: the newest one whose first dose was given by then."""
    begun = ((cycle, days_of(course, protocol, cycle).first) for cycle in reversed(course.cycles))
    return next((c for c, first in begun if first is not None and first <= toxicity.onset.date()), None)
