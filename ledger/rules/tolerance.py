"""Which toxicities belong to a dose, whether the dose counts as tolerated, and what holds the step-up drug."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from ledger.course.state import Course, Dose, Toxicity
from ledger.protocol.model import Protocol

Standing = Literal["tolerated", "not-tolerated", "pending", "contradicted"]


class Held(Struct, frozen=True):
    """Why the drug may not be given now: the rule, the words, the entry, and whether it is for good."""

    rule: str
    text: str
    entry: str
    for_good: bool


def linked(course: Course, protocol: Protocol, dose: Dose) -> tuple[Toxicity, ...]:
    """List the tolerance-term toxicities of a dose: linked to it, or with onset from its start to the window's end."""
    end = dose.started_at + timedelta(hours=protocol.tolerance_onset_h)
    named = dose.tolerance.toxicities if dose.tolerance is not None else ()

    def belongs(toxicity: Toxicity) -> bool:
        if toxicity.term not in protocol.tolerance_terms:
            return False
        if toxicity.id in named or (toxicity.dose is not None and toxicity.dose in (dose.id, dose.order)):
            return True
        return toxicity.dose is None and dose.started_at <= toxicity.onset <= end

    return tuple(t for t in course.toxicities.values() if belongs(t))


def standing(course: Course, protocol: Protocol, dose: Dose) -> Standing:
    """Give the effective tolerance of a dose; a later linked grade above the limit contradicts `tolerated`."""
    judged = dose.tolerance
    if judged is None:
        return "pending"
    if not judged.tolerated:
        return "not-tolerated"
    later = (
        p
        for t in linked(course, protocol, dose)
        for p in t.grades
        if p.judged_at > judged.at or p.position > judged.position
    )
    return "contradicted" if any(p.grade > protocol.tolerated_max_grade for p in later) else "tolerated"


def holds(course: Course, protocol: Protocol, drug: str) -> tuple[Held, ...]:
    """List everything that holds or stops a drug now, other than haematology."""
    found = [_placed(h.why, h.id) for h in course.holds if h.drug == drug and not h.lifted]
    if drug in course.discontinued:
        entry, why = course.discontinued[drug]
        found.append(Held("A-HOLD", f"{drug} was discontinued ({why})", entry, for_good=True))
    if drug != protocol.ladder_drug:
        return tuple(found)
    found += _reactions(course, protocol)
    found += _serious(course, protocol, drug)
    return tuple(found)


_PLACED_RULE = {
    "toxicity": "A-G34",
    "infection": "A-INFECT",
    "serious-adverse-reaction": "A-INFECT",
    "haematology": "A-HEME",
}


def _placed(why: str, entry: str) -> Held:
    return Held(_PLACED_RULE.get(why, "A-HOLD"), f"held: {why}", entry, for_good=False)


def _reactions(course: Course, protocol: Protocol) -> list[Held]:
    found: dict[str, Held] = {}
    for dose in course.doses_of(protocol.ladder_drug):
        for toxicity in linked(course, protocol, dose):
            held = _reaction(toxicity, protocol)
            if held is not None:
                found[toxicity.id] = held
    return list(found.values())


def _reaction(toxicity: Toxicity, protocol: Protocol) -> Held | None:
    if toxicity.worst >= protocol.stop_grade and protocol.g4_action == "discontinue":
        return Held(
            "A-G34", f"{toxicity.term} grade {toxicity.worst}: the drug is stopped for good", toxicity.id, for_good=True
        )
    back = toxicity.grades and toxicity.current <= protocol.resolved_max_grade
    if toxicity.worst >= protocol.withhold_min_grade and not toxicity.over and not back:
        return Held("A-G34", f"{toxicity.term} grade {toxicity.current} is not resolved", toxicity.id, for_good=False)
    return None


def _serious(course: Course, protocol: Protocol, drug: str) -> list[Held]:
    found = []
    for toxicity in course.toxicities.values():
        if toxicity.term in protocol.autoimmune_terms and toxicity.grades:
            good = protocol.autoimmune_action == "discontinue"
            found.append(Held("A-INFECT", f"{toxicity.term}: autoimmune cytopenia", toxicity.id, for_good=good))
        elif protocol.serious_hold and toxicity.serious and not toxicity.over and not _exonerated(toxicity, drug):
            found.append(Held("A-INFECT", f"{toxicity.term} is serious and not resolved", toxicity.id, for_good=False))
    return found


def _exonerated(toxicity: Toxicity, drug: str) -> bool:
    return toxicity.relations.get(drug) in ("unrelated", "unlikely")


def running_min(dose: Dose, at: datetime) -> int:
    """Minutes of running: from start to end (or `at`) without its interruptions."""
    end = dose.ended_at or at
    paused = sum(((p.until or end) - p.since for p in dose.pauses), timedelta(0))
    return int((end - dose.started_at - paused) / timedelta(minutes=1))
