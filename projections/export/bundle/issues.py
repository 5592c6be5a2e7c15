"""07-deviations: what an inspector would otherwise have to dig for."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.entry import Entry
from ledger.events.people import DelegationEnded
from ledger.events.record import EntryCorrected, EntryRefused, EntryVoided, LogClock
from ledger.events.safety import OverrideGranted
from projections.deviations import DeviationRow, deviations
from projections.export.bundle import tables
from projections.export.bundle.bag import Bag
from projections.export.bundle.scope import Scope
from projections.logbook import patient_of, payload_of
from projections.printed import View, second, utc
from projections.queue import QueueRow, queue
from projections.words import summary, texts

DEVIATIONS, UNSIGNED = "07-deviations/deviations.csv", "07-deviations/unsigned.csv"
NOTABLE = "07-deviations/notable-entries.csv"
_LATE = frozenset({"late-entry", "downtime"})


class NotableRow(View, frozen=True, kw_only=True):
    """An entry that asks for a second look; `why_here` says why, `about` is the entry that it amends."""

    entry: int
    id: str
    why_here: str
    patient: str | None
    kind: str
    occurred: str
    recorded_at: str
    recorded_at_utc: str
    what: str
    about: int | None
    reason: str | None
    words: tuple[str, ...]
    signed_by: str


def write(scope: Scope, bag: Bag) -> None:
    """Write the findings of the rules, what still lacks a signature, and the notable entries."""
    tables.put(bag, DEVIATIONS, DeviationRow, _deviations(scope))
    tables.put(bag, UNSIGNED, QueueRow, unsigned(scope))
    tables.put(bag, NOTABLE, NotableRow, _notable(scope))


def unsigned(scope: Scope) -> tuple[QueueRow, ...]:
    """List the signatures that are missing at the head."""
    return queue(scope.ledger, now=scope.as_of, known_at=scope.size).signatures


def _deviations(scope: Scope) -> Iterator[DeviationRow]:
    for number in scope.numbers if scope.judged else ():
        yield from deviations(scope.ledger, patient=number, now=scope.as_of, known_at=scope.size).rows


def _notable(scope: Scope) -> Iterator[NotableRow]:
    for entry in scope.ledger.entries(0, scope.size):
        why = _why(entry)
        if why:
            payload = entry.payload
            yield NotableRow(
                entry=entry.position,
                id=entry.id,
                why_here=why,
                patient=patient_of(entry),
                kind=entry.kind,
                occurred=payload.occurred.at,
                recorded_at=second(entry.recorded_at, scope.window.zone),
                recorded_at_utc=utc(entry.recorded_at),
                what=summary(entry.event),
                about=payload.corrects.position if payload.corrects is not None else None,
                reason=payload.reason.code if payload.reason is not None else None,
                words=tuple(f"{t.field}: {t.text or t.state}" for t in texts(scope.ledger, payload_of(entry))),
                signed_by="; ".join(f"{s.name} ({s.role}): {s.meaning}, {s.at}" for s in entry.signers),
            )


def _why(entry: Entry) -> str:
    match entry.event:
        case EntryCorrected():
            return "a correction"
        case EntryVoided():
            return "a void"
        case EntryRefused():
            return "a refused attempt"
        case OverrideGranted():
            return "a permission against a rule"
        case DelegationEnded():
            return "a delegation that ended"
        case LogClock(reset=reset):
            return "log time begun anew" if reset else "a clock that was behind"
        case _:
            reason = entry.payload.reason
            return "a late entry" if reason is not None and reason.code in _LATE else ""
