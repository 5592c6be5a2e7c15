"""The kinds of what the machine reports and of what is done about it."""

from __future__ import annotations

from ledger.events import security
from ledger.events.row import DATA, DEVICE, PI, REGISTRARS, KindRow, by

ROWS = (
    KindRow("security.raised/1", security.SecurityRaised, "security", 1, (by(DEVICE, "system"),)),
    KindRow(
        "security.acknowledged/1",
        security.SecurityAcknowledged,
        "security",
        2,
        (by(REGISTRARS | PI | DATA, "acknowledged"),),
    ),
    KindRow("lockout.lifted/1", security.LockoutLifted, "security", 3, (by(REGISTRARS, "responsibility"),)),
)
