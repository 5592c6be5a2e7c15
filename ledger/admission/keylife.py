"""The life of keys in the log: who may change, revoke, doubt and stand by what, and how many registrars stay."""

from __future__ import annotations

from datetime import datetime

from ledger.admission.offered import requested, strong, unused, waits
from ledger.admission.problem import Problem
from ledger.admission.view import View
from ledger.course.people import Roster, completes, too_few
from ledger.errors import Conflict, NotAllowed
from ledger.events.archive import AnchorMade
from ledger.events.base import Wire
from ledger.events.entry import Entry
from ledger.events.keys import (
    KeyRevoked,
    KeyRotated,
    PolicyAmended,
    RegistrarChanged,
    SignatureAbandoned,
    SignatureReaffirmed,
    SignatureRepudiated,
)
from ledger.events.people import DelegationEnded, DelegationGranted, KeyRequest
from ledger.events.record import EntryCountersigned
from ledger.events.registry import KINDS

_ANCHORS = frozenset({"anchor.made/1"})
_RECOVER = "first bring a registrar by the recovery key: doseledger registrar recover"


def key_life(entry: Entry, roster: Roster, view: View, at: datetime, found: list[Problem]) -> None:
    """Judge an entry about keys, registrars, policy, doubts or delegations at log time `at`."""
    event = entry.event
    match event:
        case KeyRotated():
            _rotated(event, entry, roster, at, found)
        case KeyRevoked():
            _revoked(event, entry, roster, at, found)
        case RegistrarChanged() | PolicyAmended():
            _of_the_quorum(event, roster, at, found)
            _alone(roster, at, found)
        case SignatureReaffirmed() | SignatureRepudiated():
            _answered(entry, roster, view, found)
        case SignatureAbandoned():
            _abandoned(event, roster, view, found)
        case DelegationEnded():
            _ended(event, roster, view, found)
        case EntryCountersigned():
            _completed(event, entry, roster, view, at, found)
        case _:
            pass


def targets(entry: Entry, view: View) -> tuple[Entry, ...]:
    """The entries that an answer to a doubt is about, where they stand."""
    event = entry.event
    if not isinstance(event, SignatureReaffirmed | SignatureRepudiated):
        return ()
    positions = [view.position_of(name) for name in event.targets]
    return tuple(view.opened(position).entry for position in positions if position is not None)


def anchored(entry: Entry, view: View) -> int:
    """How many entries the greatest head covers that was shown to somebody outside; asked of a revocation alone."""
    greatest, position = 0, -1 if isinstance(entry.event, KeyRevoked) else None
    while position is not None:
        position = view.first_between("archive", "", _ANCHORS, position + 1, view.size, None)
        event = None if position is None else view.opened(position).entry.event
        greatest = max(greatest, event.size if isinstance(event, AnchorMade) else 0)
    return greatest


def _rotated(event: KeyRotated, entry: Entry, roster: Roster, at: datetime, found: list[Problem]) -> None:
    strong(event.key_id, event.key, found)
    unused(event.key_id, event.person, roster, at, found)
    author = entry.author
    if (author.person, author.kid) != (event.person, event.old_key_id):
        why = f"the key of {event.person} is changed by {event.person}, with the key that it replaces"
        found.append(Problem("rotation", why, NotAllowed, fix="the owner signs: doseledger key rotate"))
        return
    known = roster.people.get(event.person)
    if known is not None:
        card = KeyRequest(
            format=1,
            person=event.person,
            name=known.name,
            organisation=known.organisation,
            key_id=event.key_id,
            key=event.key,
        )
        requested(event.request, card, found)


def _revoked(event: KeyRevoked, entry: Entry, roster: Roster, at: datetime, found: list[Problem]) -> None:
    key = roster.key(event.key_id)
    if key is None or key.person != event.person:
        why = f"{event.person} never held the key {event.key_id[:8]}"
        found.append(Problem("revocation", why, NotAllowed, fix="see: doseledger person list --json"))
        return
    if event.suspected_from is not None and event.suspected_from >= entry.position:
        why = f"nothing stands from position {event.suspected_from} on that could be suspected"
        found.append(Problem("revocation", why, NotAllowed, fix="name a position of the log"))
    if key.ended is not None and key.why != "rotated" and not _widens(event, roster):
        why = f"the key was revoked ({key.why}) at position {key.ended}"
        fix = "a later suspicion reaches further back: --suspected-from N"
        found.append(Problem("revocation", why, Conflict, winner=key.ended, fix=fix))
    _of_the_quorum(event, roster, at, found)
    last = [one for one in roster.devices.values() if one.ended is None]
    if last == [key]:
        why = f"{event.person} is the last device; without one nothing more could be written"
        found.append(Problem("last-device", why, NotAllowed, fix="first enrol another: doseledger device enrol"))


def _widens(event: KeyRevoked, roster: Roster) -> bool:
    doubted = [one.since for one in roster.disputes.doubts if one.kid == event.key_id]
    return event.suspected_from is not None and (not doubted or event.suspected_from < min(doubted))


def _of_the_quorum(event: Wire, roster: Roster, at: datetime, found: list[Problem]) -> None:
    few = too_few(event, roster, at)
    if few:
        found.append(Problem("quorum", few, NotAllowed, fix=_RECOVER))
    gone = event.removed if isinstance(event, RegistrarChanged) else None
    if gone is not None and not _is_registrar(gone, roster):
        found.append(Problem("registrar", f"{gone} is no registrar with a key", NotAllowed))
    if isinstance(event, PolicyAmended):
        if event.quorum < 2:
            why = "a quorum of one would let one person alone decide who signs"
            found.append(Problem("quorum", why, NotAllowed, fix="at least 2"))
        if event.witnesses.quorum > len(event.witnesses.keys):
            found.append(Problem("witnesses", "more witnesses are asked for than are named", NotAllowed))
        for witness in event.witnesses.keys:
            strong(None, witness.key, found)


def _is_registrar(person: str, roster: Roster) -> bool:
    known = roster.people.get(person)
    return known is not None and "registrar" in known.roles and roster.active_key(person) is not None


def _alone(roster: Roster, at: datetime, found: list[Problem]) -> None:
    """One act of the quorum waits at a time: two that were each possible alone might not be together."""
    for other in roster.pending.values():
        if isinstance(other.event, RegistrarChanged | PolicyAmended) and waits(other, at):
            why = f"{other.kind} at position {other.position} still waits for its signatures"
            fix = f"doseledger countersign {other.position}"
            found.append(Problem("amendment-waits", why, Conflict, winner=other.position, fix=fix))


def _answered(entry: Entry, roster: Roster, view: View, found: list[Problem]) -> None:
    person = entry.author.person
    for target in targets(entry, view):
        answer = roster.disputes.answer(target.id, person)
        if roster.disputes.over(target, person) is None:
            why = f"no signature of {person} at position {target.position} is in doubt"
            found.append(Problem("not-disputed", why, NotAllowed, fix="see: doseledger verify"))
        elif answer is not None:
            why = f"{person} answered for position {target.position} at position {answer.position}"
            found.append(Problem("answered", why, Conflict, winner=answer.position))


def _abandoned(event: SignatureAbandoned, roster: Roster, view: View, found: list[Problem]) -> None:
    first = roster.genesis
    if roster.key(event.key_id) is None and (first is None or event.key_id != first.recovery_key):
        found.append(Problem("abandoned", f"the key {event.key_id[:8]} was never enrolled", NotAllowed))
    for n in event.n:
        stands = view.n_used(event.key_id, n)
        if stands is not None:
            why = f"signature {n} of the key {event.key_id[:8]} stands at position {stands}"
            found.append(Problem("abandoned", why, Conflict, winner=stands))


def _ended(event: DelegationEnded, roster: Roster, view: View, found: list[Problem]) -> None:
    """A delegation ends once: a second end would give back what the first one took."""
    position = view.position_of(event.delegation)
    if position is None or not isinstance(view.opened(position).entry.event, DelegationGranted):
        found.append(Problem("reference-kind", f"{event.delegation} is no delegation"))
        return
    ended = next((one.ended_at for one in roster.delegations if one.id == event.delegation), None)
    if ended is not None:
        why = f"the delegation at position {position} was ended at position {ended}"
        found.append(Problem("delegation-ended", why, Conflict, winner=ended))


def _completed(  # noqa: PLR0917 - what a later signature is judged by
    event: EntryCountersigned, entry: Entry, roster: Roster, view: View, at: datetime, found: list[Problem]
) -> None:
    """What a countersignature brings into effect must be possible where it stands, and its signers above doubt."""
    position = view.position_of(event.target)
    about = None if position is None else view.opened(position).entry
    if about is None:
        return
    for signer in about.signers if KINDS[about.kind].completed else ():
        key = roster.key(signer.kid)
        if key is not None and key.why == "compromised":
            why = f"the key with which {signer.name} signed position {about.position} was compromised"
            found.append(Problem("signer-revoked", why, NotAllowed, fix="let it lapse, and make the entry anew"))
    whole = completes(roster, entry)
    if whole is not None:
        _of_the_quorum(whole.event, roster, at, found)
