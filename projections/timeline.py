"""One patient in clinical order: every fact where it happened, and what was struck or superseded beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from ledger.book import Ledger
from ledger.course.history import Fact
from ledger.course.state import Dose
from ledger.events.base import Need
from ledger.events.entry import Entry, Signer
from ledger.events.registry import KINDS
from ledger.rules.lateness import late
from projections.printed import Needed, Signature, View, needed, second, signature
from projections.replay import PatientAt, open_patient, window
from projections.words import of_dose, summary, told

State = Literal["stands", "incomplete", "corrected", "superseded", "void", "pending", "lapsed"]


class TimelineRow(View, frozen=True, kw_only=True):
    """One entry at its clinical place. `by` is the entry that corrected or voided it, `reason` why, in code and words.

    A corrected fact stands twice: as it stands now, and `superseded` as it was first written.
    """

    occurred: str
    entry: int
    kind: str
    what: str
    state: State
    late: bool
    recorded_at: str
    performed_by: str | None
    by: int | None
    reason: str | None
    reason_text: str | None
    needs: tuple[Needed, ...]
    findings: tuple[str, ...]
    signatures: tuple[Signature, ...]


class Timeline(View, frozen=True, kw_only=True):
    """The rows of one patient, oldest first."""

    patient: str
    size: int
    known_at: str
    valid_at: str
    rows: tuple[TimelineRow, ...]


def timeline(
    ledger: Ledger,
    patient: str,
    *,
    now: datetime,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
) -> Timeline:
    """Give the timeline of a patient; BadInput when nobody of that number was known."""
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    opened = open_patient(ledger, patient, through)
    placed = sorted(_placed(ledger, opened), key=lambda one: one[0])
    return Timeline(
        patient=patient,
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=second(through.at, through.zone),
        rows=tuple(row for _, row in placed),
    )


def _placed(ledger: Ledger, opened: PatientAt) -> Iterator[tuple[tuple[datetime, int, int], TimelineRow]]:
    """Give each row with its place: its moment, its kind's rank and its position."""
    history, known, until = opened.history, opened.window.known_at, opened.window.until
    for fact in history.facts:
        state: State = "corrected" if fact.amended_by is not None else "incomplete" if fact.missing else "stands"
        row = _row(ledger, opened, fact.entry, state, by=fact.amended_by, missing=fact.missing, fact=fact)
        yield (fact.occurred_at, fact.rank, fact.entry.position), row
    gone: list[tuple[Entry, Entry | None, State, tuple[Need, ...]]] = [
        *((old, by, "superseded", ()) for old, by in history.superseded),
        *((old, by, "void", ()) for old, by in history.struck),
        *((one.entry, None, "lapsed" if one.lapsed(known) else "pending", one.missing) for one in history.awaiting),
    ]
    for entry, by, state, missing in gone:
        if until is None or entry.occurred_at <= until:
            row = _row(ledger, opened, entry, state, by=by, missing=missing)
            yield (entry.occurred_at, KINDS[entry.kind].rank, entry.position), row


def _row(
    ledger: Ledger,
    opened: PatientAt,
    entry: Entry,
    state: State,
    *,
    by: Entry | None,
    missing: tuple[Need, ...],
    fact: Fact | None = None,
) -> TimelineRow:
    payload = entry.payload
    dose = next((one for one in opened.course.doses if fact is not None and one.id == fact.id), None)
    reason = (by or entry).payload.reason
    words = ledger.text(reason.text) if reason is not None and reason.text is not None else None
    return TimelineRow(
        occurred=fact.occurred.at if fact is not None else payload.occurred.at,
        entry=entry.position,
        kind=fact.kind if fact is not None else entry.kind,
        what=_what(entry, fact, dose),
        state=state,
        late=fact is not None and late(fact, opened.setting.protocol) is not None,
        recorded_at=second(entry.recorded_at, opened.window.zone),
        performed_by=payload.performed_by,
        by=by.position if by is not None else None,
        reason=reason.code if reason is not None else None,
        reason_text=words.decode(errors="replace") if words is not None else None,
        needs=tuple(needed(need) for need in missing),
        findings=tuple(one.id for one in opened.findings if fact is not None and one.target == fact.id),
        signatures=tuple(signature(signer) for signer in _signers(entry, fact)),
    )


def _what(entry: Entry, fact: Fact | None, dose: Dose | None) -> str:
    if dose is not None and not entry.attested:
        return of_dose(dose)
    return summary(fact.event) if fact is not None and fact.event is not entry.event else told(entry)


def _signers(entry: Entry, fact: Fact | None) -> tuple[Signer, ...]:
    return (*(fact.signers if fact is not None else entry.signers), *entry.attested)
