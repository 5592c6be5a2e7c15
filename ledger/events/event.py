"""The closed unions of events: `evolve` matches each member, and the type checker names a forgotten one."""

from __future__ import annotations

from ledger.events import dosing, patient, people, record, safety, study, supply

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
)
PeopleEvent = people.KeyEnrolled | people.DeviceEnrolled | people.DelegationGranted | people.DelegationEnded
StudyEvent = study.LedgerCreated | study.ProtocolActivated
RecordEvent = record.EntryCountersigned | record.EntryCorrected | record.EntryVoided
DeviceEvent = record.EntryRefused | record.LogClock
Event = PatientEvent | PeopleEvent | StudyEvent | RecordEvent | DeviceEvent | supply.LotReceived
