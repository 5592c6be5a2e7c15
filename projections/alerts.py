"""What devices reported: wrong passphrases, lockouts, throttled attempts, clocks; and what nobody has looked at yet."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ledger.book import Ledger
from ledger.events.entry import Entry
from ledger.events.security import LockoutLifted, SecurityAcknowledged, SecurityRaised
from ledger.values import instant, wire_minute
from projections.printed import View, second
from projections.replay import window


class AlertRow(View, frozen=True, kw_only=True):
    """One report of a device; `open` until somebody acknowledges it or, of a lockout, a registrar lifts it.

    `name` is the person's printed name. `off_s` is in seconds. `by` and `answer` are who answered it, and the
    entry with which he did.
    """

    entry: int
    at: str
    what: str
    person: str | None
    name: str | None
    count: int
    off_s: int | None
    until: str | None
    device: str
    open: bool
    by: str | None
    answer: int | None


class Alerts(View, frozen=True, kw_only=True):
    """The reports of the devices of a site, oldest first, and how many of them are open."""

    site: str
    size: int
    known_at: str
    open: int
    rows: tuple[AlertRow, ...]


def alerts(
    ledger: Ledger, *, now: datetime, since: int | datetime | None = None, known_at: int | datetime | None = None
) -> Alerts:
    """List the reports; `since` leaves out those at a position before it, or of a log time before it.

    What is open is counted over all of them: an old report that nobody looked at does not go away.
    """
    seen = window(ledger, now=now, known_at=known_at)
    roster = ledger.roster(seen.size)
    zone = ZoneInfo(roster.genesis.zone if roster.genesis is not None else "UTC")
    entries = ledger.stream(f"security/{roster.site}", up_to=seen.size)
    answered = _answers(entries)
    found = []
    for entry in entries:
        event = entry.event
        if not isinstance(event, SecurityRaised):
            continue
        answer = answered.get(entry.id)
        person = roster.people.get(event.person or "")
        found.append(
            AlertRow(
                entry=entry.position,
                at=second(ledger.log_time(entry.position), zone),
                what=event.what,
                person=event.person,
                name=person.name if person is not None else None,
                count=event.count,
                off_s=event.off_s,
                until=wire_minute(instant(event.until).astimezone(zone)) if event.until is not None else None,
                device=entry.author.person,
                open=answer is None,
                by=answer.author.person if answer is not None else None,
                answer=answer.position if answer is not None else None,
            )
        )
    rows = tuple(row for row in found if not _before(ledger, row.entry, since))
    return Alerts(
        site=roster.site,
        size=seen.size,
        known_at=second(seen.known_at, zone),
        open=sum(row.open for row in found),
        rows=rows,
    )


def _answers(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    """Give the first entry that answers each report, by the report's id."""
    found: dict[str, Entry] = {}
    for entry in entries:
        event = entry.event
        named: tuple[str, ...] = ()
        if isinstance(event, SecurityAcknowledged):
            named = event.targets
        elif isinstance(event, LockoutLifted):
            named = tuple(ref.id for ref in entry.payload.causes)
        for one in named:
            found.setdefault(one, entry)
    return found


def _before(ledger: Ledger, position: int, since: int | datetime | None) -> bool:
    if since is None:
        return False
    return position < since if isinstance(since, int) else ledger.log_time(position) < since
