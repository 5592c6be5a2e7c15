"""Opened entries, kept while the ledger is open: what has been read strictly once is not read again.

Entries never change, so a kept entry is never stale; only what was written since must be read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from hashlib import sha256

from ledger import codec
from ledger.course.people import Roster, evolve
from ledger.errors import BadInput, IntegrityFailure
from ledger.events.entry import Entry
from ledger.logkeys import TURNS, turned
from ledger.merkle.epochs import LogKeys
from ledger.merkle.tree import leaf_hash
from ledger.storage.reader import Reader
from ledger.storage.schema import LOG

AUTHORITY = ("study", "people")
"""The streams that say who may do what; nothing on another stream changes the roster."""
_STREAMS = 64
_ENTRIES = 256
_BLOBS = 8


class Shelf:
    """The opened entries of one ledger file, by stream and by position, and the roster folded from them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._streams: OrderedDict[str, list[Entry]] = OrderedDict()
        self._opened: OrderedDict[int, codec.Opened] = OrderedDict()
        self._blobs: dict[str, bytes] = {}
        self._roster = Roster()
        self._folded = 0
        self._log_keys = LogKeys()
        self._turned = 0

    def id(self) -> str:
        """The leaf hash of the first entry, of its bytes: a column beside them may say anything."""
        if 0 in self._reader.withheld():
            return self._reader.node(0, 0).hex()
        raw = self._reader.raw(0)
        return leaf_hash(raw if type(raw) is bytes else b"").hex()

    def entries(self, start: int, stop: int) -> Iterator[Entry]:
        """Entries in log order, opened one by one."""
        for position, raw in self._reader.raws(start, stop):
            yield self._open(position, raw).entry.told

    def opened(self, position: int) -> codec.Opened:
        """One entry, opened."""
        found = self._opened.get(position)
        if found is None:
            found = self._open(position, self._reader.raw(position))
            self._keep(found)
        return found

    def stream(self, name: str) -> list[Entry]:
        """All entries of one stream; only those that are new are read."""
        kept = self._streams.get(name)
        if kept is None:
            kept = self._streams[name] = []
            if len(self._streams) > _STREAMS:
                self._streams.popitem(last=False)
        else:
            self._streams.move_to_end(name)
        for position, raw in self._reader.stream(name, after=len(kept)):
            opened = self._opened.get(position)
            kept.append((self._open(position, raw) if opened is None else opened).entry.told)
        return kept

    def blob(self, digest: str) -> bytes:
        """The file with this SHA-256, compared with it once; the same bytes at every look."""
        found = self._blobs.get(digest) or self._reader.blob(digest)
        if found is None:
            raise BadInput(f"The ledger keeps no file with the digest {digest[:15]}….")
        if digest not in self._blobs:
            if sha256(found).hexdigest() != digest:
                raise IntegrityFailure(
                    f"The file with the digest {digest[:15]}… is not the one that was stored.",
                    fix="Run `doseledger verify`.",
                )
            if len(self._blobs) >= _BLOBS:
                del self._blobs[next(iter(self._blobs))]
            self._blobs[digest] = found
        return found

    def roster(self, size: int, *, newest: bool) -> Roster:
        """The roster folded from the first `size` entries; `newest` says that these are all."""
        if not newest:
            roster = Roster()
            for entry in self._authority(0, size):
                roster = evolve(roster, entry)
            return roster
        if size != self._folded:
            for entry in self._authority(self._folded, size):
                self._roster = evolve(self._roster, entry)
            self._folded = size
        return self._roster

    def log_keys(self, size: int) -> LogKeys:
        """The keys of the log as the first `size` entries name them, read without the rest of the roster."""
        if self._turned > size:
            self._log_keys, self._turned = LogKeys(), 0
        if not self._turned and size:
            self._log_keys = turned(LogKeys(), self.opened(0).entry)
        for position in sorted(self._turns(max(1, self._turned), size)):
            self._log_keys = turned(self._log_keys, self.opened(position).entry)
        self._turned = size
        return self._log_keys

    def took(self, stored: Iterable[codec.Opened]) -> None:
        """Keep entries that this process has just stored."""
        for opened in stored:
            entry = opened.entry
            self._keep(opened)
            if entry.position == self._folded:
                self._roster = evolve(self._roster, entry) if entry.stream in AUTHORITY else self._roster
                self._folded += 1

    def _turns(self, start: int, stop: int) -> Iterator[int]:
        """The positions in [start, stop) of the entries that name another key of the log."""
        for name in AUTHORITY:
            found = self._reader.first(name, TURNS, start, stop, other_than=b"", family=False)
            while found is not None:
                yield found
                found = self._reader.first(name, TURNS, found + 1, stop, other_than=b"", family=False)

    def _authority(self, start: int, stop: int) -> list[Entry]:
        found = [entry for name in AUTHORITY for entry in self.stream(name) if start <= entry.position < stop]
        return sorted(found, key=lambda entry: entry.position)

    def _open(self, position: int, raw: bytes) -> codec.Opened:
        if type(raw) is not bytes:
            raise IntegrityFailure(f"The entry #{position} is not stored as bytes.", fix="Run `doseledger verify`.")
        return codec.open_whole(raw, log=LOG, position=position)

    def _keep(self, opened: codec.Opened) -> None:
        self._opened[opened.entry.position] = opened
        if len(self._opened) > _ENTRIES:
            self._opened.popitem(last=False)
