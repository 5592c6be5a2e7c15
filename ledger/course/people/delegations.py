"""What the principal investigator delegated to whom, from when to when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.base import Occurred
from ledger.events.people import Task


class Delegation(Struct, frozen=True):
    """Tasks delegated to a person from `since` until `until` (a day, inclusive, or a minute, exclusive)."""

    id: str
    position: int
    person: str
    tasks: frozenset[Task]
    since: str
    until: str | None
    ended: str | None = None
    ended_at: int | None = None

    def covers(self, task: Task, occurred: Occurred, at: datetime, before: int | None) -> bool:
        """Tell whether it holds for a task that happened `at`, by what stood before position `before` (None: all)."""
        if task not in self.tasks or (before is not None and self.position >= before):
            return False
        if not _not_before(occurred, at, self.since):
            return False
        known = before is None or self.ended_at is None or self.ended_at < before
        ends = (self.until, self.ended if known else None)
        return all(end is None or _before_end(occurred, at, end) for end in ends)


def ended(delegations: Iterable[Delegation], which: str, at: str, position: int) -> tuple[Delegation, ...]:
    """End the delegation of that entry, or all of that person; one that has ended stays as it ended."""
    return tuple(
        replace(one, ended=at, ended_at=position) if which in (one.id, one.person) and one.ended is None else one
        for one in delegations
    )


def _not_before(occurred: Occurred, at: datetime, bound: str) -> bool:
    if len(bound) == len("2010-03-01") or occurred.precision == "day":
        return occurred.at[:10] >= bound[:10]
    return at >= datetime.fromisoformat(bound)


def _before_end(occurred: Occurred, at: datetime, bound: str) -> bool:
    if len(bound) == len("2010-03-01") or occurred.precision == "day":
        return occurred.at[:10] <= bound[:10]
    return at < datetime.fromisoformat(bound)
