"""The roster: who held which key and role, what was delegated to whom, and under which policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal

from msgspec import Struct, field

from ledger import wire
from ledger.course.people.delegations import Delegation
from ledger.course.people.disputes import Disputes
from ledger.course.people.packs import Brought, dictionaries_at, pack_at
from ledger.errors import NotAllowed
from ledger.events.base import DictionaryRef, Occurred, ProtocolRef
from ledger.events.entry import Entry, Signer
from ledger.events.people import Task
from ledger.events.study import LedgerCreated, ProtocolActivated, Witnesses

Ending = Literal["rotated", "lost", "compromised", "left", "removed"]
"""Why a key signs nothing any more; `removed`: its owner is no registrar any more."""


class Person(Struct, frozen=True):
    """A person as enrolled: printed name, organisation and roles."""

    id: str
    name: str
    organisation: str
    roles: frozenset[wire.Role]


class Key(Struct, frozen=True):
    """A key and whose it is; `since` is the position at which it became active, `ended` the one that ended it."""

    kid: str
    person: str
    jwk: wire.Jwk
    since: int
    valid_until: date | None
    ended: int | None = None
    why: Ending | None = None

    def holds(self, at: datetime) -> bool:
        """Tell whether it may sign at log time `at`: not ended, and not past its last day of UTC."""
        return self.ended is None and (self.valid_until is None or at.date() <= self.valid_until)


class Policy(Struct, frozen=True):
    """What the registrars laid down: in the first entry, or by the newest amendment that is complete.

    `quorum` registrars act about registrars. `signing`: the passphrase at every act, or a key that stays open for
    `session_minutes` without use. `lockout_after` failed passphrases in a row, `clock_limit_s` seconds.
    """

    quorum: int
    signing: Literal["every-act", "session"]
    session_minutes: int
    lockout_after: int
    witnesses: Witnesses
    clock_limit_s: int

    @property
    def registrars(self) -> int:
        """How many registrars act about registrars, and must be left: never fewer than two."""
        return max(2, self.quorum)


SESSION_MINUTES, LOCKOUT_AFTER, CLOCK_LIMIT_S = 10, 5, 120
"""What holds of a policy while no amendment says otherwise; the first entry does not name these."""


class Roster(Struct, frozen=True):
    """Everything about authority at one position of the log, folded from the entries before it.

    Keys that have ended stay known: none of them can be enrolled again. `pending` are the entries about people that
    await a signature; `brought` are the protocol packs and dictionaries, `turns` the entries that
    name a key of the log, in the order of the log.
    """

    genesis: LedgerCreated | None = None
    ledger: str = ""
    site: str = ""
    people: Mapping[str, Person] = field(default_factory=dict)
    keys: Mapping[str, Key] = field(default_factory=dict)
    devices: Mapping[str, Key] = field(default_factory=dict)
    delegations: tuple[Delegation, ...] = ()
    pending: Mapping[str, Entry] = field(default_factory=dict)
    protocol: ProtocolActivated | None = None
    brought: tuple[Brought, ...] = ()
    amended: Policy | None = None
    disputes: Disputes = Disputes()
    turns: tuple[Entry, ...] = ()

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        if self.amended is not None:
            return self.amended
        first = self.genesis
        none = Witnesses(quorum=0, keys=())
        return Policy(
            quorum=first.quorum if first is not None else 2,
            signing=first.signing if first is not None else "every-act",
            session_minutes=SESSION_MINUTES,
            lockout_after=LOCKOUT_AFTER,
            witnesses=first.witnesses if first is not None else none,
            clock_limit_s=CLOCK_LIMIT_S,
        )

    def pack_at(self, size: int) -> ProtocolRef | None:
        """The protocol pack in force as the first `size` entries say; None while there is none."""
        return pack_at(self.brought, size)

    def dictionaries_at(self, size: int) -> frozenset[DictionaryRef]:
        """Every toxicity dictionary that the first `size` entries brought."""
        return dictionaries_at(self.brought, size)

    def key(self, kid: str) -> Key | None:
        """Give the key of a person or a device, ended or not."""
        return self.keys.get(kid) or self.devices.get(kid)

    def require_key(self, kid: str, person: str) -> Key:
        """Give a key that has not ended and is this holder's; NotAllowed with the way out otherwise."""
        key = self.key(kid)
        if key is None or key.person != person:
            raise NotAllowed(
                f"the key {kid[:8]} of {person} is not active",
                why="no complete enrolment of it stands in the ledger",
                fix="two registrars enrol it: doseledger person enrol",
            )
        if key.ended is not None:
            raise NotAllowed(
                f"the key {kid[:8]} of {person} was {_how(key)} at position {key.ended}",
                why="a key signs nothing after it has ended, whenever the bytes were signed",
                fix=_ANEW if key.why != "rotated" else "sign it anew with the key that came after",
            )
        return key

    def require_person(self, person: str, at: datetime) -> None:
        """Refuse (NotAllowed) somebody who holds no key that may sign at log time `at`."""
        held = [key for key in self.keys.values() if key.person == person]
        if any(key.holds(at) for key in held):
            return
        if not held:
            raise NotAllowed(
                f"{person} is not enrolled",
                why="no key of that person is active in this ledger",
                fix="two registrars enrol it: doseledger person enrol",
            )
        key = max(held, key=lambda one: one.since)
        ended = f"it was {_how(key)} at position {key.ended}"
        raise NotAllowed(
            f"{person} holds no valid key",
            why=f"it expired on {key.valid_until}" if key.ended is None else ended,
            fix=_ANEW,
        )

    def require_signer(self, signer: Signer, at: datetime) -> None:
        """Refuse (NotAllowed) a signer whose card is not what the log says of that key; `at` is log time."""
        person, role = signer.person, signer.role
        if role == "system":
            self._require_device(signer)
            return
        key = self.require_key(signer.kid, person)
        holder = self.people.get(person)
        if holder is None:
            raise NotAllowed(f"{person} is a device, and signs as system only", why=f"signed as {role}")
        if (holder.name, holder.organisation) != (signer.name, signer.organisation):
            raise NotAllowed(
                f"{person} signs as {signer.name!r} of {signer.organisation!r}",
                why=f"enrolled as {holder.name!r} of {holder.organisation!r}",
            )
        if role not in holder.roles:
            raise NotAllowed(
                f"{person} does not hold the role {role}", why=f"enrolled as {', '.join(sorted(holder.roles))}"
            )
        if not key.holds(at):
            raise NotAllowed(
                f"the key of {person} expired on {key.valid_until}",
                fix=_ANEW,
            )

    def _require_device(self, signer: Signer) -> None:
        if signer.kid not in self.devices:
            raise NotAllowed(
                f"the key of device {signer.person} is not enrolled",
                why=f"key {signer.kid[:8]}",
                fix="enrol the device: doseledger device enrol",
            )
        self.require_key(signer.kid, signer.person)
        places = {f"Site {self.site}"}
        if self.genesis is not None:
            places |= {registrar.organisation for registrar in self.genesis.registrars}
        if signer.name != f"Device {signer.person}" or signer.organisation not in places:
            raise NotAllowed(
                f"the device {signer.person} signs as {signer.name!r} of {signer.organisation!r}",
                why=f"a device is printed as 'Device {signer.person}' of 'Site {self.site}', and as nobody else",
            )

    def active_key(self, person: str) -> Key | None:
        """Give the newest key of a person that has not ended; it may have expired."""
        held = (key for key in self.keys.values() if key.person == person and key.ended is None)
        return max(held, key=lambda key: key.since, default=None)

    def holders(self, role: wire.Role, at: datetime) -> frozenset[str]:
        """Name who holds a role and a key that may sign at log time `at`."""
        holding = {key.person for key in self.keys.values() if key.holds(at)}
        return frozenset(name for name in holding if role in self.people[name].roles)

    def registrars(self, at: datetime) -> frozenset[str]:
        """Name the registrars whose key holds at log time `at`."""
        return self.holders("registrar", at)

    def delegated(
        self, person: str, task: Task, occurred: Occurred, at: datetime, *, before: int | None = None
    ) -> bool:
        """Tell whether the task was delegated to the person when it is said to have happened.

        Only what stood in the log before position `before` counts; None: everything this roster knows.
        """
        holder = self.people.get(person)
        if holder is not None and "principal-investigator" in holder.roles:
            return True
        return any(one.covers(task, occurred, at, before) for one in self.delegations if one.person == person)

    def ratified(self, person: str, task: Task, occurred: Occurred, at: datetime, *, before: int) -> int | None:
        """Give the first delegation from position `before` on that covers what happened then: written afterwards."""
        later = (
            one.position
            for one in self.delegations
            if one.person == person and one.position >= before and one.covers(task, occurred, at, None)
        )
        return min(later, default=None)

    def doubted(self, entries: Iterable[Entry]) -> frozenset[str]:
        """Give the ids of the entries that are disputed or repudiated."""
        return self.disputes.doubted(entries)


_ANEW = "make a new one: doseledger key create, key request; two registrars enrol it: person enrol"


def _how(key: Key) -> str:
    return "rotated" if key.why == "rotated" else f"revoked ({key.why})"
