"""Acts around keys that are in the ledger: changed, revoked, doubted and answered for; devices, registrars, policy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Literal

from commands.draft import Desk, Draft, When
from ledger.admission.offered import open_request
from ledger.anchors.quorum import policy_of
from ledger.course.people import Key
from ledger.errors import BadInput, IntegrityFailure
from ledger.events.base import Reason
from ledger.events.keys import (
    MOST_NAMED,
    KeyRevoked,
    KeyRotated,
    PolicyAmended,
    RegistrarChanged,
    SignatureReaffirmed,
    SignatureRepudiated,
)
from ledger.events.people import DeviceEnrolled, KeyRequest
from ledger.events.study import Device, RootRegistrar, Witnesses
from ledger.merkle.note import VerifierKey
from ledger.signing.header import Method


@dataclass(frozen=True)
class OnPeople:
    """What the acts here share: they are about people, and are written on their stream."""

    def about(self) -> tuple[str, ...]:
        """The stream of people."""
        return ("people",)


@dataclass(frozen=True, kw_only=True)
class RotateKey(OnPeople):
    """Go on with another key, whose request it has signed itself; the last day stays unless another is given."""

    verb: ClassVar[str] = "key rotate"
    kind: ClassVar[str] = "key.rotated/1"
    request: str
    protection: Method = "pwd"
    valid_until: date | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The owner signs with the key that is replaced."""
        asked, author = opened(self.request), desk.actors[0]
        old = desk.roster.active_key(author)
        if old is None:
            raise BadInput(f"{author} has no key that could be changed", fix="doseledger key request; person enrol")
        until = self.valid_until or old.valid_until
        event = KeyRotated(
            person=asked.person,
            old_key_id=old.kid,
            key_id=asked.key_id,
            key=asked.key,
            protection=self.protection,
            valid_until=until.isoformat() if until is not None else None,
            request=self.request.strip(),
        )
        return (desk.draft("people", event),)


@dataclass(frozen=True, kw_only=True)
class RevokeKey(OnPeople):
    """End the key of a person or a device at once; what it signed from a position on can be put in doubt."""

    verb: ClassVar[str] = "key revoke"
    kind: ClassVar[str] = "key.revoked/1"
    person: str
    why: Literal["lost", "compromised", "left"]
    suspected_from: str | None = None
    key: str | None = None
    at: When | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The key in use, unless another of the holder is named by the first characters of its id."""
        since = desk.book.find(self.suspected_from).position if self.suspected_from is not None else None
        event = KeyRevoked(person=self.person, key_id=self._key(desk).kid, why=self.why, suspected_from=since)
        return (_with_words(desk, desk.draft("people", event, self.at)),)

    def _key(self, desk: Desk) -> Key:
        every = (*desk.roster.keys.values(), *desk.roster.devices.values())
        held = [key for key in every if key.person == self.person]
        held.sort(key=lambda key: (key.ended is None, key.since))
        if not held:
            raise BadInput(f"nobody called {self.person} holds a key", fix="see: doseledger person list")
        if self.key is None:
            return held[-1]
        named = [key for key in held if key.kid.startswith(self.key)]
        if len(named) != 1:
            known = ", ".join(key.kid[:8] for key in held)
            raise BadInput(f"{self.key!r} names none, or several, of the keys of {self.person}", fix=f"one of: {known}")
        return named[0]


@dataclass(frozen=True, kw_only=True)
class EnrolDevice(OnPeople):
    """Enrol a further device from the card that was made with its key; a second registrar signs too, now or later."""

    verb: ClassVar[str] = "device enrol"
    kind: ClassVar[str] = "device.enrolled/1"
    card: Device

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The card holds the device's name and its public key."""
        return (desk.draft("people", DeviceEnrolled(device=self.card)),)


@dataclass(frozen=True, kw_only=True)
class ChangeRegistrar(OnPeople):
    """A registrar comes, goes, or one takes the place of another; as many registrars sign as act together."""

    verb: ClassVar[str] = "registrar change"
    kind: ClassVar[str] = "registrar.changed/1"
    add: str | None = None
    remove: str | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Who comes has made a request with his own key."""
        if self.add is None and self.remove is None:
            raise BadInput("no registrar is named", fix="--add REQUEST, --remove NAME")
        added = registrar(opened(self.add)) if self.add is not None else None
        request = self.add.strip() if self.add is not None else None
        return (desk.draft("people", RegistrarChanged(added=added, request=request, removed=self.remove)),)


@dataclass(frozen=True, kw_only=True)
class AmendPolicy(OnPeople):
    """Change what the first entry laid down; what is not named stays. As many registrars sign as act together."""

    verb: ClassVar[str] = "policy amend"
    kind: ClassVar[str] = "policy.amended/1"
    quorum: int | None = None
    signing: Literal["every-act", "session"] | None = None
    session_minutes: int | None = None
    lockout_after: int | None = None
    clock_limit_s: int | None = None
    witness_keys: tuple[VerifierKey, ...] = ()
    witness_quorum: int | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """At least one thing changes."""
        now = desk.roster.policy
        event = PolicyAmended(
            quorum=now.quorum if self.quorum is None else self.quorum,
            signing=self.signing or now.signing,
            session_minutes=_within(1, self.session_minutes, 60) or now.session_minutes,
            lockout_after=_within(1, self.lockout_after, 20) or now.lockout_after,
            witnesses=self._witnesses(now.witnesses),
            clock_limit_s=_within(1, self.clock_limit_s, 86_400) or now.clock_limit_s,
        )
        same = (event.quorum, event.signing, event.session_minutes, event.lockout_after, event.witnesses)
        if (*same, event.clock_limit_s) == (
            now.quorum,
            now.signing,
            now.session_minutes,
            now.lockout_after,
            now.witnesses,
            now.clock_limit_s,
        ):
            raise BadInput("nothing is changed", fix="for example --signing session --session-minutes 10")
        return (desk.draft("people", event),)

    def _witnesses(self, now: Witnesses) -> Witnesses:
        asked = now.quorum if self.witness_quorum is None else self.witness_quorum
        if self.witness_keys:
            return policy_of(self.witness_keys, asked)
        if asked > len(now.keys):
            raise BadInput(
                f"{asked} witnesses are asked for", why=f"{len(now.keys)} are named", fix="--witness-key KEY"
            )
        return Witnesses(quorum=asked, keys=now.keys)


@dataclass(frozen=True, kw_only=True)
class Reaffirm(OnPeople):
    """Stand by entries that are disputed since your key was revoked: you signed them yourself."""

    verb: ClassVar[str] = "key reaffirm"
    kind: ClassVar[str] = "signature.reaffirmed/1"
    entries: tuple[str, ...]

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Each entry is named once; only its own signer can answer for it."""
        return _answer(desk, self.entries, SignatureReaffirmed)


@dataclass(frozen=True, kw_only=True)
class Repudiate(OnPeople):
    """Say of entries that are disputed since your key was revoked that you did not sign them."""

    verb: ClassVar[str] = "key repudiate"
    kind: ClassVar[str] = "signature.repudiated/1"
    entries: tuple[str, ...]

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Each entry is named once; they stay in the record until they are voided."""
        return _answer(desk, self.entries, SignatureRepudiated)


def opened(request: str) -> KeyRequest:
    """Open a key request; BadInput where its own key has not signed it."""
    try:
        return open_request(request.strip())[0]
    except IntegrityFailure as error:
        raise BadInput(
            f"the key request cannot be used: {error.what}",
            why=error.why,
            fix="its owner makes a new one: doseledger key request",
        ) from error


def registrar(asked: KeyRequest) -> RootRegistrar:
    """Give the registrar whom a request is from."""
    return RootRegistrar(
        person=asked.person, name=asked.name, organisation=asked.organisation, key_id=asked.key_id, key=asked.key
    )


def _answer(
    desk: Desk, entries: tuple[str, ...], made: type[SignatureReaffirmed | SignatureRepudiated]
) -> tuple[Draft, ...]:
    found = {entry.id: entry for entry in map(desk.book.find, entries)}
    if not 1 <= len(found) <= MOST_NAMED:
        raise BadInput(f"{len(found)} entries are named", fix=f"name 1 to {MOST_NAMED} at a time")
    return (desk.draft("people", made(targets=tuple(found)), causes=[entry.ref for entry in found.values()]),)


def _with_words(desk: Desk, draft: Draft) -> Draft:
    """Keep words that were given without a code: why a key ends is said by the entry itself."""
    words = desk.circumstances.reason_text
    if draft.reason is not None or words is None:
        return draft
    return replace(draft, reason=Reason(code="other", text=desk.pad.maybe(words)))


def _within(least: int, value: int | None, most: int) -> int | None:
    if value is not None and not least <= value <= most:
        raise BadInput(f"{value} is not possible here", fix=f"{least} to {most}")
    return value
