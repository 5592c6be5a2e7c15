"""The kinds of review and closing: queries, sign-off, review, locks, redaction."""

from __future__ import annotations

from ledger.events import review
from ledger.events.predicate import only
from ledger.events.row import DATA, MONITOR, PHYSICIANS, PI, SITE, KindRow, by

ASKS = MONITOR | DATA | PHYSICIANS
"""Who may ask a question about an entry (DOMAIN.md section 7)."""
_LOCKS = only("record.locked/1", "site.locked/1", "record.unlocked/1")
_LOCKED, _UNLOCKED = (by(PI, "locked"), by(DATA, "locked")), (by(PI, "unlocked"), by(DATA, "unlocked"))

ROWS = (
    KindRow("query.opened/1", review.QueryOpened, "any", 60, (by(ASKS),)),
    KindRow("query.answered/1", review.QueryAnswered, "any", 61, (by(SITE),)),
    KindRow("query.closed/1", review.QueryClosed, "any", 62, (by(MONITOR | DATA),), conflicts=only("query.closed/1")),
    KindRow("entries.signed/1", review.EntriesSigned, "patient", 63, (by(PI, "responsibility"),)),
    KindRow("entry.reviewed/1", review.EntryReviewed, "patient", 64, (by(MONITOR, "verified"),)),
    KindRow("record.locked/1", review.RecordLocked, "patient", 65, _LOCKED, conflicts=_LOCKS),
    KindRow("site.locked/1", review.SiteLocked, "review", 0, _LOCKED, conflicts=_LOCKS),
    KindRow("record.unlocked/1", review.RecordUnlocked, "any", 66, _UNLOCKED, conflicts=_LOCKS),
    KindRow("audit.reviewed/1", review.AuditReviewed, "review", 1, (by(MONITOR | DATA | PI, "reviewed"),)),
    KindRow("text.redacted/1", review.TextRedacted, "any", 67, (by(PI, "approved"), by(DATA, "approved"))),
)
