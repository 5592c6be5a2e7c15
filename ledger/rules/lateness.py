"""Lateness by kind: how long after the act, or after awareness of it, an entry was made (DOMAIN 0.13)."""

from __future__ import annotations

from datetime import datetime, timedelta

from ledger.course.history import Fact
from ledger.events import dosing, patient, safety
from ledger.events.base import Wire
from ledger.protocol.model import Protocol


def basis(event: Wire, occurred_at: datetime) -> tuple[str, datetime] | None:
    """Give the pack's category of a kind and the time its limit runs from; None for kinds without a limit."""
    match event:
        case dosing.InfusionRecorded():
            return "infusion", datetime.fromisoformat(event.ended) if event.ended else occurred_at
        case (
            dosing.InfusionStarted()
            | dosing.InfusionInterrupted()
            | dosing.InfusionResumed()
            | dosing.InfusionCompleted()
            | dosing.InfusionAborted()
            | dosing.DoseOmitted()
        ):
            return "infusion", occurred_at
        case dosing.PremedicationGiven():
            return "premedication", max(
                datetime.fromisoformat(g.at) for g in event.given
            ) if event.given else occurred_at
        case safety.ToxicityReported():
            return "ae", datetime.fromisoformat(event.aware_at) if event.aware_at else occurred_at
        case patient.PatientDied():
            return "death", datetime.fromisoformat(event.aware_at) if event.aware_at else occurred_at
        case patient.LabMeasured():
            return "laboratory", datetime.fromisoformat(event.reported_at) if event.reported_at else occurred_at
        case safety.ToleranceAssessed() | safety.ToxicityGraded() | safety.ToxicityRegraded():
            return "assessment", occurred_at
        case _:
            return None


def late_by(event: Wire, occurred_at: datetime, recorded_at: datetime, protocol: Protocol) -> timedelta | None:
    """Give by how much an entry is over its limit, or None when it is in time."""
    found = basis(event, occurred_at)
    if found is None:
        return None
    category, since = found
    over = recorded_at - since - timedelta(hours=protocol.late_h[category])
    return over if over > timedelta(0) else None


def late(fact: Fact, protocol: Protocol) -> timedelta | None:
    """Give by how much a fact was recorded late."""
    return late_by(fact.event, fact.occurred_at, fact.entry.recorded_at, protocol)
