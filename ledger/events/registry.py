"""The closed table of kinds: what may be written, on which stream, signed by whom, and what it must not race.

docs/spec/kinds.md is the same table in prose. A name, once released, keeps its struct for ever.
"""

from __future__ import annotations

from ledger.events import (
    record,
    rows_archive,
    rows_exports,
    rows_keys,
    rows_patient,
    rows_review,
    rows_security,
    rows_study,
)
from ledger.events.base import Wire
from ledger.events.row import (
    DEVICE,
    REGISTRARS,
    SITE,
    SPONSOR,
    KindRow,
    by,
)

_RECORD = (
    KindRow(
        "entry.countersigned/1",
        record.EntryCountersigned,
        "any",
        50,
        (
            by(
                SITE | REGISTRARS | SPONSOR,
                "approved",
                "verified",
                "performed",
                "acknowledged",
                "dispensed",
                "assessed",
                "responsibility",
            ),
        ),
    ),
    KindRow("entry.corrected/1", record.EntryCorrected, "any", 51, (by(SITE),), completed=True),
    KindRow("entry.voided/1", record.EntryVoided, "any", 52, (by(SITE),), completed=True),
    KindRow("entry.recovered/1", record.EntryRecovered, "any", 53, (by(SITE, "verified"),)),
    KindRow("entry.refused/1", record.EntryRefused, "attempts", 0, (by(DEVICE, "system"),)),
    KindRow("log.clock/1", record.LogClock, "clock", 0, (by(DEVICE, "system"),)),
)
_ROWS = (
    *rows_study.ROWS,
    *rows_patient.ROWS,
    *_RECORD,
    *rows_archive.ROWS,
    *rows_exports.ROWS,
    *rows_keys.ROWS,
    *rows_review.ROWS,
    *rows_security.ROWS,
)

KINDS: dict[str, KindRow] = {row.name: row for row in _ROWS}
"""Every kind by its name."""
NAMES: dict[type[Wire], str] = {row.struct: row.name for row in _ROWS}
"""The name of every event struct."""


def kind_of(event: Wire) -> KindRow:
    """Give the row of an event."""
    return KINDS[NAMES[type(event)]]
