"""Queries and locks as lists: what was asked, answered and closed; what is locked, since when, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from ledger.book import Ledger
from ledger.course.history import effective
from ledger.course.review import Query, reviews
from ledger.events.entry import Entry
from ledger.events.review import QueryAnswered, QueryClosed, QueryOpened, RecordLocked, RecordUnlocked, SiteLocked
from projections.printed import View, second
from projections.replay import Window, window

QueryState = Literal["open", "answered", "closed"]


class QueryRow(View, frozen=True, kw_only=True):
    """One query; `open_h` is how long it was, or is, open. Texts are null where they were deleted or are not here."""

    entry: int
    stream: str
    target: int | None
    target_kind: str | None
    field: str | None
    state: QueryState
    question: str | None
    by: str
    role: str
    at: str
    answer: str | None
    answered_by: str | None
    answered_at: str | None
    outcome: str | None
    closed_by: str | None
    closed_at: str | None
    open_h: int


class Queries(View, frozen=True, kw_only=True):
    """All queries, the oldest first."""

    size: int
    known_at: str
    valid_at: str
    rows: tuple[QueryRow, ...]


class LockRow(View, frozen=True, kw_only=True):
    """One lock: of a patient or of all, what it closes, who signed it, and the unlocking that ended it."""

    entry: int
    scope: str
    until: str | None
    state: Literal["locked", "ended"]
    by: tuple[str, ...]
    at: str
    ended: int | None
    ended_by: tuple[str, ...]
    ended_at: str | None
    reason: str | None
    reason_text: str | None


class Locks(View, frozen=True, kw_only=True):
    """All locks, the oldest first."""

    size: int
    known_at: str
    valid_at: str
    rows: tuple[LockRow, ...]


def queries(
    ledger: Ledger,
    *,
    now: datetime,
    patient: str | None = None,
    only_open: bool = False,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
) -> Queries:
    """Give the queries of all streams, or about one patient; `only_open` leaves out what was closed."""
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    names = ledger.streams() if patient is None else (f"patient/{patient}",)
    found: list[QueryRow] = []
    for name in names:
        entries = ledger.stream(name, up_to=through.size)
        if any(isinstance(entry.event, QueryOpened) for entry in entries):
            by_id = {entry.id: entry for entry in entries}
            folded = reviews(entries, effective(entries)).queries
            found += [_query(ledger, one, by_id.get(one.target), through) for one in folded]
    found.sort(key=lambda row: row.entry)
    return Queries(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=second(through.at, through.zone),
        rows=tuple(row for row in found if not only_open or row.state != "closed"),
    )


def _query(ledger: Ledger, one: Query, target: Entry | None, through: Window) -> QueryRow:
    asked, closed = one.entry, one.closed
    said = one.answers[-1] if one.answers else None
    event, end = asked.event, closed.event if closed is not None else None
    until = closed.recorded_at if closed is not None else through.known_at
    return QueryRow(
        entry=asked.position,
        stream=asked.stream,
        target=target.position if target is not None else None,
        target_kind=target.kind if target is not None else None,
        field=event.field if isinstance(event, QueryOpened) else None,
        state="closed" if closed is not None else "answered" if said is not None else "open",
        question=_text(ledger, event.question) if isinstance(event, QueryOpened) else None,
        by=asked.author.name,
        role=asked.author.role,
        at=second(asked.recorded_at, through.zone),
        answer=_text(ledger, said.event.answer) if said is not None and isinstance(said.event, QueryAnswered) else None,
        answered_by=said.author.name if said is not None else None,
        answered_at=second(said.recorded_at, through.zone) if said is not None else None,
        outcome=end.outcome if isinstance(end, QueryClosed) else None,
        closed_by=closed.author.name if closed is not None else None,
        closed_at=second(closed.recorded_at, through.zone) if closed is not None else None,
        open_h=max(until - asked.recorded_at, timedelta()) // timedelta(hours=1),
    )


def locks(
    ledger: Ledger,
    *,
    now: datetime,
    patient: str | None = None,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
) -> Locks:
    """Give the locks of all patients, or of one and of the site."""
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    names = [name for name in ledger.streams("patient/") if patient in {None, name.partition("/")[2]}]
    rows = [row for name in (*names, *ledger.streams("review/")) for row in _locks(ledger, name, through)]
    return Locks(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=second(through.at, through.zone),
        rows=tuple(sorted(rows, key=lambda row: row.entry)),
    )


def _locks(ledger: Ledger, name: str, through: Window) -> Iterator[LockRow]:
    entries = ledger.stream(name, up_to=through.size)
    ended = {entry.event.lock: entry for entry in entries if isinstance(entry.event, RecordUnlocked)}
    for entry in entries:
        if not isinstance(entry.event, RecordLocked | SiteLocked):
            continue
        end = ended.get(entry.id)
        reason = end.payload.reason if end is not None else None
        yield LockRow(
            entry=entry.position,
            scope=name if isinstance(entry.event, RecordLocked) else "all patients",
            until=entry.event.until,
            state="locked" if end is None else "ended",
            by=tuple(signer.name for signer in entry.signers),
            at=second(entry.recorded_at, through.zone),
            ended=end.position if end is not None else None,
            ended_by=tuple(signer.name for signer in end.signers) if end is not None else (),
            ended_at=second(end.recorded_at, through.zone) if end is not None else None,
            reason=reason.code if reason is not None else None,
            reason_text=_text(ledger, reason.text) if reason is not None and reason.text is not None else None,
        )


def _text(ledger: Ledger, commitment: str) -> str | None:
    found = ledger.text(commitment)
    return None if found is None else found.decode(errors="replace")
