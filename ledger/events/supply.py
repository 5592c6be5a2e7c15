"""The study drug on the shelf."""

from __future__ import annotations

from typing import Literal

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


class DrugWasted(Wire, frozen=True, kw_only=True):
    """Vials, or what is left of a released dose, are wasted outside a preparation; a second person witnesses it.

    `vials` leave the balance, unless they left it with the release of `order`; `mg` is what was in them.
    """

    agent: wire.Token
    strength_mg: wire.Amount
    lot: wire.Code
    location: wire.Token
    vials: wire.Count
    mg: wire.Amount
    why: Literal["not-given", "broken", "expired", "temperature", "other"]
    order: wire.Uuid | None


class DrugReturned(Wire, frozen=True, kw_only=True):
    """Vials come back: dispensed and unopened to the pharmacy's quarantine, or from the site to the sponsor.

    What is in quarantine has a balance of its own, at the location `quarantine`, and is not put on a shelf again.
    """

    agent: wire.Token
    strength_mg: wire.Amount
    lot: wire.Code
    location: wire.Token
    vials: wire.Count
    to: Literal["quarantine", "sponsor"]


class DrugTransferred(Wire, frozen=True, kw_only=True):
    """Vials move from one location to another."""

    agent: wire.Token
    strength_mg: wire.Amount
    lot: wire.Code
    location: wire.Token
    vials: wire.Count
    to: wire.Token


class DrugDestroyed(Wire, frozen=True, kw_only=True):
    """Vials are destroyed on site, before a witness."""

    agent: wire.Token
    strength_mg: wire.Amount
    lot: wire.Code
    location: wire.Token
    vials: wire.Count
    method: wire.Commitment


class StockCounted(Wire, frozen=True, kw_only=True):
    """The vials on the shelf, and what the book said; a difference is a query, never a refusal.

    `book` may be below zero, when more was dispensed than received on paper.
    """

    agent: wire.Token
    strength_mg: wire.Amount
    lot: wire.Code
    location: wire.Token
    counted: wire.Count
    book: wire.Decimal


class LotQuarantined(Wire, frozen=True, kw_only=True):
    """A lot may not be used until it is released again."""

    agent: wire.Token
    lot: wire.Code
    quarantined: bool
    why: wire.Commitment
