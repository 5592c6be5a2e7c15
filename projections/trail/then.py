"""What was known of a patient when an entry was written, with what was changed since shown apart (21 CFR 312.60)."""

from __future__ import annotations

from datetime import datetime

from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.events.entry import Entry
from projections.card import Status
from projections.logbook import patient_of
from projections.patient import status
from projections.printed import View
from projections.trail.row import TrailRow
from projections.trail.rows import rows


class Then(View, frozen=True, kw_only=True):
    """The card before `entry` was written, and every later change of what it rests on."""

    entry: int
    kind: str
    status: Status
    later: tuple[TrailRow, ...]


def then(
    ledger: Ledger, entry: Entry, *, now: datetime, patient: str | None = None, valid_at: datetime | None = None
) -> Then:
    """Show the card from the entries before this one, judged at `valid_at`, else when this one was recorded.

    BadInput for an entry about no patient where none is named, and before anything was known of him.
    """
    number = patient if patient is not None else patient_of(entry)
    if number is None:
        raise BadInput(f"Entry #{entry.position} is about no patient.", fix="name the patient")
    before = entry.position
    return Then(
        entry=before,
        kind=entry.kind,
        status=status(ledger, number, now=now, valid_at=valid_at or entry.recorded_at, known_at=before),
        later=tuple(
            row
            for row in rows(ledger, patient=number, start=before)
            if row.transaction in ("correct", "void") and row.record < before
        ),
    )
