"""How values stand in every view: amounts without trailing zeros, local times with their offset, signatures in full."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from ledger.events.base import Need, Occurred
from ledger.events.entry import Signer
from ledger.values import wire_decimal


class View(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of everything a reader gives: immutable and closed; its builtins are the JSON data."""


class Signature(View, frozen=True, kw_only=True):
    """One signature as 21 CFR 11.50 wants it shown: printed name, what it meant, when; `key` is the short key id.

    `at` is the signer's local time with its offset, `at_utc` the same moment in UTC.
    """

    person: str
    name: str
    role: str
    organisation: str
    meaning: str
    statement: str
    at: str
    at_utc: str
    key: str


class Needed(View, frozen=True, kw_only=True):
    """A signature that is missing: its meaning, and the role of who may give it."""

    meaning: str
    role: str


def signature(signer: Signer) -> Signature:
    """Show a signature of an entry."""
    return Signature(
        person=signer.person,
        name=signer.name,
        role=signer.role,
        organisation=signer.organisation,
        meaning=signer.meaning,
        statement=signer.statement,
        at=signer.at,
        at_utc=utc(datetime.fromisoformat(signer.at)),
        key=signer.kid[:8],
    )


def signed_by(signers: Iterable[Signer]) -> str:
    """Say on one line who signed, as what, with which meaning and when, in local time with its offset."""
    return "; ".join(f"{one.name} ({one.role}): {one.meaning} {one.at}" for one in signers)


def needed(need: Need) -> Needed:
    """Show a missing signature."""
    return Needed(meaning=need.meaning, role=need.role)


def amount(number: Decimal | None) -> str | None:
    """Write an amount; null when there is none."""
    return None if number is None else wire_decimal(number)


def minute(at: datetime, zone: tzinfo | None = None) -> str:
    """Write a time to the minute with its offset, in `zone` where one is given."""
    return (at if zone is None else at.astimezone(zone)).isoformat(timespec="minutes")


def second(at: datetime, zone: tzinfo) -> str:
    """Write a time to the second with its offset, in `zone`."""
    return at.astimezone(zone).isoformat(timespec="seconds")


def utc(at: datetime) -> str:
    """Write a time in UTC to the millisecond."""
    return f"{at.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def stated(at: datetime, on: date, precision: Literal["minute", "day"]) -> str:
    """Write a time as precisely as it was stated: a minute, or only its day."""
    return on.isoformat() if precision == "day" else minute(at)


def occurred(said: Occurred) -> str:
    """Write when it happened, exactly as it was stated."""
    return said.at


def entry(position: int) -> str:
    """Name an entry as people do."""
    return f"entry {position}"
