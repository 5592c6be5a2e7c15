"""Reading a ledger's tables, wherever they lie, and with nothing loaded but what a look needs.

Every statement stands here once, for a file and for a server; `ledger.storage.database` says what differs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal

from ledger.errors import BadInput, IntegrityFailure
from ledger.merkle.tree import frontier_places
from ledger.storage.database import Database
from ledger.storage.lookout import OnFile
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
_COLUMNS = ", ".join(Row._fields)
_BETWEEN = "leaf_index >= ? AND leaf_index < ? AND command_id <> ? AND kind"
_EARLIEST = "ORDER BY leaf_index LIMIT 1"


class Reader:
    """The reading half of a ledger."""

    def __init__(self, database: Database) -> None:
        """Read from an open database, which is closed with this reader."""
        self.database = database
        self._frontiers: dict[int, tuple[bytes, ...]] = {}

    @classmethod
    def open(cls, name: str) -> Reader:
        """Open the ledger at a path or a URL for reading alone; Unavailable where there is none of this version."""
        return cls(OnFile.look(name))

    @property
    def path(self) -> str:
        """How the ledger is named to people."""
        return self.database.name

    def close(self) -> None:
        """Let go of the ledger."""
        self.database.close()

    def all(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The rows of one statement, all as they stood at one moment."""
        return self.database.all(sql, parameters)

    def size(self) -> int:
        """How many entries there are."""
        return int(self.all("SELECT coalesce(max(leaf_index), -1) FROM entries")[0][0]) + 1

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
            beyond = rising(start, [position for position, _ in rows])
            yield from rows
            start = beyond

    def rows(self, start: int, last: int) -> list[Row]:
        """The first rows of `entries` from position `start` to `last`, in the order of the log: as many as fit."""
        rows = self.all(
            f"SELECT {_COLUMNS} FROM entries WHERE leaf_index >= ? AND leaf_index <= ? ORDER BY leaf_index LIMIT ?",  # noqa: S608 - our own columns
            (start, last, _CHUNK),
        )
        found = list(map(Row._make, rows))
        rising(start, [row.leaf_index for row in found])
        return found

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
        begins = (len(prefix), prefix)
        rows = self.all(
            "WITH RECURSIVE found(name) AS ("
            " SELECT (SELECT min(stream) FROM entries WHERE stream >= ?)"
            " UNION"  # ends where a damaged index leads in a circle
            " SELECT (SELECT min(stream) FROM entries WHERE stream > found.name) FROM found"
            " WHERE substr(found.name, 1, ?) = ?"
            ") SELECT name FROM found WHERE substr(name, 1, ?) = ?",
            (prefix, *begins, *begins),
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
        where = "(stream = ? OR substr(stream, 1, ?) = ?)" if family else "stream = ?"
        sql = f"SELECT leaf_index FROM entries WHERE {where} AND {_BETWEEN} {self.database.among} {_EARLIEST}"  # noqa: S608 - words of this module and of the database's own
        names = (stream, len(stream) + 1, f"{stream}/") if family else (stream,)
        return self._position(sql, *names, start, stop, other_than, self.database.listed(sorted(kinds)))

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
            beyond = rising(start + 1, [size for size, _ in rows])
            yield from ((int(size), _blob(note)) for size, note in rows)
            start = beyond - 1

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
        return int(self.all("SELECT coalesce(max(n), -1) FROM signers WHERE kid = ?", (kid,))[0][0]) + 1

    def count(self, table: Table) -> int:
        """How many rows a table has."""
        return int(self.all(_COUNTS[table])[0][0])

    def _position(self, sql: str, *parameters: object) -> int | None:
        rows = self.all(sql, parameters)
        return int(rows[0][0]) if rows else None


def rising(start: int, numbers: Sequence[int]) -> int:
    """Give what comes behind numbers that rise from `start` on; IntegrityFailure where damaged tables give others.

    A damaged table can give the same rows for ever: whoever reads on behind the last one would never end.
    """
    for number in numbers:
        if number < start:
            raise IntegrityFailure("The rows of the ledger are not in their order.", fix="Run `doseledger verify`.")
        start = number + 1
    return start


def _blob(value: object) -> bytes:
    if type(value) is not bytes:
        raise IntegrityFailure("A value of the ledger file is not stored as bytes.", fix="Run `doseledger verify`.")
    return value
