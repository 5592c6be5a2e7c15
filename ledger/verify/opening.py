"""The work of one thread: open a run of entries strictly, hash them, and check the signatures whose key is known.

`cryptography` releases the interpreter while it checks, so threads use all cores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ledger.admission.signatures import check_made
from ledger.codec import Opened, open_whole
from ledger.copies import Withheld
from ledger.errors import DoseLedgerError
from ledger.merkle import checkpoint
from ledger.merkle.epochs import LogKey
from ledger.merkle.tree import leaf_hash
from ledger.signing import keys

Raw = bytes | Withheld | None
"""What a source gives for one position."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One entry after the look of a thread: opened or not, and which signatures hold under the key they name."""

    leaf: bytes
    opened: Opened | None
    error: str
    made: tuple[str | None, ...]
    """For each signature "" where it holds, a sentence where it does not, None where the key is not yet known."""
    missing: bool = False
    """No entry is stored at this position."""
    withheld: bool = False
    """The content was left out of the copy; `leaf` is what stands for it."""


@dataclass(frozen=True, slots=True)
class Head:
    """A stored checkpoint after the look of a thread, under the `key` that was the newest known then."""

    size: int
    note: bytes
    key: LogKey
    checkpoint: checkpoint.Checkpoint | None
    error: str


@dataclass(frozen=True, slots=True)
class Run:
    """What a thread makes of a run of entries and the checkpoints stored with them."""

    start: int
    looked: tuple[Looked, ...]
    heads: tuple[Head, ...]


def look(log: str, start: int, raws: Sequence[Raw], known: Mapping[str, keys.PublicKey]) -> tuple[Looked, ...]:
    """Open the entries from position `start` on; `known` are keys by name, of which more may come to be known.

    All are opened before the first signature is checked: each of the two kinds of work is faster in one go.
    """
    opened = [_open(log, start + index, raw) for index, raw in enumerate(raws)]
    return tuple(_one(raw, one, known) for raw, one in zip(raws, opened, strict=True))


def look_at_heads(notes: Sequence[tuple[int, bytes]], key: LogKey) -> tuple[Head, ...]:
    """Check the signatures of stored checkpoints."""
    return tuple(head_of(size, note, key) for size, note in notes)


def run(  # noqa: PLR0917
    log: str,
    start: int,
    raws: Sequence[Raw],
    notes: Sequence[tuple[int, bytes]],
    known: Mapping[str, keys.PublicKey],
    key: LogKey,
) -> Run:
    """Look at a run of entries and their checkpoints."""
    return Run(start, look(log, start, raws, known), look_at_heads(notes, key))


def sentence(error: DoseLedgerError) -> str:
    """An error as one line of a report."""
    return f"{error.what} ({error.why})" if error.why else error.what


def _open(log: str, position: int, raw: Raw) -> Opened | str:
    if raw is None or isinstance(raw, Withheld):
        return ""
    try:
        return open_whole(raw, log=log, position=position)
    except DoseLedgerError as error:
        return sentence(error)


def _one(raw: Raw, opened: Opened | str, known: Mapping[str, keys.PublicKey]) -> Looked:
    if raw is None:
        return Looked(b"", None, "", (), missing=True)
    if isinstance(raw, Withheld):
        return Looked(raw.leaf, None, "", (), withheld=True)
    if isinstance(opened, str):
        return Looked(leaf_hash(raw), None, opened, ())
    made = tuple([_made(opened, index, known.get(header.kid)) for index, header in enumerate(opened.headers)])
    return Looked(bytes.fromhex(opened.entry.leaf), opened, "", made)


def _made(opened: Opened, index: int, public: keys.PublicKey | None) -> str | None:
    if public is None:
        return None
    try:
        check_made(opened, index, public)
    except DoseLedgerError as error:
        return sentence(error)
    return ""


def head_of(size: int, note: bytes, key: LogKey) -> Head:
    """Check the signature of a stored checkpoint of `size` entries under a key of the log."""
    try:
        found = checkpoint.verify(note, key.origin, key.public, partial(keys.check_ed25519, key.public))
    except DoseLedgerError as error:
        return Head(size, note, key, None, sentence(error))
    return Head(size, note, key, found, "")
