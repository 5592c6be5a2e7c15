"""What happens to a toxicity: graded, attributed, resolved."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from ledger.course.common import orphan
from ledger.course.history import Fact
from ledger.course.state import (
    Course,
    GradePoint,
    Toxicity,
)
from ledger.events import safety


def graded(course: Course, fact: Fact, named: str, point: GradePoint, replaces: str | None) -> Course:
    """Add a grade, or put one in the place of the grade it changes."""
    toxicity = course.toxicities.get(named)
    if toxicity is None:
        return orphan(course, fact)
    before = next((p for p in toxicity.grades if p.id == replaces), None)
    if before is not None:
        point = replace(point, since=before.since)
    grades = (*(p for p in toxicity.grades if p.id != replaces), point)
    return _put_toxicity(course, replace(toxicity, grades=grades))


def _put_toxicity(course: Course, toxicity: Toxicity) -> Course:
    return replace(course, toxicities={**course.toxicities, toxicity.id: toxicity})


def attributed(course: Course, fact: Fact, event: safety.ToxicityAttributed) -> Course:
    """Say how likely a drug caused it."""
    toxicity = course.toxicities.get(event.toxicity)
    if toxicity is None:
        return orphan(course, fact)
    return _put_toxicity(course, replace(toxicity, relations={**toxicity.relations, event.drug: event.relation}))


def on_toxicity(
    course: Course,
    fact: Fact,
    named: str,
    *,
    serious: bool | None = None,
    aware_at: datetime | None = None,
    resolved_at: datetime | None = None,
    outcome: str | None = None,
) -> Course:
    """Change what is known of a toxicity."""
    toxicity = course.toxicities.get(named)
    if toxicity is None:
        return orphan(course, fact)
    changed = replace(
        toxicity,
        serious=toxicity.serious if serious is None else serious,
        aware_at=aware_at or toxicity.aware_at,
        resolved_at=resolved_at or toxicity.resolved_at,
        outcome=outcome or toxicity.outcome,
    )
    return _put_toxicity(course, changed)
