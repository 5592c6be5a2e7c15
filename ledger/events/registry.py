"""The closed table of kinds: what may be written, on which stream, signed by whom, and what it must not race.

docs/spec/kinds.md is the same table in prose. A name, once released, keeps its struct for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import msgspec

from ledger import wire
from ledger.errors import Malformed
from ledger.events import dosing, patient, people, record, safety, study, supply
from ledger.events.base import Wire
from ledger.events.people import Task

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

Family = Literal["study", "people", "patient", "supply", "attempts", "clock", "any"]
"""The first part of the stream's name; `any`: the stream of the entry it is about."""

PHYSICIANS: frozenset[wire.Role] = frozenset({"investigator", "principal-investigator"})
PI: frozenset[wire.Role] = frozenset({"principal-investigator"})
PHARMACY: frozenset[wire.Role] = frozenset({"pharmacist", "pharmacy-technician"})
NURSES: frozenset[wire.Role] = frozenset({"nurse"})
DATA: frozenset[wire.Role] = frozenset({"coordinator", "data-manager"})
REGISTRARS: frozenset[wire.Role] = frozenset({"registrar"})
DEVICE: frozenset[wire.Role] = frozenset({"system"})
SITE: frozenset[wire.Role] = PHYSICIANS | PHARMACY | NURSES | DATA
"""The roles that may state a fact; outside their row of the table it is finding S-DELEG."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One signature that a kind requires: any of `meanings`, by somebody who holds one of `roles`."""

    meanings: frozenset[wire.Meaning]
    roles: frozenset[wire.Role]


@dataclass(frozen=True, slots=True)
class KindRow:
    """One row of the table.

    `rank` orders facts of the same minute. `factual` rows are never refused for role or delegation inside
    the site. `gated` kinds are void when an entry of `conflicts` stands between what was read and where
    they were written. `completed` kinds take effect only when every needed signature is there. `graded` kinds
    speak in the terms of the toxicity dictionary, which their envelope names.
    """

    name: str
    struct: type[Wire]
    family: Family
    rank: int
    signatures: tuple[Requirement, ...]
    task: Task | None = None
    factual: bool = False
    conflicts: tuple[tuple[Family, frozenset[str]], ...] = ()
    completed: bool = False
    graded: bool = False


def _by(roles: frozenset[wire.Role], *meanings: wire.Meaning) -> Requirement:
    return Requirement(frozenset(meanings or ("authorship",)), roles)


_FACT: tuple[wire.Meaning, ...] = ("authorship", "performed", "transcribed")

# What an order, a start or another gated act of a patient rests on: none of these may slip in between.
_COURSE = frozenset(
    {
        "dose.ordered/1",
        "order.amended/1",
        "order.cancelled/1",
        "infusion.started/1",
        "infusion.recorded/1",
        "dose.omitted/1",
        "tolerance.assessed/1",
        "toxicity.graded/1",
        "toxicity.regraded/1",
        "hold.placed/1",
        "course.discontinued/1",
        "treatment.ended/1",
        "consent.withdrawn/1",
        "patient.died/1",
        "override.granted/1",
        "entry.corrected/1",
        "entry.voided/1",
    }
)
_SAME_PATIENT: tuple[tuple[Family, frozenset[str]], ...] = (("any", _COURSE),)
_SLOTS: tuple[tuple[Family, frozenset[str]], ...] = (
    ("patient", frozenset({"patient.enrolled/1"})),
    ("any", frozenset({"entry.corrected/1", "entry.voided/1", "consent.withdrawn/1", "patient.died/1"})),
)


def _only(*kinds: str) -> tuple[tuple[Family, frozenset[str]], ...]:
    return (("any", frozenset(kinds)),)


TWO_REGISTRARS = (_by(REGISTRARS, "authorship"), _by(REGISTRARS, "verified"))

_ROWS = (
    KindRow("ledger.created/1", study.LedgerCreated, "study", 0, (_by(REGISTRARS, "responsibility"),)),
    KindRow(
        "protocol.activated/1",
        study.ProtocolActivated,
        "study",
        1,
        (_by(PI, "approved"),),
        conflicts=_only("protocol.activated/1"),
    ),
    KindRow(
        "key.enrolled/1",
        people.KeyEnrolled,
        "people",
        0,
        TWO_REGISTRARS,
        conflicts=_only("key.enrolled/1"),
        completed=True,
    ),
    KindRow(
        "device.enrolled/1",
        people.DeviceEnrolled,
        "people",
        1,
        TWO_REGISTRARS,
        conflicts=_only("device.enrolled/1"),
        completed=True,
    ),
    KindRow("delegation.granted/1", people.DelegationGranted, "people", 2, (_by(PI, "approved"),)),
    KindRow("delegation.ended/1", people.DelegationEnded, "people", 3, (_by(PI, "approved"),)),
    KindRow(
        "patient.registered/1",
        patient.PatientRegistered,
        "patient",
        0,
        (_by(DATA),),
        "registration",
        conflicts=_only("patient.registered/1"),
    ),
    KindRow(
        "consent.given/1",
        patient.ConsentGiven,
        "patient",
        1,
        (_by(PHYSICIANS | DATA, *_FACT),),
        "consent",
        factual=True,
    ),
    KindRow(
        "eligibility.assessed/1",
        patient.EligibilityAssessed,
        "patient",
        2,
        (_by(PHYSICIANS, "assessed"),),
        "eligibility",
    ),
    KindRow(
        "patient.enrolled/1",
        patient.PatientEnrolled,
        "patient",
        3,
        (_by(PHYSICIANS | DATA),),
        "enrolment",
        conflicts=_SLOTS,
    ),
    KindRow(
        "patient.measured/1",
        patient.PatientMeasured,
        "patient",
        4,
        (_by(NURSES | DATA, *_FACT),),
        "measurement",
        factual=True,
    ),
    KindRow("lab.measured/1", patient.LabMeasured, "patient", 5, (_by(DATA, *_FACT),), "laboratory", factual=True),
    KindRow(
        "prophylaxis.recorded/1",
        patient.ProphylaxisRecorded,
        "patient",
        6,
        (_by(PHYSICIANS, *_FACT),),
        "safety",
        factual=True,
    ),
    KindRow("override.granted/1", safety.OverrideGranted, "patient", 9, (_by(PI, "approved"),), completed=True),
    KindRow(
        "dose.ordered/1", dosing.DoseOrdered, "patient", 10, (_by(PHYSICIANS),), "prescribing", conflicts=_SAME_PATIENT
    ),
    KindRow(
        "order.amended/1",
        dosing.OrderAmended,
        "patient",
        11,
        (_by(PHYSICIANS),),
        "prescribing",
        conflicts=_SAME_PATIENT,
    ),
    KindRow(
        "order.cancelled/1",
        dosing.OrderCancelled,
        "patient",
        12,
        (_by(PHYSICIANS),),
        "prescribing",
        conflicts=_only("infusion.started/1", "order.cancelled/1"),
    ),
    KindRow(
        "order.checked/1",
        dosing.OrderChecked,
        "patient",
        13,
        (_by(PHARMACY, "verified"),),
        "pharmacy",
        conflicts=_only("order.amended/1", "order.cancelled/1"),
    ),
    KindRow(
        "dose.released/1",
        dosing.DoseReleased,
        "patient",
        14,
        (_by(PHARMACY, "dispensed"), _by(PHARMACY, "verified")),
        "pharmacy",
        conflicts=_only("order.amended/1", "order.cancelled/1", "dose.released/1"),
    ),
    KindRow(
        "premedication.given/1",
        dosing.PremedicationGiven,
        "patient",
        15,
        (_by(NURSES, *_FACT),),
        "premedication",
        factual=True,
    ),
    KindRow(
        "infusion.started/1",
        dosing.InfusionStarted,
        "patient",
        16,
        (_by(NURSES, "performed"), _by(NURSES | PHARMACY, "verified")),
        "administration",
        conflicts=_SAME_PATIENT,
    ),
    KindRow(
        "infusion.recorded/1",
        dosing.InfusionRecorded,
        "patient",
        16,
        (_by(NURSES | DATA, *_FACT),),
        "administration",
        factual=True,
    ),
    KindRow(
        "infusion.interrupted/1",
        dosing.InfusionInterrupted,
        "patient",
        17,
        (_by(NURSES, *_FACT),),
        "administration",
        factual=True,
    ),
    KindRow(
        "infusion.resumed/1",
        dosing.InfusionResumed,
        "patient",
        18,
        (_by(NURSES, *_FACT),),
        "administration",
        factual=True,
    ),
    KindRow(
        "infusion.completed/1",
        dosing.InfusionCompleted,
        "patient",
        19,
        (_by(NURSES, *_FACT),),
        "administration",
        factual=True,
    ),
    KindRow(
        "infusion.aborted/1",
        dosing.InfusionAborted,
        "patient",
        19,
        (_by(NURSES, *_FACT),),
        "administration",
        factual=True,
    ),
    KindRow(
        "dose.omitted/1", dosing.DoseOmitted, "patient", 19, (_by(NURSES, *_FACT),), "administration", factual=True
    ),
    KindRow(
        "toxicity.reported/1",
        safety.ToxicityReported,
        "patient",
        20,
        (_by(NURSES | PHYSICIANS, *_FACT),),
        "safety",
        factual=True,
        graded=True,
    ),
    KindRow(
        "toxicity.graded/1",
        safety.ToxicityGraded,
        "patient",
        21,
        (_by(PHYSICIANS, "assessed"),),
        "safety",
        graded=True,
    ),
    KindRow(
        "toxicity.regraded/1",
        safety.ToxicityRegraded,
        "patient",
        22,
        (_by(PHYSICIANS, "assessed"),),
        "safety",
        completed=True,
        graded=True,
    ),
    KindRow(
        "toxicity.attributed/1", safety.ToxicityAttributed, "patient", 23, (_by(PHYSICIANS, "assessed"),), "safety"
    ),
    KindRow(
        "seriousness.assessed/1", safety.SeriousnessAssessed, "patient", 24, (_by(PHYSICIANS, "assessed"),), "safety"
    ),
    KindRow(
        "tolerance.assessed/1",
        safety.ToleranceAssessed,
        "patient",
        25,
        (_by(PHYSICIANS, "assessed"),),
        "assessment",
        graded=True,
    ),
    KindRow("toxicity.resolved/1", safety.ToxicityResolved, "patient", 26, (_by(PHYSICIANS, "assessed"),), "safety"),
    KindRow("hold.placed/1", dosing.HoldPlaced, "patient", 27, (_by(PHYSICIANS),), "prescribing"),
    KindRow(
        "hold.lifted/1",
        dosing.HoldLifted,
        "patient",
        28,
        (_by(PHYSICIANS),),
        "prescribing",
        conflicts=_only("hold.placed/1"),
    ),
    KindRow("course.discontinued/1", dosing.CourseDiscontinued, "patient", 29, (_by(PHYSICIANS),), "prescribing"),
    KindRow(
        "treatment.ended/1", patient.TreatmentEnded, "patient", 30, (_by(PHYSICIANS, *_FACT),), "safety", factual=True
    ),
    KindRow(
        "consent.withdrawn/1", patient.ConsentWithdrawn, "patient", 31, (_by(DATA, *_FACT),), "consent", factual=True
    ),
    KindRow("patient.died/1", patient.PatientDied, "patient", 32, (_by(PHYSICIANS, *_FACT),), "safety", factual=True),
    KindRow(
        "deviation.acknowledged/1",
        safety.DeviationAcknowledged,
        "patient",
        40,
        (_by(PHYSICIANS, "acknowledged"),),
        "safety",
    ),
    KindRow(
        "deviation.classified/1", safety.DeviationClassified, "patient", 41, (_by(PHYSICIANS, "assessed"),), "safety"
    ),
    KindRow("lot.received/1", supply.LotReceived, "supply", 0, (_by(PHARMACY, *_FACT),), "supply", factual=True),
    KindRow(
        "entry.countersigned/1",
        record.EntryCountersigned,
        "any",
        50,
        (
            _by(
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
    KindRow("entry.corrected/1", record.EntryCorrected, "any", 51, (_by(SITE),), completed=True),
    KindRow("entry.voided/1", record.EntryVoided, "any", 52, (_by(SITE),), completed=True),
    KindRow("entry.refused/1", record.EntryRefused, "attempts", 0, (_by(DEVICE, "system"),)),
    KindRow("log.clock/1", record.LogClock, "clock", 0, (_by(DEVICE, "system"),)),
)

KINDS: dict[str, KindRow] = {row.name: row for row in _ROWS}
"""Every kind by its name."""
NAMES: dict[type[Wire], str] = {row.struct: row.name for row in _ROWS}
"""The name of every event struct."""


def kind_of(event: Wire) -> KindRow:
    """Give the row of an event."""
    return KINDS[NAMES[type(event)]]


@cache
def _decoder(kind: str) -> msgspec.json.Decoder[Wire] | None:
    """Make the decoder of a kind when it is first needed: most commands read few kinds."""
    row = KINDS.get(kind)
    return msgspec.json.Decoder(row.struct) if row is not None else None


def open_body(kind: str, body: bytes | msgspec.Raw) -> Event:
    """Open the body of a kind; Malformed when the kind is unknown or the body is not its struct, canonically."""
    decoder = _decoder(kind)
    if decoder is None:
        raise Malformed(
            f"unknown kind {kind!r}",
            why="it is not in this version's registry",
            fix="read it with the version that wrote it",
        )
    raw = bytes(body)
    try:
        event = decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the body is not a {kind}", why=str(error)) from error
    if msgspec.json.encode(event) != raw:
        raise Malformed(f"the body of {kind} is not canonical JSON", why="re-encoding it gives other bytes")
    if isinstance(event, record.EntryCorrected):
        if event.kind.startswith(("entry.", "log.")):
            raise Malformed(f"{event.kind} cannot be corrected", why="entries about entries are voided, not corrected")
        open_body(event.kind, event.body)
    return event  # type: ignore[return-value]


def close_body(event: Wire) -> msgspec.Raw:
    """Write the canonical body of an event."""
    return msgspec.Raw(msgspec.json.encode(event))


REFERENCE_FIELDS = (
    "order",
    "dose",
    "toxicity",
    "graded",
    "hold",
    "overrides",
    "target",
    "delegation",
    "toxicities",
    "factors",
    "source",
)
"""The body fields that hold entry ids; each id is also named in `causes`, with position and leaf."""


_NAMED: dict[type[Wire], tuple[str, ...]] = {
    row.struct: tuple(name for name in row.struct.__struct_fields__ if name in REFERENCE_FIELDS) for row in _ROWS
}


def restated(event: Wire) -> Wire:
    """Give what an entry says: a correction says what it restates."""
    return open_body(event.kind, event.body) if isinstance(event, record.EntryCorrected) else event


def graded(event: Wire) -> bool:
    """Tell whether an event speaks in the terms of the toxicity dictionary."""
    return kind_of(restated(event)).graded


def references(event: Wire) -> tuple[str, ...]:
    """List the entry ids that a body names, or that the body restated by a correction names."""
    event = restated(event)
    found: list[str] = []
    for name in _NAMED[type(event)]:
        value = getattr(event, name)
        if isinstance(value, str):
            found.append(value)
        elif value is not None:
            named = (one.source if isinstance(one, dosing.Factor) else one for one in value)
            found.extend(one for one in named if one is not None)
    return tuple(found)
