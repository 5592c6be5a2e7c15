"""Where a ledger is carried over from: its tables or a copy of the whole, and newer entries behind them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Protocol

from ledger import codec
from ledger.book.copied import reader_of
from ledger.copies import form_of
from ledger.copies.tail import Tail
from ledger.errors import IntegrityFailure, Malformed
from ledger.events.review import TextRedacted
from ledger.merkle import tree
from ledger.storage.carrying import digests
from ledger.storage.opening import look_at
from ledger.storage.reader import Reader
from ledger.storage.schema import LOG


class Origin(Protocol):
    """What is asked of the source of a ledger that is carried over."""

    @property
    def size(self) -> int:
        """How many entries there are; those that are written later do not count."""
        ...

    def root(self, size: int) -> bytes:
        """The root over the first `size` entries, by the stored tree."""
        ...

    def raws(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """Positions and bytes of the entries at [start, stop)."""
        ...

    def notes(self) -> Iterator[tuple[int, bytes]]:
        """Every checkpoint, as size and signed note, by size."""
        ...

    def text(self, commitment: str) -> tuple[bytes, bytes] | None:
        """Salt and text behind a commitment."""
        ...

    def redacted(self, commitment: str) -> bool:
        """Whether a redaction among these entries deleted a text."""
        ...

    def blob(self, digest: str) -> bytes | None:
        """The bytes behind a digest."""
        ...

    def digests(self) -> Sequence[str]:
        """Every file that is kept, whether an entry names it or not."""
        ...


class Whole:
    """A ledger, or a complete copy of one, as it is when this is made."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.size = reader.size()

    def root(self, size: int) -> bytes:
        """The root over the first `size` entries, by the stored tree."""
        return tree.frontier_root(self._reader.frontier(size))

    def frontier(self) -> tuple[bytes, ...]:
        """The hashes of the complete subtrees of all entries."""
        return self._reader.frontier(self.size)

    def raws(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """Positions and bytes of the entries at [start, stop)."""
        return self._reader.raws(start, stop)

    def notes(self) -> Iterator[tuple[int, bytes]]:
        """Every checkpoint of at most this many entries."""
        return self._reader.notes(self.size)

    def text(self, commitment: str) -> tuple[bytes, bytes] | None:
        """Salt and text behind a commitment."""
        return self._reader.text(commitment)

    def redacted(self, commitment: str) -> bool:
        """Whether a redaction deleted a text."""
        return self._reader.redacted(commitment) is not None

    def blob(self, digest: str) -> bytes | None:
        """The bytes behind a digest."""
        return self._reader.blob(digest)

    def digests(self) -> Sequence[str]:
        """Every file that is kept."""
        return digests(self._reader)


class Extended:
    """A ledger and the entries that were written behind it."""

    def __init__(self, whole: Whole, tail: Tail) -> None:
        """Raise IntegrityFailure where the tail is not one that could stand behind the ledger."""
        if tail.start != whole.size or tail.ledger != next(_leaves(whole.raws(0, 1))).hex():
            raise IntegrityFailure(
                "The tail does not belong to this backup.",
                why=f"it goes on behind {tail.start} entries; the backup has {whole.size}"
                if tail.start != whole.size
                else "it is of another ledger",
                fix="Use the tail that was made with the backup, or none.",
            )
        self._whole = whole
        self._raws = [entry.encode() for entry in tail.entries]
        self._notes = [(one.size, one.note.encode()) for one in tail.checkpoints]
        self._texts = {one.commitment: (bytes.fromhex(one.salt), one.text.encode()) for one in tail.texts}
        self._blobs = {one.digest: _plain(one.data) for one in tail.blobs}
        self._redacted = frozenset(_redacted(self._raws, whole.size))
        self.size = whole.size + len(self._raws)

    def root(self, size: int) -> bytes:
        """The root over the first `size` entries."""
        if size <= self._whole.size:
            return self._whole.root(size)
        frontier = self._whole.frontier()
        for at, leaf in enumerate(_leaves(self.raws(self._whole.size, size)), self._whole.size):
            frontier = tree.append(at, frontier, leaf).frontier
        return tree.frontier_root(frontier)

    def raws(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """Positions and bytes of the entries at [start, stop)."""
        yield from self._whole.raws(start, min(stop, self._whole.size))
        for position in range(max(start, self._whole.size), min(stop, self.size)):
            yield position, self._raws[position - self._whole.size]

    def notes(self) -> Iterator[tuple[int, bytes]]:
        """Every checkpoint."""
        yield from self._whole.notes()
        yield from sorted((size, note) for size, note in self._notes if self._whole.size < size <= self.size)

    def text(self, commitment: str) -> tuple[bytes, bytes] | None:
        """Salt and text behind a commitment."""
        return self._texts.get(commitment) or self._whole.text(commitment)

    def redacted(self, commitment: str) -> bool:
        """Whether a redaction deleted a text."""
        return commitment in self._redacted or self._whole.redacted(commitment)

    def blob(self, digest: str) -> bytes | None:
        """The bytes behind a digest."""
        return self._blobs.get(digest) or self._whole.blob(digest)

    def digests(self) -> Sequence[str]:
        """Every file that is kept."""
        return sorted({*self._blobs, *self._whole.digests()})


def reader_at(path: str) -> Reader:
    """Open the ledger, or the copy, at a path to be read."""
    return look_at(path) if form_of(path) is None else reader_of(path)


def _leaves(raws: Iterator[tuple[int, bytes]]) -> Iterator[bytes]:
    return (tree.leaf_hash(raw) for _, raw in raws)


def _redacted(raws: Sequence[bytes], start: int) -> Iterator[str]:
    for position, raw in enumerate(raws, start):
        event = codec.open_entry(raw, log=LOG, position=position).told.event
        if isinstance(event, TextRedacted):
            yield from event.commitments


def _plain(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise Malformed("a file in the tail of the backup is not base64", why=str(error)) from error
