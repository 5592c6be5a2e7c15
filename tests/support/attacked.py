"""A record as an attacker leaves it: as a ledger file in which everything derived was made to fit, and as a copy.

The file attacker holds no key: he keeps the checkpoints that the log signed. Who holds the log key signs them anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from forging import Forged

from ledger import codec
from ledger.errors import DoseLedgerError
from ledger.merkle import tree
from ledger.storage import schema
from ledger.storage.rows import Row, log_time, redactions, row_of, signer_rows


@dataclass(frozen=True)
class Attacked(Forged):
    """A record, the checkpoints that lie beside it (`kept`; None: signed anew), and what else was done to the file.

    `statements` are run on the tables when everything stands, `behind` is put behind the file.
    """

    kept: Mapping[int, bytes] | None = None
    statements: Sequence[str] = ()
    behind: bytes = b""
    unstored: frozenset[int] = field(default_factory=frozenset)
    """Sizes whose checkpoints were taken away."""

    def notes(self, start: int, stop: int) -> Sequence[tuple[int, bytes]]:
        """The checkpoints of the sizes in [start, stop)."""
        sizes = [one for one in range(max(1, start), min(stop, self.size + 1)) if one not in self.unstored]
        if self.kept is None:
            return [(size, self.note(size)) for size in sizes]
        return [(size, self.kept[size]) for size in sizes if size in self.kept]


def left_as_signed(record: Attacked, honest: Forged) -> Attacked:
    """The record under the checkpoints that the honest log has signed."""
    return replace(record, kept=dict(honest.notes(1, honest.size + 1)))


def on_file(record: Attacked, path: Path, before: Sequence[bytes]) -> Path:
    """The record as a ledger file; columns of an entry that nobody can open are those of the one that stood there."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in (
            f"page_size={schema.PAGE_SIZE}",
            f"application_id={schema.APPLICATION_ID}",
            f"user_version={schema.FORMAT}",
            "journal_mode=WAL",
            "synchronous=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        triggers = [one for one in schema.DDL if one.startswith("CREATE TRIGGER")]
        for one in schema.DDL:
            if one not in triggers:
                connection.execute(one)
        _filled(record, connection, before)
        for one in record.statements:
            connection.execute(one)
        for one in triggers:
            connection.execute(one)
        connection.execute("COMMIT")
    path.write_bytes(path.read_bytes() + record.behind)
    return path


def _filled(record: Attacked, connection: sqlite3.Connection, before: Sequence[bytes]) -> None:
    connection.executemany("INSERT INTO meta VALUES (?,?)", schema.META)
    versions: dict[str, int] = {}
    time: int | None = None
    frontier: tuple[bytes, ...] = ()
    first: dict[str, int] = {}
    for position, raw in enumerate(record.entries):
        opened = _opened(raw, position) or _opened(before[min(position, len(before) - 1)], position)
        assert opened is not None
        entry = opened.entry
        version = versions[entry.stream] = versions.get(entry.stream, 0) + 1
        time = log_time(entry, time)
        leaf = tree.leaf_hash(raw)
        row = row_of(entry, raw, version=version, at=time)._replace(leaf=leaf)
        _stored(connection, row)
        connection.executemany("INSERT OR IGNORE INTO signers VALUES (?,?,?,?,?)", signer_rows(entry))
        connection.executemany("INSERT OR IGNORE INTO redactions VALUES (?,?)", redactions([entry]))
        for commitment in codec.commitments(opened.jws.payload):
            first.setdefault(commitment, position)
        grown = tree.append(position, frontier, leaf)
        frontier = grown.frontier
        connection.executemany("INSERT INTO nodes VALUES (?,?,?)", grown.interior)
    connection.executemany("INSERT INTO checkpoints VALUES (?,?)", record.notes(1, record.size + 1))
    texts = [(name, first.get(name, 0), *pair) for name, pair in record.texts.items()]
    connection.executemany("INSERT INTO texts VALUES (?,?,?,?)", texts)
    connection.executemany("INSERT INTO blobs VALUES (?,?)", record.blobs.items())


def _stored(connection: sqlite3.Connection, row: Row) -> None:
    """Store a row; where its id or its command stands already, the columns say something else."""
    marks = ",".join("?" * len(row))
    try:
        connection.execute(f"INSERT INTO entries VALUES ({marks})", row)
    except sqlite3.IntegrityError:
        other = sha256(row.raw).digest()[:16]
        connection.execute(f"INSERT INTO entries VALUES ({marks})", row._replace(id=other, command_id=other))


def _opened(raw: bytes, position: int) -> codec.Opened | None:
    try:
        return codec.open_whole(raw, log="main", position=position)
    except DoseLedgerError:
        return None
