"""Acts of the pharmacy on one dose: check the order, prepare and release it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import ClassVar

from commands.draft import Desk, Draft, When, refuse
from commands.gates import open_order
from ledger.course.state import Order
from ledger.errors import BadInput, Refused
from ledger.events import dosing
from ledger.rules.facts import lot as lot_hits
from ledger.rules.finding import Hit
from ledger.values import half_up, wire_decimal, wire_minute


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
        file, order = open_order(desk, self.order)
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
    vials: int | None = None
    """Vials opened; as many as the amount takes when left out."""
    volume_ml: Decimal | None = None
    diluted_at: When | None = None
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the order is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Release a checked order from a lot that is at the site and in date."""
        file, order = open_order(desk, self.order)
        when = self.at.at if self.at is not None else desk.now
        hits = list(lot_hits(desk.setting, order.drug, self.lot, when))
        if order.checked_by is None:
            hits.append(Hit("S-ORDER", f"order #{order.position} has no pharmacy check"))
        refuse(f"order #{order.position} not released", hits)
        _not_prescriber(order, desk.actors, "releases")
        if self.prepared_mg <= 0:
            raise BadInput("nothing was prepared", fix="--prepared as many mg as the dose has")
        received = desk.setting.lots[self.lot]
        strength = Decimal(received.strength_mg)
        vials = self.vials if self.vials is not None else vials_for(self.prepared_mg, strength)
        wasted = self.waste_mg if self.waste_mg is not None else strength * vials - self.prepared_mg
        if wasted < 0 or self.prepared_mg + wasted != strength * vials:
            raise BadInput(
                f"{self.prepared_mg} mg and {wasted} mg wasted are not {vials} vials of {received.strength_mg} mg",
                why="every milligram of an opened vial is prepared or wasted",
                fix=f"--waste {wire_decimal(max(strength * vials - self.prepared_mg, Decimal(0)))}mg, or --vials",
            )
        event = dosing.DoseReleased(
            order=order.id,
            location=received.location,
            lot=self.lot,
            expiry=received.expiry,
            strength_mg=received.strength_mg,
            vials=vials,
            prepared_mg=wire_decimal(self.prepared_mg),
            volume_ml=wire_decimal(self._volume(desk, order)),
            diluted_at=wire_minute(self.diluted_at.at if self.diluted_at is not None else when),
            wasted_mg=wire_decimal(wasted),
        )
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(order.id)]),)

    def _volume(self, desk: Desk, order: Order) -> Decimal:
        """The stated total volume; for the drug given in steps the pack has one, for the other only a range."""
        protocol = desk.setting.protocol
        if self.volume_ml is not None:
            return self.volume_ml
        if order.drug == protocol.ladder_drug:
            return protocol.ladder_diluent_ml
        least, most = (half_up(self.prepared_mg / c, 0) for c in (protocol.cycle_max_mg_ml, protocol.cycle_min_mg_ml))
        raise BadInput(
            "what is the total volume?",
            why=f"the pack gives {order.drug} a range: {protocol.cycle_min_mg_ml} to {protocol.cycle_max_mg_ml} mg/mL",
            fix=f"--volume, about {least} to {most} mL for this amount",
        )


def vials_for(amount_mg: Decimal, strength_mg: Decimal) -> int:
    """Give the vials that an amount takes: 36.4 mg of 20 mg vials are 2, 40.1 mg are 3."""
    return int((amount_mg / strength_mg).to_integral_value(ROUND_CEILING))


def _not_prescriber(order: Order, actors: tuple[str, ...], what: str) -> None:
    if order.prescriber in actors:
        raise Refused(
            f"{order.prescriber} prescribed order #{order.position} and neither checks nor verifies it",
            rules=("S-2P",),
            why=f"who {what} it is another person",
            fix="another person signs",
        )
