"""The closed table of kinds: what may be written, on which stream, signed by whom, and what it must not race.

docs/spec/kinds.md is the same table in prose. A name, once released, keeps its struct for ever.
"""

from __future__ import annotations

from ledger.events import dosing, patient, people, record, safety, study, supply
from ledger.events.base import Wire
from ledger.events.predicate import SAME_PATIENT, SLOTS, only
from ledger.events.row import (
    DATA,
    DEVICE,
    FACT,
    NURSES,
    PHARMACY,
    PHYSICIANS,
    PI,
    REGISTRARS,
    SITE,
    KindRow,
    by,
)

TWO_REGISTRARS = (by(REGISTRARS, "authorship"), by(REGISTRARS, "verified"))

_ROWS = (
    KindRow("ledger.created/1", study.LedgerCreated, "study", 0, (by(REGISTRARS, "responsibility"),)),
    KindRow(
        "protocol.activated/1",
        study.ProtocolActivated,
        "study",
        1,
        (by(PI, "approved"),),
        conflicts=only("protocol.activated/1"),
    ),
    KindRow(
        "key.enrolled/1",
        people.KeyEnrolled,
        "people",
        0,
        TWO_REGISTRARS,
        conflicts=only("key.enrolled/1"),
        completed=True,
    ),
    KindRow(
        "device.enrolled/1",
        people.DeviceEnrolled,
        "people",
        1,
        TWO_REGISTRARS,
        conflicts=only("device.enrolled/1"),
        completed=True,
    ),
    KindRow("delegation.granted/1", people.DelegationGranted, "people", 2, (by(PI, "approved"),)),
    KindRow("delegation.ended/1", people.DelegationEnded, "people", 3, (by(PI, "approved"),)),
    KindRow(
        "patient.registered/1",
        patient.PatientRegistered,
        "patient",
        0,
        (by(DATA),),
        "registration",
        conflicts=only("patient.registered/1"),
    ),
    KindRow(
        "consent.given/1",
        patient.ConsentGiven,
        "patient",
        1,
        (by(PHYSICIANS | DATA, *FACT),),
        "consent",
        factual=True,
    ),
    KindRow(
        "eligibility.assessed/1",
        patient.EligibilityAssessed,
        "patient",
        2,
        (by(PHYSICIANS, "assessed"),),
        "eligibility",
    ),
    KindRow(
        "patient.enrolled/1",
        patient.PatientEnrolled,
        "patient",
        3,
        (by(PHYSICIANS | DATA),),
        "enrolment",
        conflicts=SLOTS,
    ),
    KindRow(
        "patient.measured/1",
        patient.PatientMeasured,
        "patient",
        4,
        (by(NURSES | DATA, *FACT),),
        "measurement",
        factual=True,
    ),
    KindRow("lab.measured/1", patient.LabMeasured, "patient", 5, (by(DATA, *FACT),), "laboratory", factual=True),
    KindRow(
        "prophylaxis.recorded/1",
        patient.ProphylaxisRecorded,
        "patient",
        6,
        (by(PHYSICIANS, *FACT),),
        "safety",
        factual=True,
    ),
    KindRow("override.granted/1", safety.OverrideGranted, "patient", 9, (by(PI, "approved"),), completed=True),
    KindRow(
        "dose.ordered/1", dosing.DoseOrdered, "patient", 10, (by(PHYSICIANS),), "prescribing", conflicts=SAME_PATIENT
    ),
    KindRow(
        "order.amended/1",
        dosing.OrderAmended,
        "patient",
        11,
        (by(PHYSICIANS),),
        "prescribing",
        conflicts=SAME_PATIENT,
    ),
    KindRow(
        "order.cancelled/1",
        dosing.OrderCancelled,
        "patient",
        12,
        (by(PHYSICIANS),),
        "prescribing",
        conflicts=only("infusion.started/1", "order.cancelled/1"),
    ),
    KindRow(
        "order.checked/1",
        dosing.OrderChecked,
        "patient",
        13,
        (by(PHARMACY, "verified"),),
        "pharmacy",
        conflicts=only("order.amended/1", "order.cancelled/1"),
    ),
    KindRow(
        "dose.released/1",
        dosing.DoseReleased,
        "patient",
        14,
        (by(PHARMACY, "dispensed"), by(PHARMACY, "verified")),
        "pharmacy",
        conflicts=only("order.amended/1", "order.cancelled/1", "dose.released/1"),
    ),
    KindRow(
        "premedication.given/1",
        dosing.PremedicationGiven,
        "patient",
        15,
        (by(NURSES, *FACT),),
        "premedication",
        factual=True,
    ),
    KindRow(
        "infusion.started/1",
        dosing.InfusionStarted,
        "patient",
        16,
        (by(NURSES, "performed"), by(NURSES | PHARMACY, "verified")),
        "administration",
        conflicts=SAME_PATIENT,
    ),
    KindRow(
        "infusion.recorded/1",
        dosing.InfusionRecorded,
        "patient",
        16,
        (by(NURSES | DATA, *FACT),),
        "administration",
        factual=True,
    ),
    KindRow(
        "infusion.interrupted/1",
        dosing.InfusionInterrupted,
        "patient",
        17,
        (by(NURSES, *FACT),),
        "administration",
        factual=True,
    ),
    KindRow(
        "infusion.resumed/1",
        dosing.InfusionResumed,
        "patient",
        18,
        (by(NURSES, *FACT),),
        "administration",
        factual=True,
    ),
    KindRow(
        "infusion.completed/1",
        dosing.InfusionCompleted,
        "patient",
        19,
        (by(NURSES, *FACT),),
        "administration",
        factual=True,
    ),
    KindRow(
        "infusion.aborted/1",
        dosing.InfusionAborted,
        "patient",
        19,
        (by(NURSES, *FACT),),
        "administration",
        factual=True,
    ),
    KindRow("dose.omitted/1", dosing.DoseOmitted, "patient", 19, (by(NURSES, *FACT),), "administration", factual=True),
    KindRow(
        "toxicity.reported/1",
        safety.ToxicityReported,
        "patient",
        20,
        (by(NURSES | PHYSICIANS, *FACT),),
        "safety",
        factual=True,
        graded=True,
    ),
    KindRow(
        "toxicity.graded/1",
        safety.ToxicityGraded,
        "patient",
        21,
        (by(PHYSICIANS, "assessed"),),
        "safety",
        graded=True,
    ),
    KindRow(
        "toxicity.regraded/1",
        safety.ToxicityRegraded,
        "patient",
        22,
        (by(PHYSICIANS, "assessed"),),
        "safety",
        completed=True,
        graded=True,
    ),
    KindRow("toxicity.attributed/1", safety.ToxicityAttributed, "patient", 23, (by(PHYSICIANS, "assessed"),), "safety"),
    KindRow(
        "seriousness.assessed/1", safety.SeriousnessAssessed, "patient", 24, (by(PHYSICIANS, "assessed"),), "safety"
    ),
    KindRow(
        "tolerance.assessed/1",
        safety.ToleranceAssessed,
        "patient",
        25,
        (by(PHYSICIANS, "assessed"),),
        "assessment",
        graded=True,
    ),
    KindRow("toxicity.resolved/1", safety.ToxicityResolved, "patient", 26, (by(PHYSICIANS, "assessed"),), "safety"),
    KindRow("hold.placed/1", dosing.HoldPlaced, "patient", 27, (by(PHYSICIANS),), "prescribing"),
    KindRow(
        "hold.lifted/1",
        dosing.HoldLifted,
        "patient",
        28,
        (by(PHYSICIANS),),
        "prescribing",
        conflicts=only("hold.placed/1"),
    ),
    KindRow("course.discontinued/1", dosing.CourseDiscontinued, "patient", 29, (by(PHYSICIANS),), "prescribing"),
    KindRow(
        "treatment.ended/1", patient.TreatmentEnded, "patient", 30, (by(PHYSICIANS, *FACT),), "safety", factual=True
    ),
    KindRow(
        "consent.withdrawn/1", patient.ConsentWithdrawn, "patient", 31, (by(DATA, *FACT),), "consent", factual=True
    ),
    KindRow("patient.died/1", patient.PatientDied, "patient", 32, (by(PHYSICIANS, *FACT),), "safety", factual=True),
    KindRow(
        "deviation.acknowledged/1",
        safety.DeviationAcknowledged,
        "patient",
        40,
        (by(PHYSICIANS, "acknowledged"),),
        "safety",
    ),
    KindRow(
        "deviation.classified/1", safety.DeviationClassified, "patient", 41, (by(PHYSICIANS, "assessed"),), "safety"
    ),
    KindRow("lot.received/1", supply.LotReceived, "supply", 0, (by(PHARMACY, *FACT),), "supply", factual=True),
    KindRow(
        "entry.countersigned/1",
        record.EntryCountersigned,
        "any",
        50,
        (
            by(
                SITE | REGISTRARS,
                "approved",
                "verified",
                "performed",
                "acknowledged",
                "dispensed",
                "assessed",
                "responsibility",
            ),
        ),
    ),
    KindRow("entry.corrected/1", record.EntryCorrected, "any", 51, (by(SITE),), completed=True),
    KindRow("entry.voided/1", record.EntryVoided, "any", 52, (by(SITE),), completed=True),
    KindRow("entry.refused/1", record.EntryRefused, "attempts", 0, (by(DEVICE, "system"),)),
    KindRow("log.clock/1", record.LogClock, "clock", 0, (by(DEVICE, "system"),)),
)

KINDS: dict[str, KindRow] = {row.name: row for row in _ROWS}
"""Every kind by its name."""
NAMES: dict[type[Wire], str] = {row.struct: row.name for row in _ROWS}
"""The name of every event struct."""


def kind_of(event: Wire) -> KindRow:
    """Give the row of an event."""
    return KINDS[NAMES[type(event)]]
