"""The signature queue: every entry that lacks a signature, whose it must be, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from ledger.book import Ledger
from ledger.course import needs
from ledger.course.history import effective
from ledger.events.base import Need
from ledger.events.entry import Entry
from projections.printed import View, second
from projections.replay import Window, window
from projections.words import summary

_UNSIGNED = ("attempts/", "clock/", "exports/", "archive/", "security/", "review/")
"""Streams where no signature is ever waited for."""


class QueueRow(View, frozen=True, kw_only=True):
    """One missing signature; a `pending` entry has no effect before it is there, an `incomplete` one stands."""

    entry: int
    stream: str
    kind: str
    what: str
    state: Literal["pending", "incomplete"]
    meaning: str
    role: str
    signed_by: tuple[str, ...]
    since: str
    lapses: str | None


class Queue(View, frozen=True, kw_only=True):
    """All missing signatures, the oldest entry first."""

    size: int
    known_at: str
    valid_at: str
    signatures: tuple[QueueRow, ...]


def queue(
    ledger: Ledger,
    *,
    now: datetime,
    role: str | None = None,
    person: str | None = None,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
) -> Queue:
    """Give the queue, or what of it somebody in `role`, or this person, may sign.

    A person signs in a role that he holds, what he has not signed yet, and another's act only where it was his.
    """
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    streams = [name for name in ledger.streams() if not name.startswith(_UNSIGNED)]
    rows = [row for name in streams for row in _rows(ledger.stream(name, up_to=through.size), through)]
    if person is not None:
        held = ledger.roster(through.size).people.get(person)
        mine = frozenset[str]() if held is None else held.roles
        rows = [row for row in rows if row.role in mine and _his(ledger.entry(row.entry), row.meaning, person)]
    rows.sort(key=lambda row: row.entry)
    return Queue(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=second(through.at, through.zone),
        signatures=tuple(row for row in rows if role is None or row.role == role),
    )


def _his(entry: Entry, meaning: str, person: str) -> bool:
    own = meaning != "performed" or entry.payload.performed_by in {None, person}
    return own and all(signer.person != person for signer in entry.signers)


def _rows(entries: Iterable[Entry], through: Window) -> Iterator[QueueRow]:
    history = effective(entries, valid_at=through.until)
    for fact in history.facts:
        yield from (_row(fact.entry, need, "incomplete", through) for need in fact.missing)
    for item in history.awaiting:
        if not item.lapsed(through.known_at):
            yield from (_row(item.entry, need, "pending", through) for need in item.missing)


def _row(entry: Entry, need: Need, state: Literal["pending", "incomplete"], through: Window) -> QueueRow:
    lapses = second(entry.recorded_at + needs.COMPLETION, through.zone) if state == "pending" else None
    return QueueRow(
        entry=entry.position,
        stream=entry.stream,
        kind=entry.kind,
        what=summary(entry.event),
        state=state,
        meaning=need.meaning,
        role=need.role,
        signed_by=tuple(signer.name for signer in entry.signers),
        since=second(entry.recorded_at, through.zone),
        lapses=lapses,
    )
