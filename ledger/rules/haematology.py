"""Haematology holds of the label (Campath label 2.3), where the pack turns them on with `heme_hold = label`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from ledger.course.state import Course, Lab
from ledger.protocol.model import Protocol
from ledger.rules.tolerance import Held

ANC, PLATELETS = "anc", "plt"


PER_UL = Decimal(1000)
"""What one 10^9/L is per microlitre."""


class Haematology(Struct, frozen=True):
    """Whether counts hold the drug now, and the step in mg with which the label resumes it."""

    held: tuple[Held, ...]
    occurrences: int
    resume_mg: Decimal | None


class _Trigger(Struct, frozen=True):
    """When a count holds the drug, and at which count it may go on; both per microlitre."""

    hold: Decimal
    resume: Decimal
    below: bool

    def held_by(self, value: Decimal) -> bool:
        return value < self.hold if self.below else value <= self.hold


def hold(course: Course, protocol: Protocol, at: datetime) -> Haematology:
    """Walk the counts after the first dose: each new fall is an occurrence, each recovery ends it.

    ANC below its limit or platelets at or below theirs hold; from a baseline already that low, a fall by the
    pack's fraction holds and the baseline resumes. First recovery resumes at the first, second at the second
    resume step; the last occurrence stops the drug.
    """
    doses = course.doses_of(protocol.ladder_drug)
    if protocol.heme_hold == "off" or not doses:
        return Haematology((), 0, None)
    first = doses[0].started_at
    triggers = {test: _trigger(course, protocol, test, first) for test in (ANC, PLATELETS)}
    low: dict[str, Lab] = {}
    latest: dict[str, Lab] = {}
    occurrences, dosed_since = 0, True
    for lab in sorted(
        (one for one in course.labs if one.test in triggers and first <= one.at <= at), key=lambda one: one.at
    ):
        latest[lab.test] = lab
        if triggers[lab.test].held_by(per_ul(lab)):
            occurrences += not low
            low[lab.test] = lab
        elif low and all(per_ul(one) >= triggers[test].resume for test, one in latest.items()):
            low = {}
            recovered = lab.at
            dosed_since = any(d.started_at >= recovered for d in doses)
    if occurrences >= protocol.heme_max_occurrences:
        return Haematology(
            (Held("A-HEME", f"{occurrences} haematology holds: the drug is stopped for good", "", for_good=True),),
            occurrences,
            None,
        )
    if low:
        lab = next(iter(low.values()))
        return Haematology(
            (Held("A-HEME", f"{lab.test} {lab.value} {lab.unit}", lab.id, for_good=False),), occurrences, None
        )
    if occurrences == 0 or dosed_since:
        return Haematology((), occurrences, None)
    return Haematology(
        (), occurrences, protocol.heme_first_resume_mg if occurrences == 1 else protocol.heme_second_resume_mg
    )


def per_ul(lab: Lab) -> Decimal:
    """Give a count per microlitre, whichever of the two units it was reported in."""
    return lab.value * PER_UL if lab.unit == "10^9/L" else lab.value


def _trigger(course: Course, protocol: Protocol, test: str, first: datetime) -> _Trigger:
    limit, resume = (
        (protocol.heme_anc_hold, protocol.heme_anc_resume)
        if test == ANC
        else (protocol.heme_plt_hold, protocol.heme_plt_resume)
    )
    before = [lab for lab in course.labs if lab.test == test and lab.at < first]
    baseline = per_ul(max(before, key=lambda lab: lab.at)) if before else None
    if baseline is not None and baseline <= limit:
        return _Trigger(baseline * (1 - protocol.heme_baseline_fall_fraction), baseline, below=False)
    return _Trigger(limit, resume, below=test == ANC)
