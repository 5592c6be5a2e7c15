"""The life of keys: changed, revoked, doubted and stood by; who enrols people, and under which policy."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger import wire
from ledger.events.base import Wire
from ledger.events.study import RootRegistrar, Witnesses

SessionMinutes = Annotated[int, Meta(ge=1, le=60)]
LockoutAfter = Annotated[int, Meta(ge=1, le=20)]
ClockLimit = Annotated[int, Meta(ge=1, le=86_400)]
MOST_NAMED = 64
"""Entries, or counters, that one entry may name."""


def _each_once(what: str, values: tuple[object, ...]) -> None:
    if not 1 <= len(values) <= MOST_NAMED or len(set(values)) < len(values):
        raise ValueError(f"`{what}` names 1 to {MOST_NAMED}, each once")


class KeyRotated(Wire, frozen=True, kw_only=True):
    """A person goes on with a new key; signed with the old one, which signs nothing after it.

    Person, printed name, organisation and roles stay. `request` is the key request that the new key signed, for
    this person, name and organisation. `valid_until` is the last day of the new key.
    """

    person: wire.Token
    old_key_id: wire.Kid
    key_id: wire.Kid
    key: wire.Jwk
    protection: Literal["pwd", "agent", "pin", "hwk"]
    valid_until: wire.Day | None
    request: wire.JwsText


class KeyRevoked(Wire, frozen=True, kw_only=True):
    """A key signs nothing after this entry: it was lost, somebody else may hold it, or its owner has left.

    `person` is whose it is, a device's id where it is a device's. What the key signed at the positions from
    `suspected_from` up to the revocation is DISPUTED until its owner reaffirms or repudiates it. `left` also ends
    every delegation of the person at `occurred`.
    """

    person: wire.Token
    key_id: wire.Kid
    why: Literal["lost", "compromised", "left"]
    suspected_from: wire.Count | None


class RegistrarChanged(Wire, frozen=True, kw_only=True):
    """A registrar comes, goes, or one takes the place of another; the quorum of registrars signs it.

    `request` is the key request of the one who comes, null when nobody does. The one who goes holds no key after it.
    """

    added: RootRegistrar | None
    request: wire.JwsText | None
    removed: wire.Token | None

    def __post_init__(self) -> None:
        """Refuse (ValueError) a change of nothing, and a registrar without the request of his key."""
        if self.added is None and self.removed is None:
            raise ValueError("nobody is added and nobody removed")
        if (self.added is None) != (self.request is None):
            raise ValueError("`added` and `request` belong together")


class RegistrarRecovered(Wire, frozen=True, kw_only=True):
    """A registrar comes by the recovery key that the first entry committed to, where too few are left to add him.

    The recovery key signs it, under the card of the person who uses it: the new registrar. `recovery_key` is that
    key, `request` the key request of the new registrar's own key.
    """

    recovery_key: wire.Jwk
    registrar: RootRegistrar
    request: wire.JwsText


class PolicyAmended(Wire, frozen=True, kw_only=True):
    """What the first entry laid down is changed for all that follows; the quorum of registrars signs it.

    `quorum` is how many registrars an act about registrars needs. `signing`: the passphrase at every act, or a key
    that stays open for `session_minutes` without use. A person is locked out after `lockout_after` failed
    passphrases in a row. A clock further off than `clock_limit_s` seconds is reported.
    """

    quorum: wire.Count
    signing: Literal["every-act", "session"]
    session_minutes: SessionMinutes
    lockout_after: LockoutAfter
    witnesses: Witnesses
    clock_limit_s: ClockLimit


class LogRotated(Wire, frozen=True, kw_only=True):
    """The log goes on with the key whose thumbprint was committed to before; the quorum of registrars signs it.

    Heads that cover this entry are signed with `key`. `next_log_key` is the thumbprint of the key after it.
    """

    log: wire.Token
    key: wire.Jwk
    next_log_key: wire.Kid


class SignatureReaffirmed(Wire, frozen=True, kw_only=True):
    """The owner of a revoked key says of disputed entries: I signed these; 1 to 64 of them, each once."""

    targets: tuple[wire.Uuid, ...]

    def __post_init__(self) -> None:
        """Refuse (ValueError) none, more than 64, or one twice."""
        _each_once("targets", self.targets)


class SignatureRepudiated(Wire, frozen=True, kw_only=True):
    """The owner of a revoked key says of disputed entries: I did not sign these; 1 to 64 of them, each once.

    They stay in the record, and doubted, until they are voided like any other entry.
    """

    targets: tuple[wire.Uuid, ...]

    def __post_init__(self) -> None:
        """Refuse (ValueError) none, more than 64, or one twice."""
        _each_once("targets", self.targets)


class SignatureAbandoned(Wire, frozen=True, kw_only=True):
    """Signature counters of a key that were used for nothing that stands, and never will be; 1 to 64, rising."""

    key_id: wire.Kid
    n: tuple[wire.Count, ...]

    def __post_init__(self) -> None:
        """Refuse (ValueError) none, more than 64, or counters that do not rise."""
        _each_once("n", self.n)
        if list(self.n) != sorted(self.n):
            raise ValueError("`n` does not rise")
