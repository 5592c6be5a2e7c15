"""Acts around the study drug on the shelf."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from commands.draft import Desk, Draft, When
from ledger.errors import BadInput
from ledger.events.supply import LotReceived
from ledger.values import wire_decimal


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
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The stream depends on the site."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A fact; the drug is one of the protocol's, the lot is not known yet."""
        protocol = desk.setting.protocol
        if self.agent not in (protocol.ladder_drug, protocol.cycle_drug):
            raise BadInput(
                f"{self.agent!r} is not a study drug", fix=f"one of: {protocol.ladder_drug}, {protocol.cycle_drug}"
            )
        if self.lot in desk.setting.lots:
            raise BadInput(f"lot {self.lot} was already received", fix="see: doseledger lot list")
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
