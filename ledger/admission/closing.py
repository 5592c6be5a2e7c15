"""Review and closing: a query is open, a sign-off covers what stands, a lock holds, a redaction names its texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from ledger import codec
from ledger.admission.amendment import standing, stated, subject
from ledger.admission.problem import Problem
from ledger.admission.view import View
from ledger.course import locks
from ledger.errors import BadInput, Conflict, NotAllowed, Refused
from ledger.events.base import Occurred
from ledger.events.entry import Entry
from ledger.events.event import of_review
from ledger.events.record import EntryCorrected, EntryRecovered
from ledger.events.review import (
    AuditReviewed,
    EntriesSigned,
    EntryReviewed,
    QueryAnswered,
    QueryClosed,
    QueryOpened,
    RecordLocked,
    RecordUnlocked,
    SiteLocked,
    TextRedacted,
)


def closing(entry: Entry, view: View, found: list[Problem]) -> None:
    """Judge an entry of review and closing at its place, and whether a lock keeps any other out."""
    match entry.event:
        case QueryAnswered(query=query) | QueryClosed(query=query):
            _query(query, entry, view, found)
        case EntriesSigned() as event:
            _signed(event, entry, view, found)
        case EntryReviewed() as event:
            _compared(event, view, found)
        case AuditReviewed() as event if event.until > entry.payload.after.size:
            found.append(Problem("range", f"`after` does not cover the positions before {event.until}"))
        case RecordUnlocked() as event:
            _unlocked(event, entry, view, found)
        case TextRedacted() as event:
            about = [ref.position for ref in entry.payload.causes if ref.position is not None]
            _redacted(event, entry, about, view, found)
        case EntryRecovered() if isinstance(entry.told.event, TextRedacted):
            about = list(view.positions(entry.stream, 0, view.size))  # what it named stood in a log that is lost
            _redacted(entry.told.event, entry.told, about, view, found)
        case _:
            _locked(entry, view, found)


def _named(entry_id: str, view: View) -> Entry | None:
    position = view.position_of(entry_id)
    return None if position is None or view.named(position) is None else view.opened(position).entry.told


def _review(stream: str, view: View) -> Iterator[Entry]:
    """The entries of review and closing on a stream, in log order."""
    for position in view.reviews(stream):
        yield view.opened(position).entry.told


def _query(query: str, entry: Entry, view: View, found: list[Problem]) -> None:
    asked = _named(query, view)
    if asked is None or not isinstance(asked.event, QueryOpened):
        found.append(Problem("query", f"{query} is no query", NotAllowed))
        return
    for one in _review(entry.stream, view):
        if isinstance(one.event, QueryClosed) and one.event.query == query:
            why = f"the query #{asked.position} was closed at position {one.position}"
            found.append(Problem("query", why, Conflict, winner=one.position))
            return


def _signed(event: EntriesSigned, entry: Entry, view: View, found: list[Problem]) -> None:
    if event.until > entry.payload.after.size:
        found.append(Problem("range", f"`after` does not cover the positions before {event.until}"))
        return
    leaves = [
        bytes.fromhex(named.leaf)
        for position in view.positions(entry.stream, event.since, event.until)
        if (named := view.named(position)) is not None
    ]
    if (len(leaves), sha256(b"".join(leaves)).hexdigest()) != (event.entries, event.digest):
        why = (
            f"{len(leaves)} entries of {entry.stream} stand in #{event.since} to #{event.until - 1}; others were signed"
        )
        found.append(Problem("signed-off", why))


def _compared(event: EntryReviewed, view: View, found: list[Problem]) -> None:
    at = view.log_time()
    for name in event.targets:
        position = view.position_of(name)
        one = _named(name, view)
        if position is None or one is None or at is None:
            continue
        if of_review(one.event):
            found.append(Problem("source", f"a {one.kind} has no source document", NotAllowed))
        elif standing(position, view, at) == "struck":
            found.append(Problem("source", f"the entry at position {position} is void", Conflict, winner=position))
        for later in view.amendments(name):
            if isinstance(view.opened(later).entry.event, EntryCorrected) and standing(later, view, at) == "standing":
                why = f"the entry was corrected at position {later}; that correction is the one to compare"
                found.append(Problem("source", why, Conflict, winner=later))


def _unlocked(event: RecordUnlocked, entry: Entry, view: View, found: list[Problem]) -> None:
    lock = _named(event.lock, view)
    if lock is None or not isinstance(lock.event, RecordLocked | SiteLocked):
        found.append(Problem("lock", f"{event.lock} is no lock", NotAllowed))
    elif lock not in locks.standing(_review(entry.stream, view)):
        found.append(Problem("lock", f"the lock #{lock.position} was ended before", Conflict, winner=lock.position))


def _redacted(event: TextRedacted, entry: Entry, about: Sequence[int], view: View, found: list[Problem]) -> None:
    reason = entry.payload.reason
    if reason is None or reason.code != "privacy":
        found.append(Problem("reason", "a text is deleted for the reason `privacy` alone", BadInput))
    about = [one for one in about if (named := view.named(one)) is not None and named.stream == entry.stream]
    held = frozenset[str]().union(*(codec.commitments(view.opened(one).jws.payload) for one in about))
    gone = {
        name: one.position
        for one in _review(entry.stream, view)
        if isinstance(one.event, TextRedacted)
        for name in one.event.commitments
    }
    for name in event.commitments:
        if name in gone:
            why = f"the text {name[:15]}... was redacted at position {gone[name]}"
            found.append(Problem("redaction", why, Conflict, winner=gone[name]))
        elif name not in held:
            why = f"no entry of {entry.stream} that the redaction names is committed to {name[:15]}..."
            found.append(Problem("redaction", why))


def _locked(entry: Entry, view: View, found: list[Problem]) -> None:
    if not locks.held(entry.stream, entry.event):
        return
    site = f"review/{entry.payload.site}"
    standing_locks = locks.standing([*_review(entry.stream, view), *_review(site, view)])
    if not standing_locks:
        return
    times = _times(entry, view)
    for lock in standing_locks:
        if any(locks.closes(lock, occurred) for occurred in times):
            why = f"the record was locked at position {lock.position} for what happened then"
            fix = "two persons unlock it with a reason: doseledger unlock"
            found.append(Problem("locked", why, Refused, rules=("P-LOCK",), fix=fix))
            return


def _times(entry: Entry, view: View) -> tuple[Occurred, ...]:
    """When what an entry states, and everything that it amends, is said to have happened; none of a review's."""
    times, about, seen = [stated(entry)], subject(entry, view), {entry.position}
    while about is not None and about.position not in seen:
        if of_review(about.event):
            return ()
        seen.add(about.position)
        times.append(stated(about))
        about = subject(about, view)
    return tuple(times)
