"""Reading a ledger file with nothing but SQLite, so that a look at one patient stays cheap.

A reader never writes and never makes a file. While nobody writes there is no write-ahead log, and the file
is read as it lies; a file that changed under such a look is noticed by its stamp and read again.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from ledger.errors import BadInput, DoseLedgerError, IntegrityFailure
from ledger.merkle.tree import frontier_places
from ledger.storage.files import connect, require_ledger, require_present
from ledger.storage.refusals import sentence, translated
from ledger.storage.rows import Row

_FRONTIERS = 16
_CHUNK = 256
"""Entries read at once in a scan: the memory that a scan needs."""

Table = Literal["signers", "nodes", "texts", "checkpoints", "redactions"]
"""The tables whose rows all hang on entries."""
_COUNTS: dict[Table, str] = {
    "signers": "SELECT count(*) FROM signers",
    "nodes": "SELECT count(*) FROM nodes",
    "texts": "SELECT count(*) FROM texts",
    "checkpoints": "SELECT count(*) FROM checkpoints",
    "redactions": "SELECT count(*) FROM redactions",
}
_FIRST = """SELECT leaf_index FROM entries WHERE stream = ?
  AND leaf_index >= ? AND leaf_index < ? AND command_id <> ? AND kind IN (SELECT value FROM json_each(?))
  ORDER BY leaf_index LIMIT 1"""
_FIRST_OF_FAMILY = """SELECT leaf_index FROM entries WHERE ? IN (stream, substr(stream, 1, instr(stream, '/') - 1))
  AND leaf_index >= ? AND leaf_index < ? AND command_id <> ? AND kind IN (SELECT value FROM json_each(?))
  ORDER BY leaf_index LIMIT 1"""

Stamp = tuple[int, int, int]
"""What shows that the file changed: inode, size, time of the last change."""

_GONE: Stamp = (0, 0, 0)


class Reader:
    """The reading half of a ledger file."""

    def __init__(
        self,
        path: str,
        connection: sqlite3.Connection,
        stamp: Stamp | None = None,
        release: Callable[[], object] = tuple,
    ) -> None:
        """Read through `connection`; `stamp` is given when it ignores the write-ahead log, `release` ends a copy."""
        self.path = path
        self._connection = connection
        self._stamp = stamp
        self._release = release
        self._frontiers: dict[int, tuple[bytes, ...]] = {}

    @classmethod
    def open(cls, path: str) -> Reader:
        """Open the file for reading alone; raises Unavailable where there is no ledger of this version."""
        name = str(Path(path).resolve())  # the write-ahead log lies beside the file itself, not beside a link to it
        reader = cls(name, *_look(name))
        while True:
            try:
                require_ledger(reader._connection, name)
            except DoseLedgerError:
                if reader._unchanged():
                    reader.close()
                    raise
            if reader._unchanged():
                return reader
            reader._look_again()

    def close(self) -> None:
        """Let go of the file."""
        with translated(self.path):
            self._connection.close()
        self._release()

    def all(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The rows of one statement, all as they stood at one moment."""
        while True:
            try:
                rows = self._connection.execute(sql, parameters).fetchall()
            except OverflowError:
                return []  # a number beyond 64 bits names nothing
            except sqlite3.Error as error:
                if self._unchanged():
                    raise sentence(error, self.path) from error
            else:
                if self._unchanged():
                    return rows
            self._look_again()

    def size(self) -> int:
        """How many entries there are."""
        return int(self.all("SELECT coalesce(max(leaf_index) + 1, 0) FROM entries")[0][0])

    def raws(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """Position and bytes of the entries from `start` to before `stop`, in bounded memory."""
        while start < stop:
            rows = self.all(
                "SELECT leaf_index, raw FROM entries"
                " WHERE leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index LIMIT ?",
                (start, stop, _CHUNK),
            )
            if not rows:
                return
            yield from rows
            start = rows[-1][0] + 1

    def rows(self, start: int, last: int) -> list[Row]:
        """The first rows of `entries` from position `start` to `last`, in the order of the log: as many as fit."""
        rows = self.all(
            "SELECT * FROM entries WHERE leaf_index >= ? AND leaf_index <= ? ORDER BY leaf_index LIMIT ?",
            (start, last, _CHUNK),
        )
        return list(map(Row._make, rows))

    def stream(self, name: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        """Position and bytes of a stream's entries behind its version `after`."""
        return self.all(
            "SELECT leaf_index, raw FROM entries WHERE stream = ? AND version > ? ORDER BY version", (name, after)
        )

    def version(self, stream: str) -> int:
        """How many entries the stream has."""
        return int(self.all("SELECT coalesce(max(version), 0) FROM entries WHERE stream = ?", (stream,))[0][0])

    def streams(self, prefix: str) -> tuple[str, ...]:
        """The names of the streams that begin with `prefix`, sorted; each name costs one step in the index."""
        rows = self.all(
            "WITH RECURSIVE found(name) AS ("
            " SELECT (SELECT min(stream) FROM entries WHERE stream >= ?1)"
            " UNION ALL"
            " SELECT (SELECT min(stream) FROM entries WHERE stream > found.name) FROM found"
            " WHERE substr(found.name, 1, length(?1)) = ?1"
            ") SELECT name FROM found WHERE substr(name, 1, length(?1)) = ?1",
            (prefix,),
        )
        return tuple(name for (name,) in rows)

    def kinds(self) -> tuple[tuple[str, int], ...]:
        """The kinds with their numbers of entries, by name."""
        return tuple(
            (kind, count) for kind, count in self.all("SELECT kind, count(*) FROM entries GROUP BY kind ORDER BY kind")
        )

    def command(self, command_id: bytes) -> list[tuple[int, int, bytes]]:
        """Index, position and bytes of the stored entries of one command, by index."""
        return self.all(
            "SELECT command_index, leaf_index, raw FROM entries WHERE command_id = ? ORDER BY command_index",
            (command_id,),
        )

    def command_part(self, command_id: bytes, index: int) -> int | None:
        """Where one part of a command stands."""
        return self._position(
            "SELECT leaf_index FROM entries WHERE command_id = ? AND command_index = ?", command_id, index
        )

    def by_id(self, low: bytes, high: bytes, limit: int = 2) -> list[int]:
        """Positions of entries whose 16-byte id lies from `low` to `high`."""
        return [
            p
            for (p,) in self.all("SELECT leaf_index FROM entries WHERE id >= ? AND id <= ? LIMIT ?", (low, high, limit))
        ]

    def first(
        self, stream: str, kinds: Collection[str], start: int, stop: int, *, other_than: bytes, family: bool
    ) -> int | None:
        """The first position from `start` to before `stop` of an entry of `kinds`, not of that command.

        Looks at one stream; with `family` at the stream of this name and at all whose name begins with it and `/`.
        """
        sql = _FIRST_OF_FAMILY if family else _FIRST
        return self._position(sql, stream, start, stop, other_than, json.dumps(sorted(kinds)))

    def signed(self, kid: str, n: int) -> int | None:
        """Where this key signed with this counter."""
        return self._position("SELECT leaf_index FROM signers WHERE kid = ? AND n = ?", kid, n)

    def last_of(self, kid: str) -> int | None:
        """The newest entry whose first signature is by this key."""
        sql = "SELECT leaf_index FROM signers WHERE kid = ? AND i = 0 ORDER BY leaf_index DESC LIMIT 1"
        return self._position(sql, kid)

    def newest_by(self, kid: str) -> int | None:
        """The newest entry that this key signed, in whichever place."""
        return self._position("SELECT leaf_index FROM signers WHERE kid = ? ORDER BY leaf_index DESC LIMIT 1", kid)

    def label(self, position: int) -> tuple[bytes, bytes, str, str] | None:
        """Id, leaf hash, stream and kind of one entry."""
        rows = self.all("SELECT id, leaf, stream, kind FROM entries WHERE leaf_index = ?", (position,))
        return rows[0] if rows else None

    def raw(self, position: int) -> bytes:
        """The bytes of one entry; raises BadInput where there is none."""
        for _, raw in self.raws(position, position + 1):
            return raw
        raise BadInput(f"The ledger has no entry #{position}.", why=f"it has {self.size()} entries, the first is #0")

    def node(self, level: int, index: int) -> bytes:
        """One stored hash of the tree; level 0 holds the leaves."""
        if level == 0:
            rows = self.all("SELECT leaf FROM entries WHERE leaf_index = ?", (index,))
        else:
            rows = self.all("SELECT hash FROM nodes WHERE level = ? AND idx = ?", (level, index))
        if not rows:
            raise IntegrityFailure(
                f"The hash ({level}, {index}) of the tree is missing.", fix="Run `doseledger verify`."
            )
        return _blob(rows[0][0])

    def frontier(self, size: int) -> tuple[bytes, ...]:
        """The hashes of the complete subtrees of the first `size` entries, largest first; the last few are kept."""
        found = self._frontiers.get(size)
        if found is None:
            found = tuple(self.node(*place) for place in frontier_places(size))
            self.keep(size, found)
        return found

    def keep(self, size: int, frontier: tuple[bytes, ...]) -> None:
        """Remember a frontier that was just stored or read."""
        if len(self._frontiers) >= _FRONTIERS:
            del self._frontiers[next(iter(self._frontiers))]
        self._frontiers[size] = frontier

    def note(self, size: int) -> tuple[int, bytes] | None:
        """Size and bytes of the first checkpoint that covers `size` entries."""
        rows = self.all("SELECT size, note FROM checkpoints WHERE size >= ? ORDER BY size LIMIT 1", (size,))
        return rows[0] if rows else None

    def notes(self, stop: int) -> Iterator[tuple[int, bytes]]:
        """Size and bytes of the checkpoints of at most `stop` entries, by size."""
        start = 0
        while rows := self.all(
            "SELECT size, note FROM checkpoints WHERE size > ? AND size <= ? ORDER BY size LIMIT ?",
            (start, stop, _CHUNK),
        ):
            yield from ((int(size), _blob(note)) for size, note in rows)
            start = rows[-1][0]

    def withheld(self) -> tuple[int, ...]:
        """The positions that only a copy can lack: none."""
        return ()

    def log_time(self, position: int) -> int | None:
        """T(p) of one position in milliseconds, or None where there is no entry."""
        rows = self.all("SELECT log_time FROM entries WHERE leaf_index = ?", (position,))
        return int(rows[0][0]) if rows else None

    def visible(self, at: int) -> int:
        """How many entries had been written at log time `at`: one more than the last position with T(p) <= at.

        Log time falls only where a clock entry resets it, so it is searched between clock entries.
        """
        clocks = self.all("SELECT leaf_index FROM entries WHERE kind = 'log.clock/1' ORDER BY leaf_index DESC")
        stop = self.size()
        for start in [*(int(position) for (position,) in clocks), 0]:
            low, high = start, stop
            while low < high:
                middle = (low + high) // 2
                time = self.log_time(middle)
                low, high = (middle + 1, high) if time is not None and time <= at else (low, middle)
            if low > start:
                return low
            stop = start
        return 0

    def text(self, commitment: str) -> tuple[bytes, bytes] | None:
        """Salt and text behind a commitment, or None."""
        rows = self.all("SELECT salt, text FROM texts WHERE commitment = ?", (commitment,))
        return (_blob(rows[0][0]), _blob(rows[0][1])) if rows else None

    def redacted(self, commitment: str) -> int | None:
        """Where the redaction stands that deleted the text of a commitment, or None."""
        rows = self.all("SELECT leaf_index FROM redactions WHERE commitment = ?", (commitment,))
        return int(rows[0][0]) if rows else None

    def blob(self, digest: str) -> bytes | None:
        """The bytes of a digest, or None."""
        rows = self.all("SELECT data FROM blobs WHERE digest = ?", (digest,))
        return _blob(rows[0][0]) if rows else None

    def next_n(self, kid: str) -> int:
        """The first signature counter of a key that no stored entry uses yet and none below is behind."""
        return int(self.all("SELECT coalesce(max(n) + 1, 0) FROM signers WHERE kid = ?", (kid,))[0][0])

    def count(self, table: Table) -> int:
        """How many rows a table has."""
        return int(self.all(_COUNTS[table])[0][0])

    def _position(self, sql: str, *parameters: object) -> int | None:
        rows = self.all(sql, parameters)
        return int(rows[0][0]) if rows else None

    def _unchanged(self) -> bool:
        return self._stamp is None or self._stamp == _stamp(self.path)

    def _look_again(self) -> None:
        self.close()
        self._connection, self._stamp, self._release = _look(self.path)


def _blob(value: object) -> bytes:
    if type(value) is not bytes:
        raise IntegrityFailure("A value of the ledger file is not stored as bytes.", fix="Run `doseledger verify`.")
    return value


def left_behind(path: str) -> bool:
    """Whether a write-ahead log lies beside the file and nobody has it open."""
    return os.path.lexists(f"{path}-wal") and not os.path.lexists(f"{path}-shm")


def _stamp(path: str) -> Stamp | None:
    if os.path.lexists(f"{path}-wal"):
        return None
    try:
        seen = Path(path).stat()
    except OSError:
        return _GONE
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def _look(path: str) -> tuple[sqlite3.Connection, Stamp | None, Callable[[], object]]:
    require_present(path)
    if left_behind(path):
        from ledger.storage.aside import Aside  # noqa: PLC0415 - seldom needed, and slow to load

        aside = Aside(path)
        if left_behind(path):
            try:
                with translated(path):
                    return connect(aside.path, mode="ro"), None, aside.close
            except BaseException:
                aside.close()
                raise
        aside.close()  # somebody has opened it meanwhile
    stamp = _stamp(path)
    with translated(path):
        return connect(path, mode="ro", immutable=stamp is not None), stamp, tuple
