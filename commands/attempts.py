"""Refused attempts: kept in their own stream, signed by the device, never shown as an unproved person's act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from commands.draft import Pad
from commands.notes import note
from commands.post import Post
from ledger import wire
from ledger.book import Ledger
from ledger.course.people import Roster
from ledger.errors import DoseLedgerError, Refused
from ledger.events.record import EntryRefused

TEXT_LIMIT = 4000
"""Characters kept of what was typed and of the answer."""


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
    """Append what was refused and why, and note its position on the error."""

    def refused(pad: Pad, roster: Roster) -> EntryRefused:
        typed = msgspec.json.encode({"act": verb, "by": list(persons), "said": repr(said)}).decode()
        answer = "\n".join(part for part in (error.what, error.why) if part)
        return EntryRefused(
            act=verb.replace(" ", "-"),
            streams=tuple(dict.fromkeys(name for name in streams if _is_stream(name))),
            rules=error.rules if isinstance(error, Refused) else (),
            exit=error.exit_code,
            claimed_by=persons[0] if persons and persons[0] in roster.people else None,
            proof=proof,
            signature=None,
            input=pad.commit(typed[:TEXT_LIMIT]),
            answer=pad.commit(answer[:TEXT_LIMIT]),
            count=1,
        )

    error.attempt = note(ledger, post, "attempts", refused).position


def _is_stream(name: str) -> bool:
    """Tell whether a stream can have this name; what was typed instead of a patient's number is kept as text."""
    try:
        msgspec.convert(name, wire.Stream)
    except msgspec.ValidationError:
        return False
    return True
