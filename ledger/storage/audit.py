"""The audit of a ledger file: everything that is derived, computed again from the entries' bytes and compared.

One pass in the order of the log, in memory that does not grow with it (but for one number per stream). What
does not agree is a flaw, never an exception. Signatures and authority are judged elsewhere, from the bytes.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from ledger import codec
from ledger.errors import DoseLedgerError, IntegrityFailure
from ledger.events.body import blobs
from ledger.events.entry import Entry
from ledger.events.study import LedgerCreated
from ledger.logkeys import turned
from ledger.merkle import checkpoint, tree
from ledger.merkle.epochs import LogKeys
from ledger.storage.beside import Beside
from ledger.storage.earlier import Earlier
from ledger.storage.reader import Reader, Table
from ledger.storage.rows import Row, log_time, redactions, row_of, signer_rows
from ledger.storage.schema import LOG
from ledger.storage.whole import flaws as meta_flaws

__all__ = ["LOG", "Audit", "Flaw", "audit"]


_FIRST, _LAST = -1 << 63, (1 << 63) - 1
"""The smallest and the greatest position that a column can hold."""


class Flaw(NamedTuple):
    """One thing that is not as the bytes say: at which entry (None: of the file), of what kind, and why."""

    position: int | None
    kind: str
    why: str


def audit(reader: Reader) -> Iterator[Flaw]:
    """Yield every flaw of the file; nothing when it is exactly what its entries make it."""
    return Audit(reader).rest()


class Audit:
    """The audit of one file in steps, so that whoever reads the same entries opens them once for both."""

    def __init__(self, reader: Reader, since: Earlier | None = None, log_keys: LogKeys | None = None) -> None:
        """With `since`, and the keys of the log as of it, compare only what hangs on the entries behind it."""
        self._reader = reader
        self._since = since
        self._walk = _Walk(reader, since, log_keys or LogKeys())
        self._next = _FIRST if since is None else since.size()
        self._readable = True

    @property
    def unread(self) -> list[str]:
        """What could not be looked at, in words."""
        return self._reader.database.unread

    def take(
        self, stop: int, opened: Mapping[int, codec.Opened], heads: Container[int], node: tree.NodeReader | None = None
    ) -> Iterator[Flaw]:
        """Compare the rows up to before position `stop`.

        `opened` are entries that the caller has opened, by position; `heads` the sizes whose checkpoints it has
        compared with the entries; `node` the tree that it has grown up to there.
        """
        return self._calm(self._entries(stop - 1, opened, heads, node))

    def rest(self) -> Iterator[Flaw]:
        """Compare what is left: the rows behind those that were taken, the file itself, and the blobs."""
        if self._since is not None:
            yield from self._calm(Flaw(None, *found) for found in self._reader.database.shape())
            yield from self._calm(self._end())
            return
        yield from self._calm(_file(self._reader))
        yield from self._calm(self._end())
        yield from self._calm(_blobs(self._reader))

    def _entries(
        self, last: int, opened: Mapping[int, codec.Opened], heads: Container[int], node: tree.NodeReader | None
    ) -> Iterator[Flaw]:
        try:
            while self._readable and (rows := self._reader.rows(self._next, last)):
                self._next = rows[-1].leaf_index + 1
                beside = Beside(self._reader, rows, opened)
                for row in rows:
                    yield from self._walk.step(row, beside, heads, node)
                if node is not None:
                    self._walk.catch_up(node)
        except DoseLedgerError:
            self._readable = False
            raise

    def _end(self) -> Iterator[Flaw]:
        yield from self._entries(_LAST, {}, (), None)
        if self._readable:
            yield from self._walk.end()

    @staticmethod
    def _calm(part: Iterator[Flaw]) -> Iterator[Flaw]:
        """The flaws of one part; what the database refuses to read is one more."""
        try:
            yield from part
        except DoseLedgerError as error:
            yield Flaw(None, "unreadable", f"{error.what} {error.why}".strip())


def _file(reader: Reader) -> Iterator[Flaw]:
    for kind, why in reader.database.flaws():
        yield Flaw(None, kind, why)
    for why in meta_flaws(reader):
        yield Flaw(None, "meta", why)


class _Walk:
    """What is known of the log up to the entry that is looked at."""

    def __init__(self, reader: Reader, since: Earlier | None, log_keys: LogKeys) -> None:
        self.reader = reader
        self.since = since
        self.size = 0 if since is None else since.size()
        self.whole = True
        self.frontier: tuple[bytes, ...] = () if since is None else since.frontier(self.size)
        self.versions: dict[str, int] = {}
        self.time = None if since is None else since.log_time(self.size - 1)
        self.log_keys = log_keys
        self.counted: dict[Table, int] = {"signers": 0, "nodes": 0, "texts": 0, "checkpoints": 0, "redactions": 0}

    def step(self, row: Row, beside: Beside, heads: Container[int], node: tree.NodeReader | None) -> Iterator[Flaw]:
        """Compare one row of `entries`, and what hangs on it."""
        position, raw = row.leaf_index, row.raw
        if position != self.size:
            yield Flaw(self.size, "gap", f"after position {self.size - 1} comes {position}")
            self.size, self.whole = position, False
        if type(raw) is not bytes:
            yield Flaw(position, "storage-class", "the bytes of the entry are not stored as a blob")
            raw = b""
        opened = beside.opened(position)
        if isinstance(opened, codec.Opened):
            yield from self._columns(row, raw, opened.entry)
            yield from self._signers(opened.entry, beside)
            yield from self._named(opened, beside)
        else:
            yield Flaw(position, "entry", opened)
        yield from self._grow(beside.leaf(position), beside, node)
        yield from self._checkpoint(beside, heads, node)

    def catch_up(self, node: tree.NodeReader) -> None:
        """Take over the tree that somebody else has grown up to here."""
        if self.whole:
            self.frontier = tuple(node(*place) for place in tree.frontier_places(self.size))

    def end(self) -> Iterator[Flaw]:
        """What is too much, and what is missing at the end."""
        if self.size == 0:
            yield Flaw(None, "empty", "the ledger has no entry")
        elif self.reader.note(self.size) is None:
            yield Flaw(self.size - 1, "checkpoint", f"no checkpoint covers all {self.size} entries")
        for table, expected in self.counted.items() if self.since is None else ():
            found = self.reader.count(table)
            if found != expected:
                yield Flaw(None, "extra", f"{table} has {found} rows; {expected} of them belong to entries")

    def _columns(self, row: Row, raw: bytes, entry: Entry) -> Iterator[Flaw]:
        position = row.leaf_index
        if (position == 0) == isinstance(entry.event, LedgerCreated):
            self.log_keys = turned(self.log_keys, entry)
        before = self.versions.get(entry.stream)
        if before is None:
            before = 0 if self.since is None else self.since.version(entry.stream)
        version = self.versions[entry.stream] = before + 1
        self.time = log_time(entry, self.time)
        expected = row_of(entry, raw, version=version, at=self.time)
        if _same(row, expected):
            return
        for name, found, wanted in zip(Row._fields, row, expected, strict=True):
            if type(found) is not type(wanted):
                yield Flaw(position, "storage-class", f"{name} is stored as {type(found).__name__}")
            elif found != wanted:
                yield Flaw(position, "column", f"{name} is {_shown(found)}; its bytes say {_shown(wanted)}")

    def _signers(self, entry: Entry, beside: Beside) -> Iterator[Flaw]:
        for signer in signer_rows(entry):
            found = beside.signers.get((signer.kid, signer.n))
            self.counted["signers"] += found is not None
            if not _same(found, signer):
                why = f"the row of signature {signer.i} by {signer.person} is missing or another"
                yield Flaw(entry.position, "signers", why)

    def _named(self, opened: codec.Opened, beside: Beside) -> Iterator[Flaw]:
        position = opened.entry.position
        for commitment in beside.commitments(position):
            yield from self._text(position, commitment, beside)
        for commitment, at in redactions([opened.entry]):
            found = self.reader.all("SELECT leaf_index FROM redactions WHERE commitment = ?", (commitment,))
            kept = len(found) == 1 and _same(found[0], (at,))
            self.counted["redactions"] += kept
            if not kept:
                yield Flaw(position, "text", f"the redaction of {commitment} is not kept")
        for _, digest in blobs(opened.entry.event):
            if not self.reader.all("SELECT 1 FROM blobs WHERE digest = ?", (digest,)):
                yield Flaw(position, "blob", f"the file {digest} that the entry names is missing")

    def _text(self, position: int, commitment: str, beside: Beside) -> Iterator[Flaw]:
        row, redacted = beside.texts.get(commitment), commitment in beside.redacted
        if row is None and not redacted:
            yield Flaw(position, "text", f"the text of {commitment} is missing")
        if row is None:
            return
        if redacted:
            yield Flaw(position, "text", f"the text of {commitment} is there although it was redacted")
        _, first, salt, text = row
        self.counted["texts"] += first == position
        bytes_are = type(salt) is bytes and type(text) is bytes
        if not bytes_are or f"sha256:{sha256(salt + text).hexdigest()}" != commitment:
            yield Flaw(position, "text", f"the text of {commitment} is not the one that was signed")
        if type(first) is not int or first > position:
            yield Flaw(position, "text", f"the text of {commitment} is kept for the later position {first}")

    def _grow(self, leaf: bytes, beside: Beside, node: tree.NodeReader | None) -> Iterator[Flaw]:
        self.size += 1
        if not self.whole:  # behind a gap there is no tree to compare with
            return
        if node is not None:
            if node(0, self.size - 1) != leaf:
                yield Flaw(self.size - 1, "node", "the entry is not the one that was read before: somebody changed it")
            level, index = 1, self.size
            while not index & 1:
                index >>= 1
                yield from self._node(beside, level, index - 1, node(level, index - 1))
                level += 1
            return
        grown = tree.append(self.size - 1, self.frontier, leaf)
        for level, index, value in grown.interior:
            yield from self._node(beside, level, index, value)
        self.frontier = grown.frontier

    def _node(self, beside: Beside, level: int, index: int, value: bytes) -> Iterator[Flaw]:
        found = beside.nodes.get((level, index))
        self.counted["nodes"] += found is not None
        if type(found) is not bytes or found != value:
            yield Flaw(self.size - 1, "node", f"the hash ({level}, {index}) of the tree is missing or another")

    def _checkpoint(self, beside: Beside, heads: Container[int], node: tree.NodeReader | None) -> Iterator[Flaw]:
        note = beside.notes.get(self.size)
        if note is None:
            return
        self.counted["checkpoints"] += 1
        if not self.whole or self.size in heads:
            return
        try:
            found = checkpoint.parse(note)[0]
        except (DoseLedgerError, TypeError, AttributeError) as error:
            yield Flaw(self.size - 1, "checkpoint", f"the checkpoint of {self.size} entries cannot be read: {error}")
            return
        origin = self.log_keys.newest.origin if self.log_keys.keys else ""
        root = tree.frontier_root(self.frontier) if node is None else tree.root_at(self.size, node)
        if (found.origin, found.size, found.root) != (origin, self.size, root):
            yield Flaw(self.size - 1, "checkpoint", f"the checkpoint of {self.size} entries is of another log")


def _blobs(reader: Reader) -> Iterator[Flaw]:
    last = ""
    while rows := reader.all("SELECT digest, data FROM blobs WHERE digest > ? ORDER BY digest LIMIT 1", (last,)):
        if rows[0][0] <= last:
            raise IntegrityFailure("The files of the ledger are not in their order.")
        last, data = rows[0]
        if type(data) is not bytes or sha256(data).hexdigest() != last:
            yield Flaw(None, "blob", f"the file {last} has other bytes")


def _same(found: Sequence[object] | None, expected: Sequence[object]) -> bool:
    """Whether a row has the values and the storage classes that it must have: 1 is not 1.0, and not true."""
    return found is not None and found == expected and list(map(type, found)) == list(map(type, expected))


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)
