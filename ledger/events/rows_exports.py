"""The kinds of what left the ledger."""

from __future__ import annotations

from ledger.events import exports
from ledger.events.row import DEVICE, REGISTRARS, SITE, KindRow, by

ROWS = (
    KindRow("export.made/1", exports.ExportMade, "exports", 0, (by(DEVICE, "system"),)),
    KindRow("copy.certified/1", exports.CopyCertified, "exports", 1, (by(SITE | REGISTRARS, "attested-copy"),)),
)
