"""What a witness sent back: its signature lines, or the whole note with them; and what of it goes into the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.anchors.cosignature import Check, check_line, is_by, strict
from ledger.anchors.quorum import keys_of
from ledger.errors import IntegrityFailure, Malformed
from ledger.events.study import Witnesses
from ledger.merkle.note import parse_note

_DASH = "\u2014 ".encode()


@dataclass(frozen=True, slots=True)
class Taken:
    """One cosignature by a named witness: the time it states, in seconds since 1970, and the note that proves it.

    The note is the head as the ledger stores it, with this signature line below the log's own.
    """

    name: str
    at: int
    note: bytes


def is_lines(reply: bytes) -> bool:
    """Whether a reply is signature lines alone, as they come over HTTP, rather than a whole note."""
    return reply.startswith(_DASH)


def take(note: bytes, reply: bytes, policy: Witnesses, check: Check = strict) -> tuple[Taken, ...]:
    """Check the cosignatures in a reply under `note`, the head as the ledger stores it; one for each named witness.

    Lines of others are passed over. Raises IntegrityFailure where a line says that it is by a named witness and is not,
    where the reply is about another head, and where no named witness signed it.
    """
    text, _ = parse_note(note)
    told, lines = parse_note(text + b"\n" + reply if is_lines(reply) else reply)
    if told != text:
        raise IntegrityFailure("the reply is about another head than the one that was sent")
    found: dict[str, Taken] = {}
    for key in keys_of(policy):
        for line in (one for one in lines if is_by(one, key)):
            found.setdefault(key.name, Taken(key.name, check_line(line, text, key, check), note + line.line()))
    if not found:
        raise IntegrityFailure(
            "no witness that this ledger names signed the reply",
            why=f"signed by: {', '.join(dict.fromkeys(one.name for one in lines))}"[:300],
            fix="compare the witness's key with: doseledger witness list",
        )
    return tuple(found.values())


def size_told(body: bytes) -> int:
    """The number of entries that a witness says it cosigned; raises Malformed where the answer is no number."""
    digits = body.removesuffix(b"\n")
    if not digits.isdigit() or len(digits) > 16:
        raise Malformed("the witness does not say how many entries it cosigned")
    return int(digits)
