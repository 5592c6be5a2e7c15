"""The fold of the roster: what each entry about authority changes in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec.structs import replace

from ledger.course import needs
from ledger.course.people.delegations import Delegation, ended
from ledger.course.people.disputes import Answer, Dispute
from ledger.course.people.packs import Brought
from ledger.course.people.roster import Ending, Key, Person, Policy, Roster
from ledger.events.base import Wire
from ledger.events.entry import Entry
from ledger.events.keys import (
    KeyRevoked,
    KeyRotated,
    LogRotated,
    PolicyAmended,
    RegistrarChanged,
    RegistrarRecovered,
    SignatureReaffirmed,
    SignatureRepudiated,
)
from ledger.events.people import DelegationEnded, DelegationGranted, DeviceEnrolled, KeyEnrolled
from ledger.events.record import EntryCountersigned
from ledger.events.registry import KINDS
from ledger.events.study import (
    Device,
    DictionaryLoaded,
    LedgerCreated,
    LedgerRestored,
    ProtocolActivated,
    RootRegistrar,
)


def fold(entries: Iterable[Entry]) -> Roster:
    """Fold the roster from entries in log order."""
    roster = Roster()
    for entry in entries:
        roster = evolve(roster, entry)
    return roster


def evolve(roster: Roster, entry: Entry) -> Roster:
    """Apply one entry; entries that are not about authority leave the roster as it is."""
    if entry.stream not in ("study", "people"):
        return roster
    event = entry.event
    if isinstance(event, EntryCountersigned):
        return _countersigned(roster, event, entry)
    if KINDS[entry.kind].completed and needs.missing(entry.payload, entry.signers):
        return replace(roster, pending={**roster.pending, entry.id: entry})
    return _applied(roster, entry, entry.position)


def completes(roster: Roster, entry: Entry) -> Entry | None:
    """Give the entry that a countersignature completes, with all its signers; None when it completes none."""
    event = entry.event
    target = roster.pending.get(event.target) if isinstance(event, EntryCountersigned) else None
    if target is None or entry.recorded_at - target.recorded_at > needs.COMPLETION:
        return None
    gathered = replace(target, signers=(*target.signers, *entry.signers))
    return None if needs.missing(gathered.payload, gathered.signers) else gathered


def _countersigned(roster: Roster, event: EntryCountersigned, entry: Entry) -> Roster:
    target = roster.pending.get(event.target)
    if target is None or entry.recorded_at - target.recorded_at > needs.COMPLETION:
        return roster
    whole = completes(roster, entry)
    if whole is None:
        gathered = replace(target, signers=(*target.signers, *entry.signers))
        return replace(roster, pending={**roster.pending, target.id: gathered})
    left = {key: value for key, value in roster.pending.items() if key != target.id}
    return _applied(replace(roster, pending=left), whole, entry.position)


def _applied(roster: Roster, entry: Entry, position: int) -> Roster:
    """Apply what takes effect at `position`: that of the entry, or of the signature that completed it."""
    event: Wire = entry.event
    match event:
        case LedgerCreated():
            return _founded(roster, event, entry)
        case KeyEnrolled():
            person = Person(event.person, event.name, event.organisation, frozenset(event.roles))
            return _with(roster, person, _key(event, position))
        case DeviceEnrolled():
            return replace(roster, devices={**roster.devices, event.device.key_id: _device(event.device, position)})
        case KeyRotated():
            after = _ended(roster, {event.old_key_id}, position, "rotated")
            return replace(after, keys={**after.keys, event.key_id: _key(event, position)})
        case KeyRevoked():
            return _revoked(roster, event, entry)
        case RegistrarChanged():
            return _changed(roster, event, position)
        case RegistrarRecovered():
            return _registrar(roster, event.registrar, position)
        case PolicyAmended():
            return replace(roster, amended=_policy(event))
        case LogRotated() | LedgerRestored():
            return replace(roster, turns=(*roster.turns, entry))
        case SignatureReaffirmed() | SignatureRepudiated():
            return _answered(roster, event, entry, position)
        case DelegationGranted():
            granted = Delegation(entry.id, position, event.person, frozenset(event.tasks), event.since, event.until)
            return replace(roster, delegations=(*roster.delegations, granted))
        case DelegationEnded():
            at = entry.payload.occurred.at
            return replace(roster, delegations=ended(roster.delegations, event.delegation, at, entry.position))
        case ProtocolActivated():
            brought = Brought(position, event.pack, event.dictionary)
            return replace(roster, protocol=event, brought=(*roster.brought, brought))
        case DictionaryLoaded():
            return replace(roster, brought=(*roster.brought, Brought(position, None, event.dictionary)))
        case _:
            return roster


def _founded(roster: Roster, event: LedgerCreated, entry: Entry) -> Roster:
    begun = replace(
        roster,
        genesis=event,
        ledger=entry.leaf,
        site=entry.payload.site,
        turns=(entry,),
        devices={event.device.key_id: _device(event.device, entry.position)},
    )
    for one in event.registrars:
        begun = _registrar(begun, one, entry.position)
    return begun


def _with(roster: Roster, person: Person, key: Key) -> Roster:
    return replace(roster, people={**roster.people, person.id: person}, keys={**roster.keys, key.kid: key})


def _registrar(roster: Roster, one: RootRegistrar, position: int) -> Roster:
    person = Person(one.person, one.name, one.organisation, frozenset({"registrar"}))
    return _with(roster, person, Key(one.key_id, one.person, one.key, position, None))


def _key(event: KeyEnrolled | KeyRotated, position: int) -> Key:
    until = date.fromisoformat(event.valid_until) if event.valid_until else None
    return Key(event.key_id, event.person, event.key, position, until)


def _device(device: Device, position: int) -> Key:
    """The system key of a workstation; its holder is the device."""
    return Key(device.key_id, device.id, device.key, position, None)


def _ended(roster: Roster, kids: set[str], position: int, why: Ending) -> Roster:
    def each(keys: Mapping[str, Key]) -> dict[str, Key]:
        return {kid: replace(one, ended=position, why=why) if kid in kids else one for kid, one in keys.items()}

    return replace(roster, keys=each(roster.keys), devices=each(roster.devices))


def _revoked(roster: Roster, event: KeyRevoked, entry: Entry) -> Roster:
    position = entry.position
    key = roster.key(event.key_id)
    after = roster
    if key is not None and key.ended is None:
        after = _ended(after, {event.key_id}, position, event.why)
    if event.suspected_from is not None:
        doubt = Dispute(event.key_id, event.person, event.suspected_from, position)
        after = replace(after, disputes=replace(after.disputes, doubts=(*after.disputes.doubts, doubt)))
    if event.why == "compromised":
        waiting = {
            name: one
            for name, one in after.pending.items()
            if all(signer.kid != event.key_id for signer in one.signers)
        }
        after = replace(after, pending=waiting)
    if event.why == "left":
        at = entry.payload.occurred.at
        after = replace(after, delegations=ended(after.delegations, event.person, at, position))
    return after


def _changed(roster: Roster, event: RegistrarChanged, position: int) -> Roster:
    gone = {kid for kid, key in roster.keys.items() if key.person == event.removed and key.ended is None}
    after = _ended(roster, gone, position, "removed")
    return after if event.added is None else _registrar(after, event.added, position)


def _policy(event: PolicyAmended) -> Policy:
    return Policy(
        quorum=event.quorum,
        signing=event.signing,
        session_minutes=event.session_minutes,
        lockout_after=event.lockout_after,
        witnesses=event.witnesses,
        clock_limit_s=event.clock_limit_s,
    )


def _answered(roster: Roster, event: SignatureReaffirmed | SignatureRepudiated, entry: Entry, position: int) -> Roster:
    author, stands = entry.author, isinstance(event, SignatureReaffirmed)
    new = (
        Answer(target, author.person, stands, position, entry.id, entry.position, author.kid)
        for target in event.targets
    )
    return replace(roster, disputes=replace(roster.disputes, answers=(*roster.disputes.answers, *new)))
