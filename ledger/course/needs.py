"""Which signatures an entry needs, which are missing, and when a later signature completes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from msgspec import Struct

from ledger import wire
from ledger.events import cohort, cycle, dosing, patient, record, safety
from ledger.events.base import Need, Occurred, Payload, Wire
from ledger.events.body import open_body
from ledger.events.entry import Signer
from ledger.events.registry import kind_of
from ledger.events.row import PI, SPONSOR, Requirement

COMPLETION = timedelta(days=30)
"""A kind that takes effect at completion must be completed within this time of log time (RECORD.md section 2)."""

_AMOUNTS = ("given_mg", "prepared_mg", "volume_ml")
_ORDER = ("drug", "step_mg", "level_mg_m2", "ordered_mg", "planned_start", "expires", "overrides", "order")
_LOOSENS: dict[type[Wire], tuple[str, ...]] = {
    dosing.DoseOrdered: _ORDER,
    dosing.OrderAmended: _ORDER,
    dosing.InfusionStarted: ("order", "overrides"),
    dosing.InfusionRecorded: ("drug", "order", *_AMOUNTS),
    dosing.InfusionCompleted: ("dose", *_AMOUNTS),
    dosing.InfusionAborted: ("dose", *_AMOUNTS),
    dosing.DoseReleased: ("order", "lot", "expiry", "vials", "prepared_mg", "wasted_mg", "volume_ml"),
    dosing.HoldPlaced: ("drug", "why"),
    dosing.HoldLifted: ("hold",),
    dosing.CourseDiscontinued: ("drug",),
    safety.ToxicityReported: ("term", "dose"),
    safety.ToxicityAttributed: ("toxicity", "drug", "relation"),
    safety.SeriousnessAssessed: ("toxicity", "serious", "criteria"),
    safety.ToxicityResolved: ("toxicity", "outcome"),
    safety.OverrideGranted: safety.OverrideGranted.__struct_fields__,
    safety.ExpectednessAssessed: ("toxicity", "expected"),
    patient.EligibilityAssessed: ("criteria", "eligible"),
    patient.PatientEnrolled: patient.PatientEnrolled.__struct_fields__,
    cycle.CycleOpened: cycle.CycleOpened.__struct_fields__,
    cycle.CycleClosed: cycle.CycleClosed.__struct_fields__,
    cycle.CycleStopped: ("opened", "why"),
    cycle.ResponseAssessed: ("response",),
    cohort.DltAdjudicated: cohort.DltAdjudicated.__struct_fields__,
    cohort.PatientDeclaredNonEvaluable: cohort.PatientDeclaredNonEvaluable.__struct_fields__,
}
"""Fields that no one person changes alone: what was given, what it stands on, and what holds the drug."""


_MOVED = (
    patient.ConsentGiven,
    patient.ConsentWithdrawn,
    patient.PatientDied,
    patient.TreatmentEnded,
    dosing.PremedicationGiven,
    dosing.InfusionStarted,
    dosing.InfusionRecorded,
    dosing.InfusionCompleted,
    dosing.InfusionAborted,
    dosing.HoldPlaced,
    safety.ToleranceAssessed,
    safety.ToxicityReported,
    safety.ToxicityGraded,
    safety.ToxicityRegraded,
    safety.ToxicityResolved,
)
"""Kinds whose time decides what is permitted or found: no one person moves them alone."""


class Struck(Struct, frozen=True):
    """What a void is about: the author's own that still `waits` for a signature; signed by the `sponsor` too."""

    waits: bool = False
    sponsor: bool = False


def required(
    event: Wire,
    author: wire.Role,
    target: Wire | None,
    occurred: Occurred | None = None,
    struck: Struck | None = None,
) -> tuple[Requirement, ...]:
    """List the signatures that kind and content require.

    `target` is the event that a correction, void or regrade is about, as it stands, `occurred` when that is
    said to have happened, `struck` what else a void is judged by. Whoever began what still waits takes it back alone.
    Any other void, a correction that lowers a dose or a grade, moves one in time or could permit more, and a regrade
    to a lower grade need the principal investigator beside their author; when the author is the principal
    investigator, another physician. What was signed by two is corrected by two; what the sponsor's physician signed
    is voided with the approval of one.
    """
    base = kind_of(event).signatures
    approval = Requirement(
        frozenset({"approved"}), frozenset({"investigator"}) if author == "principal-investigator" else PI
    )
    match event:
        case record.EntryVoided():
            sponsor = (Requirement(frozenset({"approved"}), SPONSOR),) if struck and struck.sponsor else ()
            return base if struck and struck.waits else (*base, approval, *sponsor)
        case record.EntryCorrected():
            more = () if target is None else kind_of(target).signatures[1:]
            moved = isinstance(target, _MOVED) and occurred is not None and occurred.at != event.occurred.at
            if target is None or moved or relaxes(target, open_body(event.kind, event.body)):
                return (*base, approval, *more)
            return (*base, *more)
        case safety.ToxicityRegraded() if (
            isinstance(target, safety.ToxicityGraded | safety.ToxicityRegraded) and event.grade < target.grade
        ):
            return (*base, approval)
        case cohort.DltAdjudicated() if event.reverses is not None:
            return (*base, approval)
        case _:
            return base


def relaxes(before: Wire, after: Wire) -> bool:
    """Tell whether a restated body could lower a recorded dose or grade, turn a ruling, or permit more than before."""
    if type(before) is not type(after):
        return True
    match before, after:
        case safety.ToleranceAssessed(), safety.ToleranceAssessed():
            return (
                after.worst_grade < before.worst_grade
                or (after.tolerated and not before.tolerated)
                or after.dose != before.dose
            )
        case (safety.ToxicityGraded() | safety.ToxicityRegraded()) as old, (
            safety.ToxicityGraded() | safety.ToxicityRegraded()
        ) as new:
            return new.grade < old.grade or new.toxicity != old.toxicity
        case _:
            return any(
                getattr(before, name, None) != getattr(after, name, None) for name in _LOOSENS.get(type(before), ())
            )


def beyond(needs: Sequence[Need], requirements: Sequence[Requirement]) -> tuple[Need, ...] | None:
    """List the declared `needs` that no requirement asks for; None where one lacks a need of its own."""
    left = list(needs)
    for requirement in requirements:
        found = next(
            (need for need in left if need.meaning in requirement.meanings and need.role in requirement.roles), None
        )
        if found is None:
            return None
        left.remove(found)
    return tuple(left)


def missing(payload: Payload, signers: Iterable[Signer]) -> tuple[Need, ...]:
    """List the needs that no signature meets; two needs are never met by one person.

    When an entry was transcribed for somebody, the need `performed` is that person's alone.
    """
    left = list(payload.needs)
    used: set[str] = set()
    for signer in signers:
        if signer.person in used:
            continue
        for need in left:
            if need.meaning != signer.meaning or need.role != signer.role:
                continue
            if (
                need.meaning == "performed"
                and payload.performed_by is not None
                and signer.person != payload.performed_by
            ):
                continue
            left.remove(need)
            used.add(signer.person)
            break
    return tuple(left)
