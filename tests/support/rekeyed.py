"""A site whose keys have a life: changed, lost, revoked, doubted; registrars who come and go; a recovery key.

site = Rekeyed(tmp_path / "trial.ledger").staffed()
site.rotate("norbert")
site.revoke("nina", "compromised", suspected_from=12)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from minting import ORGANISATION, Person, Site, key_of, person

from ledger import wire
from ledger.events.base import Need, Wire
from ledger.events.entry import Entry
from ledger.events.keys import KeyRevoked, KeyRotated, PolicyAmended, RegistrarChanged, RegistrarRecovered
from ledger.events.record import EntryCountersigned
from ledger.events.study import RootRegistrar, Witnesses
from ledger.signing.signer import MemorySigner

RECOVERY = "the recovery key"


class Rekeyed(Site):
    """A site whose first entry commits to a recovery key."""

    def genesis(self, **changes: object) -> bytes:
        """The first entry, with a recovery key."""
        return super().genesis(**{"recovery_key": key_of(RECOVERY).public.kid, **changes})

    def hold(self, owner: str, key: MemorySigner) -> Person:
        """From here on the owner signs with this key."""
        self.people[owner] = found = replace(self.people[owner], key=key)
        return found

    def request(self, who: Person) -> str:
        """The request with which somebody offers his key."""
        return self.enrolment(who).request

    def rotation(self, owner: str, to: MemorySigner, **changes: object) -> KeyRotated:
        """The event by which an owner goes on with another key."""
        before = self.people[owner]
        members: dict[str, object] = {
            "person": owner,
            "old_key_id": before.key.public.kid,
            "key_id": to.public.kid,
            "key": replace(before, key=to).jwk,
            "protection": "pwd",
            "valid_until": None,
            "request": self.request(replace(before, key=to)),
        }
        return KeyRotated(**{**members, **changes})

    def rotate(self, owner: str, **changes: object) -> Entry:
        """Change a key, and sign with the other one from then on."""
        to = key_of(f"{owner} again")
        entry = self.write("people", self.rotation(owner, to, **changes), by=((owner, "responsibility"),))
        self.hold(owner, to)
        return entry

    def revocation(self, owner: str, why: str, *, suspected_from: int | None = None, kid: str = "") -> KeyRevoked:
        """The event that ends a key."""
        named = kid or self.people[owner].key.public.kid
        return KeyRevoked(person=owner, key_id=named, why=why, suspected_from=suspected_from)

    def revoke(self, owner: str, why: str, *, by: Sequence[str] = ("rita",), **about: object) -> Entry:
        """End a key."""
        signers = [(one, "responsibility") for one in by]
        return self.write("people", self.revocation(owner, why, **about), by=signers)

    def again(self, owner: str) -> Entry:
        """Enrol somebody once more, with another key."""
        who = self.hold(owner, key_of(f"{owner} again"))
        return self.write("people", self.enrolment(who), by=("rita", "rolf"))

    def card(self, who: Person) -> RootRegistrar:
        """A registrar as entries name him."""
        return RootRegistrar(
            person=who.id, name=who.name, organisation=ORGANISATION, key_id=who.key.public.kid, key=who.jwk
        )

    def change(self, *, added: Person | None = None, removed: str | None = None) -> RegistrarChanged:
        """The event by which registrars come and go."""
        return RegistrarChanged(
            added=None if added is None else self.card(added),
            request=None if added is None else self.request(added),
            removed=removed,
        )

    def register(self, identifier: str, name: str, *, by: Sequence[str] = ("rita", "rolf")) -> Entry:
        """A registrar comes, by the signatures of those who are there."""
        who = self.add(identifier, name, "registrar")
        return self.write("people", self.change(added=who), by=[(one, "responsibility") for one in by])

    def recovery(self, who: Person, *, key: str = RECOVERY) -> RegistrarRecovered:
        """The event by which a registrar comes by the recovery key; afterwards `who` signs with that key."""
        event = RegistrarRecovered(
            recovery_key=person(who.id, who.name).jwk, registrar=self.card(who), request=self.request(who)
        )
        held = self.hold(who.id, key_of(key))
        return RegistrarRecovered(recovery_key=held.jwk, registrar=event.registrar, request=event.request)

    def recover(self, identifier: str, name: str) -> Entry:
        """A registrar comes by the recovery key, and signs with his own from then on."""
        who = self.add(identifier, name, "registrar")
        entry = self.write("people", self.recovery(who), by=((identifier, "responsibility"),))
        self.hold(identifier, who.key)
        return entry

    def countersign(self, entry: Entry, by: str, meaning: wire.Meaning) -> Entry:
        """A later signature of an entry."""
        event = EntryCountersigned(target=entry.id)
        return self.write(entry.stream, event, by=((by, meaning),), causes=self.refs(entry))

    def answer(
        self, event: type[Wire], *entries: Entry, by: Sequence[tuple[str, wire.Meaning]], **more: object
    ) -> Entry:
        """What the owner of a revoked key says of entries."""
        said = event(targets=tuple(entry.id for entry in entries))
        return self.write("people", said, by=by, causes=self.refs(*entries), **more)


def policy(**changes: object) -> PolicyAmended:
    """A policy with usual values."""
    members: dict[str, object] = {
        "quorum": 2,
        "signing": "every-act",
        "session_minutes": 10,
        "lockout_after": 5,
        "witnesses": Witnesses(quorum=0, keys=()),
        "clock_limit_s": 120,
    }
    return PolicyAmended(**{**members, **changes})


def needs(*said: tuple[wire.Meaning, wire.Role]) -> tuple[Need, ...]:
    """Signatures that an entry says it needs."""
    return tuple(Need(meaning=meaning, role=role) for meaning, role in said)
