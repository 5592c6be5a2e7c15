"""Acts around tolerance and toxicity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Literal

from commands.chart import PatientFile
from commands.draft import Desk, Draft, When, refuse
from commands.gates import maybe_wire
from commands.laboratory import contradicts
from ledger.course.state import Dose, Toxicity
from ledger.errors import BadInput, Refused
from ledger.events import safety
from ledger.events.base import Ref
from ledger.events.patient import Unit
from ledger.protocol.dictionary import Dictionary
from ledger.rules.clocks import Report
from ledger.rules.finding import Hit
from ledger.rules.tolerance import linked
from ledger.values import wire_decimal, wire_minute

Relation = Literal["unrelated", "unlikely", "possible", "probable", "definite"]
Outcome = Literal["recovered", "recovered-with-sequelae", "recovering", "not-recovered", "fatal", "unknown"]
Criterion = Literal[
    "death", "life-threatening", "hospitalisation", "incapacity", "congenital-anomaly", "important-medical-event"
]


@dataclass(frozen=True, kw_only=True)
class AssessTolerance:
    """Judge whether a dose was tolerated; a toxicity can be graded and attributed in the same signing act."""

    verb: ClassVar[str] = "tolerance assess"
    kind: ClassVar[str] = "tolerance.assessed/1"
    dose: str
    worst: int | None = None
    tolerated: bool | None = None
    toxicity: str | None = None
    grade: int | None = None
    attribute: tuple[tuple[str, Relation], ...] = ()
    serious: bool | None = None
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the dose is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse (A-TOL) what contradicts the pack's definition, or comes too soon after the end."""
        entry = desk.book.find(self.dose)
        file = desk.of_entry(entry)
        dose = file.dose(entry)
        drafts, toxicity = self._with_toxicity(desk, file)
        worst = self.worst if self.worst is not None else self.grade
        if worst is None:
            raise BadInput(
                "the worst grade is not stated", fix="--worst 0 when there was no reaction, else --ae ENTRY --grade N"
            )
        tolerated = self.tolerated if self.tolerated is not None else worst <= desk.setting.protocol.tolerated_max_grade
        refuse("tolerance not assessed", self._refusals(desk, file, dose, worst, tolerated=tolerated))
        named = [toxicity] if toxicity is not None else []
        found = [t for t in linked(file.course, desk.setting.protocol, dose) if t.id not in {n.id for n in named}]
        causes: list[Ref] = [file.ref(dose.id), *(file.ref(t.id) for t in [*named, *found])]
        event = safety.ToleranceAssessed(
            dose=dose.id,
            worst_grade=worst,
            tolerated=tolerated,
            toxicities=tuple(t.id for t in [*named, *found]),
            window_h=desk.setting.protocol.tolerance_window_h,
        )
        return (*drafts, desk.draft(file.stream, event, self.at, causes=causes))

    def _with_toxicity(self, desk: Desk, file: PatientFile) -> tuple[tuple[Draft, ...], Toxicity | None]:
        if self.toxicity is None:
            return (), None
        toxicity = file.toxicity(desk.book.find(self.toxicity))
        drafts: list[Draft] = []
        if self.grade is not None:
            drafts += GradeToxicity(toxicity=self.toxicity, grade=self.grade, at=self.at).decide(desk)
        for drug, relation in self.attribute:
            drafts += AttributeToxicity(toxicity=self.toxicity, drug=drug, relation=relation, at=self.at).decide(desk)
        if self.serious is not None:
            drafts += AssessSeriousness(toxicity=self.toxicity, serious=self.serious, at=self.at).decide(desk)
        return tuple(drafts), toxicity

    def _refusals(self, desk: Desk, file: PatientFile, dose: Dose, worst: int, *, tolerated: bool) -> list[Hit]:
        protocol = desk.setting.protocol
        hits = []
        if not 0 <= worst <= 5:
            raise BadInput(f"{worst} is not a grade", why="grades are 0 to 5", fix="0 when there was no reaction")
        if tolerated and worst > protocol.tolerated_max_grade:
            hits.append(
                Hit("A-TOL", f"grade {worst} is above {protocol.tolerated_max_grade} and cannot be called tolerated")
            )
        when = self.at.at if self.at is not None else desk.now
        if dose.ended_at is None:
            hits.append(Hit("A-TOL", "the infusion has not ended"))
        elif when < dose.ended_at + timedelta(minutes=protocol.tolerance_wait_min):
            hits.append(Hit("A-TOL", f"tolerance is assessed {protocol.tolerance_wait_min} min after the end or later"))
        for course in file.courses:
            there = course.dose(dose.id) or dose
            seen = max((t.worst for t in linked(course, protocol, there)), default=0)
            if worst < max(seen, self.grade or 0):
                hits.append(
                    Hit("A-TOL", f"a linked toxicity has grade {max(seen, self.grade or 0)}, above the stated {worst}")
                )
        return hits


@dataclass(frozen=True, kw_only=True)
class ReportToxicity:
    """Report a toxicity with its onset; grades, attribution and seriousness follow, or come with it."""

    verb: ClassVar[str] = "toxicity report"
    kind: ClassVar[str] = "toxicity.reported/1"
    patient: str
    term: str
    onset: When | None = None
    dose: str | None = None
    words: str | None = None
    aware_at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The patient's stream."""
        return (f"patient/{self.patient}",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact; the term must be in the dictionary."""
        file = desk.patient(self.patient)
        term = _dictionary(desk, self.onset).term(self.term)
        dose = file.dose(desk.book.find(self.dose)) if self.dose is not None else None
        aware = wire_minute(self.aware_at.at.astimezone(desk.now.tzinfo)) if self.aware_at is not None else None
        event = safety.ToxicityReported(
            term=term.name,
            verbatim=desk.pad.maybe(self.words),
            dose=dose.id if dose is not None else None,
            aware_at=aware,
        )
        return (desk.draft(file.stream, event, self.onset, causes=[file.ref(dose.id)] if dose is not None else ()),)


@dataclass(frozen=True, kw_only=True)
class OfToxicity:
    """What the acts on one toxicity have in common."""

    toxicity: str
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the toxicity is found."""
        return ()

    def found(self, desk: Desk) -> tuple[PatientFile, Toxicity, Ref]:
        """Find the toxicity, its patient and its reference."""
        entry = desk.book.find(self.toxicity)
        file = desk.of_entry(entry)
        return file, file.toxicity(entry), entry.ref


@dataclass(frozen=True, kw_only=True)
class OfGrade(OfToxicity):
    """A grade, with the laboratory value that it rests on where there is one; all of it in `lab_unit`."""

    grade: int
    lab_value: Decimal | None = None
    lab_unit: Unit | None = None
    lower_limit: Decimal | None = None
    upper_limit: Decimal | None = None
    baseline: Decimal | None = None

    def checked(self, desk: Desk, toxicity: Toxicity) -> safety.LabBasis | None:
        """Refuse (T-GRADE) a grade that the term does not have, or that the laboratory value contradicts."""
        term = _dictionary(desk, self.at).require_grade(toxicity.term, self.grade)
        given = (self.lower_limit, self.upper_limit, self.baseline)
        if self.lab_value is None or self.lab_unit is None:
            if any(one is not None for one in (self.lab_value, self.lab_unit, *given)):
                raise BadInput(
                    "a laboratory grade needs the value and its unit", fix="--lab-value 300 --lab-unit /uL, or neither"
                )
            return None
        names = zip(("lln", "uln", "baseline"), given, strict=True)
        references = {name: value for name, value in names if value is not None}
        contradicts(term, self.grade, self.lab_value, self.lab_unit, references)
        return safety.LabBasis(
            value=wire_decimal(self.lab_value),
            unit=self.lab_unit,
            lower_limit=maybe_wire(self.lower_limit),
            upper_limit=maybe_wire(self.upper_limit),
            baseline=maybe_wire(self.baseline),
        )


@dataclass(frozen=True, kw_only=True)
class GradeToxicity(OfGrade):
    """Give a toxicity a grade from a moment on."""

    verb: ClassVar[str] = "toxicity grade"
    kind: ClassVar[str] = "toxicity.graded/1"

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse (T-GRADE) a grade that the term does not have, with the list of those it has."""
        file, toxicity, ref = self.found(desk)
        event = safety.ToxicityGraded(toxicity=toxicity.id, grade=self.grade, lab=self.checked(desk, toxicity))
        return (desk.draft(file.stream, event, self.at, causes=[ref]),)


@dataclass(frozen=True, kw_only=True)
class RegradeToxicity(OfGrade):
    """Change the judgement of a toxicity's latest grade; lowering needs the principal investigator too."""

    verb: ClassVar[str] = "toxicity regrade"
    kind: ClassVar[str] = "toxicity.regraded/1"

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The grade must exist; there must be one to change."""
        file, toxicity, ref = self.found(desk)
        lab = self.checked(desk, toxicity)
        if not toxicity.grades:
            raise BadInput(
                f"the toxicity of entry #{toxicity.position} has no grade yet",
                fix="grade it: doseledger toxicity grade",
            )
        latest = max(toxicity.grades, key=lambda point: (point.since, point.position))
        target = next(fact.event for fact in file.history.facts if fact.entry.position == latest.position)
        event = safety.ToxicityRegraded(toxicity=toxicity.id, graded=latest.id, grade=self.grade, lab=lab)
        return (desk.draft(file.stream, event, self.at, causes=[ref, file.ref(latest.id)], target=target),)


@dataclass(frozen=True, kw_only=True)
class AttributeToxicity(OfToxicity):
    """Say how likely a drug caused a toxicity."""

    verb: ClassVar[str] = "toxicity attribute"
    kind: ClassVar[str] = "toxicity.attributed/1"
    drug: str
    relation: Relation

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One judgement per drug; the newest counts."""
        file, toxicity, ref = self.found(desk)
        event = safety.ToxicityAttributed(toxicity=toxicity.id, drug=self.drug, relation=self.relation)
        return (desk.draft(file.stream, event, self.at, causes=[ref]),)


@dataclass(frozen=True, kw_only=True)
class AssessSeriousness(OfToxicity):
    """Say whether a toxicity is serious by 21 CFR 312.32(a), and since when that is known."""

    verb: ClassVar[str] = "toxicity serious"
    kind: ClassVar[str] = "seriousness.assessed/1"
    serious: bool = True
    criteria: tuple[Criterion, ...] = ()
    aware_at: When | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A serious toxicity names at least one criterion, or counts as an important medical event."""
        file, toxicity, ref = self.found(desk)
        aware = self.aware_at.at if self.aware_at is not None else self._reported(file, toxicity) or desk.now
        criteria = self.criteria or (("important-medical-event",) if self.serious else ())
        event = safety.SeriousnessAssessed(
            toxicity=toxicity.id,
            serious=self.serious,
            criteria=criteria,
            aware_at=wire_minute(aware.astimezone(desk.now.tzinfo)),
        )
        return (desk.draft(file.stream, event, self.at, causes=[ref]),)

    def _reported(self, file: PatientFile, toxicity: Toxicity) -> datetime | None:
        """Give when the report says the site became aware, for the first judgement; later ones are new information."""
        stated = next((fact.event for fact in file.history.facts if fact.id == toxicity.id), None)
        if toxicity.judged_serious or not isinstance(stated, safety.ToxicityReported) or stated.aware_at is None:
            return None
        return datetime.fromisoformat(stated.aware_at)


@dataclass(frozen=True, kw_only=True)
class AssessExpectedness(OfToxicity):
    """Say whether a toxicity, at its severity, is expected by the reference safety information."""

    verb: ClassVar[str] = "toxicity expected"
    kind: ClassVar[str] = "expectedness.assessed/1"
    expected: bool
    reference: str | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The sponsor's judgement (21 CFR 312.32(a)); it stands before the pack's list of expected terms."""
        file, toxicity, ref = self.found(desk)
        reference = desk.pad.maybe(self.reference)
        event = safety.ExpectednessAssessed(toxicity=toxicity.id, expected=self.expected, reference=reference)
        return (desk.draft(file.stream, event, self.at, causes=[ref]),)


@dataclass(frozen=True, kw_only=True)
class SubmitSafetyReport(OfToxicity):
    """Record that a safety report on a toxicity was sent; it closes the clock of its kind."""

    verb: ClassVar[str] = "safety-report submitted"
    kind: ClassVar[str] = "report.submitted/1"
    report: Report
    ref: str

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact; the reference (case number, page) is kept beside the record."""
        file, toxicity, ref = self.found(desk)
        event = safety.SafetyReportSubmitted(toxicity=toxicity.id, report=self.report, ref=desk.pad.commit(self.ref))
        return (desk.draft(file.stream, event, self.at, causes=[ref]),)


@dataclass(frozen=True, kw_only=True)
class ResolveToxicity(OfToxicity):
    """Say that a toxicity has ended, and how."""

    verb: ClassVar[str] = "toxicity resolve"
    kind: ClassVar[str] = "toxicity.resolved/1"
    outcome: Outcome = "recovered"

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The end is not before the onset."""
        file, toxicity, ref = self.found(desk)
        when = self.at.at if self.at is not None else desk.now
        if when < toxicity.onset and (self.at is None or self.at.day is None):
            raise Refused(
                f"the end is before the onset at {toxicity.onset.isoformat(timespec='minutes')}",
                rules=("D-TIME",),
                fix="check the times",
            )
        return (
            desk.draft(
                file.stream, safety.ToxicityResolved(toxicity=toxicity.id, outcome=self.outcome), self.at, causes=[ref]
            ),
        )


def _dictionary(desk: Desk, at: When | None) -> Dictionary:
    """Give the dictionary in force when it is said to have been so (a grade belongs to the one of its `from`)."""
    _ = desk.setting
    found = desk.graded_by(desk.occurred(at))
    if found is None:
        raise BadInput("no toxicity dictionary is loaded", fix="activate a protocol pack")
    return found
