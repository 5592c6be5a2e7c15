"""Checkpoints (C2SP tlog-checkpoint): the signed head of the log, which others keep to catch a change later.

The room signs and checks nothing itself: whoever holds the key passes `sign` or `check` in.
docs/spec/checkpoint.md is the same in prose.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from ledger.errors import IntegrityFailure, Malformed
from ledger.merkle.note import NoteSignature, VerifierKey, find_signature, parse_note, seal_note
from ledger.merkle.text import base64_of, bytes_of, number_of
from ledger.merkle.tree import EMPTY_ROOT, HASH_BYTES, MAX_SIZE

_WORD = r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?"
_ORIGIN = re.compile(rf"doseledger/(?:{_WORD})/[0-9a-f]{{32}}/(?:{_WORD})")
_BODY_LINES = 3


class Checkpoint(Struct, frozen=True):
    """One head of one log: its origin, how many entries it held, and their root.

    Raises Malformed for anything that could not stand in a checkpoint: origin not
    `doseledger/<trial>/<32 hex>/<log>`, size outside 0 to 2^53 - 1, a root that is not 32 bytes, or an
    empty log with another root than the empty one.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if _ORIGIN.fullmatch(self.origin) is None:
            raise Malformed("the origin of the checkpoint is not doseledger/<trial>/<32 hex of the ledger id>/<log>")
        if not 0 <= self.size <= MAX_SIZE:
            raise Malformed(f"the size of the checkpoint is not from 0 to {MAX_SIZE}")
        if len(self.root) != HASH_BYTES:
            raise Malformed(f"the root of the checkpoint has {len(self.root)} bytes instead of {HASH_BYTES}")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise Malformed("the checkpoint of an empty log has the root of another log")

    def body(self) -> bytes:
        """The signed text: origin, size and root, one line each, and nothing after them."""
        return f"{self.origin}\n{self.size}\n{base64_of(self.root)}\n".encode("ascii")


def origin(trial: str, ledger_id: str, log: str) -> str:
    """The name of one log: trial and log are tokens, `ledger_id` is the 64 hex digits of which 32 are shown."""
    return f"doseledger/{trial}/{ledger_id[:32]}/{log}"


def seal(checkpoint: Checkpoint, key_name: str, public: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The checkpoint as a signed note. `public` is the 32-byte Ed25519 key of `sign`; the key bears the log's name.

    Raises Malformed when `key_name` is not the origin, IntegrityFailure when `sign` returns no Ed25519 signature.
    """
    if key_name != checkpoint.origin:
        raise Malformed("a checkpoint is signed under the name of its own log")
    return seal_note(checkpoint.body(), VerifierKey(name=key_name, public=public), sign)


def parse(note: bytes) -> tuple[Checkpoint, tuple[NoteSignature, ...]]:
    """The checkpoint and its signatures, none of them checked. Raises Malformed and nothing else."""
    text, signatures = parse_note(note)
    lines = text.decode("utf-8").split("\n")[:-1]
    if len(lines) != _BODY_LINES:
        raise Malformed(f"the checkpoint has {len(lines)} lines of text instead of {_BODY_LINES}")
    name, size, encoded = lines
    root = bytes_of(encoded, "the root of the checkpoint")
    return Checkpoint(origin=name, size=number_of(size, "the size of the checkpoint"), root=root), signatures


def verify(note: bytes, key_name: str, public: bytes, check: Callable[[bytes, bytes], None]) -> Checkpoint:
    """The checkpoint, once it is of the log `key_name` and signed by its key; other signatures are passed over.

    `check(message, signature)` returns nothing or raises IntegrityFailure, which passes through. Raises
    Malformed for a note that does not parse, IntegrityFailure for another log or a missing signature.
    """
    checkpoint, signatures = parse(note)
    if checkpoint.origin != key_name:
        raise IntegrityFailure(f"the checkpoint is of the log {checkpoint.origin}, not of {key_name}")
    check(checkpoint.body(), find_signature(signatures, VerifierKey(name=key_name, public=public)))
    return checkpoint
