"""What each entry of a stream changes in the records as they stand: restated, taken out, brought back, completed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from ledger.course import needs
from ledger.course.history import effective
from ledger.events.base import Occurred
from ledger.events.body import open_body
from ledger.events.entry import Entry
from ledger.events.event import Event, ReviewEvent
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.registry import KINDS
from ledger.events.safety import ToxicityRegraded


class Stated(Struct, frozen=True):
    """What a record says, as it stands at one time."""

    kind: str
    event: Event
    occurred: Occurred


class Change(Struct, frozen=True):
    """What an entry does to one record: `before` and `after` are null where it does not stand.

    `since` is the position from which it does so; null while, or because, a signature is lacking.
    """

    record: Entry
    before: Stated | None
    after: Stated | None
    since: int | None


def stated(entry: Entry) -> Stated:
    """Give what an entry states, which is no amendment."""
    return Stated(entry.kind, entry.event, entry.payload.occurred)


def root(entry: Entry, by_id: Mapping[str, Entry]) -> Entry:
    """Give the record that an amendment is about in the end, through the amendments that it amends."""
    while entry.payload.corrects is not None and entry.payload.corrects.id in by_id:
        entry = by_id[entry.payload.corrects.id]
    return entry


def changes(entries: Sequence[Entry]) -> Mapping[int, tuple[Change, ...]]:
    """List the changes that the entries of one stream make, by the position of the entry that makes them.

    An entry that is not listed states what it states, and that stands from there on. The change of an entry that a
    countersignature completes is its own, since that countersignature.
    """
    by_id = {entry.id: entry for entry in entries}
    stands: dict[str, Stated] = {}
    found: dict[int, list[Change]] = {}
    waiting: dict[int, Change] = {}
    for place, entry in enumerate(entries):
        event = entry.event
        by = by_id.get(event.target, entry) if isinstance(event, EntryCountersigned) else entry
        amends = isinstance(event, EntryCorrected | EntryVoided)
        if not amends:
            if _lacks(entry):
                waiting[entry.position] = Change(entry, None, stated(entry), None)
            else:
                stands[entry.id] = stated(entry)
        if amends or (by is not entry and KINDS[by.kind].completed):
            now = _standing(entries[: place + 1])
            moved = tuple(_moved(stands, now, by_id, entry.position))
            stands = now
            if moved:
                waiting.pop(by.position, None)
                found.setdefault(by.position, []).extend(moved)
            elif amends:
                waiting[entry.position] = _proposed(entry, root(entry, by_id), stands)
    return {**{position: (one,) for position, one in waiting.items()}, **{p: tuple(c) for p, c in found.items()}}


def _lacks(entry: Entry) -> bool:
    return KINDS[entry.kind].completed and bool(needs.missing(entry.payload, entry.signers))


def _standing(entries: Sequence[Entry]) -> dict[str, Stated]:
    """Give every record that stands after these entries; signatures and reviews stand until they are voided."""
    history = effective(entries)
    struck = {entry.id for entry, _ in history.struck}
    now = {fact.id: Stated(fact.kind, fact.event, fact.occurred) for fact in history.facts}
    beside = (one for one in entries if isinstance(one.event, EntryCountersigned | ReviewEvent))
    return now | {one.id: stated(one) for one in beside if one.id not in struck}


def _moved(
    before: Mapping[str, Stated], now: Mapping[str, Stated], by_id: Mapping[str, Entry], since: int
) -> Iterator[Change]:
    for name, entry in by_id.items():
        was, stands = before.get(name), now.get(name)
        if was != stands:
            yield Change(entry, was, stands, since)


def _proposed(entry: Entry, record: Entry, stands: Mapping[str, Stated]) -> Change:
    """Give what an amendment would do that has no effect, or that changes nothing."""
    was, event = stands.get(record.id), entry.event
    after = None
    if isinstance(event, EntryCorrected):
        after = Stated(event.kind, open_body(event.kind, event.body), event.occurred)
    lacks = _lacks(entry)
    return Change(record, was, after if lacks else was, None if lacks else entry.position)


def regraded(entry: Entry, entries: Sequence[Entry]) -> Stated | None:
    """Give the grade that a regrade changes, as it stood when it was written; null when there is none."""
    event = entry.event
    if not isinstance(event, ToxicityRegraded):
        return None
    earlier = [one for one in entries if one.position < entry.position]
    history = effective(earlier)
    same = [
        fact
        for fact in history.facts
        if fact.id == event.graded or (isinstance(fact.event, ToxicityRegraded) and fact.event.graded == event.graded)
    ]
    if not same:
        return None
    newest = max(same, key=lambda fact: fact.entry.position)
    return Stated(newest.kind, newest.event, newest.occurred)
