"""Refused attempts: kept in their own stream, signed by the device, never shown as an unproved person's act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, timedelta
from typing import Literal

import msgspec

from commands.alerting import raised, report
from commands.draft import Pad
from commands.notes import note
from commands.post import Post
from ledger import wire
from ledger.book import Ledger
from ledger.errors import DoseLedgerError, Refused
from ledger.events.record import EntryRefused

TEXT_LIMIT = 4000
"""Characters kept of what was typed and of the answer."""
MOST, WINDOW = 20, timedelta(minutes=10)
"""So many attempts of one person at one act are kept one by one within this time; further ones are counted."""


def keep_attempt(
    error: DoseLedgerError,
    ledger: Ledger,
    post: Post,
    *,
    verb: str,
    said: object,
    streams: Iterable[str],
    persons: Sequence[str],
    proof: Literal["none", "key-opened"],
) -> None:
    """Append what was refused and why, and note its position on the error; beyond `MOST` it is only counted.

    What was counted stands in the next attempt that is kept, or in the report of `count_stale`.
    """
    if post.mute:
        return
    claimed = persons[0] if persons and persons[0] in ledger.roster().people else None
    with ledger.turn():
        counted = _counted(ledger, post, claimed, verb)
        if counted is None:
            error.counted = True
            return
        error.attempt = note(
            ledger,
            post,
            "attempts",
            lambda pad, _roster: _refused(
                error,
                pad,
                verb=verb,
                said=said,
                streams=streams,
                persons=persons,
                proof=proof,
                claimed=claimed,
                count=1 + counted,
            ),
        ).position


def count_stale(ledger: Ledger, post: Post) -> None:
    """Report what was counted and not kept, of persons who have stopped trying."""
    if post.tally is None:
        return
    with ledger.turn():
        for key in post.tally.names():
            person, _, verb = key.partition(" ")
            if not _recent(ledger, post, person or None, verb):
                report(ledger, post, raised("attempt-throttled", person or None, post.tally.take(key)))


def _counted(ledger: Ledger, post: Post, claimed: str | None, verb: str) -> int | None:
    """Give how many attempts were counted since the last that was kept; None where this one is counted as well."""
    if post.tally is None:
        return 0
    key, kept = f"{claimed or ''} {verb.replace(' ', '-')}", _recent(ledger, post, claimed, verb)
    if kept < MOST:
        return post.tally.take(key)
    if post.tally.add(key) == 1:
        report(ledger, post, raised("attempt-throttled", claimed, kept))
    return None


def _recent(ledger: Ledger, post: Post, claimed: str | None, verb: str) -> int:
    """Count the kept attempts of one person at one act within the window."""
    since, found = post.clock().astimezone(UTC) - WINDOW, 0
    for entry in reversed(ledger.stream(f"attempts/{ledger.roster().site}")):
        if entry.recorded_at < since:
            break
        event = entry.event
        if isinstance(event, EntryRefused) and (event.claimed_by, event.act) == (claimed, verb.replace(" ", "-")):
            found += 1
    return found


def _refused(
    error: DoseLedgerError,
    pad: Pad,
    *,
    verb: str,
    said: object,
    streams: Iterable[str],
    persons: Sequence[str],
    proof: Literal["none", "key-opened"],
    claimed: str | None,
    count: int,
) -> EntryRefused:
    typed = msgspec.json.encode({"act": verb, "by": list(persons), "said": repr(said)}).decode()
    answer = "\n".join(part for part in (error.what, error.why) if part)
    return EntryRefused(
        act=verb.replace(" ", "-"),
        streams=tuple(dict.fromkeys(name for name in streams if _is_stream(name))),
        rules=error.rules if isinstance(error, Refused) else (),
        exit=error.exit_code,
        claimed_by=claimed,
        proof=proof,
        signature=None,
        input=pad.commit(typed[:TEXT_LIMIT]),
        answer=pad.commit(answer[:TEXT_LIMIT]),
        count=count,
    )


def _is_stream(name: str) -> bool:
    """Tell whether a stream can have this name; what was typed instead of a patient's number is kept as text."""
    try:
        msgspec.convert(name, wire.Stream)
    except msgspec.ValidationError:
        return False
    return True
