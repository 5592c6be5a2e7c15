"""Backups: the whole ledger in one portable file, made while others write, and what was written right behind it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from ledger import codec, held
from ledger.anchors import Opener
from ledger.book.ledger import Ledger
from ledger.book.moving import move
from ledger.copies.lines import BlobLine, CheckpointLine, TextLine
from ledger.copies.tail import Tail
from ledger.errors import DoseLedgerError, IntegrityFailure, Unavailable
from ledger.events.body import blobs
from ledger.merkle import tree
from ledger.storage import files
from ledger.storage.location import is_url
from ledger.storage.reader import Reader
from ledger.storage.snapshot import snapshot

_FIX = "Run `doseledger verify` on the ledger; keep the older backups."


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup is of: the first `size` entries, under `root`. `digest` is the SHA-256 of the file."""

    size: int
    root: bytes
    digest: str


def back_up(source: str, target: str, opened: Opener) -> BackedUp:
    """Make a portable ledger file of everything that stands in the ledger at this moment, whole or not at all.

    A file is copied page by page, a ledger on a server entry by entry; nobody who writes waits. The tree is computed
    again from the bytes that were written, and compared with the newest signed checkpoint among them. Raises
    Unavailable where something lies at `target` or nothing can be stored, IntegrityFailure where it does not hold.
    """
    require_free(target)
    if is_url(source):
        move(source, target, opened)
        size, root = sealed(target, opened)
        return BackedUp(size, root, digest_of(target))
    part = f"{target}.new"
    files.discard(part)
    snapshot(source, part)
    try:
        size, root = sealed(part, opened)
        made = BackedUp(size, root, digest_of(part))
        files.publish(part, target)
    finally:
        files.discard(part)
    return made


def require_free(path: str) -> None:
    """Refuse (Unavailable) a place where a file is: nothing is ever written over another."""
    if Path(path).exists():
        raise Unavailable(
            f"There is already a file at {path}.", fix="Choose another name; a backup is never overwritten."
        )


def sealed(path: str, opened: Opener) -> tuple[int, bytes]:
    """Size and root of a ledger file, computed from the bytes of its entries and sealed by its newest checkpoint."""
    reader = Reader.open(path)
    try:
        size, frontier = 0, tuple[bytes, ...]()
        for position, raw in reader.raws(0, reader.size()):
            if position != size:
                raise IntegrityFailure(f"The entry #{size} is missing.", fix=_FIX)
            frontier = tree.append(size, frontier, tree.leaf_hash(raw)).frontier
            size += 1
        note = reader.note(size)
        if note is None:
            raise IntegrityFailure(f"No checkpoint covers all {size} entries.", fix=_FIX)
        try:
            head = opened(note[1])
        except DoseLedgerError as error:
            raise IntegrityFailure("The newest checkpoint does not hold.", why=error.what, fix=_FIX) from error
        root = tree.frontier_root(frontier)
        if (head.size, head.root) != (size, root):
            raise IntegrityFailure("The entries are not those that the log has sealed.", fix=_FIX)
        return size, root
    finally:
        reader.close()


def digest_of(path: str) -> str:
    """The SHA-256 of a file, in hexadecimal; raises Unavailable where it cannot be read."""
    try:
        with held.reading(path) as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unavailable(f"The file {path} cannot be read.", why=str(error)) from error


def tail_of(ledger: Ledger, start: int) -> Tail:
    """Everything that was written from position `start` on, so that a backup of the entries before it lacks nothing."""
    stop = ledger.size
    raws, texts, named = [], dict[str, TextLine](), dict[str, BlobLine]()
    for position, raw in ledger.raws(start, stop):
        opened = codec.open_whole(raw, log=ledger.log, position=position)
        raws.append(raw.decode())
        for commitment in sorted(codec.commitments(opened.jws.payload)):
            found = ledger.salted(commitment)
            if found is not None:
                texts[commitment] = TextLine(commitment, found[0].hex(), found[1].decode())
        for _, digest in blobs(opened.entry.event):
            named[digest] = BlobLine(digest, base64.b64encode(ledger.blob(digest)).decode())
    notes = (CheckpointLine(size, note.decode()) for size, note in ledger.checkpoints(stop) if size > start)
    return Tail(
        ledger=ledger.id,
        start=start,
        entries=tuple(raws),
        checkpoints=tuple(notes),
        texts=tuple(texts.values()),
        blobs=tuple(named.values()),
    )
