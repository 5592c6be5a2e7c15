"""The closed unions of events: `evolve` matches each member, and the type checker names a forgotten one."""

from __future__ import annotations

from typing import get_args

from ledger.events import (
    archive,
    cohort,
    cycle,
    dosing,
    exports,
    keys,
    patient,
    people,
    record,
    review,
    safety,
    security,
    study,
    supply,
)
from ledger.events.base import Wire

PatientEvent = (
    patient.PatientRegistered
    | patient.ConsentGiven
    | patient.EligibilityAssessed
    | patient.PatientEnrolled
    | patient.PatientMeasured
    | patient.LabMeasured
    | patient.ProphylaxisRecorded
    | patient.TreatmentEnded
    | patient.ConsentWithdrawn
    | patient.PatientDied
    | dosing.DoseOrdered
    | dosing.OrderAmended
    | dosing.OrderCancelled
    | dosing.OrderChecked
    | dosing.DoseReleased
    | dosing.PremedicationGiven
    | dosing.InfusionStarted
    | dosing.InfusionInterrupted
    | dosing.InfusionResumed
    | dosing.InfusionCompleted
    | dosing.InfusionAborted
    | dosing.DoseOmitted
    | dosing.InfusionRecorded
    | dosing.HoldPlaced
    | dosing.HoldLifted
    | dosing.CourseDiscontinued
    | safety.ToleranceAssessed
    | safety.ToxicityReported
    | safety.ToxicityGraded
    | safety.ToxicityRegraded
    | safety.ToxicityAttributed
    | safety.SeriousnessAssessed
    | safety.ToxicityResolved
    | safety.DeviationAcknowledged
    | safety.DeviationClassified
    | safety.OverrideGranted
    | safety.ExpectednessAssessed
    | safety.SafetyReportSubmitted
    | cycle.CycleOpened
    | cycle.CycleDayOmitted
    | cycle.CycleClosed
    | cycle.CycleStopped
    | cycle.ResponseAssessed
    | cycle.TransplantRecorded
    | cohort.DltAdjudicated
    | cohort.PatientDeclaredNonEvaluable
)
PeopleEvent = people.KeyEnrolled | people.DeviceEnrolled | people.DelegationGranted | people.DelegationEnded
KeyEvent = (
    keys.KeyRotated
    | keys.KeyRevoked
    | keys.RegistrarChanged
    | keys.RegistrarRecovered
    | keys.PolicyAmended
    | keys.LogRotated
    | keys.SignatureReaffirmed
    | keys.SignatureRepudiated
)
StudyEvent = study.LedgerCreated | study.LedgerRestored | study.ProtocolActivated | study.DictionaryLoaded
CohortEvent = cohort.LevelOpened | cohort.CohortDecided | cohort.AccrualSuspended | cohort.AccrualResumed
SupplyEvent = (
    supply.LotReceived
    | supply.LotQuarantined
    | supply.DrugWasted
    | supply.DrugReturned
    | supply.DrugTransferred
    | supply.DrugDestroyed
    | supply.StockCounted
)
RecordEvent = record.EntryCountersigned | record.EntryCorrected | record.EntryVoided | record.EntryRecovered
DeviceEvent = record.EntryRefused | record.LogClock | keys.SignatureAbandoned | security.SecurityRaised
SecurityEvent = security.SecurityAcknowledged | security.LockoutLifted
ExportEvent = exports.ExportMade | exports.CopyCertified
ArchiveEvent = archive.AnchorMade | archive.BackupMade | archive.BackupRestored
ReviewEvent = (
    review.QueryOpened
    | review.QueryAnswered
    | review.QueryClosed
    | review.EntriesSigned
    | review.EntryReviewed
    | review.RecordLocked
    | review.SiteLocked
    | review.RecordUnlocked
    | review.AuditReviewed
    | review.TextRedacted
)
Event = (
    PatientEvent
    | PeopleEvent
    | KeyEvent
    | StudyEvent
    | CohortEvent
    | SupplyEvent
    | RecordEvent
    | DeviceEvent
    | ExportEvent
    | ArchiveEvent
    | ReviewEvent
    | SecurityEvent
)

_OF_REVIEW = frozenset(get_args(ReviewEvent))


def of_review(event: Wire) -> bool:
    """Tell whether an event is one of review and closing, which states nothing about a patient."""
    return type(event) in _OF_REVIEW
