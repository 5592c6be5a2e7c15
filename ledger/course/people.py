"""The roster: who held which key and role, and what was delegated to whom, as a fold over the log.

A roster folded from the entries before position p answers for p: authority is judged by position, and a
delegation also by the time the act is said to have happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from msgspec import Struct, field
from msgspec.structs import replace

from ledger import wire
from ledger.course import needs
from ledger.errors import NotAllowed
from ledger.events.base import Occurred, ProtocolRef
from ledger.events.entry import Entry, Signer
from ledger.events.people import DelegationEnded, DelegationGranted, DeviceEnrolled, KeyEnrolled, Task
from ledger.events.record import EntryCountersigned
from ledger.events.study import Device, LedgerCreated, ProtocolActivated


class Person(Struct, frozen=True):
    """A person as enrolled: printed name, organisation and roles."""

    id: str
    name: str
    organisation: str
    roles: frozenset[wire.Role]


class Key(Struct, frozen=True):
    """A key and whose it is; `since` is the position at which it became active."""

    kid: str
    person: str
    jwk: wire.Jwk
    since: int
    valid_until: date | None


class Delegation(Struct, frozen=True):
    """Tasks delegated to a person from `since` until `until` (a day, inclusive, or a minute, exclusive)."""

    id: str
    position: int
    person: str
    tasks: frozenset[Task]
    since: str
    until: str | None
    ended: str | None = None
    ended_at: int | None = None


class Roster(Struct, frozen=True):
    """Everything about authority at one position of the log; `packs` are all protocol versions ever activated."""

    genesis: LedgerCreated | None = None
    ledger: str = ""
    site: str = ""
    people: Mapping[str, Person] = field(default_factory=dict)
    keys: Mapping[str, Key] = field(default_factory=dict)
    devices: Mapping[str, Key] = field(default_factory=dict)
    delegations: tuple[Delegation, ...] = ()
    pending: Mapping[str, Entry] = field(default_factory=dict)
    protocol: ProtocolActivated | None = None
    packs: frozenset[ProtocolRef] = frozenset()

    def require_signer(self, signer: Signer, at: datetime) -> None:
        """Refuse (NotAllowed) a signer whose card is not what the log says of that key; `at` is log time."""
        kid, person, role = signer.kid, signer.person, signer.role
        if role == "system":
            device = self.devices.get(kid)
            if device is None or device.person != person:
                raise NotAllowed(
                    f"the key of device {person} is not enrolled", why=f"key {kid[:8]}", fix="enrol the device"
                )
            return
        key = self.keys.get(kid)
        if key is None or key.person != person:
            raise NotAllowed(
                f"the key {kid[:8]} of {person} is not active",
                why="no complete enrolment of it stands in the ledger",
                fix="two registrars enrol it: doseledger person enrol",
            )
        holder = self.people[person]
        if (holder.name, holder.organisation) != (signer.name, signer.organisation):
            raise NotAllowed(
                f"{person} signs as {signer.name!r} of {signer.organisation!r}",
                why=f"enrolled as {holder.name!r} of {holder.organisation!r}",
            )
        if role not in holder.roles:
            raise NotAllowed(
                f"{person} does not hold the role {role}", why=f"enrolled as {', '.join(sorted(holder.roles))}"
            )
        if key.valid_until is not None and at.date() > key.valid_until:
            raise NotAllowed(f"the key of {person} expired on {key.valid_until}", fix="a registrar enrols a new key")

    def delegated(
        self, person: str, task: Task, occurred: Occurred, at: datetime, *, before: int | None = None
    ) -> bool:
        """Tell whether the task was delegated to the person when it is said to have happened.

        Only what stood in the log before position `before` counts; None: everything this roster knows.
        """
        holder = self.people.get(person)
        if holder is not None and "principal-investigator" in holder.roles:
            return True
        known = (_known(d, before) for d in self.delegations if before is None or d.position < before)
        return any(d.person == person and task in d.tasks and _covers(d, occurred, at) for d in known)

    def active_key(self, person: str) -> Key | None:
        """Give the newest active key of a person."""
        return max((k for k in self.keys.values() if k.person == person), key=lambda k: k.since, default=None)


def fold(entries: Iterable[Entry]) -> Roster:
    """Fold the roster from entries in log order."""
    roster = Roster()
    for entry in entries:
        roster = evolve(roster, entry)
    return roster


def evolve(roster: Roster, entry: Entry) -> Roster:
    """Apply one entry; entries that are not about authority leave the roster as it is."""
    event = entry.event
    match event:
        case LedgerCreated():
            people = {
                r.person: Person(r.person, r.name, r.organisation, frozenset({"registrar"})) for r in event.registrars
            }
            keys = {r.key_id: Key(r.key_id, r.person, r.key, entry.position, None) for r in event.registrars}
            return replace(
                roster,
                genesis=event,
                ledger=entry.leaf,
                site=entry.payload.site,
                people=people,
                keys=keys,
                devices={event.device.key_id: _device(event.device, entry.position)},
            )
        case KeyEnrolled() | DeviceEnrolled():
            if needs.missing(entry.payload, entry.signers):
                return replace(roster, pending={**roster.pending, entry.id: entry})
            return _complete(roster, entry, entry.position)
        case EntryCountersigned():
            return _countersigned(roster, event, entry)
        case DelegationGranted():
            granted = Delegation(
                entry.id, entry.position, event.person, frozenset(event.tasks), event.since, event.until
            )
            return replace(roster, delegations=(*roster.delegations, granted))
        case DelegationEnded():
            at = entry.payload.occurred.at
            ended = (
                replace(d, ended=at, ended_at=entry.position) if d.id == event.delegation else d
                for d in roster.delegations
            )
            return replace(roster, delegations=tuple(ended))
        case ProtocolActivated():
            return replace(roster, protocol=event, packs=roster.packs | {event.pack})
        case _:
            return roster


def _countersigned(roster: Roster, event: EntryCountersigned, entry: Entry) -> Roster:
    target = roster.pending.get(event.target)
    if target is None or entry.recorded_at - target.recorded_at > needs.COMPLETION:
        return roster
    gathered = replace(target, signers=(*target.signers, *entry.signers))
    if needs.missing(gathered.payload, gathered.signers):
        return replace(roster, pending={**roster.pending, target.id: gathered})
    left = {key: value for key, value in roster.pending.items() if key != target.id}
    return _complete(replace(roster, pending=left), gathered, entry.position)


def _complete(roster: Roster, entry: Entry, position: int) -> Roster:
    event = entry.event
    match event:
        case KeyEnrolled():
            until = date.fromisoformat(event.valid_until) if event.valid_until else None
            person = Person(event.person, event.name, event.organisation, frozenset(event.roles))
            key = Key(event.key_id, event.person, event.key, position, until)
            return replace(
                roster, people={**roster.people, event.person: person}, keys={**roster.keys, event.key_id: key}
            )
        case DeviceEnrolled():
            return replace(roster, devices={**roster.devices, event.device.key_id: _device(event.device, position)})
        case _:
            return roster


def _device(device: Device, position: int) -> Key:
    """The system key of a workstation; its holder is the device."""
    return Key(device.key_id, device.id, device.key, position, None)


def _known(delegation: Delegation, before: int | None) -> Delegation:
    later = before is not None and delegation.ended_at is not None and delegation.ended_at >= before
    return replace(delegation, ended=None, ended_at=None) if later else delegation


def _covers(delegation: Delegation, occurred: Occurred, at: datetime) -> bool:
    if not _not_before(occurred, at, delegation.since):
        return False
    return all(end is None or _before_end(occurred, at, end) for end in (delegation.until, delegation.ended))


def _not_before(occurred: Occurred, at: datetime, bound: str) -> bool:
    if len(bound) == len("2010-03-01") or occurred.precision == "day":
        return occurred.at[:10] >= bound[:10]
    return at >= datetime.fromisoformat(bound)


def _before_end(occurred: Occurred, at: datetime, bound: str) -> bool:
    if len(bound) == len("2010-03-01") or occurred.precision == "day":
        return occurred.at[:10] <= bound[:10]
    return at < datetime.fromisoformat(bound)
