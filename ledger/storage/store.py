"""The writing half of a ledger: one append is one transaction, and its receipts leave only after COMMIT."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from ledger.errors import Conflict, DoseLedgerError
from ledger.events.entry import Entry
from ledger.merkle import proof, tree
from ledger.storage import files, schema
from ledger.storage.application import Log, Stored
from ledger.storage.lookout import OnFile
from ledger.storage.reader import Reader
from ledger.storage.receipt import Receipt
from ledger.storage.refusals import translated
from ledger.storage.rows import Batch, Row, TextRow, log_time, redactions, row_of, signer_rows
from ledger.storage.sqlite import log_of
from ledger.storage.turn import Take, of_file

Seal = Callable[[int, bytes], bytes]
"""Makes the signed checkpoint of a size and a root."""


class Store:
    """A ledger opened for writing. The caller has the writer's turn around every append."""

    def __init__(self, reader: Reader, log: Log, take: Take, *, forget: Callable[[], object] = tuple) -> None:
        """`take` takes the writer's turn; `forget` removes from the disk what a redaction has just deleted."""
        self.reader = reader
        self.log = log
        self.take = take
        self._forget = forget

    @property
    def path(self) -> str:
        """How the ledger is named to people."""
        return self.reader.path

    @classmethod
    def create(cls, path: str) -> Store:
        """Make the tables in the empty file at `path`."""
        connection = _writer(path)
        try:
            with translated(path):
                connection.execute(f"PRAGMA page_size={schema.PAGE_SIZE}")
                connection.execute("PRAGMA journal_mode=WAL")
            return cls._of_file(path, connection, create=True)
        except BaseException:
            connection.close()
            raise

    @classmethod
    def open(cls, path: str) -> Store:
        """Open an existing ledger file for writing.

        Raises Unavailable where there is none that can be, IntegrityFailure where its tables are not ours.
        """
        files.require_present(path)
        files.require_local(path)
        connection = _writer(path)
        try:
            files.require_ledger(connection, path)
            files.require_guarded(connection, path)
            with translated(path):
                connection.execute("PRAGMA journal_mode=WAL")
            return cls._of_file(path, connection, create=False)
        except BaseException:
            connection.close()
            raise

    @classmethod
    def _of_file(cls, path: str, connection: sqlite3.Connection, *, create: bool) -> Store:
        database = OnFile(path, connection)
        log = log_of(path, connection, create=create)
        return cls(Reader(database), log, of_file(path), forget=lambda: database.all("PRAGMA wal_checkpoint(TRUNCATE)"))

    def close(self) -> None:
        """Let go of the ledger; the last writer of a file folds the write-ahead log into it."""
        self.log.close()
        self.reader.close()

    def append(
        self,
        entries: Sequence[tuple[Entry, bytes]],
        *,
        seal: Seal,
        texts: Iterable[TextRow] = (),
        blobs: Iterable[tuple[str, bytes]] = (),
    ) -> tuple[Receipt, ...]:
        """Store entries at the end of the log, with everything that hangs on them, or nothing.

        Raises Conflict when somebody else wrote first, Unavailable when nothing could be stored, and
        OutcomeUnknown when the disk did not say whether it was.
        """
        start = self.reader.size()
        frontier = self.reader.frontier(start)
        nodes = dict(zip(tree.frontier_places(start), frontier, strict=True))
        interior: list[tree.Interior] = []
        for offset, (entry, _) in enumerate(entries):
            if entry.position != start + offset:
                raise Conflict(
                    "Somebody wrote first.",
                    winner=start + offset,
                    why=f"the log has {start} entries",
                    fix="Look at the ledger as it is now, and decide again.",
                )
            leaf = bytes.fromhex(entry.leaf)
            grown = tree.append(entry.position, frontier, leaf)
            frontier = grown.frontier
            interior += grown.interior
            nodes[0, entry.position] = leaf
            nodes |= {(level, index): value for level, index, value in grown.interior}
        size = start + len(entries)
        note = seal(size, tree.frontier_root(frontier))
        rows = self.rows(entries, start)
        redacted = tuple(redactions(entry for entry, _ in entries))
        batch = Batch(
            rows=rows,
            signers=[one for entry, _ in entries for one in signer_rows(entry)],
            nodes=interior,
            size=size,
            note=note,
            texts=tuple(texts),
            blobs=tuple(blobs),
            redacted=redacted,
        )
        self.log.events.put(
            [Stored(r.stream, r.version, r.kind, e.event, r.raw) for r, (e, _) in zip(rows, entries, strict=True)],
            batch=batch,
        )
        self.reader.keep(size, frontier)
        if redacted:
            with contextlib.suppress(DoseLedgerError):  # who still reads an older state lets go of it later
                self._forget()
        return tuple(self._receipt(entry, size, note, lambda level, index: nodes[level, index]) for entry, _ in entries)

    def rows(self, entries: Sequence[tuple[Entry, bytes]], start: int) -> list[Row]:
        """Give the rows of entries that come behind the first `start` of the log."""
        rows: list[Row] = []
        versions: dict[str, int] = {}
        at = self.reader.log_time(start - 1)
        for entry, raw in entries:
            known = versions.get(entry.stream)
            versions[entry.stream] = version = (self.reader.version(entry.stream) if known is None else known) + 1
            at = log_time(entry, at)
            rows.append(row_of(entry, raw, version=version, at=at))
        return rows

    @staticmethod
    def _receipt(entry: Entry, size: int, note: bytes, node: tree.NodeReader) -> Receipt:
        return Receipt(entry.position, entry.id, entry.leaf, note, proof.inclusion(entry.position, size, node))


def _writer(path: str) -> sqlite3.Connection:
    with translated(path):
        return files.connect(path, mode="rw")
