"""Everything one person did: signed, was named as having done, or was said to have tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.events.body import restated
from ledger.events.entry import Entry, Signer
from ledger.events.exports import ExportMade
from ledger.events.record import EntryCountersigned, EntryRefused
from ledger.events.security import SecurityRaised
from projections.logbook import patient_of
from projections.printed import Signature, View, second, signature, utc
from projections.replay import zone_of
from projections.words import told

Part = Literal["signed", "named", "attempted", "claimed"]
"""`signed`: with the person's key; `named`: another's entry says that the person did it; `attempted`: refused, and the
person's key was opened for it; `claimed`: done or tried in the person's name, and nothing shows by whom."""

_NAMING = ("checked_by", "decided_by")


class ActivityRow(View, frozen=True, kw_only=True):
    """One entry and the person's part in it; `signature` is the person's own, and null where there is none."""

    position: int
    id: str
    part: Part
    kind: str
    stream: str
    patient: str | None
    what: str
    occurred: str
    recorded_at: str
    recorded_at_utc: str
    reason: str | None
    answer: str | None
    author: str
    signature: Signature | None


class Activity(View, frozen=True, kw_only=True):
    """The person as enrolled, how often each part was taken, and every entry in the order of the log."""

    person: str
    name: str
    organisation: str
    roles: tuple[str, ...]
    size: int
    counts: dict[str, int]
    rows: tuple[ActivityRow, ...]


def activity(
    ledger: Ledger,
    person: str,
    *,
    since: int | datetime | None = None,
    until: int | datetime | None = None,
) -> Activity:
    """List what a person, or a device, did in the entries from `since` to before `until` (numbers or log times).

    BadInput for a name that nobody bears.
    """
    start, stop = _place(ledger, since, 0), _place(ledger, until, ledger.size)
    roster = ledger.roster()
    enrolled = roster.people.get(person)
    if enrolled is None and person not in {key.person for key in roster.devices.values()}:
        raise BadInput(f"{person!r} is nobody of this ledger.", fix="see: doseledger person list")
    zone = ZoneInfo(zone_of(roster))
    found = tuple(row for entry in ledger.entries(start, stop) for row in _parts(ledger, entry, person, zone))
    return Activity(
        person=person,
        name=enrolled.name if enrolled is not None else f"Device {person}",
        organisation=enrolled.organisation if enrolled is not None else f"Site {roster.site}",
        roles=tuple(sorted(enrolled.roles)) if enrolled is not None else ("system",),
        size=stop,
        counts=dict(sorted(Counter[str](row.part for row in found).items())),
        rows=found,
    )


def _parts(ledger: Ledger, entry: Entry, person: str, zone: ZoneInfo) -> Iterator[ActivityRow]:
    own = [signer for signer in entry.everyone if signer.person == person]
    for signer in own:
        yield _row(ledger, entry, zone, "signed", signer)
    event = entry.event
    if isinstance(event, EntryRefused) and event.claimed_by == person:
        yield _row(ledger, entry, zone, "claimed" if event.proof == "none" else "attempted", None)
    elif (isinstance(event, ExportMade) and event.claimed_by == person) or (
        isinstance(event, SecurityRaised) and event.person == person
    ):
        yield _row(ledger, entry, zone, "claimed", None)
    elif not own and person in _named(entry):
        yield _row(ledger, entry, zone, "named", None)


def _named(entry: Entry) -> set[object]:
    body = msgspec.to_builtins(restated(entry.event))
    return {entry.payload.performed_by, *(body[name] for name in _NAMING if name in body)}


def _row(ledger: Ledger, entry: Entry, zone: ZoneInfo, part: Part, signer: Signer | None) -> ActivityRow:
    event, reason = entry.event, entry.payload.reason
    answer = ledger.text(event.answer) if isinstance(event, EntryRefused) else None
    return ActivityRow(
        position=entry.position,
        id=entry.id,
        part=part,
        kind=entry.kind,
        stream=entry.stream,
        patient=patient_of(entry),
        what=_said(ledger, entry),
        occurred=entry.payload.occurred.at,
        recorded_at=second(entry.recorded_at, zone),
        recorded_at_utc=utc(entry.recorded_at),
        reason=reason.code if reason is not None else None,
        answer=answer.decode(errors="replace") if answer is not None else None,
        author=entry.author.name,
        signature=signature(signer) if signer is not None else None,
    )


def _said(ledger: Ledger, entry: Entry) -> str:
    """Say in one line what the entry states; an entry about another names that one."""
    event = entry.event
    if isinstance(event, EntryCountersigned):
        return f"signs #{ledger.find(event.target).position}"
    corrects = entry.payload.corrects
    about = f" (of #{corrects.position})" if corrects is not None else ""
    return f"{told(entry)}{about}"


def _place(ledger: Ledger, bound: int | datetime | None, default: int) -> int:
    if isinstance(bound, datetime):
        return ledger.position_at(bound)
    return default if bound is None else max(0, min(bound, ledger.size))
