"""The study drug on the shelf."""

from __future__ import annotations

from ledger import wire
from ledger.events.base import Wire


class LotReceived(Wire, frozen=True, kw_only=True):
    """A lot arrives at a location (21 CFR 312.62(a)); `strength_mg` per vial."""

    agent: wire.Token
    strength_mg: wire.Amount
    lot: wire.Code
    expiry: wire.Day
    vials: wire.Count
    location: wire.Token
    remarks: wire.Commitment | None
