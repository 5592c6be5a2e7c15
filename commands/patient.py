"""Acts around a patient, apart from doses and toxicities."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal, get_args

from commands.draft import Desk, Draft, When, refuse
from commands.slots import cohorts, level_of
from ledger.errors import BadInput
from ledger.events import patient
from ledger.rules import accrual
from ledger.rules.cohort import Cohorts, Level
from ledger.rules.finding import Hit
from ledger.values import wire_decimal, wire_minute


@dataclass(frozen=True, kw_only=True)
class OfPatient:
    """What the acts of one patient have in common; `at` is when it happened, None for now."""

    patient: str
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The patient's stream."""
        return (f"patient/{self.patient}",)


@dataclass(frozen=True, kw_only=True)
class RegisterPatient(OfPatient):
    """Give a patient a study number."""

    verb: ClassVar[str] = "patient register"
    kind: ClassVar[str] = "patient.registered/1"
    sex: Literal["F", "M", "X", "U"]
    birth_year: int

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The number must fit the pack's pattern and be free."""
        protocol = desk.setting.protocol
        if not any(re.fullmatch(pattern, self.patient) for pattern in desk.patterns):
            raise BadInput(
                f"{self.patient!r} is not a patient number of this trial",
                why=f"the pack allows: {', '.join(desk.patterns)}",
                fix="for example 001-001",
            )
        if desk.book.stream(f"patient/{self.patient}"):
            raise BadInput(f"{self.patient} is already registered", fix=f"see: doseledger status {self.patient}")
        age = desk.now.year - self.birth_year
        if not 0 <= age <= 120:
            raise BadInput(
                f"{self.birth_year} is not a year of birth", why=f"it would make the patient {age} years old"
            )
        if age < protocol.minimum_age - 1:
            raise BadInput(
                f"born in {self.birth_year}, the patient is under the minimum age of {protocol.minimum_age}",
                fix="check the year of birth",
            )
        return (
            desk.draft(
                f"patient/{self.patient}", patient.PatientRegistered(sex=self.sex, birth_year=self.birth_year), self.at
            ),
        )


@dataclass(frozen=True, kw_only=True)
class RecordConsent(OfPatient):
    """Record that the patient gave informed consent."""

    verb: ClassVar[str] = "patient consent"
    kind: ClassVar[str] = "consent.given/1"
    form: str
    guardian: str | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact, on its day."""
        file = desk.patient(self.patient)
        event = patient.ConsentGiven(form=self.form, guardian=desk.pad.maybe(self.guardian))
        return (desk.draft(file.stream, event, self.at),)


@dataclass(frozen=True, kw_only=True)
class ScreenPatient(OfPatient):
    """Assess eligibility: every criterion of the pack is met unless named in `not_met`."""

    verb: ClassVar[str] = "patient screen"
    kind: ClassVar[str] = "eligibility.assessed/1"
    not_met: tuple[str, ...] = ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Consent comes first (21 CFR 312.62(b))."""
        file = desk.patient(self.patient)
        criteria = desk.setting.protocol.eligibility
        unknown = [name for name in self.not_met if name not in {c.id for c in criteria}]
        if unknown:
            raise BadInput(f"there is no criterion {unknown[0]!r}", fix=f"one of: {', '.join(c.id for c in criteria)}")
        if not all(course.consents for course in file.courses):
            refuse(
                f"{self.patient} not screened",
                [Hit("P-CONSENT", "no consent is recorded")],
                fix=f"record it: doseledger patient consent {self.patient}",
            )
        results = tuple(
            patient.CriterionResult(criterion=c.id, met=c.id not in self.not_met, value=None, unit=None)
            for c in criteria
        )
        event = patient.EligibilityAssessed(criteria=results, eligible=not self.not_met)
        return (desk.draft(file.stream, event, self.at),)


@dataclass(frozen=True, kw_only=True)
class EnrolPatient(OfPatient):
    """Enrol an eligible patient at a dose level."""

    verb: ClassVar[str] = "patient enrol"
    kind: ClassVar[str] = "patient.enrolled/1"
    level: str | None = None
    cohort: int | None = None
    slot: int | None = None
    phase: Literal["1", "2"] = "1"
    decided_by: str | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Consent, eligibility, a level that is open, and a free slot of it."""
        file = desk.patient(self.patient)
        hits: list[Hit] = []
        for course in file.courses:
            if not course.consents or course.withdrawn_at is not None:
                hits.append(Hit("P-CONSENT", "no consent is in force"))
            if not course.eligible:
                hits.append(Hit("P-ENROLLED", "the patient was not found eligible"))
            if course.enrolled is not None:
                hits.append(Hit("P-ENROLLED", "the patient is already enrolled"))
        every = cohorts(desk)
        level = self._level(desk, every)
        hits += accrual.enrolment(every, level, self.phase)
        taken = self._place(every, level)
        if isinstance(taken, Hit):
            hits.append(taken)
        refuse(f"{self.patient} not enrolled", hits)
        cohort, slot = (1, 1) if isinstance(taken, Hit) else taken
        event = patient.PatientEnrolled(
            level=level.level, cohort=cohort, slot=slot, phase=self.phase, decided_by=self.decided_by
        )
        return (desk.draft(file.stream, event, self.at),)

    def _level(self, desk: Desk, every: Cohorts) -> Level:
        """The level that is named, else the one that takes patients now, else the first of the trial."""
        named = every.declared if self.phase == "2" else every.current
        default = named.level if named is not None else desk.setting.protocol.cohort_start_level
        return level_of(every, self.level if self.level is not None else default)

    def _place(self, every: Cohorts, level: Level) -> tuple[int, int] | Hit:
        """The cohort and slot that the patient takes; patients of phase II are numbered on, without a limit."""
        if self.phase == "2":
            return self.cohort or 1, self.slot or level.second_phase + 1
        free = every.slot_of(level, self.cohort)
        if free is None:
            return Hit(
                "K-SLOT", f"level {level.level} has no free slot: {len(level.taken)} of {level.capacity} are taken"
            )
        cohort, slot = free[0], self.slot if self.slot is not None else free[1]
        if any((place.cohort, place.slot) == (cohort, slot) for place in level.taken):
            return Hit("K-SLOT", f"slot {slot} of level {level.level} is taken")
        if not 1 <= slot <= dict(every.blocks(level))[cohort]:
            return Hit("K-SLOT", f"cohort {cohort} of level {level.level} has no slot {slot}")
        return cohort, slot


@dataclass(frozen=True, kw_only=True)
class MeasurePatient(OfPatient):
    """Record body weight in kg and height in cm."""

    verb: ClassVar[str] = "patient measure"
    kind: ClassVar[str] = "patient.measured/1"
    weight_kg: Decimal
    height_cm: Decimal | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact; a weight or height that no person has is refused as input."""
        if not Decimal(20) <= self.weight_kg <= Decimal(400):
            raise BadInput(
                f"{self.weight_kg} kg is not a body weight",
                why="20 to 400 kg are accepted",
                fix="check the number and the unit",
            )
        if self.height_cm is not None and not Decimal(80) <= self.height_cm <= Decimal(250):
            raise BadInput(
                f"{self.height_cm} cm is not a body height",
                why="80 to 250 cm are accepted",
                fix="check the number and the unit",
            )
        file = desk.patient(self.patient)
        height = wire_decimal(self.height_cm) if self.height_cm is not None else None
        return (
            desk.draft(
                file.stream, patient.PatientMeasured(weight_kg=wire_decimal(self.weight_kg), height_cm=height), self.at
            ),
        )


@dataclass(frozen=True, kw_only=True)
class RecordLab(OfPatient):
    """Record a laboratory value."""

    verb: ClassVar[str] = "lab record"
    kind: ClassVar[str] = "lab.measured/1"
    test: str
    value: Decimal
    unit: str
    comparator: patient.Comparator = "eq"
    lower_limit: Decimal | None = None
    upper_limit: Decimal | None = None
    reported_at: When | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact, at the time of the sample."""
        file = desk.patient(self.patient)
        if self.unit not in get_args(patient.Unit):
            raise BadInput(
                f"{self.unit!r} is not a unit of the record", fix=f"one of: {', '.join(get_args(patient.Unit))}"
            )
        event = patient.LabMeasured(
            test=self.test,
            comparator=self.comparator,
            value=wire_decimal(self.value),
            unit=self.unit,  # type: ignore[arg-type]
            lower_limit=wire_decimal(self.lower_limit) if self.lower_limit is not None else None,
            upper_limit=wire_decimal(self.upper_limit) if self.upper_limit is not None else None,
            reported_at=wire_minute(self.reported_at.at.astimezone(desk.now.tzinfo))
            if self.reported_at is not None
            else None,
        )
        return (desk.draft(file.stream, event, self.at),)


@dataclass(frozen=True, kw_only=True)
class RecordProphylaxis(OfPatient):
    """Record anti-infective prophylaxis from a day on."""

    verb: ClassVar[str] = "prophylaxis record"
    kind: ClassVar[str] = "prophylaxis.recorded/1"
    agent: str
    since: When
    until: When | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact."""
        file = desk.patient(self.patient)
        since = self.since.at.date() if self.since.day is None else self.since.day
        until = None if self.until is None else (self.until.day or self.until.at.date())
        if until is not None and until < since:
            raise BadInput(f"{until} is before {since}", fix="check the dates")
        event = patient.ProphylaxisRecorded(
            agent=self.agent, since=since.isoformat(), until=until.isoformat() if until is not None else None
        )
        return (desk.draft(file.stream, event, self.at),)


@dataclass(frozen=True, kw_only=True)
class EndTreatment(OfPatient):
    """Record that study treatment is over."""

    verb: ClassVar[str] = "patient end-treatment"
    kind: ClassVar[str] = "treatment.ended/1"
    why: Literal[
        "completed", "progression", "toxicity", "withdrawal", "investigator", "transplant", "death", "lost", "sponsor"
    ]

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact; toxicities are still accepted afterwards."""
        file = desk.patient(self.patient)
        return (desk.draft(file.stream, patient.TreatmentEnded(why=self.why), self.at),)


@dataclass(frozen=True, kw_only=True)
class WithdrawConsent(OfPatient):
    """Record that the patient withdrew consent."""

    verb: ClassVar[str] = "patient withdraw"
    kind: ClassVar[str] = "consent.withdrawn/1"
    scope: Literal["treatment", "study"]

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact."""
        file = desk.patient(self.patient)
        return (desk.draft(file.stream, patient.ConsentWithdrawn(scope=self.scope), self.at),)


@dataclass(frozen=True, kw_only=True)
class RecordDeath(OfPatient):
    """Record a death."""

    verb: ClassVar[str] = "patient death"
    kind: ClassVar[str] = "patient.died/1"
    cause: str | None = None
    aware_at: When | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact."""
        file = desk.patient(self.patient)
        aware = wire_minute(self.aware_at.at.astimezone(desk.now.tzinfo)) if self.aware_at is not None else None
        event = patient.PatientDied(cause=desk.pad.maybe(self.cause), aware_at=aware)
        return (desk.draft(file.stream, event, self.at),)
