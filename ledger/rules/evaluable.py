"""How one patient counts for his dose level: with a DLT, without one, not yet, or not at all."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from ledger.course.state import Course
from ledger.protocol.model import Protocol
from ledger.rules.dlt import candidates, window

Result = Literal["T", "N", "pending", "non-evaluable?", "replaced"]
"""A DLT; none, and evaluable; not known yet; not evaluable as derived; declared not evaluable, the slot free again."""
_LEFT = frozenset({"lost", "withdrawal", "death"})


def result(course: Course, protocol: Protocol, at: datetime) -> Result:
    """Say how one patient counts for his level at `at`.

    Evaluable is who had a DLT, or got the pack's number of doses and was followed through the window.
    """
    if any(one.ruling is not None and one.ruling.dlt for one in course.toxicities.values()):
        return "T"
    if course.non_evaluable is not None:
        return "replaced"
    if any(one.ruled is None for one in candidates(course, protocol, at)):
        return "pending"
    inside, today = window(course, protocol), at.date()
    left = _left(course)
    if inside is None:
        return "pending" if left is None and course.ended_at is None else "non-evaluable?"
    if left is not None and left <= inside.until:
        return "non-evaluable?"
    if today <= inside.until:
        return "pending"
    return "N" if doses(course, protocol) >= protocol.evaluable_min_doses else "non-evaluable?"


def doses(course: Course, protocol: Protocol) -> int:
    """Count the doses of the cycle drug in the first cycle."""
    inside = window(course, protocol)
    later = min((one.opened_at for one in course.cycles if one.n > 1), default=None)
    return sum(
        inside is not None
        and not dose.nothing_given
        and dose.cycle in (None, 1)
        and dose.on <= inside.end
        and (later is None or dose.started_at < later)
        for dose in course.doses_of(protocol.cycle_drug)
    )


def _left(course: Course) -> date | None:
    """The day from which nobody followed the patient: death, withdrawal, or lost."""
    ended = course.ended_at if course.ended_why in _LEFT else None
    return min((one.date() for one in (course.died_at, course.withdrawn_at, ended) if one is not None), default=None)
