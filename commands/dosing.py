"""Acts around a dose: order, check, release, premedication, infusion, holds, and the fact recorded afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Literal

from commands.draft import Desk, Draft, PatientFile, When, overridden, refuse
from ledger.course.state import Course, Dose, Order
from ledger.errors import BadInput, Refused
from ledger.events import dosing
from ledger.events.safety import ToxicityReported
from ledger.rules.administration import Administration, judge, premedication
from ledger.rules.facts import lot as lot_hits
from ledger.rules.finding import RULES, Hit
from ledger.values import half_up, wire_decimal, wire_minute

TO_RECORD = "if a dose was truly given, record it: doseledger dose record"


@dataclass(frozen=True, kw_only=True)
class OrderDose:
    """Order a dose of the step-up drug for a planned start; every gate must hold in every reading of the record."""

    verb: ClassVar[str] = "dose order"
    kind: ClassVar[str] = "dose.ordered/1"
    patient: str
    drug: str
    amount_mg: Decimal
    planned: When
    allergies: str | None = None
    rounding: str | None = None
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The patient's stream."""
        return (f"patient/{self.patient}",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse what a rule refuses; else one order, valid until the pack's hours after its planned start."""
        file = desk.patient(self.patient)
        protocol = desk.setting.protocol
        _ladder_drug(desk, self.drug)
        planned = self.planned.at.astimezone(desk.now.tzinfo)
        hits = [
            *_order_times(desk, planned),
            *_gate(file, desk, Administration(self.drug, self.amount_mg, None, planned, "minute", planned=True)),
        ]
        for course in file.courses:
            taken = course.open_orders(self.drug, desk.now)
            if len(taken) >= protocol.orders_open_max:
                hits.append(Hit("S-ORDER", f"order #{taken[0].position} of {self.drug} is still open"))
        grants = _grants(file.course, self.drug, self.amount_mg, desk.now)
        refuse(f"not ordered for {self.patient}", overridden(_once(hits), grants), fix=TO_RECORD)
        shown = desk.confirmed(file)
        used = _used(hits, grants)
        weight = file.course.weights[-1] if file.course.weights else None
        event = dosing.DoseOrdered(
            drug=self.drug,
            step_mg=wire_decimal(self.amount_mg),
            level_mg_m2=None,
            cycle=None,
            day=None,
            planned_start=wire_minute(planned),
            expires=wire_minute(planned + timedelta(hours=protocol.order_expiry_h)),
            ordered_mg=wire_decimal(self.amount_mg),
            calculated_mg=None,
            height_cm=wire_decimal(weight[2]) if weight is not None and weight[2] is not None else None,
            weight_kg=wire_decimal(weight[1]) if weight is not None else None,
            bsa_m2=None,
            factors=(),
            rounding=desk.pad.maybe(self.rounding),
            premedication=tuple(p.agent for p in protocol.premedication),
            route=protocol.ladder_routes[0],
            duration_min=protocol.infusion_min,
            allergies=desk.pad.maybe(self.allergies),
            overrides=used,
        )
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(o) for o in used], shown=shown),)


@dataclass(frozen=True, kw_only=True)
class AmendOrder:
    """Change an order before its start; all gates are judged anew, checks and release fall away."""

    verb: ClassVar[str] = "dose amend"
    kind: ClassVar[str] = "order.amended/1"
    order: str
    amount_mg: Decimal | None = None
    planned: When | None = None
    rounding: str | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the order is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Judge the amended order as if it were new, with the old one out of the way."""
        file, order = _open_order(desk, self.order)
        protocol = desk.setting.protocol
        planned = self.planned.at.astimezone(desk.now.tzinfo) if self.planned is not None else order.planned_start
        amount = self.amount_mg if self.amount_mg is not None else order.ordered_mg
        hits = [
            *_order_times(desk, planned),
            *_gate(
                file, desk, Administration(order.drug, amount, None, planned, "minute", planned=True), without=order
            ),
        ]
        grants = _grants(file.course, order.drug, amount, desk.now)
        refuse(f"order #{order.position} not amended", overridden(_once(hits), grants), fix=TO_RECORD)
        shown = desk.confirmed(file)
        used = _used(hits, grants)
        event = dosing.OrderAmended(
            order=order.id,
            planned_start=wire_minute(planned),
            expires=wire_minute(planned + timedelta(hours=protocol.order_expiry_h)),
            step_mg=wire_decimal(amount),
            ordered_mg=wire_decimal(amount),
            calculated_mg=None,
            rounding=desk.pad.maybe(self.rounding),
            overrides=used,
        )
        return (desk.draft(file.stream, event, causes=[file.ref(order.id), *(file.ref(o) for o in used)], shown=shown),)


@dataclass(frozen=True, kw_only=True)
class CancelOrder:
    """Withdraw an order that was not started."""

    verb: ClassVar[str] = "dose cancel"
    kind: ClassVar[str] = "order.cancelled/1"
    order: str
    why: dosing.NotGivenCause = "other"

    def about(self) -> tuple[str, ...]:
        """Known only once the order is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Cancel an open order."""
        file, order = _open_order(desk, self.order, expired=True)
        event = dosing.OrderCancelled(order=order.id, why=self.why)
        return (desk.draft(file.stream, event, causes=[file.ref(order.id)]),)


@dataclass(frozen=True, kw_only=True)
class CheckOrder:
    """The pharmacist has checked an order."""

    verb: ClassVar[str] = "dose pharmacy-check"
    kind: ClassVar[str] = "order.checked/1"
    order: str
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the order is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Check an open order that somebody else prescribed."""
        file, order = _open_order(desk, self.order)
        _not_prescriber(order, desk.actors, "checks")
        event = dosing.OrderChecked(order=order.id)
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(order.id)]),)


@dataclass(frozen=True, kw_only=True)
class ReleaseDose:
    """Prepare, waste and dispense a checked order; the second pharmacy person verifies."""

    verb: ClassVar[str] = "dose release"
    kind: ClassVar[str] = "dose.released/1"
    order: str
    lot: str
    prepared_mg: Decimal
    waste_mg: Decimal | None = None
    vials: int = 1
    volume_ml: Decimal | None = None
    diluted_at: When | None = None
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the order is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Release a checked order from a lot that is at the site and in date."""
        file, order = _open_order(desk, self.order)
        when = self.at.at if self.at is not None else desk.now
        hits = list(lot_hits(desk.setting, order.drug, self.lot, when))
        if order.checked_by is None:
            hits.append(Hit("S-ORDER", f"order #{order.position} has no pharmacy check"))
        refuse(f"order #{order.position} not released", hits)
        _not_prescriber(order, desk.actors, "releases")
        received = desk.setting.lots[self.lot]
        strength = Decimal(received.strength_mg)
        wasted = self.waste_mg if self.waste_mg is not None else strength * self.vials - self.prepared_mg
        if wasted < 0 or self.prepared_mg + wasted != strength * self.vials:
            raise BadInput(
                f"{self.prepared_mg} mg prepared and {wasted} mg wasted are not {self.vials} vials of {received.strength_mg} mg",
                why="every milligram of an opened vial is prepared or wasted",
                fix=f"--waste {wire_decimal(max(strength * self.vials - self.prepared_mg, Decimal(0)))}mg, or --vials",
            )
        event = dosing.DoseReleased(
            order=order.id,
            lot=self.lot,
            expiry=received.expiry,
            strength_mg=received.strength_mg,
            vials=self.vials,
            prepared_mg=wire_decimal(self.prepared_mg),
            volume_ml=wire_decimal(
                self.volume_ml if self.volume_ml is not None else desk.setting.protocol.ladder_diluent_ml
            ),
            diluted_at=wire_minute(self.diluted_at.at if self.diluted_at is not None else when),
            wasted_mg=wire_decimal(wasted),
        )
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(order.id)]),)


@dataclass(frozen=True, slots=True)
class Agent:
    """One premedication agent as given: dose in mg, time, route."""

    agent: str
    dose_mg: Decimal
    at: When
    route: dosing.Route = "iv"


@dataclass(frozen=True, kw_only=True)
class GivePremedication:
    """Record premedication; with `whole_set` the pack's agents in the pack's lowest dose, all at `at`."""

    verb: ClassVar[str] = "premed give"
    kind: ClassVar[str] = "premedication.given/1"
    subject: str
    """The order it is for, or the patient when there is none."""
    whole_set: bool = False
    at: When | None = None
    agents: tuple[Agent, ...] = ()

    def about(self) -> tuple[str, ...]:
        """Known only once the order or patient is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry with every agent's own time; a fact, never refused for the protocol."""
        order = None
        if desk.book.stream(f"patient/{self.subject}"):
            file = desk.patient(self.subject)
        else:
            entry = desk.book.find(self.subject)
            file = desk.of_entry(entry)
            order = file.order(entry)
        when = self.at or When(desk.now)
        given = list(self.agents)
        if self.whole_set:
            given += [Agent(p.agent, p.min_mg, when) for p in desk.setting.protocol.premedication]
        if not given:
            raise BadInput(
                "no premedication is named",
                why="each agent has a dose and a time",
                fix="--set for the pack's agents, or --agent NAME=DOSE@TIME",
            )
        doses = tuple(
            dosing.PremedicationDose(
                agent=a.agent,
                dose_mg=wire_decimal(a.dose_mg),
                route=a.route,
                at=wire_minute(a.at.at.astimezone(desk.now.tzinfo)),
            )
            for a in given
        )
        last = max(given, key=lambda a: a.at.at).at
        event = dosing.PremedicationGiven(order=order.id if order is not None else None, given=doses)
        return (desk.draft(file.stream, event, last, causes=[file.ref(order.id)] if order is not None else ()),)


@dataclass(frozen=True, kw_only=True)
class StartInfusion:
    """Start an ordered, checked, released dose at the bedside; nurse `performed`, second person `verified`."""

    verb: ClassVar[str] = "dose start"
    kind: ClassVar[str] = "infusion.started/1"
    order: str
    wristband: str
    second_id: str = "dob"
    patient: str | None = None
    rate_ml_h: Decimal | None = None
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The patient, and the patient whose wristband was scanned when that is another."""
        named = [
            name
            for name in (self.patient, self.wristband)
            if name is not None and all(c.isalnum() or c in ".-" for c in name)
        ]
        return tuple(dict.fromkeys(f"patient/{name}" for name in named))

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Judge every gate again at the true time."""
        file, order = _open_order(desk, self.order, expired=True, given=True)
        when = self.at.at if self.at is not None else desk.now
        protocol = desk.setting.protocol
        hits = list(_start_order(order, desk, when))
        if self.wristband != file.number:
            hits.append(Hit("S-ID", f"the wristband is {self.wristband}'s, the order is {file.number}'s"))
        hits += _two_persons(order, desk.actors)
        if order.released is not None:
            hits += lot_hits(desk.setting, order.drug, order.released.lot, when)
            if order.drug == protocol.ladder_drug and when > order.released.diluted_at + timedelta(
                hours=protocol.ladder_use_within_h
            ):
                hits.append(Hit("A-PREP", f"diluted more than {protocol.ladder_use_within_h} h ago"))
        amount = order.released.prepared_mg if order.released is not None else order.ordered_mg
        local = when.astimezone(desk.now.tzinfo)
        hits += _gate(
            file,
            desk,
            Administration(order.drug, amount, order.step_mg, local, "minute", planned=True, order=order.id),
            without=order,
        )
        for course in file.courses:
            hits += premedication(course, protocol, order.drug, when)
        grants = {
            course_rule: grant for grant in order.overrides for course_rule in _rules_of(file.course, grant)
        } | _grants(file.course, order.drug, order.ordered_mg, desk.now)
        refuse(f"infusion of order #{order.position} not started", overridden(_once(hits), grants), fix=TO_RECORD)
        used = tuple(grant for grant in _used(hits, grants) if grant not in order.overrides)
        identifiers = (
            dosing.Identifier(kind="wristband", matched=True, value=desk.pad.commit(self.wristband)),
            dosing.Identifier(kind=_second(self.second_id), matched=True, value=desk.pad.commit(self.second_id)),
        )
        event = dosing.InfusionStarted(
            order=order.id,
            rate_ml_h=None if self.rate_ml_h is None else wire_decimal(self.rate_ml_h),
            identifiers=identifiers,
            overrides=used,
        )
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(order.id), *(file.ref(o) for o in used)]),)


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
            dose=dose.id, volume_ml=_wire(self.volume_ml), why=self.why, toxicity=toxicity
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
        event = dosing.InfusionResumed(dose=dose.id, rate_ml_h=_wire(self.rate_ml_h))
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

    def amounts(self, desk: Desk, file: PatientFile, dose: Dose) -> tuple[str, str | None]:
        """Give given mg and volume: given = prepared x delivered volume / total volume (S-PARTIAL)."""
        if self.given_mg is not None:
            return wire_decimal(self.given_mg), _wire(self.volume_ml)
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
        if self.reaction is None or desk.dictionary is None:
            return ()
        term = desk.dictionary.term(self.reaction)
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
        given, volume = self.amounts(desk, file, dose)
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
        given, volume = self.amounts(desk, file, dose)
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
        file, order = _open_order(desk, self.order, expired=True)
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
        event = dosing.InfusionRecorded(
            drug=self.drug,
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
            prepared_mg=_wire(self.prepared_mg),
            given_mg=None if self.running and self.given_mg is None else _wire(self.given_mg),
            volume_ml=_wire(self.volume_ml),
            interruptions=tuple(
                dosing.Interruption(since=wire_minute(a.at), until=wire_minute(b.at), why="other")
                for a, b in self.pauses
            ),
            stopped=self.stopped,
        )
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(order.id)] if order is not None else ()),)

    def _ended(self, desk: Desk, start: When) -> str:
        if self.until is not None:
            return wire_minute(self.until.at.astimezone(desk.now.tzinfo))
        minutes = desk.setting.protocol.infusion_min
        if start.day is None and start.at + timedelta(minutes=minutes) > desk.now:
            raise BadInput(
                "the end of the infusion is not stated",
                why="its usual end is not past yet",
                fix="--until TIME, or --running while it is going on",
            )
        return wire_minute((start.at + timedelta(minutes=minutes)).astimezone(desk.now.tzinfo))


@dataclass(frozen=True, kw_only=True)
class PlaceHold:
    """Hold a drug for a patient."""

    verb: ClassVar[str] = "hold place"
    kind: ClassVar[str] = "hold.placed/1"
    patient: str
    drug: str
    why: str
    criterion: str | None = None
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The patient's stream."""
        return (f"patient/{self.patient}",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry; orders and starts are refused until the hold is lifted."""
        file = desk.patient(self.patient)
        event = dosing.HoldPlaced(drug=self.drug, why=self.why, criterion=desk.pad.maybe(self.criterion))  # type: ignore[arg-type]
        return (desk.draft(file.stream, event, self.at),)


@dataclass(frozen=True, kw_only=True)
class LiftHold:
    """Lift a hold."""

    verb: ClassVar[str] = "hold lift"
    kind: ClassVar[str] = "hold.lifted/1"
    hold: str
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the hold is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Lift a hold that stands."""
        entry = desk.book.find(self.hold)
        file = desk.of_entry(entry)
        hold = next((h for h in file.course.holds if h.id == entry.id and not h.lifted), None)
        if hold is None:
            raise BadInput(
                f"entry #{entry.position} is not a hold that stands", fix=f"see: doseledger status {file.number}"
            )
        return (desk.draft(file.stream, dosing.HoldLifted(hold=hold.id), self.at, causes=[entry.ref]),)


@dataclass(frozen=True, kw_only=True)
class DiscontinueCourse:
    """Stop a drug for good for a patient."""

    verb: ClassVar[str] = "course discontinue"
    kind: ClassVar[str] = "course.discontinued/1"
    patient: str
    drug: str
    why: str
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The patient's stream."""
        return (f"patient/{self.patient}",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry; there is no way back but a void."""
        file = desk.patient(self.patient)
        event = dosing.CourseDiscontinued(drug=self.drug, why=self.why)  # type: ignore[arg-type]
        return (desk.draft(file.stream, event, self.at),)


def _wire(amount: Decimal | None) -> str | None:
    return None if amount is None else wire_decimal(amount)


def _ladder_drug(desk: Desk, drug: str) -> None:
    if drug != desk.setting.protocol.ladder_drug:
        raise BadInput(
            f"{drug!r} is not ordered by steps",
            why=f"the step-up drug of this pack is {desk.setting.protocol.ladder_drug}",
            fix="check the drug's name",
        )


def _order_times(desk: Desk, planned: datetime) -> Iterable[Hit]:
    protocol = desk.setting.protocol
    if planned > desk.now + timedelta(hours=protocol.order_ahead_h):
        yield Hit("S-ORDER", f"planned more than {protocol.order_ahead_h} h ahead")
    if planned < desk.now - timedelta(minutes=protocol.start_entry_late_min):
        yield Hit("S-ORDER", f"the planned start {planned.isoformat(timespec='minutes')} is past")


def _gate(file: PatientFile, desk: Desk, planned: Administration, *, without: Order | None = None) -> list[Hit]:
    """Judge a planned administration in every reading that stands; the order being fulfilled does not count itself."""
    hits: list[Hit] = []
    for course in file.courses:
        seen = course if without is None else _without(course, without.id)
        hits += judge(seen, desk.setting, planned)
    return hits


def _without(course: Course, order: str) -> Course:
    return replace(course, orders={key: value for key, value in course.orders.items() if key != order})


def _once(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    return tuple({hit.rule: hit for hit in hits}.values())


def _grants(course: Course, drug: str, amount: Decimal, at: datetime) -> dict[str, str]:
    """Map each overridden rule to its grant: unused, in time, for this drug and amount, and overridable at all."""
    used = {o for order in course.orders.values() if order.outcome != "cancelled" for o in order.overrides} | {
        o for d in course.doses for o in d.overrides
    }
    return {
        grant.rule: grant.id
        for grant in course.overrides.values()
        if grant.drug == drug
        and grant.id not in used
        and grant.amount_mg in (None, amount)
        and at <= grant.valid_until
        and RULES[grant.rule].overridable
    }


def _rules_of(course: Course, grant: str) -> tuple[str, ...]:
    return (course.overrides[grant].rule,) if grant in course.overrides else ()


def _used(hits: Iterable[Hit], grants: dict[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(grants[hit.rule] for hit in hits if hit.rule in grants))


def _open_order(desk: Desk, named: str, *, expired: bool = False, given: bool = False) -> tuple[PatientFile, Order]:
    entry = desk.book.find(named)
    file = desk.of_entry(entry)
    order = file.order(entry)
    if order.outcome != "open":
        hits = [Hit("S-ORDER", f"it is {order.outcome}")]
        refuse(f"order #{order.position} is not open", hits, fix=TO_RECORD if given else "")
    if not expired and desk.now > order.expires:
        refuse(
            f"order #{order.position} is not open",
            [Hit("S-ORDER", f"it expired at {order.expires.isoformat(timespec='minutes')}")],
        )
    return file, order


def _not_prescriber(order: Order, actors: tuple[str, ...], what: str) -> None:
    if order.prescriber in actors:
        raise Refused(
            f"{order.prescriber} prescribed order #{order.position} and neither checks nor verifies it",
            rules=("S-2P",),
            why=f"who {what} it is another person",
            fix="another person signs",
        )


def _two_persons(order: Order, actors: tuple[str, ...]) -> Iterable[Hit]:
    if len(actors) < 2:
        yield Hit("S-2P", "a second person verifies at the bedside (--witness NAME)")
    elif actors[0] == actors[1]:
        yield Hit("S-2P", f"{actors[0]} cannot be both")
    if order.prescriber in actors:
        yield Hit("S-2P", f"{order.prescriber} prescribed it")
    if order.released is not None and order.released.preparer in actors[1:]:
        yield Hit("S-2P", f"{order.released.preparer} prepared it")


def _start_order(order: Order, desk: Desk, when: datetime) -> Iterable[Hit]:
    late = timedelta(minutes=desk.setting.protocol.start_entry_late_min)
    if when > order.expires:
        yield Hit("S-ORDER", f"the order expired at {order.expires.isoformat(timespec='minutes')}")
    if order.checked_by is None:
        yield Hit("S-ORDER", "the order has no pharmacy check")
    elif order.released is None:
        yield Hit("S-ORDER", "the dose was not released")
    if desk.now - when > late:
        yield Hit(
            "S-ORDER", f"a start is entered within {desk.setting.protocol.start_entry_late_min} min; this one is older"
        )


def _second(kind: str) -> Literal["enrolment-number", "dob"]:
    match kind:
        case "dob" | "enrolment-number":
            return kind
        case _:
            raise BadInput(
                f"{kind!r} is not a second identifier", fix="--second-id dob, or --second-id enrolment-number"
            )


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
