"""The proof that one log signed two histories: two signed heads that cannot both be true, for anybody to check.

Of the same size, with different roots, the two notes are the proof. Of different sizes, the tree of the newer one shows
which root its own first entries have: another than the older note says. docs/spec/last-seen.md has the bytes.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from ledger import wire
from ledger.anchors.heads import Heads, Opener
from ledger.errors import DoseLedgerError, IntegrityFailure, Malformed
from ledger.merkle import checkpoint
from ledger.merkle.checkpoint import Checkpoint
from ledger.merkle.epochs import epoch
from ledger.merkle.note import MAX_NOTE_BYTES
from ledger.merkle.proof import check_consistency
from ledger.merkle.tree import MAX_SIZE

MAX_BYTES = 4 * MAX_NOTE_BYTES
"""A longer file is no proof: two notes, escaped, and the hashes fit."""
_Note = Annotated[str, Meta(max_length=MAX_NOTE_BYTES)]


class Fork(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two heads of one log, the one of fewer entries first.

    `root` is that of the first entries of the newer history, as many as the older note covers; `proof` is the
    consistency proof from it to the newer note. Of one size, `root` is that of the newer note and `proof` is empty.
    """

    format: Literal["doseledger-fork/1"] = "doseledger-fork/1"
    older: _Note
    newer: _Note
    root: wire.Hex
    proof: Annotated[tuple[wire.Hex, ...], Meta(max_length=2 * MAX_SIZE.bit_length())]

    def written(self) -> bytes:
        """The proof as the file that goes to others: one line of JSON."""
        return msgspec.json.encode(self) + b"\n"


def parse_fork(data: bytes) -> Fork:
    """Read the file of a proof; raises Malformed and nothing else. Nothing in it is checked but its form."""
    if len(data) > MAX_BYTES:
        raise Malformed(f"the proof of a fork is longer than {MAX_BYTES} bytes")
    try:
        return msgspec.json.decode(data, type=Fork)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed("this is not the proof of a fork", why=str(error)) from error


def check_fork(fork: Fork, opened: Opener) -> tuple[Checkpoint, Checkpoint]:
    """Accept that the log signed two histories, and give both heads; raises IntegrityFailure for what proves nothing.

    `opened` knows the log's keys from outside the proof. A head that registrars gave up in a signed entry is no secret
    second history.
    """
    older, newer = opened.ever(fork.older.encode()), opened.ever(fork.newer.encode())
    root = bytes.fromhex(fork.root)
    proof = tuple(bytes.fromhex(one) for one in fork.proof)
    if older.size > newer.size:
        raise IntegrityFailure("the two heads of the proof do not stand in their order")
    check_consistency(older.size, newer.size, proof, root, newer.root)
    if root == older.root:
        raise IntegrityFailure(
            "both heads are of one history: this proves no fork",
            why=f"the first {older.size} entries have the same root in both",
        )
    for one, other in ((older, newer), (newer, older)):
        left = opened.keys.given_up(one)
        if left is not None and epoch(other.origin) >= epoch(left.origin):
            raise IntegrityFailure(
                "one of the two heads was given up: this proves no fork",
                why=f"registrars signed at position {left.since} that the ledger goes on without it",
            )
    return older, newer


def fork_of(note: bytes, log: Heads, head: bytes) -> Fork | None:
    """Compare a signed note of an earlier head with `head`, the newest note of `log`; None where they agree.

    The signatures of both must have been checked. Raises IntegrityFailure where the stored tree is not the one that
    `head` seals, so that neither answer could be proved, and BadInput where the log never held that many entries.
    """
    held, newest = checkpoint.parse(note)[0], checkpoint.parse(head)[0]
    root = newest.root if held.size == newest.size else log.root_at(held.size)
    proof = log.prove_consistency(held.size, newest.size)
    try:
        check_consistency(held.size, newest.size, proof, root, newest.root)
    except DoseLedgerError as error:
        raise IntegrityFailure(
            "The stored tree is not the one that the newest checkpoint seals.",
            why=error.what,
            fix="Run `doseledger verify`.",
        ) from error
    if root == held.root:
        return None
    return Fork(older=note.decode(), newer=head.decode(), root=root.hex(), proof=tuple(value.hex() for value in proof))
