"""Acts around a cycle of the cycle drug: open, omit a day, close, stop; the response, and a transplant."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from commands.calculation import wire_factors
from commands.chart import PatientFile
from commands.draft import Desk, Draft, When, overridden, refuse
from commands.gates import exercised, maybe_wire, permits
from ledger.course.state import Cycle
from ledger.errors import BadInput
from ledger.events import cycle as events
from ledger.events.dosing import NotGivenCause
from ledger.rules.administration import Administration, of_patient
from ledger.rules.cycle import opening
from ledger.rules.cycle_days import days_of
from ledger.rules.cycle_dose import CRCL, CRCL_UNIT, calculate
from ledger.rules.cycle_holds import anc_giga
from ledger.rules.finding import Hit
from ledger.values import wire_decimal

Stop = Literal[
    "toxicity", "hypotension", "capillary-leak", "infection", "progression", "investigator", "patient", "other"
]
Transplant = Literal["allogeneic", "autologous", "cord-blood", "haploidentical"]


@dataclass(frozen=True, kw_only=True)
class OfCycles:
    """What the acts on a patient's cycles have in common; `at` is when it happened, None for now."""

    patient: str
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The patient's stream."""
        return (f"patient/{self.patient}",)


@dataclass(frozen=True, kw_only=True)
class OpenCycle(OfCycles):
    """Open the next cycle of the cycle drug: measured, at the patient's level, every factor with its source."""

    verb: ClassVar[str] = "cycle open"
    kind: ClassVar[str] = "cycle.opened/1"

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse what a rule refuses in any reading that stands."""
        file = desk.patient(self.patient)
        protocol, course = desk.setting.protocol, file.course
        at = (self.at.at if self.at is not None else desk.now).astimezone(desk.now.tzinfo)
        planned = Administration(protocol.cycle_drug, Decimal(0), None, at, "minute", planned=True)
        hits: list[Hit] = []
        for reading in file.courses:
            hits += (*of_patient(reading, planned), *opening(reading, protocol, at))
        hits += calculate(course, protocol, at)[1]
        grants = permits(course, protocol.cycle_drug, Decimal(0), desk.now)
        refuse(
            f"cycle {len(course.cycles) + 1} not opened for {self.patient}",
            overridden(dict.fromkeys(hits), grants),
            fix="if a dose was truly given, record it: doseledger dose record",
        )
        found, _ = calculate(course, protocol, at)
        if found is None:
            raise BadInput("the dose cannot be calculated", fix=f"see: doseledger dose calc {self.patient}")
        shown = desk.confirmed(file)
        used = exercised(hits, grants)
        clearances = [lab for lab in course.labs if (lab.test, lab.unit) == (CRCL, CRCL_UNIT)]
        counts = [count for lab in course.labs if (count := anc_giga(lab)) is not None]
        event = events.CycleOpened(
            n=len(course.cycles) + 1,
            level=found.level,
            level_mg_m2=wire_decimal(found.level_mg_m2),
            height_cm=wire_decimal(found.body.height_cm),
            weight_kg=wire_decimal(found.body.weight_kg),
            bsa_m2=wire_decimal(found.body.bsa_m2),
            crcl_ml_min=maybe_wire(clearances[-1].value if clearances else None),
            anc_giga=maybe_wire(counts[-1] if counts else None),
            factors=wire_factors(found.factors),
            overrides=used,
        )
        sources = [one.source for one in found.factors if one.source is not None]
        causes = [file.ref(one) for one in (*sources, *used)]
        return (desk.draft(file.stream, event, self.at, causes=causes, shown=shown),)


@dataclass(frozen=True, kw_only=True)
class OmitDay(OfCycles):
    """Record a day of the cycle without its dose; it is not made up."""

    verb: ClassVar[str] = "cycle omit"
    kind: ClassVar[str] = "day.omitted/1"
    day: int
    why: NotGivenCause = "other"

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact on a day of the cycle that is neither given nor omitted yet."""
        file = desk.patient(self.patient)
        cycle = _unclosed(file)
        days = days_of(file.course, desk.setting.protocol, cycle)
        if self.day not in days.open:
            raise BadInput(
                f"day {self.day} of cycle {cycle.n} cannot be omitted",
                why=f"the days that are still open are: {', '.join(map(str, days.open)) or 'none'}",
                fix="name one of them",
            )
        event = events.CycleDayOmitted(opened=cycle.id, day=self.day, why=self.why)
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(cycle.id)]),)


@dataclass(frozen=True, kw_only=True)
class CloseCycle(OfCycles):
    """Close a cycle: the response, whether organ function recovered, whether its toxicity was unacceptable."""

    verb: ClassVar[str] = "cycle close"
    kind: ClassVar[str] = "cycle.closed/1"
    response: events.Response
    recovered: bool
    unacceptable: bool = False

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Close the newest cycle; one that was stopped is closed too, once its outcome is known."""
        file = desk.patient(self.patient)
        cycle = _unclosed(file)
        event = events.CycleClosed(
            opened=cycle.id, response=self.response, recovered=self.recovered, unacceptable=self.unacceptable
        )
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(cycle.id)]),)


@dataclass(frozen=True, kw_only=True)
class StopCycle(OfCycles):
    """Stop a cycle before its days are over."""

    verb: ClassVar[str] = "cycle stop"
    kind: ClassVar[str] = "cycle.stopped/1"
    why: Stop

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Stop the open cycle."""
        file = desk.patient(self.patient)
        cycle = _unclosed(file)
        if cycle.stopped is not None:
            raise BadInput(f"cycle {cycle.n} is already stopped", why=cycle.stopped, fix="close it: cycle close")
        event = events.CycleStopped(opened=cycle.id, why=self.why)
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(cycle.id)]),)


@dataclass(frozen=True, kw_only=True)
class AssessResponse(OfCycles):
    """Assess the response of the disease."""

    verb: ClassVar[str] = "response assess"
    kind: ClassVar[str] = "response.assessed/1"
    response: events.Response

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry; progression refuses the next cycle."""
        file = desk.patient(self.patient)
        return (desk.draft(file.stream, events.ResponseAssessed(response=self.response), self.at),)


@dataclass(frozen=True, kw_only=True)
class RecordTransplant(OfCycles):
    """Record a stem-cell transplant."""

    verb: ClassVar[str] = "transplant record"
    kind: ClassVar[str] = "transplant.recorded/1"
    type: Transplant

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact."""
        file = desk.patient(self.patient)
        return (desk.draft(file.stream, events.TransplantRecorded(type=self.type), self.at),)


def _unclosed(file: PatientFile) -> Cycle:
    cycle = file.course.cycles[-1] if file.course.cycles else None
    if cycle is None or cycle.closed_at is not None:
        raise BadInput(
            f"{file.number} has no cycle that is open",
            why="none was opened, or the newest is closed",
            fix=f"see: doseledger status {file.number}",
        )
    return cycle
