"""Who is locked out after wrong passphrases: read from the reports of the devices, so that no file can be reset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from ledger.events.entry import Entry
from ledger.events.security import LockoutLifted, SecurityRaised
from ledger.values import instant


class Lockout(Struct, frozen=True):
    """Where a person stands: wrong passphrases in a row, and until when he is locked out, if he is."""

    failures: int = 0
    until: datetime | None = None


def lockout(entries: Sequence[Entry], person: str, signed: int | None, now: datetime) -> Lockout:
    """Fold the security stream for one person at log time `now`.

    `signed` is the position of the newest entry that the person's key signed: whoever signs knows the passphrase,
    so that earlier failures count no more. A lockout ends at its time, or when a registrar lifts it; after either
    the count begins anew.
    """
    failures, until = 0, None
    for entry in entries:
        event = entry.event
        if isinstance(event, LockoutLifted) and event.person == person:
            failures, until = 0, None
        if not isinstance(event, SecurityRaised) or event.person != person:
            continue
        if event.what == "failed-passphrase" and (signed is None or entry.position > signed):
            failures += 1
        if event.what == "locked-out" and event.until is not None:
            failures, until = 0, instant(event.until)
    return Lockout(failures, until if until is not None and now < until else None)
