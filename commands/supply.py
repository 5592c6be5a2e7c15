"""Acts around the study drug on the shelf; facts all of them, which the drug books count to the vial."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from commands.draft import Desk, Draft, When
from commands.shelf import books
from ledger.course.reconciliation import fates
from ledger.course.stock import Shelf
from ledger.errors import BadInput
from ledger.events.supply import (
    DrugDestroyed,
    DrugReturned,
    DrugTransferred,
    DrugWasted,
    LotQuarantined,
    LotReceived,
    StockCounted,
)
from ledger.values import wire_decimal

WasteCause = Literal["not-given", "broken", "expired", "temperature", "other"]
ReturnTo = Literal["quarantine", "sponsor"]


@dataclass(frozen=True, kw_only=True)
class ReceiveLot:
    """Receive a lot of study drug; `strength_mg` per vial."""

    verb: ClassVar[str] = "lot receive"
    kind: ClassVar[str] = "lot.received/1"
    agent: str
    lot: str
    strength_mg: Decimal
    vials: int
    expiry: date
    location: str = "pharmacy"
    remarks: str | None = None
    further: bool = False
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The stream depends on the site."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact; the drug is one of the protocol's, and the lot new unless a further delivery is meant."""
        _study_drug(desk, self.agent)
        known = desk.setting.lots.get(self.lot)
        if known is not None and not self.further:
            raise BadInput(
                f"lot {self.lot} was already received",
                why="one delivery is recorded once",
                fix="if more of it arrived: --further; see: doseledger lot list",
            )
        if known is not None and known.agent != self.agent:
            raise BadInput(f"lot {self.lot} is {known.agent}", why=f"it was received so; {self.agent} has another lot")
        if self.strength_mg <= 0 or self.vials <= 0:
            raise BadInput("a lot has vials of some strength", fix="--strength 30mg --vials 10")
        event = LotReceived(
            agent=self.agent,
            strength_mg=wire_decimal(self.strength_mg),
            lot=self.lot,
            expiry=self.expiry.isoformat(),
            vials=self.vials,
            location=self.location,
            remarks=desk.pad.maybe(self.remarks),
        )
        return (desk.draft(f"supply/{desk.site}", event, self.at),)


@dataclass(frozen=True, kw_only=True)
class QuarantineLot:
    """Put a lot in quarantine, so that no dose is released or started from it; or, with `lift`, take it out again."""

    verb: ClassVar[str] = "lot quarantine"
    kind: ClassVar[str] = "lot.quarantined/1"
    lot: str
    why: str
    lift: bool = False
    agent: str | None = None
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The stream depends on the site."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact; lifting what is not in quarantine is a mistake in typing."""
        when = self.at.at if self.at is not None else desk.now
        if self.lift and not desk.setting.quarantined(self.lot, when):
            raise BadInput(f"lot {self.lot} is not in quarantine", fix="see: doseledger lot list")
        agent = _agent(desk, self.lot, self.agent)
        event = LotQuarantined(agent=agent, lot=self.lot, quarantined=not self.lift, why=desk.pad.commit(self.why))
        return (desk.draft(f"supply/{desk.site}", event, self.at),)


@dataclass(frozen=True, kw_only=True)
class _OnShelf:
    """What every act on vials names; drug and strength are those of the lot as received, where it was."""

    lot: str | None = None
    agent: str | None = None
    strength_mg: Decimal | None = None
    location: str | None = None
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The stream depends on the site."""
        return ()

    def _shelf(self, desk: Desk) -> Shelf:
        if self.lot is None:
            raise BadInput("which lot?", fix="--lot A1; see: doseledger lot list")
        received = desk.setting.lots.get(self.lot)
        strength = self.strength_mg
        if strength is None and received is not None:
            strength = Decimal(received.strength_mg)
        if strength is None or strength <= 0:
            raise BadInput(
                f"the strength of lot {self.lot} is not known",
                why="it was not received here",
                fix="--agent DRUG --strength 30mg; and record its receipt: doseledger lot receive",
            )
        location = self.location or (received.location if received is not None else "pharmacy")
        return Shelf(_agent(desk, self.lot, self.agent), self.lot, strength, location)


@dataclass(frozen=True, kw_only=True)
class WasteDrug(_OnShelf):
    """Waste vials, or what is left of a released dose (`order`), before a witness who signs too; `mg` in all."""

    verb: ClassVar[str] = "stock waste"
    kind: ClassVar[str] = "drug.wasted/1"
    order: str | None = None
    vials: int | None = None
    mg: Decimal | None = None
    why: WasteCause | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Count vials out of the book; those of a released dose left it with their release."""
        if self.order is not None:
            return self._of_order(desk, self.order)
        if self.lot is None or self.why is None:
            raise BadInput("what is wasted, and why?", fix="--lot A1 --why broken, or --order ORDER")
        shelf, vials = self._shelf(desk), _some(1 if self.vials is None else self.vials)
        return (
            self._draft(desk, shelf, vials, self.mg if self.mg is not None else vials * shelf.strength_mg, self.why),
        )

    def _of_order(self, desk: Desk, named: str) -> tuple[Draft, ...]:
        entry = desk.book.find(named)
        order = desk.of_entry(entry).order(entry)
        own = [fate for fate in fates(books(desk.book), desk.now) if fate.dispensing.event.order == order.id]
        own = [fate for fate in own if self.lot in {None, fate.dispensing.event.lot}]
        if not own:
            raise BadInput(
                f"nothing was released for order #{order.position}{f' from lot {self.lot}' if self.lot else ''}",
                why="what is wasted of a dose was prepared for it before",
                fix="waste whole vials without naming an order: --lot A1 --why broken",
            )
        fate = next((one for one in own if one.left_mg + one.in_hand_mg), own[0])
        left = fate.left_mg + fate.in_hand_mg
        amount = self.mg if self.mg is not None else left
        if amount <= 0:
            raise BadInput(f"nothing is left of what was released for order #{order.position}", fix="--mg AMOUNT")
        vials = fate.dispensing.event.vials if self.vials is None else _some(self.vials)
        return (self._draft(desk, fate.dispensing.shelf, vials, amount, self.why or "not-given", entry.id),)

    def _draft(  # noqa: PLR0917 - the parts of one line
        self, desk: Desk, shelf: Shelf, vials: int, amount: Decimal, why: WasteCause, order: str | None = None
    ) -> Draft:
        if amount > vials * shelf.strength_mg:
            raise BadInput(
                f"{wire_decimal(amount)} mg are not in {vials} vials of {wire_decimal(shelf.strength_mg)} mg",
                fix="--vials as many as were wasted",
            )
        event = DrugWasted(
            agent=shelf.agent,
            strength_mg=wire_decimal(shelf.strength_mg),
            lot=shelf.lot,
            location=shelf.location,
            vials=vials,
            mg=wire_decimal(amount),
            why=why,
            order=order,
        )
        causes = [desk.book.find(order).ref] if order is not None else []
        return desk.draft(f"supply/{desk.site}", event, self.at, causes=causes)


@dataclass(frozen=True, kw_only=True)
class ReturnDrug(_OnShelf):
    """Return vials: dispensed and unopened ones to `quarantine`, never back on the shelf, or stock to the `sponsor`."""

    verb: ClassVar[str] = "stock return"
    kind: ClassVar[str] = "drug.returned/1"
    vials: int
    to: ReturnTo

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """State the vials and where they go."""
        shelf = self._shelf(desk)
        event = DrugReturned(
            agent=shelf.agent,
            strength_mg=wire_decimal(shelf.strength_mg),
            lot=shelf.lot,
            location=shelf.location,
            vials=_some(self.vials),
            to=self.to,
        )
        return (desk.draft(f"supply/{desk.site}", event, self.at),)


@dataclass(frozen=True, kw_only=True)
class TransferDrug(_OnShelf):
    """Move vials from one location to another."""

    verb: ClassVar[str] = "stock transfer"
    kind: ClassVar[str] = "drug.transferred/1"
    vials: int
    to: str

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """State the vials and both locations."""
        shelf = self._shelf(desk)
        if self.to == shelf.location:
            raise BadInput(f"the vials are at {self.to} already", fix="--location FROM --to WHERE")
        event = DrugTransferred(
            agent=shelf.agent,
            strength_mg=wire_decimal(shelf.strength_mg),
            lot=shelf.lot,
            location=shelf.location,
            vials=_some(self.vials),
            to=self.to,
        )
        return (desk.draft(f"supply/{desk.site}", event, self.at),)


@dataclass(frozen=True, kw_only=True)
class DestroyDrug(_OnShelf):
    """Destroy vials on site before a witness, who signs too; `method` in words."""

    verb: ClassVar[str] = "stock destroy"
    kind: ClassVar[str] = "drug.destroyed/1"
    vials: int
    method: str

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """State the vials and how it was done."""
        shelf = self._shelf(desk)
        event = DrugDestroyed(
            agent=shelf.agent,
            strength_mg=wire_decimal(shelf.strength_mg),
            lot=shelf.lot,
            location=shelf.location,
            vials=_some(self.vials),
            method=desk.pad.commit(self.method),
        )
        return (desk.draft(f"supply/{desk.site}", event, self.at),)


@dataclass(frozen=True, kw_only=True)
class CountStock(_OnShelf):
    """Count the vials of a lot on a shelf; what the book says is written beside it, a difference is asked about."""

    verb: ClassVar[str] = "stock count"
    kind: ClassVar[str] = "stock.counted/1"
    counted: int

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """State what was counted, and the book's balance at that time."""
        shelf = self._shelf(desk)
        book = books(desk.book).book(shelf)
        when = self.at.at if self.at is not None else desk.now
        said = [line.balance for line in book.lines if line.at <= when][-1:] if book is not None else []
        event = StockCounted(
            agent=shelf.agent,
            strength_mg=wire_decimal(shelf.strength_mg),
            lot=shelf.lot,
            location=shelf.location,
            counted=self.counted,
            book=str(said[0] if said else 0),
        )
        return (desk.draft(f"supply/{desk.site}", event, self.at),)


def _study_drug(desk: Desk, agent: str) -> None:
    protocol = desk.setting.protocol
    if agent not in (protocol.ladder_drug, protocol.cycle_drug):
        raise BadInput(f"{agent!r} is not a study drug", fix=f"one of: {protocol.ladder_drug}, {protocol.cycle_drug}")


def _agent(desk: Desk, lot: str, said: str | None) -> str:
    """Name the drug of a lot: as received, else as said."""
    received = desk.setting.lots.get(lot)
    if received is not None and said in {None, received.agent}:
        return received.agent
    if received is not None:
        raise BadInput(f"lot {lot} is {received.agent}", why="it was received so", fix="leave --agent out")
    if said is None:
        raise BadInput(
            f"lot {lot} was not received here",
            why="its drug is not known",
            fix="--agent DRUG --strength 30mg; and record its receipt: doseledger lot receive",
        )
    _study_drug(desk, said)
    return said


def _some(vials: int) -> int:
    if vials <= 0:
        raise BadInput(f"{vials} vials are none", fix="--vials 1, or more")
    return vials
