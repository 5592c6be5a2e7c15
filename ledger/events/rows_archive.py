"""The kinds of what is kept of the log outside of it."""

from __future__ import annotations

from ledger.events import archive
from ledger.events.row import DEVICE, KindRow, by

ROWS = (
    KindRow("anchor.made/1", archive.AnchorMade, "archive", 0, (by(DEVICE, "system"),)),
    KindRow("backup.made/1", archive.BackupMade, "archive", 1, (by(DEVICE, "system"),)),
    KindRow("backup.restored/1", archive.BackupRestored, "archive", 2, (by(DEVICE, "system"),)),
)
