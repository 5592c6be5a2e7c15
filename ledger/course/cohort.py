"""What was decided about a dose level, as a fold over the entries of its stream. No rule is judged here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from ledger.course.history import Fact
from ledger.events import cohort


@dataclass(frozen=True, slots=True)
class Decided:
    """One signed decision; `basis` is the size of the log that it was made on, `to` the level that it names next."""

    id: str
    position: int
    basis: int
    at: datetime
    level: str
    decision: cohort.Decision
    n: int
    dlt: int
    outcomes: str
    to: str | None


@dataclass(frozen=True, slots=True)
class Opening:
    """A level opened for accrual at `mg_m2` per day."""

    id: str
    position: int
    at: datetime
    mg_m2: Decimal


@dataclass(frozen=True, slots=True)
class LevelCourse:
    """What was signed about one level, oldest first; `suspended` says why, and by which entry, while it holds."""

    level: str
    openings: tuple[Opening, ...] = ()
    decisions: tuple[Decided, ...] = ()
    suspended: tuple[str, int] | None = None

    @property
    def last(self) -> Decided | None:
        """The newest decision."""
        return self.decisions[-1] if self.decisions else None


def fold(level: str, facts: Iterable[Fact]) -> LevelCourse:
    """Fold the facts of a level's stream in clinical order."""
    course = LevelCourse(level)
    for fact in facts:
        course = evolve(course, fact)
    return course


def evolve(course: LevelCourse, fact: Fact) -> LevelCourse:
    """Apply one fact."""
    event, position = fact.event, fact.entry.position
    match event:
        case cohort.LevelOpened():
            opening = Opening(fact.id, position, fact.occurred_at, Decimal(event.mg_m2))
            return replace(course, openings=(*course.openings, opening))
        case cohort.CohortDecided():
            decided = Decided(
                id=fact.id,
                position=position,
                basis=fact.entry.payload.after.size,
                at=fact.occurred_at,
                level=event.level,
                decision=event.decision,
                n=event.n,
                dlt=event.dlt,
                outcomes=event.outcomes,
                to=event.to,
            )
            return replace(course, decisions=(*course.decisions, decided))
        case cohort.AccrualSuspended():
            return replace(course, suspended=(event.why, position))
        case cohort.AccrualResumed():
            return replace(course, suspended=None)
        case _:
            return course
