"""What people asked, signed off, compared and deleted on one stream, and what of it later entries undid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from ledger.course.history import History
from ledger.events.entry import Entry
from ledger.events.event import of_review
from ledger.events.record import EntryCorrected
from ledger.events.review import (
    EntriesSigned,
    EntryReviewed,
    QueryAnswered,
    QueryClosed,
    QueryOpened,
    TextRedacted,
)


class Query(Struct, frozen=True):
    """A question about an entry, what was answered, and its end; null while it is open."""

    entry: Entry
    target: str
    answers: tuple[Entry, ...]
    closed: Entry | None


class SignOff(Struct, frozen=True):
    """A sign-off of the positions from `since` to before `until`, and the later entries that changed what it covers.

    `stale` are corrections and voids of what was signed, and entries made afterwards about an earlier moment;
    `renewed` is the newest later sign-off when such sign-offs cover them all.
    """

    entry: Entry
    since: int
    until: int
    stale: tuple[Entry, ...]
    renewed: Entry | None

    @property
    def stands(self) -> bool:
        """Whether nothing was changed since, or whatever was has been signed off too."""
        return not self.stale or self.renewed is not None


class Compared(Struct, frozen=True):
    """An entry that the monitor compared with its source, and the amendment that ended it."""

    entry: Entry
    target: str
    fell_off: Entry | None


class Reviews(Struct, frozen=True):
    """Everything of one stream that reviews it, in log order."""

    queries: tuple[Query, ...]
    sign_offs: tuple[SignOff, ...]
    compared: tuple[Compared, ...]
    redactions: tuple[Entry, ...]


def reviews(entries: Sequence[Entry], history: History) -> Reviews:
    """Fold the entries of one stream, of which `history` is the effective history."""
    void = {entry.id for entry, _ in history.struck}
    standing = [entry for entry in entries if of_review(entry.event) and entry.id not in void]
    changes = sorted(_changes(history), key=lambda pair: (pair[0].position, pair[1].position))
    return Reviews(
        queries=tuple(_queries(standing)),
        sign_offs=tuple(_sign_offs(standing, changes, history)),
        compared=tuple(_compared(standing, changes)),
        redactions=tuple(entry for entry in standing if isinstance(entry.event, TextRedacted)),
    )


def uncovered(entries: Iterable[Entry], sign_offs: Iterable[SignOff]) -> tuple[Entry, ...]:
    """List the entries that no sign-off covers; what reviews others asks for none."""
    ranges = [(one.since, one.until) for one in sign_offs]
    return tuple(
        entry
        for entry in entries
        if not of_review(entry.event) and not any(since <= entry.position < until for since, until in ranges)
    )


def _changes(history: History) -> Iterator[tuple[Entry, Entry]]:
    """Each entry that no longer says what counts, with the void or correction that took its place."""
    yield from history.struck
    yield from history.superseded


def _queries(standing: Iterable[Entry]) -> Iterator[Query]:
    listed = list(standing)
    for entry in listed:
        event = entry.event
        if isinstance(event, QueryOpened):
            answers = tuple(e for e in listed if isinstance(e.event, QueryAnswered) and e.event.query == entry.id)
            ends = (e for e in listed if isinstance(e.event, QueryClosed) and e.event.query == entry.id)
            yield Query(entry, event.target, answers, next(ends, None))


def _sign_offs(
    standing: Iterable[Entry], changes: Sequence[tuple[Entry, Entry]], history: History
) -> Iterator[SignOff]:
    signed = [(entry, entry.event) for entry in standing if isinstance(entry.event, EntriesSigned)]
    for entry, event in signed:
        stale = {
            newer.position: newer
            for older, newer in changes
            if event.since <= older.position < event.until <= newer.position and not of_review(older.event)
        }
        for fact in history.facts:
            if fact.entry.position > entry.position and fact.occurred_at < entry.occurred_at:
                stale[fact.entry.position] = fact.entry
        later = [(one, said) for one, said in signed if one.position > entry.position]
        covered = all(any(said.since <= at < said.until for _, said in later) for at in stale)
        renewed = later[-1][0] if stale and covered else None
        yield SignOff(entry, event.since, event.until, tuple(stale[at] for at in sorted(stale)), renewed)


def _compared(standing: Iterable[Entry], changes: Sequence[tuple[Entry, Entry]]) -> Iterator[Compared]:
    for entry in standing:
        event = entry.event
        for target in event.targets if isinstance(event, EntryReviewed) else ():
            ends = (newer for older, newer in changes if older.id == target and newer.position > entry.position)
            yield Compared(entry, target, next(ends, None))


def head_of(entry: Entry, history: History) -> Entry:
    """Give the newest correction in effect of an entry; the entry itself where it was never corrected."""
    newest = {older.id: newer for older, newer in history.superseded}.get(entry.id, entry)
    return newest if isinstance(newest.event, EntryCorrected) or newest is entry else entry
