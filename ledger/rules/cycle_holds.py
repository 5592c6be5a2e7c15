"""What toxicities and counts do to the cycle drug of one patient: stop it, hold it, reduce it, lower its level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ledger.course.state import Course, Cycle, Lab, Toxicity
from ledger.protocol.declared import Modifier
from ledger.protocol.model import Protocol
from ledger.rules.cycle_days import cycle_of, day_1, doses_of
from ledger.rules.tolerance import Held, holds

ANC = "anc"
CREATININE_BILIRUBIN = ("creatinine-increased", "acute-kidney-injury", "blood-bilirubin-increased")
"""What the trigger `creatinine-bilirubin-grade-3` of a pack is about."""


@dataclass(frozen=True, slots=True)
class Modification:
    """One event that changes the dose: from when on, in which cycle it came, and the entry behind it."""

    rule: str
    modifier: Modifier
    entry: str
    cycle: int
    text: str
    resolved: bool


@dataclass(frozen=True, slots=True)
class LevelNow:
    """The dose level of one patient, the ruling that lowered it if one did, and what stops the drug at it."""

    name: str
    ruling: str | None
    held: tuple[Held, ...]


def anc_giga(lab: Lab) -> Decimal | None:
    """Give a neutrophil count in 10^9/L; None for another test or unit."""
    if lab.test != ANC:
        return None
    return {"10^9/L": lab.value, "/uL": lab.value / 1000}.get(lab.unit)


def level_now(course: Course, protocol: Protocol) -> LevelNow:
    """Give the patient's level: as enrolled, one step lower for each ruled toxicity where the pack lets it (C-DEESC).

    A dose-limiting toxicity at the lowest level, or beyond the steps allowed, stops the drug (C-DEPTH).
    """
    levels = protocol.cohort_levels
    name = course.enrolled.level if course.enrolled is not None else protocol.cohort_start_level
    steps, ruling, held = 0, None, list[Held]()
    for toxicity in _limiting(course):
        cycle = cycle_of(course, protocol, toxicity)
        place = levels.index(name) if name in levels else 0
        if cycle is not None and cycle.level in levels[place + 1 :]:
            continue  # it came at a level that was already left
        on = protocol.patient_deesc == "on"
        if on and place > 0 and steps < protocol.deesc_max_steps:
            name, steps, ruling = levels[place - 1], steps + 1, toxicity.ruling.id if toxicity.ruling else None
            if _unresolved(toxicity, protocol):
                held.append(
                    Held("C-DEESC", f"{toxicity.term}, dose-limiting, is not resolved", toxicity.id, for_good=False)
                )
        elif on or place == 0:
            good = protocol.lowest_dlt_action == "discontinue"
            if good or _unresolved(toxicity, protocol):
                text = f"{toxicity.term} was dose-limiting at level {name}: no lower level is left"
                held.append(Held("C-DEPTH", text, toxicity.id, for_good=good))
    return LevelNow(name, ruling, tuple(held))


def modifications(course: Course, protocol: Protocol) -> tuple[Modification, ...]:
    """List every event that changes the dose by the pack's `modifiers` (C-MOD-H, C-MOD-NH)."""
    by_trigger: dict[str | None, Modifier] = {one.trigger: one for one in protocol.modifiers}
    found: list[Modification] = []
    for toxicity in course.toxicities.values():
        modifier = by_trigger.get(_trigger(toxicity, protocol))
        cycle = cycle_of(course, protocol, toxicity)
        if modifier is None or cycle is None or _set_aside(toxicity, protocol):
            continue
        resolved = not _unresolved(toxicity, protocol)
        text = f"{toxicity.term} grade {toxicity.worst} in cycle {cycle.n}"
        found.append(Modification("C-MOD-NH", modifier, toxicity.id, cycle.n, text, resolved))
    aplasia = by_trigger.get("prolonged-neutropenia")
    if aplasia is not None:
        for lab, cycle in _low_counts(course, protocol):
            text = f"ANC below {protocol.modifier_anc} for {protocol.modifier_anc_days} days or more"
            found.append(Modification("C-MOD-H", aplasia, lab.id, cycle.n, text, resolved=True))
    return tuple(found)


def applied(course: Course, protocol: Protocol, n: int) -> tuple[Modification, ...]:
    """List the modifications of a dose of cycle `n`: of each cycle the one that reduces most."""
    most: dict[int, Modification] = {}
    for one in modifications(course, protocol):
        now = one.cycle < n or (one.cycle == n and one.modifier.action == "hold")
        if not now or one.modifier.action == "discontinue" or one.modifier.resume_fraction == 1:
            continue
        so_far = most.get(one.cycle)
        if so_far is None or one.modifier.resume_fraction < so_far.modifier.resume_fraction:
            most[one.cycle] = one
    return tuple(most[cycle] for cycle in sorted(most))


def held(course: Course, protocol: Protocol, n: int) -> tuple[Held, ...]:
    """List everything that holds or stops the cycle drug for a dose of cycle `n`, or for opening it."""
    found = [Held("A-HOLD", one.text, one.entry, one.for_good) for one in holds(course, protocol, protocol.cycle_drug)]
    found += _stops(course, protocol, n)
    found += level_now(course, protocol).held
    for one in modifications(course, protocol):
        action = one.modifier.action
        if action == "discontinue":
            found.append(Held(one.rule, f"{one.text}: the drug is stopped for good", one.entry, for_good=True))
        elif action == "stop" and one.cycle == n:
            found.append(Held(one.rule, f"{one.text}: no further dose in this cycle", one.entry, for_good=False))
        elif action in ("hold", "stop") and not one.resolved:
            found.append(Held(one.rule, f"{one.text} is not resolved", one.entry, for_good=False))
    return tuple(found)


def stopping(course: Course, protocol: Protocol, toxicity: Toxicity) -> Cycle | None:
    """Find the cycle that a toxicity stops at once (C-STOP): one of the pack's terms on a day of its dosing."""
    if toxicity.term not in protocol.cycle_stop_terms:
        return None
    cycle = cycle_of(course, protocol, toxicity)
    if cycle is None:
        return None
    last = day_1(course, protocol, cycle) + timedelta(days=protocol.cycle_days - 1)
    return cycle if toxicity.onset.date() <= last else None


def _stops(course: Course, protocol: Protocol, n: int) -> Iterator[Held]:
    for toxicity in course.toxicities.values():
        cycle = stopping(course, protocol, toxicity)
        if cycle is not None and cycle.n == n and toxicity.id not in course.lifted:
            day = (toxicity.onset.date() - day_1(course, protocol, cycle)).days + 1
            text = f"{toxicity.term} on day {day}: stopped until the principal investigator lifts it"
            yield Held("C-STOP", text, toxicity.id, for_good=False)


def _limiting(course: Course) -> tuple[Toxicity, ...]:
    ruled = (t for t in course.toxicities.values() if t.ruling is not None and t.ruling.dlt)
    return tuple(sorted(ruled, key=lambda t: t.onset))


def _set_aside(toxicity: Toxicity, protocol: Protocol) -> bool:
    """Whether a modification does not follow: the level replaces it, or another cause is found."""
    replaced = protocol.patient_deesc == "on" and toxicity.ruling is not None and toxicity.ruling.dlt
    return replaced or toxicity.relations.get(protocol.cycle_drug) in ("unrelated", "unlikely")


def _trigger(toxicity: Toxicity, protocol: Protocol) -> str | None:
    if toxicity.worst < 3 or toxicity.term in (*protocol.dlt_haematologic_terms, *protocol.dlt_never_terms):
        return None
    if toxicity.term in protocol.dlt_grade_3_allowed_terms:
        return "significant-infection"
    if toxicity.term in CREATININE_BILIRUBIN:
        return "creatinine-bilirubin-grade-3"
    if toxicity.worst >= 4:
        return "other-grade-4"
    return None if _short(toxicity, protocol) else "other-grade-3"


def _short(toxicity: Toxicity, protocol: Protocol) -> bool:
    """Whether a grade 3 passed within the pack's time for its term: liver values, controlled vomiting, a reaction."""
    limits = (
        (protocol.dlt_transient_terms, timedelta(days=protocol.dlt_transient_days)),
        (protocol.dlt_controlled_terms, timedelta(hours=protocol.dlt_controlled_h)),
        (protocol.dlt_brief_terms, timedelta(hours=protocol.dlt_brief_h)),
    )
    over = _over_at(toxicity, protocol)
    since = next((point.since for point in toxicity.grades if point.grade >= 3), toxicity.onset)
    return over is not None and any(toxicity.term in terms and over - since <= limit for terms, limit in limits)


def _over_at(toxicity: Toxicity, protocol: Protocol) -> datetime | None:
    ends = [toxicity.resolved_at] if toxicity.over and toxicity.resolved_at is not None else []
    if toxicity.grades and toxicity.current <= protocol.resolved_max_grade:
        ends.append(max(point.since for point in toxicity.grades))
    return min(ends, default=None)


def _unresolved(toxicity: Toxicity, protocol: Protocol) -> bool:
    return _over_at(toxicity, protocol) is None


def _low_counts(course: Course, protocol: Protocol) -> Iterator[tuple[Lab, Cycle]]:
    """Give the count with which each long fall of the neutrophils became long, and the cycle it began in."""
    firsts = [(cycle, doses_of(course, protocol, cycle.n)) for cycle in course.cycles]
    since: Lab | None = None
    told = False
    for lab in sorted((one for one in course.labs if anc_giga(one) is not None), key=lambda one: one.at):
        count = anc_giga(lab)
        if count is None or count >= protocol.modifier_anc:
            since, told = None, False
            continue
        since = since or lab
        if told or lab.at - since.at < timedelta(days=protocol.modifier_anc_days):
            continue
        cycle = next((c for c, doses in reversed(firsts) if doses and _on_or_before(doses[0].on, since.at)), None)
        if cycle is not None:
            told = True
            yield lab, cycle


def _on_or_before(day: date, at: datetime) -> bool:
    return day <= at.date()
