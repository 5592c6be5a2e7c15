"""People: whose key is whose, which roles they hold, and what the investigator has delegated to them."""

from __future__ import annotations

from typing import Literal

from ledger import wire
from ledger.events.base import Wire
from ledger.events.study import Device

Task = Literal[
    "registration",
    "consent",
    "eligibility",
    "enrolment",
    "measurement",
    "laboratory",
    "prescribing",
    "pharmacy",
    "premedication",
    "administration",
    "assessment",
    "safety",
    "supply",
    "transcription",
]
"""What the principal investigator can delegate (ICH E6(R3) delegation log)."""


class IdentityCheck(Wire, frozen=True, kw_only=True):
    """How the registrar verified who the person is (21 CFR 11.100(b))."""

    kind: Literal["passport", "national-id", "staff-record", "known-in-person"]
    ref: wire.Commitment | None


class KeyRequest(Wire, frozen=True, kw_only=True):
    """What the owner of a new key signs with it, so that nobody enrols a key he does not hold."""

    format: Literal[1]
    person: wire.Token
    name: wire.PrintedName
    organisation: wire.PrintedName
    key_id: wire.Kid
    key: wire.Jwk


class KeyEnrolled(Wire, frozen=True, kw_only=True):
    """A person's signing key becomes valid, once a second registrar has countersigned."""

    person: wire.Token
    name: wire.PrintedName
    organisation: wire.PrintedName
    roles: tuple[wire.Role, ...]
    key_id: wire.Kid
    key: wire.Jwk
    protection: Literal["pwd", "agent", "pin", "hwk"]
    valid_until: wire.Day | None
    identity: IdentityCheck
    request: wire.JwsText


class DeviceEnrolled(Wire, frozen=True, kw_only=True):
    """A further workstation and its system key."""

    device: Device


class DelegationGranted(Wire, frozen=True, kw_only=True):
    """The principal investigator delegates tasks to a person for a period (`until` null: until ended)."""

    person: wire.Token
    tasks: tuple[Task, ...]
    since: wire.When
    until: wire.When | None


class DelegationEnded(Wire, frozen=True, kw_only=True):
    """A delegation ends; `occurred` is the moment from which it no longer holds."""

    delegation: wire.Uuid
