"""What the device reports by itself, and who is locked out because of it."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from commands.notes import note
from commands.post import Post
from ledger.book import Ledger, Receipt
from ledger.course.people.lockouts import Lockout, lockout
from ledger.errors import NotAllowed
from ledger.events.security import SecurityRaised
from ledger.values import wire_minute, wire_utc

LOCKED_FOR = timedelta(minutes=30)
"""How long a person is locked out, unless a registrar lifts it before."""


def stands(ledger: Ledger, post: Post, person: str) -> Lockout:
    """Tell how often a person's passphrase failed in a row, and until when he is locked out."""
    roster = ledger.roster()
    key = roster.active_key(person)
    signed = ledger.newest_by(key.kid) if key is not None else None
    return lockout(ledger.stream(f"security/{roster.site}"), person, signed, post.clock().astimezone(UTC))


def require_admitted(ledger: Ledger, post: Post, person: str) -> None:
    """Refuse (NotAllowed) whoever is locked out; nothing is asked and no key is tried."""
    until = stands(ledger, post, person).until
    if until is not None:
        genesis = ledger.roster().genesis
        here = until.astimezone(ZoneInfo(genesis.zone if genesis is not None else "UTC"))
        raise NotAllowed(
            f"{person} is locked out until {wire_minute(here)}",
            why="the passphrase was wrong too often in a row",
            fix=f"wait, or a registrar signs: doseledger security lift {person}",
        )


def passphrase_failed(ledger: Ledger, post: Post, person: str) -> None:
    """Report a wrong passphrase of an enrolled person, and lock him out when the policy's number is reached.

    A name that nobody bears in this ledger is not kept: it can be anything that somebody typed.
    """
    if post.mute:
        return
    with ledger.turn():
        roster = ledger.roster()
        if person not in roster.people:
            return
        failed = stands(ledger, post, person).failures + 1
        report(ledger, post, raised("failed-passphrase", person, failed))
        if failed >= roster.policy.lockout_after:
            until = wire_utc(post.clock().astimezone(UTC) + LOCKED_FOR)
            report(ledger, post, raised("locked-out", person, failed, until=until))


def report(ledger: Ledger, post: Post, event: SecurityRaised) -> Receipt:
    """Append a report of the device."""
    return note(ledger, post, "security", lambda _pad, _roster: event)


What = Literal[
    "failed-passphrase", "locked-out", "attempt-throttled", "clock-backwards", "clock-jump", "unknown-device"
]


def raised(
    what: What, person: str | None = None, count: int = 1, *, off_s: int | None = None, until: str | None = None
) -> SecurityRaised:
    """Make a report; what it does not concern is null."""
    return SecurityRaised(what=what, person=person, count=count, off_s=off_s, until=until)
