"""All findings of one patient's history: per fact, standing, and in hindsight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from ledger.course.history import Fact
from ledger.course.patient import evolve
from ledger.course.state import Course
from ledger.events import safety
from ledger.protocol.model import Protocol
from ledger.rules import facts as per_fact
from ledger.rules.finding import RULES, Finding, Hit, Severity
from ledger.rules.ladder import Rung, climb
from ledger.rules.setting import Setting


def findings(history: Iterable[Fact], setting: Setting, at: datetime) -> tuple[Finding, ...]:
    """List the findings of facts in clinical order, as they stand at `at`.

    Two folds of the same facts: `acted`, each at its own time, and `today`, every judgement right behind its
    subject. What only the second shows was right when done: hindsight, and no deviation (unless T-CONTRA).
    """
    facts = tuple(history)
    acted, course = _walk(facts, setting)
    today, _ = _walk(_judged_at_subject(facts), setting)
    seen = {(f.rule, f.target, f.severity) for f in acted}
    hindsight = [
        replace(f, hindsight=True, severity="info") for f in today if (f.rule, f.target, f.severity) not in seen
    ]
    everything = [*acted, *hindsight, *_standing(course, setting.protocol, at)]
    disposed = {(d.rule, d.target) for d in course.dispositions}
    marked = (replace(f, acknowledged=True) if (f.rule, f.target) in disposed else f for f in everything)
    return tuple(sorted(marked, key=lambda f: (f.position, f.rule)))


def _walk(facts: Iterable[Fact], setting: Setting) -> tuple[list[Finding], Course]:
    course, found = Course(), list[Finding]()
    for fact in facts:
        after = evolve(course, fact)
        dose = after.dose(fact.id)
        passed = (
            {course.overrides[o].rule for o in dose.overrides if o in course.overrides} if dose is not None else set()
        )
        found += [
            _finding(hit, fact, planned=hit.rule in passed) for hit in per_fact.hits(course, after, setting, fact)
        ]
        course = after
    return found, course


def _finding(hit: Hit, fact: Fact, *, planned: bool) -> Finding:
    severity: Severity = hit.severity or RULES[hit.rule].severity
    return Finding(hit.rule, fact.id, fact.entry.position, severity, hit.text, planned=planned)


def _judged_at_subject(facts: tuple[Fact, ...]) -> list[Fact]:
    place = {fact.id: (fact.occurred_at, fact.rank, fact.id, index) for index, fact in enumerate(facts)}

    def key(item: tuple[int, Fact]) -> tuple[datetime, int, str, int]:
        index, fact = item
        event = fact.event
        subject = None
        if isinstance(event, safety.ToleranceAssessed):
            subject = event.dose
        elif isinstance(event, safety.ToxicityGraded | safety.ToxicityRegraded | safety.ToxicityAttributed):
            subject = event.toxicity
        at, rank, name, _ = place.get(subject or fact.id, place[fact.id])
        return (at, rank, name, index)

    return [fact for _, fact in sorted(enumerate(facts), key=key)]


def _standing(course: Course, protocol: Protocol, at: datetime) -> Iterator[Finding]:
    rungs = climb(course, protocol)
    for place, rung in enumerate(rungs):
        if rung.standing == "contradicted":
            severity: Severity = "important" if _stepped_up(rungs[place:]) else "info"
            text = "a linked toxicity was graded above the limit after the dose was assessed as tolerated"
            yield Finding("T-CONTRA", rung.dose.id, rung.dose.position, severity, text, hindsight=True)
    reached = any(r.passed and r.step_mg == protocol.ladder_steps_mg[-1] for r in rungs)
    if rungs and not reached and at - rungs[0].dose.started_at > timedelta(days=protocol.target_not_reached_days):
        text = f"{protocol.ladder_steps_mg[-1]} mg was not reached in {protocol.target_not_reached_days} days"
        yield Finding("A-REPEAT", rungs[0].dose.id, rungs[0].dose.position, "minor", text)


def _stepped_up(rungs: tuple[Rung, ...]) -> bool:
    return len(rungs) > 1 and rungs[1].step_mg > rungs[0].step_mg
