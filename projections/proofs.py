"""The proof that an entry stands in the log, made and checked; and the check of a proof of two histories."""

from __future__ import annotations

from typing import Literal

from ledger.anchors import Opener, check_fork, parse_fork
from ledger.book import Ledger
from ledger.codec import open_entry
from ledger.errors import BadInput, DoseLedgerError, IntegrityFailure
from ledger.events.entry import Entry
from ledger.merkle.checkpoint import parse
from ledger.merkle.proof import check_inclusion
from ledger.merkle.proof_file import format_proof, parse_proof
from ledger.merkle.tree import leaf_hash
from projections.printed import View

_ID_IN_ORIGIN = 32
"""Digits of the ledger id that the name of a log shows."""


class Proved(View, frozen=True, kw_only=True):
    """A proof that was made: `proof` is the text of the file, of the head of `size` entries."""

    entry: int
    kind: str
    leaf: str
    size: int
    root: str
    proof: str


class ProofChecked(View, frozen=True, kw_only=True):
    """What a proof proves: that an `entry` stood in the log, or a `fork`; null where it is not of that sort.

    `size` and `root` are those of the head, of a fork the newer one. `why` says what does not hold.
    """

    proves: Literal["entry", "fork"]
    holds: bool
    why: str
    origin: str
    entry: int | None
    kind: str | None
    leaf: str | None
    size: int
    root: str


def prove(ledger: Ledger, entry: Entry, size: int | None = None) -> Proved:
    """Prove that an entry stands under the newest head, or under that of `size` entries; BadInput where it cannot."""
    stop = ledger.size if size is None else size
    note = ledger.checkpoint_at(stop)
    return Proved(
        entry=entry.position,
        kind=entry.kind,
        leaf=entry.leaf,
        size=stop,
        root=parse(note)[0].root.hex(),
        proof=format_proof(entry.position, ledger.prove(entry.position, stop), note).decode(),
    )


def check_entry(
    data: bytes, opened: Opener, *, raw: bytes | None, ledger: Ledger | None, ledger_id: str | None = None
) -> ProofChecked:
    """Check the file of a proof for the entry with the bytes `raw`, or for the one that `ledger` has at its place.

    Nothing of the file is believed: its checkpoint is checked by `opened`, the path by the tree. With `ledger_id` the
    log and the entry must be of that ledger. Raises Malformed for a file that is no proof, BadInput without an entry.
    """
    file = parse_proof(data)
    said = parse(file.note)[0]
    if raw is None and ledger is None:
        raise BadInput("The entry is needed.", fix="Give its bytes: --entry FILE; or the ledger: --ledger PATH.")
    if raw is None and ledger is not None and file.index >= ledger.size:
        raise BadInput(f"The ledger has no entry #{file.index}.", why=f"it has {ledger.size}")
    leaf = leaf_hash(raw) if raw is not None else _leaf(ledger, file.index) if ledger is not None else b""
    why, kind = "", None
    try:
        found = opened(file.note)
        check_inclusion(leaf, file.index, found.size, file.path, found.root)
        kind = _kind(raw, file.index, leaf, said.origin, ledger_id)
    except IntegrityFailure as error:
        why = f"{error.what} ({error.why})" if error.why else error.what
    return ProofChecked(
        proves="entry",
        holds=not why,
        why=why,
        origin=said.origin,
        entry=file.index,
        kind=kind,
        leaf=leaf.hex(),
        size=said.size,
        root=said.root.hex(),
    )


def _leaf(ledger: Ledger, position: int) -> bytes:
    """The hash of an entry as its bytes make it; where a copy left them out, the one that stands for them."""
    return ledger.leaf(position) if position in ledger.withheld() else leaf_hash(ledger.raw(position))


def check_two(data: bytes, opened: Opener, *, ledger_id: str | None = None) -> ProofChecked:
    """Check the file of a proof of two histories; raises Malformed for one that is none."""
    fork = parse_fork(data)
    newer = parse(fork.newer.encode())[0]
    why = ""
    try:
        check_fork(fork, opened)
        _require_of(newer.origin, ledger_id)
    except IntegrityFailure as error:
        why = f"{error.what} ({error.why})" if error.why else error.what
    return ProofChecked(
        proves="fork",
        holds=not why,
        why=why,
        origin=newer.origin,
        entry=None,
        kind=None,
        leaf=None,
        size=newer.size,
        root=newer.root.hex(),
    )


def _kind(raw: bytes | None, position: int, leaf: bytes, origin: str, ledger_id: str | None) -> str | None:
    """Give the kind of the entry, once it is of the ledger that was named; None where its bytes are not here."""
    _require_of(origin, ledger_id)
    if raw is None:
        return None
    try:
        entry = open_entry(raw, log=origin.rpartition("/")[2], position=position)
    except DoseLedgerError as error:
        raise IntegrityFailure("the bytes in the log are no entry", why=error.what) from error
    own = leaf.hex() if position == 0 else entry.payload.ledger
    if ledger_id is not None and own != ledger_id:
        raise IntegrityFailure(f"the entry is of the ledger {own}, not of {ledger_id}")
    return entry.kind


def _require_of(origin: str, ledger_id: str | None) -> None:
    """Refuse a log whose name is not of the ledger, where one was named."""
    if ledger_id is not None and ledger_id[:_ID_IN_ORIGIN] != origin.split("/")[2]:
        raise IntegrityFailure(f"the checkpoint is of the log {origin}, not of the ledger {ledger_id}")
