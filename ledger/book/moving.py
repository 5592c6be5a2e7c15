"""A ledger moved to another place: the identical bytes in the order of the log, under the same signed checkpoints.

Everything that hangs on an entry goes with it: its texts, what was redacted, the files it names. Every entry is opened
strictly and every checkpoint compared, so that what arrives is what was signed, or nothing arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import takewhile, zip_longest
from os import PathLike, fspath

from ledger import codec
from ledger.anchors import Opener
from ledger.book.origin import Extended, Origin, Whole, reader_at
from ledger.copies.tail import Tail
from ledger.errors import DoseLedgerError, IntegrityFailure, Unavailable
from ledger.events.body import blobs as named_blobs
from ledger.merkle.checkpoint import Checkpoint
from ledger.merkle.tree import frontier_root
from ledger.storage.audit import audit
from ledger.storage.carrying import carry, unfinished
from ledger.storage.rows import TextRow
from ledger.storage.schema import LOG
from ledger.storage.store import Store

STRETCH = 512
"""Entries that are carried over in one transaction, or as many more as one act wrote."""
_ANOTHER = "Choose another path, or remove the unfinished copy."
_CARRIED = frozenset({"extra", "blob"})
"""Kinds of flaws of no entry that say something of what was carried over."""
_FIX = "Run `doseledger verify` on the ledger that is copied: it names every difference."

Progress = Callable[[int, int], object]
"""Told after every stretch: how many entries stand in the copy, of how many."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What stands at the new place: `size` entries under `root`; `before` of them an earlier run had carried over."""

    size: int
    root: bytes
    before: int


def move(
    source: str | PathLike[str],
    target: str | PathLike[str],
    opened: Opener,
    *,
    tail: Tail | None = None,
    check: Callable[[str], object] | None = None,
    progress: Progress = min,
) -> Moved:
    """Copy the ledger at `source`, or the complete copy of one, to `target`; it appears whole or not at all.

    `opened` opens the notes of this log; `tail` is what was written behind the source; `check` looks at a file
    before it has its name, and may refuse it. Whoever writes to `source`
    meanwhile is not disturbed: what he writes is not in the copy. A run that was interrupted is gone on with. Raises
    IntegrityFailure where the source is not one log under its own checkpoints or a text or file is missing, and
    Unavailable where there is none, entries were left out of it, something lies at `target`, or nothing can be stored.
    """
    reader = reader_at(fspath(source))
    try:
        if reader.withheld():
            raise Unavailable(
                f"{len(reader.withheld())} entries were left out of this copy.",
                why="a ledger has all its entries",
                fix="Take the ledger itself, or a copy of the whole of it.",
            )
        whole = Whole(reader)
        if not whole.size:
            raise IntegrityFailure("The ledger has no entries.", fix=_FIX)
        origin = whole if tail is None else Extended(whole, tail)
        with unfinished(fspath(target), origin.size, origin.root(origin.size), check) as store:
            before = _begun(origin, store)
            for stretch in _stretches(origin, before):
                _carried(origin, store, stretch, opened)
                progress(stretch[-1][0], origin.size)
            return Moved(origin.size, _root(store), before)
    finally:
        reader.close()


def _begun(origin: Origin, store: Store) -> int:
    """How many entries an earlier run has carried over; refuses what was made from another ledger, or a newer state.

    Nothing in it is believed: whoever can write there may have changed it since, or put it there.
    """
    before = store.reader.size()
    if before and (before > origin.size or _root(store) != origin.root(before)):
        raise Unavailable(
            f"The unfinished copy {store.path} is not of this ledger as it is.",
            why="another ledger was copied to the same place, or a later state of this one",
            fix=_ANOTHER,
        )
    why = next((flaw.why for flaw in audit(store.reader) if flaw.position is not None or flaw.kind in _CARRIED), "")
    if before and not why and any(a != b for a, b in zip_longest(_until(origin, before), store.reader.notes(before))):
        why = "a checkpoint in it is another one"
    if before and why:
        raise IntegrityFailure(f"The unfinished copy {store.path} was changed.", why=why, fix=_ANOTHER)
    return before


def _until(origin: Origin, size: int) -> Iterator[tuple[int, bytes]]:
    return takewhile(lambda one: one[0] <= size, origin.notes())


def _root(store: Store) -> bytes:
    return frontier_root(store.reader.frontier(store.reader.size()))


def _stretches(origin: Origin, start: int) -> Iterator[list[tuple[int, bytes]]]:
    """The checkpoints that are still to be carried, a few hundred entries at a time."""
    stretch: list[tuple[int, bytes]] = []
    done = start
    for at, note in origin.notes():
        if at <= start:
            continue
        stretch.append((at, note))
        if at - done >= STRETCH:
            yield stretch
            stretch, done = [], at
    if stretch:
        yield stretch
        done = stretch[-1][0]
    if done != origin.size:
        raise IntegrityFailure(f"No checkpoint covers all {origin.size} entries.", fix=_FIX)


def _carried(origin: Origin, store: Store, stretch: list[tuple[int, bytes]], opened: Opener) -> None:
    start, stop = store.reader.size(), stretch[-1][0]
    heads = {at: (note, _head(note, at, opened)) for at, note in stretch}
    entries = []
    texts: dict[str, TextRow] = {}
    blobs: dict[str, bytes] = {}
    for position, (at, raw) in enumerate(origin.raws(start, stop), start):
        one = _opened(raw, position, at)
        entries.append((one.entry, raw))
        for commitment in sorted(codec.commitments(one.jws.payload)):
            if commitment not in texts and store.reader.text(commitment) is None:
                texts.update(_text(origin, commitment, position))
        for name, digest in named_blobs(one.entry.event):
            if digest not in blobs and store.reader.blob(digest) is None:
                blobs[digest] = _blob(origin, digest, name)
    if len(entries) != stop - start:
        raise IntegrityFailure(f"The entry #{start + len(entries)} is missing.", fix=_FIX)
    if stop == origin.size:
        rest = [digest for digest in origin.digests() if digest not in blobs and store.reader.blob(digest) is None]
        blobs.update({digest: _blob(origin, digest, "file") for digest in rest})
    carry(store, entries, heads, texts=texts.values(), blobs=blobs.items())


def _opened(raw: bytes, position: int, at: int) -> codec.Opened:
    if at != position:
        raise IntegrityFailure(f"The entry #{position} is missing.", fix=_FIX)
    try:
        return codec.open_whole(raw, log=LOG, position=position)
    except (DoseLedgerError, TypeError) as error:
        raise IntegrityFailure(f"The entry #{position} cannot be read.", why=str(error), fix=_FIX) from error


def _head(note: bytes, size: int, opened: Opener) -> Checkpoint:
    try:
        head = opened(note)
    except DoseLedgerError as error:
        raise IntegrityFailure(f"The checkpoint of {size} entries does not hold.", why=error.what, fix=_FIX) from error
    if head.size != size:
        raise IntegrityFailure(f"The checkpoint of {size} entries says {head.size}.", fix=_FIX)
    return head


def _text(origin: Origin, commitment: str, position: int) -> dict[str, TextRow]:
    """The row of a text; nothing where a redaction deleted it, whatever the source still holds."""
    if origin.redacted(commitment):
        return {}
    found = origin.text(commitment)
    if found is None or f"sha256:{sha256(found[0] + found[1]).hexdigest()}" != commitment:
        what = "missing" if found is None else "not the one that was signed"
        raise IntegrityFailure(f"A text of the entry #{position} is {what}.", fix=_FIX)
    return {commitment: TextRow(commitment, position, *found)}


def _blob(origin: Origin, digest: str, name: str) -> bytes:
    found = origin.blob(digest)
    if found is None or sha256(found).hexdigest() != digest:
        what = "missing" if found is None else "not the one that was stored"
        raise IntegrityFailure(f"The bytes of the {name} {digest[:15]}... are {what}.", fix=_FIX)
    return found
