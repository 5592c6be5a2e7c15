"""All findings of one patient's history: per fact, standing, and in hindsight.

A judgement can be given the one before it: facts that stand where they stood need not be judged again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from ledger.course.history import Fact
from ledger.course.patient import evolve
from ledger.course.state import Course
from ledger.events import safety
from ledger.rules import facts as per_fact
from ledger.rules.cycle_facts import support_missed
from ledger.rules.finding import RULES, Finding, Hit, Severity
from ledger.rules.ladder import Rung, climb
from ledger.rules.setting import Setting


class Step(Struct, frozen=True):
    """One fact in a fold, the course after it, and what it raised."""

    fact: Fact
    course: Course
    findings: tuple[Finding, ...]


class Outcome(Struct, frozen=True, dict=True):
    """What a judgement came to, whenever it is looked at: the course after all facts, and the findings of the facts."""

    setting: Setting
    course: Course
    of_facts: tuple[Finding, ...]

    @cached_property
    def rungs(self) -> tuple[Rung, ...]:
        """The step-up course."""
        return climb(self.course, self.setting.protocol)


class Judgement(Struct, frozen=True, dict=True):
    """Two folds of the same facts: `acted`, each at its own time; `today`, judgements right behind their subject."""

    setting: Setting
    acted: tuple[Step, ...]
    today: tuple[Step, ...]

    @property
    def course(self) -> Course:
        """The course after all facts, each at its own time."""
        return self.acted[-1].course if self.acted else Course()

    @cached_property
    def outcome(self) -> Outcome:
        """What it came to."""
        return Outcome(self.setting, self.course, self.of_facts)

    @cached_property
    def of_facts(self) -> tuple[Finding, ...]:
        """The findings of the facts, whenever they are looked at.

        What only the fold `today` shows was right when done: hindsight, and no deviation (unless T-CONTRA).
        """
        acted = [finding for step in self.acted for finding in step.findings]
        seen = {(f.rule, f.target, f.severity) for f in acted}
        today = (finding for step in self.today for finding in step.findings)
        new = (f for f in today if (f.rule, f.target, f.severity) not in seen)
        return (*acted, *(replace(f, hindsight=True, severity="info") for f in new))


def judge(facts: Sequence[Fact], setting: Setting, before: Judgement | None = None) -> Judgement:
    """Judge facts in clinical order; what `before` judged under the same setting is taken over where it agrees."""
    known = before if before is not None and before.setting == setting else Judgement(setting, (), ())
    acted = _walk(facts, setting, known.acted)
    return Judgement(setting, acted, _walk(_judged_at_subject(facts), setting, known.today))


def findings(history: Iterable[Fact], setting: Setting, at: datetime) -> tuple[Finding, ...]:
    """List the findings of facts in clinical order, as they stand at `at`."""
    return standing_findings(judge(tuple(history), setting).outcome, at)


def standing_findings(outcome: Outcome, at: datetime) -> tuple[Finding, ...]:
    """List the findings of a judgement at `at`."""
    everything = (*outcome.of_facts, *_standing(outcome, at))
    disposed = {(d.rule, d.target) for d in outcome.course.dispositions}
    marked = (replace(f, acknowledged=True) if (f.rule, f.target) in disposed else f for f in everything)
    return tuple(sorted(marked, key=lambda f: (f.position, f.rule)))


def _walk(facts: Sequence[Fact], setting: Setting, known: tuple[Step, ...]) -> tuple[Step, ...]:
    pairs = enumerate(zip(facts, known, strict=False))
    same = next((i for i, (fact, step) in pairs if fact is not step.fact and _key(fact) != _key(step.fact)), None)
    steps = list(known[: min(len(facts), len(known)) if same is None else same])
    course = steps[-1].course if steps else Course()
    for fact in facts[len(steps) :]:
        after = evolve(course, fact)
        act = after.dose(fact.id) or after.cycle(fact.id)
        passed = (
            {course.overrides[o].rule for o in act.overrides if o in course.overrides} if act is not None else set()
        )
        hits = per_fact.hits(course, after, setting, fact)
        steps.append(Step(fact, after, tuple(_finding(hit, fact, planned=hit.rule in passed) for hit in hits)))
        course = after
    return tuple(steps)


def _key(fact: Fact) -> tuple[int, int, int, datetime]:
    """What tells a fact from any other."""
    amended = fact.amended_by.position if fact.amended_by is not None else -1
    return (fact.entry.position, amended, len(fact.signers), fact.occurred_at)


def _finding(hit: Hit, fact: Fact, *, planned: bool) -> Finding:
    severity: Severity = hit.severity or RULES[hit.rule].severity
    return Finding(hit.rule, fact.id, fact.entry.position, severity, hit.text, planned=planned)


def _judged_at_subject(facts: Sequence[Fact]) -> list[Fact]:
    """Move every judgement right behind its subject; all else stays in the order it is given in."""
    place = {fact.entry.payload.id: index for index, fact in enumerate(facts)}

    def key(index: int) -> int:
        event = facts[index].event
        if isinstance(event, safety.ToleranceAssessed):
            return place.get(event.dose, index)
        if isinstance(event, safety.ToxicityGraded | safety.ToxicityRegraded | safety.ToxicityAttributed):
            return place.get(event.toxicity, index)
        return index

    return [facts[index] for index in sorted(range(len(facts)), key=key)]


def _standing(outcome: Outcome, at: datetime) -> Iterator[Finding]:
    rungs, protocol = outcome.rungs, outcome.setting.protocol
    for place, rung in enumerate(rungs):
        if rung.standing == "contradicted":
            severity: Severity = "important" if _stepped_up(rungs[place:]) else "info"
            text = "a linked toxicity was graded above the limit after the dose was assessed as tolerated"
            yield Finding("T-CONTRA", rung.dose.id, rung.dose.position, severity, text, hindsight=True)
    reached = any(r.passed and r.step_mg == protocol.ladder_steps_mg[-1] for r in rungs)
    if rungs and not reached and at - rungs[0].dose.started_at > timedelta(days=protocol.target_not_reached_days):
        text = f"{protocol.ladder_steps_mg[-1]} mg was not reached in {protocol.target_not_reached_days} days"
        yield Finding("A-REPEAT", rungs[0].dose.id, rungs[0].dose.position, "minor", text)
    for cycle, text in support_missed(outcome.course, protocol, at):
        yield Finding("C-SUPP", cycle.id, cycle.position, "minor", text)


def _stepped_up(rungs: tuple[Rung, ...]) -> bool:
    return len(rungs) > 1 and rungs[1].step_mg > rungs[0].step_mg
