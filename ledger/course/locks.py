"""Locks: which of a patient's, or of all patients', stand, and whether a statement lies in the time that one closes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ledger.events.base import Occurred, Wire
from ledger.events.entry import Entry
from ledger.events.event import of_review
from ledger.events.record import EntryCountersigned
from ledger.events.review import RecordLocked, RecordUnlocked, SiteLocked


def standing(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Give the locks of some streams that no entry among these ends, in log order."""
    locks = dict[str, Entry]()
    for entry in sorted(entries, key=lambda one: one.position):
        match entry.event:
            case RecordLocked() | SiteLocked():
                locks[entry.id] = entry
            case RecordUnlocked(lock=ended):
                locks.pop(ended, None)
            case _:
                pass
    return tuple(locks.values())


def closes(lock: Entry, occurred: Occurred) -> bool:
    """Tell whether what is said to have happened then lies in the time that a lock closes.

    A day is compared with days: what happened at some time of the last day of a lock lies in it.
    """
    event = lock.event
    if not isinstance(event, RecordLocked | SiteLocked):
        return False
    until = event.until
    if until is None:
        return True
    if len(until) == len("2010-03-01") or occurred.precision == "day":
        return occurred.at[:10] <= until[:10]
    return datetime.fromisoformat(occurred.at) <= datetime.fromisoformat(until)


def held(stream: str, event: Wire) -> bool:
    """Tell whether a lock can keep an entry out: what is stated of a patient; not what is asked, signed or reviewed."""
    return stream.startswith("patient/") and not isinstance(event, EntryCountersigned) and not of_review(event)
