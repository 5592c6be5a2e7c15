"""What the machine reports of misuse and of its clock, and what the site does about it."""

from __future__ import annotations

from typing import Literal

from ledger import wire
from ledger.events.base import Wire

MOST_ALERTS = 64
"""Reports that one acknowledgement may name."""


class SecurityRaised(Wire, frozen=True, kw_only=True):
    """The device reports something that somebody must look at; signed by the device, so it proves no person's act.

    `person` is whose passphrase was tried, or who was said to act, null for what concerns nobody. `count` is how
    often: wrong passphrases in a row, attempts that were counted and not kept one by one; 1 otherwise. `off_s` is by
    how many seconds a clock differs from what it must be. `until` is when a person who is locked out may try again.
    """

    what: Literal[
        "failed-passphrase",
        "locked-out",
        "attempt-throttled",
        "clock-backwards",
        "clock-jump",
        "unknown-device",
    ]
    person: wire.Token | None
    count: wire.Count
    off_s: wire.Count | None
    until: wire.Utc | None


class SecurityAcknowledged(Wire, frozen=True, kw_only=True):
    """Somebody looked at reports of the device and knows of them: 1 to 64, each once."""

    targets: tuple[wire.Uuid, ...]

    def __post_init__(self) -> None:
        """Refuse (ValueError) none, more than 64, or one twice."""
        if not 1 <= len(self.targets) <= MOST_ALERTS or len(set(self.targets)) < len(self.targets):
            raise ValueError(f"`targets` names 1 to {MOST_ALERTS}, each once")


class LockoutLifted(Wire, frozen=True, kw_only=True):
    """A registrar lets a person who is locked out sign again; what failed before is counted no more."""

    person: wire.Token
