"""What happens to a toxicity: graded, attributed, judged, ruled on, reported, resolved."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ledger.course.common import orphan
from ledger.course.history import Fact
from ledger.course.state import Course, GradePoint, Ruling, Seriousness, Toxicity
from ledger.events import cohort, safety

OnToxicity = (
    safety.ToxicityGraded
    | safety.ToxicityRegraded
    | safety.ToxicityAttributed
    | safety.SeriousnessAssessed
    | safety.ExpectednessAssessed
    | safety.SafetyReportSubmitted
    | safety.ToxicityResolved
    | cohort.DltAdjudicated
)


def on_toxicity(course: Course, fact: Fact, event: OnToxicity) -> Course:
    """Take in what a fact says of a toxicity; a fact on an unknown one is an orphan."""
    found = course.toxicities.get(event.toxicity)
    if found is None:
        return orphan(course, fact)
    changed = _changed(found, fact, event)
    return replace(course, toxicities={**course.toxicities, changed.id: changed})


def _changed(found: Toxicity, fact: Fact, event: OnToxicity) -> Toxicity:
    at, informed = fact.occurred_at, (*found.informed, (fact.amended_by or fact.entry).recorded_at)
    match event:
        case safety.ToxicityGraded():
            point = GradePoint(fact.id, fact.entry.position, at, at, event.grade)
            return replace(found, grades=(*found.grades, point), informed=informed)
        case safety.ToxicityRegraded():
            return replace(found, grades=_regraded(found, fact, event), informed=informed)
        case safety.ToxicityAttributed():
            relations = {**found.relations, event.drug: event.relation}
            since = {**found.relations_at, event.drug: at}
            return replace(found, relations=relations, relations_at=since, informed=informed)
        case safety.SeriousnessAssessed():
            aware = datetime.fromisoformat(event.aware_at)
            judged = (*found.judged_serious, Seriousness(at, aware, event.serious, event.criteria))
            return replace(
                found,
                serious=event.serious,
                criteria=event.criteria,
                aware_at=aware,
                judged_serious=judged,
                informed=informed,
            )
        case safety.ExpectednessAssessed():
            return replace(found, expected=event.expected, expected_at=at, informed=informed)
        case safety.SafetyReportSubmitted():
            return replace(found, reports=(*found.reports, (event.report, at)))
        case safety.ToxicityResolved():
            return replace(found, resolved_at=at, outcome=event.outcome)
        case cohort.DltAdjudicated():
            return replace(found, ruling=Ruling(fact.id, fact.entry.position, event.dlt, at))
        case _:
            assert_never(event)


def _regraded(found: Toxicity, fact: Fact, event: safety.ToxicityRegraded) -> tuple[GradePoint, ...]:
    """Put the new grade in the place of the one it changes; it holds from when that one held."""
    before = next((p for p in found.grades if p.id == event.graded), None)
    since = before.since if before is not None else fact.occurred_at
    point = GradePoint(event.graded, fact.entry.position, since, fact.occurred_at, event.grade)
    return (*(p for p in found.grades if p.id != event.graded), point)
