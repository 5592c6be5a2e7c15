"""Acts of the prescriber: order, amend, cancel, hold, discontinue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from commands.calculation import working
from commands.chart import PatientFile
from commands.draft import Desk, Draft, When, overridden, refuse
from commands.gates import TO_RECORD, exercised, gate, once, open_order, permits
from ledger.errors import BadInput, NotAllowed
from ledger.events import dosing
from ledger.rules.administration import Administration
from ledger.rules.cycle_holds import stopping
from ledger.rules.finding import Hit
from ledger.values import wire_decimal, wire_minute


@dataclass(frozen=True, kw_only=True)
class OrderDose:
    """Order a dose for a planned start; every gate must hold in every reading of the record."""

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
        _study_drug(desk, self.drug)
        planned = self.planned.at.astimezone(desk.now.tzinfo)
        hits = [
            *_order_times(desk, planned),
            *gate(file, desk, Administration(self.drug, self.amount_mg, None, planned, "minute", planned=True)),
        ]
        for course in file.courses:
            taken = course.open_orders(self.drug, desk.now)
            if len(taken) >= protocol.orders_open_max:
                hits.append(Hit("S-ORDER", f"order #{taken[0].position} of {self.drug} is still open"))
        grants = permits(file.course, self.drug, self.amount_mg, desk.now)
        refuse(f"not ordered for {self.patient}", overridden(once(hits), grants), fix=TO_RECORD)
        shown = desk.confirmed(file)
        used = exercised(hits, grants)
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
        sources: tuple[str, ...] = ()
        if self.drug == protocol.cycle_drug:
            worked = working(file, desk, self.amount_mg, planned, self.rounding)
            event, sources = worked.on_order(event, protocol), worked.sources
        causes = [file.ref(one) for one in (*used, *sources)]
        return (desk.draft(file.stream, event, self.at, causes=causes, shown=shown),)


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
        file, order = open_order(desk, self.order)
        protocol = desk.setting.protocol
        planned = self.planned.at.astimezone(desk.now.tzinfo) if self.planned is not None else order.planned_start
        amount = self.amount_mg if self.amount_mg is not None else order.ordered_mg
        hits = [
            *_order_times(desk, planned),
            *gate(file, desk, Administration(order.drug, amount, None, planned, "minute", planned=True), without=order),
        ]
        grants = permits(file.course, order.drug, amount, desk.now)
        refuse(f"order #{order.position} not amended", overridden(once(hits), grants), fix=TO_RECORD)
        shown = desk.confirmed(file)
        used = exercised(hits, grants)
        event = dosing.OrderAmended(
            order=order.id,
            planned_start=wire_minute(planned),
            expires=wire_minute(planned + timedelta(hours=protocol.order_expiry_h)),
            step_mg=wire_decimal(amount),
            ordered_mg=wire_decimal(amount),
            calculated_mg=None,
            height_cm=None,
            weight_kg=None,
            bsa_m2=None,
            factors=(),
            rounding=desk.pad.maybe(self.rounding),
            overrides=used,
        )
        sources: tuple[str, ...] = ()
        if order.drug == protocol.cycle_drug:
            worked = working(file, desk, amount, planned, self.rounding)
            event, sources = worked.on_amendment(event), worked.sources
        causes = [file.ref(one) for one in (order.id, *used, *sources)]
        return (desk.draft(file.stream, event, causes=causes, shown=shown),)


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
        file, order = open_order(desk, self.order, expired=True)
        event = dosing.OrderCancelled(order=order.id, why=self.why)
        return (desk.draft(file.stream, event, causes=[file.ref(order.id)]),)


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
    """Lift a hold, or as principal investigator what a toxicity stopped at once (C-STOP)."""

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
        if _stopping(desk, file, entry.id):
            return (desk.draft(file.stream, dosing.HoldLifted(hold=entry.id), self.at, causes=[entry.ref]),)
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


def _study_drug(desk: Desk, drug: str) -> None:
    drugs = (desk.setting.protocol.ladder_drug, desk.setting.protocol.cycle_drug)
    if drug not in drugs:
        raise BadInput(f"{drug!r} is not a study drug", fix=f"one of: {', '.join(drugs)}")


def _stopping(desk: Desk, file: PatientFile, entry: str) -> bool:
    """Tell whether a toxicity stops a cycle now; NotAllowed when somebody else than the principal investigator asks."""
    toxicity = file.course.toxicities.get(entry)
    stops = toxicity is not None and stopping(file.course, desk.setting.protocol, toxicity) is not None
    if not stops or entry in file.course.lifted:
        return False
    roles = desk.setting.roster.people[desk.actors[0]].roles
    if "principal-investigator" not in roles or "investigator" in roles:
        raise NotAllowed(
            f"{desk.actors[0]} may not let the cycle go on",
            why="what stopped it at once is lifted by the principal investigator (C-STOP)",
            fix="the principal investigator signs it",
        )
    return True


def _order_times(desk: Desk, planned: datetime) -> Iterable[Hit]:
    protocol = desk.setting.protocol
    if planned > desk.now + timedelta(hours=protocol.order_ahead_h):
        yield Hit("S-ORDER", f"planned more than {protocol.order_ahead_h} h ahead")
    if planned < desk.now - timedelta(minutes=protocol.start_entry_late_min):
        yield Hit("S-ORDER", f"the planned start {planned.isoformat(timespec='minutes')} is past")
