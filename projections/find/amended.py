"""The corrections and voids of one patient as questions show them: what each changed, since when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from ledger.book import Ledger
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected, EntryVoided
from projections.printed import View
from projections.replay import PatientAt
from projections.trail import TrailRow, rows

Change = Literal["correction", "void", "regrade", "late entry"]


class FieldChange(View, frozen=True, kw_only=True):
    """One field that an entry changed; null where nothing stood before, or nothing stands any more."""

    record: int
    field: str
    old: str | None
    new: str | None
    unit: str | None


class Amended(Struct, frozen=True):
    """One amendment: the record it is about in the end, what it changed, and from which entry it holds, if any."""

    entry: Entry
    change: Change
    record: int
    record_kind: str
    fields: tuple[FieldChange, ...]
    in_force: int | None
    reason: str | None
    reason_text: str | None


def amends(entry: Entry) -> bool:
    """Tell whether an entry corrects or voids another."""
    return isinstance(entry.event, EntryCorrected | EntryVoided)


def amendments(ledger: Ledger, opened: PatientAt) -> Mapping[int, Amended]:
    """Give every correction and void of a patient, by its position."""
    if not any(amends(entry) for entry in opened.entries):
        return {}
    told: dict[int, list[TrailRow]] = {}
    for row in rows(ledger, patient=opened.number, size=opened.window.size, wanted=amends):
        told.setdefault(row.position, []).append(row)
    return {entry.position: _amended(entry, told[entry.position]) for entry in opened.entries if amends(entry)}


def field_changes(found: list[TrailRow]) -> tuple[FieldChange, ...]:
    """Give the fields that trail rows say were changed; an amendment that changes none has none."""
    return tuple(
        FieldChange(record=row.record, field=row.field, old=row.old, new=row.new, unit=row.unit)
        for row in found
        if row.field != "corrects"
    )


def _amended(entry: Entry, found: list[TrailRow]) -> Amended:
    first = found[0]
    return Amended(
        entry=entry,
        change="correction" if isinstance(entry.event, EntryCorrected) else "void",
        record=first.record,
        record_kind=first.record_kind,
        fields=field_changes(found),
        in_force=first.in_force,
        reason=first.reason,
        reason_text=first.reason_text,
    )
