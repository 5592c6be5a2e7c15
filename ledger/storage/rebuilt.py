"""The tables of a ledger made again from a copy, in a private file for reading alone.

Same tables and indexes, no triggers: nobody writes to it again. Entries that the copy leaves out have no row; their
leaf hashes stand in `nodes` at level 0, which a ledger file never has.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from ledger.errors import BadInput, IntegrityFailure
from ledger.events.entry import Entry
from ledger.merkle import tree
from ledger.storage import schema
from ledger.storage.lookout import OnFile
from ledger.storage.reader import Reader
from ledger.storage.rows import Row, SignerRow, TextRow, log_time, redactions, row_of, signer_rows

_FLUSH = 512
"""Entries whose rows are kept before they are written."""
_ENTRY = f"INSERT INTO entries VALUES ({','.join('?' * 12)})"  # noqa: S608 - question marks alone
_SIGNER = "INSERT INTO signers VALUES (?,?,?,?,?)"
_NODE = "INSERT INTO nodes VALUES (?,?,?)"
_TEXT = "INSERT INTO texts VALUES (?,?,?,?)"
_REDACTION = "INSERT OR IGNORE INTO redactions VALUES (?,?)"


class Partial(Reader):
    """The reader of such a file: it knows which entries it lacks, and their hashes."""

    def __init__(
        self,
        path: str,
        connection: sqlite3.Connection,
        *,
        hidden: tuple[int, ...],
        size: int,
        release: Callable[[], object],
    ) -> None:
        super().__init__(OnFile(path, connection, release=release))
        self._hidden = hidden
        self._size = size

    def size(self) -> int:
        """How many entries the log has, those that are left out with them."""
        return self._size

    def withheld(self) -> tuple[int, ...]:
        """The positions that the copy leaves out, in ascending order."""
        return self._hidden

    def raw(self, position: int) -> bytes:
        """The bytes of one entry; raises BadInput where there is none, or it was left out."""
        for _, raw in self.raws(position, position + 1):
            return raw
        if 0 <= position < self._size:
            raise BadInput(
                f"The entry #{position} was left out of this copy.", why="only its hash stands in it, for the tree"
            )
        return super().raw(position)

    def node(self, level: int, index: int) -> bytes:
        """One hash of the tree; level 0 holds the leaves, those of entries that are left out too."""
        if level:
            return super().node(level, index)
        rows = self.all("SELECT hash FROM nodes WHERE level = 0 AND idx = ?", (index,))
        return bytes(rows[0][0]) if rows else super().node(0, index)

    def log_time(self, position: int) -> int | None:
        """T(p) as far as the entries that are here tell it."""
        if not 0 <= position < self._size:
            return None
        rows = self.all(
            "SELECT log_time FROM entries WHERE leaf_index <= ? ORDER BY leaf_index DESC LIMIT 1", (position,)
        )
        return int(rows[0][0]) if rows else None


class Rebuilt:
    """The file while it is filled, in log order."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._size = 0
        self._time: int | None = None
        self._frontier: tuple[bytes, ...] = ()
        self._versions: dict[str, int] = {}
        self._hidden: list[int] = []
        self._entries: list[Row] = []
        self._signers: list[SignerRow] = []
        self._nodes: list[tree.Interior] = []
        self._texts: list[TextRow] = []
        self._redacted: list[tuple[str, int]] = []
        statements = [text for text in schema.DDL if text.startswith("CREATE TABLE")]
        for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "BEGIN", *statements):
            self._connection.execute(statement)

    @property
    def root(self) -> bytes:
        """The root over everything added so far."""
        return tree.frontier_root(self._frontier)

    def add(self, entry: Entry, raw: bytes) -> None:
        """Add the next entry."""
        version = self._versions[entry.stream] = self._versions.get(entry.stream, 0) + 1
        self._time = log_time(entry, self._time)
        self._entries.append(row_of(entry, raw, version=version, at=self._time))
        self._signers += signer_rows(entry)
        self._redacted += redactions([entry])
        self._grow(bytes.fromhex(entry.leaf))

    def withhold(self, leaf: bytes) -> None:
        """Pass an entry of which the copy has the hash alone."""
        self._hidden.append(self._size)
        self._nodes.append((0, self._size, leaf))
        self._grow(leaf)

    def text(self, commitment: str, salt: bytes, text: bytes) -> None:
        """Add a text of the newest entry."""
        self._texts.append(TextRow(commitment, self._size - 1, salt, text))

    def note(self, size: int, note: bytes) -> None:
        """Add a checkpoint."""
        self._connection.execute("INSERT INTO checkpoints VALUES (?,?)", (size, note))

    def blob(self, digest: str, data: bytes) -> None:
        """Add a file."""
        self._connection.execute("INSERT INTO blobs VALUES (?,?)", (digest, data))

    def finish(self, release: Callable[[], object]) -> Partial:
        """Write what is left and read from it; IntegrityFailure where two entries claim one place."""
        try:
            self._flush()
            for statement in schema.DDL:
                if "INDEX" in statement.partition(" ON ")[0]:
                    self._connection.execute(statement)
            self._connection.execute("COMMIT")
            self._connection.execute("PRAGMA query_only=ON")
        except sqlite3.Error as error:
            raise IntegrityFailure(
                "The entries of the copy do not belong in one log.", why=str(error), fix="Run `doseledger verify`."
            ) from error
        return Partial(self._path, self._connection, hidden=tuple(self._hidden), size=self._size, release=release)

    def close(self) -> None:
        """Let go of a file that was not finished."""
        self._connection.close()

    def _grow(self, leaf: bytes) -> None:
        grown = tree.append(self._size, self._frontier, leaf)
        self._frontier = grown.frontier
        self._nodes += grown.interior
        self._size += 1
        if self._size % _FLUSH == 0:
            self._flush()

    def _flush(self) -> None:
        for statement, rows in (
            (_ENTRY, self._entries),
            (_SIGNER, self._signers),
            (_NODE, self._nodes),
            (_TEXT, self._texts),
            (_REDACTION, self._redacted),
        ):
            self._connection.executemany(statement, rows)
            rows.clear()
