"""Corrections of what was signed off, locked or reviewed before, and the fields that were changed most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from msgspec import Struct

from ledger.book import Ledger
from ledger.course.locks import closes
from ledger.events.base import Wire
from ledger.events.entry import Entry
from ledger.events.review import AuditReviewed, EntriesSigned, EntryReviewed, RecordLocked, SiteLocked
from projections.find.amended import Amended, Change, FieldChange, amendments
from projections.find.found import Ask, Found, Row, cited, head, looked, patients
from projections.printed import View, second
from projections.replay import PatientAt, Window

Moment = Literal["sign-off", "lock", "review", "source verification", "since"]
MOMENTS: dict[type[Wire], Moment] = {
    EntriesSigned: "sign-off",
    EntryReviewed: "source verification",
    RecordLocked: "lock",
    SiteLocked: "lock",
    AuditReviewed: "review",
}
"""The events after which a change of what they cover is of interest."""


class AfterRow(View, frozen=True, kw_only=True):
    """A moment before the change: a sign-off, a lock, a review, a monitor's verification, or the one asked for.

    `entry` is its position, null for a moment that was asked for.
    """

    moment: Moment
    entry: int | None
    at: str
    name: str | None


class ChangeRow(Row, frozen=True, kw_only=True):
    """One correction or void; `in_force` is the entry from which it holds, null while a signature is lacking."""

    change: Change
    record: int
    record_kind: str
    after: tuple[AfterRow, ...]
    fields: tuple[FieldChange, ...]
    in_force: int | None
    reason: str | None
    reason_text: str | None


class FieldRow(View, frozen=True, kw_only=True):
    """One field of a kind, and how often it was changed, in how many patients."""

    kind: str
    field: str
    changes: int
    patients: int


class PostSignoffChanges(Found, frozen=True, kw_only=True):
    """Changes after a moment of trust; `moments` counts the moments that were looked at."""

    moments: int
    rows: tuple[ChangeRow, ...]
    fields: tuple[FieldRow, ...]


class _Moment(Struct, frozen=True):
    """What a moment covers: positions from `first` to before `size`, and of these only what it names or happened.

    `names` are entries by id, `streams` patients' streams; empty: all. `lock` closes what happened up to its time.
    """

    first: int
    size: int
    shown: AfterRow
    names: frozenset[str] = frozenset()
    streams: frozenset[str] = frozenset()
    lock: Entry | None = None

    def covers(self, record: Entry, chain: Iterable[str]) -> bool:
        """Tell whether it covers a record; `chain` are the ids of the record and of its amendments."""
        if not self.first <= record.position < self.size or (self.names and not self.names & {*chain}):
            return False
        if self.streams and record.stream not in self.streams:
            return False
        return self.lock is None or closes(self.lock, record.payload.occurred)


def post_signoff_changes(ledger: Ledger, ask: Ask) -> PostSignoffChanges:
    """List the corrections and voids of entries that stood when they were signed off, locked or reviewed.

    `since` makes any entry or time such a moment, for everything that was written up to it.
    """
    through = looked(ledger, ask)
    everywhere = [*_asked(ledger, ask, through), *_of_all(ledger, through)]
    rows: list[ChangeRow] = []
    seen = {one.shown.entry for one in everywhere}
    for opened in patients(ledger, ask, through):
        struck = {entry.id for entry, _ in opened.history.struck}
        own = [_moment(one, through) for one in opened.entries if type(one.event) in MOMENTS and one.id not in struck]
        seen |= {one.shown.entry for one in own}
        rows += _of_patient(ledger, opened, [*everywhere, *own])
    rows.sort(key=lambda row: row.position)
    return PostSignoffChanges(
        query="post-signoff-changes",
        **head(through, ask),
        moments=len(seen),
        rows=tuple(rows),
        fields=most_changed(rows),
    )


def most_changed(rows: Iterable[ChangeRow]) -> tuple[FieldRow, ...]:
    """Count the changes by kind and field, the most changed first; an entry that was voided counts as one field."""
    found: dict[tuple[str, str], list[str | None]] = {}
    for row in rows:
        names = [one.field for one in row.fields] if row.change == "correction" else ["(the whole entry)"]
        for name in names:
            found.setdefault((row.record_kind, name), []).append(row.patient)
    counted = [
        FieldRow(kind=kind, field=name, changes=len(whom), patients=len(set(whom)))
        for (kind, name), whom in found.items()
    ]
    return tuple(sorted(counted, key=lambda one: (-one.changes, one.kind, one.field)))


def _asked(ledger: Ledger, ask: Ask, through: Window) -> Iterator[_Moment]:
    if ask.since is not None:
        size = ledger.position_at(ask.since) if isinstance(ask.since, datetime) else ask.since
        at = ask.since if isinstance(ask.since, datetime) else ledger.log_time(max(size, 1) - 1)
        shown = AfterRow(moment="since", entry=None, at=second(at, through.zone), name=None)
        yield _Moment(0, min(size, through.size), shown)


def _of_all(ledger: Ledger, through: Window) -> Iterator[_Moment]:
    """Give the moments that stand outside the patients' streams: those of the site or the study."""
    for name in ledger.streams():
        if not name.startswith("patient/"):
            for entry in ledger.stream(name, up_to=through.size):
                if type(entry.event) in MOMENTS:
                    yield _moment(entry, through)


def _moment(entry: Entry, through: Window) -> _Moment:
    """Read what a sign-off, review, verification or lock covers."""
    at = second(entry.recorded_at, through.zone)
    shown = AfterRow(moment=MOMENTS[type(entry.event)], entry=entry.position, at=at, name=entry.author.name)
    match entry.event:
        case EntriesSigned(since=since, until=until):
            return _Moment(since, until, shown)
        case AuditReviewed(since=since, until=until, streams=streams):
            return _Moment(since, until, shown, streams=frozenset(streams))
        case EntryReviewed(targets=targets):
            return _Moment(0, entry.position, shown, names=frozenset(targets))
        case _:
            return _Moment(0, entry.position, shown, lock=entry)


def _of_patient(ledger: Ledger, opened: PatientAt, moments: list[_Moment]) -> Iterator[ChangeRow]:
    if not moments:
        return
    entries = {entry.position: entry for entry in opened.entries}
    known = amendments(ledger, opened)
    for position, one in known.items():
        record = entries[one.record]
        earlier = [other.entry.id for other in known.values() if other.record == one.record]
        after = [
            moment.shown
            for moment in moments
            if moment.size <= position
            and (moment.shown.entry or 0) < position
            and moment.covers(record, (record.id, *earlier))
        ]
        if after:
            yield _row(one, tuple(after), opened)


def _row(one: Amended, after: tuple[AfterRow, ...], opened: PatientAt) -> ChangeRow:
    last = after[-1]
    where = f"{last.moment} (#{last.entry}, {last.at})" if last.entry is not None else last.at
    what = ", ".join(f"{c.field} {c.old or 'nothing'} -> {c.new or 'nothing'}" for c in one.fields[:3])
    does = "voids" if one.change == "void" else "corrects"
    state = "" if one.in_force is not None else "; without effect: it lacks a signature"
    detail = "" if one.change == "void" or not what else f": {what}"
    return ChangeRow(
        **cited(one.entry, opened.window.zone),
        why=f"{does} #{one.record} ({one.record_kind}) after {where}{detail}; reason: {one.reason or 'none'}{state}",
        change=one.change,
        record=one.record,
        record_kind=one.record_kind,
        after=after,
        fields=one.fields,
        in_force=one.in_force,
        reason=one.reason,
        reason_text=one.reason_text,
    )
