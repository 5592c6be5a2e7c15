"""What happened after the start, and the fact of an infusion recorded afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from commands.chart import PatientFile
from commands.draft import Desk, Draft, When
from commands.gates import maybe_wire, open_order
from ledger.course.state import Dose
from ledger.errors import BadInput, Refused
from ledger.events import dosing
from ledger.events.safety import ToxicityReported
from ledger.rules.cycle_days import cycle_at, day_on, days_of
from ledger.values import half_up, wire_decimal, wire_minute


@dataclass(frozen=True, kw_only=True)
class InterruptInfusion:
    """Record that a running infusion was paused."""

    verb: ClassVar[str] = "dose interrupt"
    kind: ClassVar[str] = "infusion.interrupted/1"
    dose: str
    why: dosing.StopCause = "other"
    volume_ml: Decimal | None = None
    toxicity: str | None = None
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the dose is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry at the time it was paused."""
        file, dose = _dose(desk, self.dose)
        _after_start(dose, self.at, desk)
        toxicity = _toxicity(desk, file, self.toxicity)
        event = dosing.InfusionInterrupted(
            dose=dose.id, volume_ml=maybe_wire(self.volume_ml), why=self.why, toxicity=toxicity
        )
        return (
            desk.draft(file.stream, event, self.at, causes=[file.ref(i) for i in (dose.id, toxicity) if i is not None]),
        )


@dataclass(frozen=True, kw_only=True)
class ResumeInfusion:
    """Record that a paused infusion went on."""

    verb: ClassVar[str] = "dose resume"
    kind: ClassVar[str] = "infusion.resumed/1"
    dose: str
    rate_ml_h: Decimal | None = None
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the dose is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry at the time it went on."""
        file, dose = _dose(desk, self.dose)
        _after_start(dose, self.at, desk)
        event = dosing.InfusionResumed(dose=dose.id, rate_ml_h=maybe_wire(self.rate_ml_h))
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(dose.id)]),)


@dataclass(frozen=True, kw_only=True)
class EndInfusion:
    """What completing and stopping have in common; `given_mg` None with `volume_ml` is calculated from the volume."""

    dose: str
    ended: When | None = None
    given_mg: Decimal | None = None
    all_given: bool = False
    volume_ml: Decimal | None = None
    percent: Decimal | None = None
    reaction: str | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the dose is found."""
        return ()

    def amounts(self, file: PatientFile, dose: Dose) -> tuple[str, str | None]:
        """Give given mg and volume: given = prepared x delivered volume / total volume (S-PARTIAL)."""
        if self.given_mg is not None:
            return wire_decimal(self.given_mg), maybe_wire(self.volume_ml)
        order = file.course.orders.get(dose.order or "")
        release = order.released if order is not None else None
        if release is None or dose.prepared_mg is None:
            raise BadInput(
                "how much was given is not known",
                why="no prepared amount is recorded for this dose",
                fix="state it: --given 10mg",
            )
        if self.all_given:
            return wire_decimal(dose.prepared_mg), wire_decimal(release.volume_ml)
        volume = self.volume_ml
        if volume is None and self.percent is not None:
            volume = release.volume_ml * self.percent / 100
        if volume is None:
            raise BadInput(
                "how much was given is not stated",
                why="one of the three is needed",
                fix="--given all, --given 10mg, or --volume 60mL",
            )
        return wire_decimal(half_up(dose.prepared_mg * volume / release.volume_ml, 8)), wire_decimal(half_up(volume, 8))

    def reported(self, desk: Desk, file: PatientFile, dose: Dose) -> tuple[Draft, ...]:
        """Report the reaction that came with it, where one is named, with its onset at the end."""
        terms = desk.graded_by(desk.occurred(self.ended))
        if self.reaction is None or terms is None:
            return ()
        term = terms.term(self.reaction)
        event = ToxicityReported(term=term.name, verbatim=None, dose=dose.id, aware_at=None)
        return (desk.draft(file.stream, event, self.ended, causes=[file.ref(dose.id)]),)


@dataclass(frozen=True, kw_only=True)
class CompleteInfusion(EndInfusion):
    """Record the end of an infusion."""

    verb: ClassVar[str] = "dose complete"
    kind: ClassVar[str] = "infusion.completed/1"

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry at the time it ended."""
        file, dose = _running(desk, self.dose)
        _after_start(dose, self.ended, desk)
        given, volume = self.amounts(file, dose)
        event = dosing.InfusionCompleted(dose=dose.id, given_mg=given, volume_ml=volume)
        return (
            *self.reported(desk, file, dose),
            desk.draft(file.stream, event, self.ended, causes=[file.ref(dose.id)]),
        )


@dataclass(frozen=True, kw_only=True)
class AbortInfusion(EndInfusion):
    """Record that an infusion was stopped for good."""

    verb: ClassVar[str] = "dose abort"
    kind: ClassVar[str] = "infusion.aborted/1"
    why: dosing.StopCause = "other"
    toxicity: str | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry at the time it was stopped."""
        file, dose = _running(desk, self.dose)
        _after_start(dose, self.ended, desk)
        given, volume = self.amounts(file, dose)
        toxicity = _toxicity(desk, file, self.toxicity)
        event = dosing.InfusionAborted(dose=dose.id, given_mg=given, volume_ml=volume, why=self.why, toxicity=toxicity)
        ended = desk.draft(
            file.stream, event, self.ended, causes=[file.ref(i) for i in (dose.id, toxicity) if i is not None]
        )
        return (*self.reported(desk, file, dose), ended)


@dataclass(frozen=True, kw_only=True)
class OmitDose:
    """Record that an ordered dose was not given."""

    verb: ClassVar[str] = "dose omit"
    kind: ClassVar[str] = "dose.omitted/1"
    order: str
    why: dosing.NotGivenCause = "other"
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the order is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry; the count of doses does not change."""
        file, order = open_order(desk, self.order, expired=True)
        event = dosing.DoseOmitted(order=order.id, why=self.why)
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(order.id)]),)


@dataclass(frozen=True, kw_only=True)
class RecordInfusion:
    """Record the fact of an infusion; never refused for breaking the protocol."""

    verb: ClassVar[str] = "dose record"
    kind: ClassVar[str] = "infusion.recorded/1"
    patient: str
    drug: str
    given_mg: Decimal | None = None
    at: When | None = None
    until: When | None = None
    running: bool = False
    order: str | None = None
    checked_by: str | None = None
    lot: str | None = None
    prepared_mg: Decimal | None = None
    volume_ml: Decimal | None = None
    route: dosing.Route = "iv"
    identity: str = "not-stated"
    stopped: dosing.StopCause | None = None
    pauses: tuple[tuple[When, When], ...] = ()

    def about(self) -> tuple[str, ...]:
        """The patient's stream."""
        return (f"patient/{self.patient}",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry; malformed input and an end before the start are refused."""
        file = desk.patient(self.patient)
        if self.drug not in (desk.setting.protocol.ladder_drug, desk.setting.protocol.cycle_drug):
            raise BadInput(
                f"{self.drug!r} is not a study drug",
                fix=f"one of: {desk.setting.protocol.ladder_drug}, {desk.setting.protocol.cycle_drug}",
            )
        start = self.at or When(desk.now)
        _end_after_start(self.until, start.at)
        if not self.running and self.given_mg is None:
            raise BadInput(
                "how much was given is not stated", fix="for example 10mg, or --running while it is going on"
            )
        order = file.order(desk.book.find(self.order)) if self.order is not None else None
        if order is not None and order.drug != self.drug:
            raise BadInput(
                f"order #{order.position} is of {order.drug}, not of {self.drug}",
                why="an infusion fulfils an order of its own drug",
                fix="name its own order, or none",
            )
        cycle, day = self._day(desk, file, start)
        event = dosing.InfusionRecorded(
            drug=self.drug,
            cycle=cycle,
            day=day,
            order=order.id if order is not None else None,
            checked_by=self.checked_by,
            lot=self.lot,
            identity="matched"
            if self.identity == "matched"
            else "mismatched"
            if self.identity == "mismatched"
            else "not-stated",
            route=self.route,
            ended=None if self.running else self._ended(desk, start),
            prepared_mg=maybe_wire(self.prepared_mg),
            given_mg=None if self.running and self.given_mg is None else maybe_wire(self.given_mg),
            volume_ml=maybe_wire(self.volume_ml),
            interruptions=tuple(
                dosing.Interruption(since=wire_minute(a.at), until=wire_minute(b.at), why="other")
                for a, b in self.pauses
            ),
            stopped=self.stopped,
        )
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(order.id)] if order is not None else ()),)

    def _day(self, desk: Desk, file: PatientFile, start: When) -> tuple[int | None, int | None]:
        """Give the cycle and the day that a dose of the cycle drug belongs to, where a cycle was open then."""
        protocol = desk.setting.protocol
        cycle = cycle_at(file.course, start.at) if self.drug == protocol.cycle_drug else None
        if cycle is None:
            return None, None
        on = start.day or start.at.astimezone(desk.now.tzinfo).date()
        day = day_on(days_of(file.course, protocol, cycle), protocol, on)
        return cycle.n, day if day > 0 else None

    def _ended(self, desk: Desk, start: When) -> str:
        if self.until is not None:
            return wire_minute(self.until.at.astimezone(desk.now.tzinfo))
        protocol = desk.setting.protocol
        minutes = protocol.infusion_min if self.drug == protocol.ladder_drug else protocol.cycle_infusion_min
        if start.day is None and start.at + timedelta(minutes=minutes) > desk.now:
            raise BadInput(
                "the end of the infusion is not stated",
                why="its usual end is not past yet",
                fix="--until TIME, or --running while it is going on",
            )
        return wire_minute((start.at + timedelta(minutes=minutes)).astimezone(desk.now.tzinfo))


def _dose(desk: Desk, named: str) -> tuple[PatientFile, Dose]:
    entry = desk.book.find(named)
    file = desk.of_entry(entry)
    return file, file.dose(entry)


def _running(desk: Desk, named: str) -> tuple[PatientFile, Dose]:
    file, dose = _dose(desk, named)
    if dose.status != "running":
        raise BadInput(
            f"the infusion of entry #{dose.position} has already ended",
            why=f"it is {dose.status}",
            fix="correct its end: doseledger correct ENTRY",
        )
    return file, dose


def _after_start(dose: Dose, when: When | None, desk: Desk) -> None:
    _end_after_start(when or When(desk.now), dose.started_at)


def _end_after_start(end: When | None, start: datetime) -> None:
    if end is not None and end.day is None and end.at < start:
        raise Refused(
            f"{end.at.isoformat(timespec='minutes')} is before the start",
            rules=("D-TIME",),
            why=f"it began at {start.isoformat(timespec='minutes')}",
            fix="check the times",
        )


def _toxicity(desk: Desk, file: PatientFile, named: str | None) -> str | None:
    return None if named is None else file.toxicity(desk.book.find(named)).id
