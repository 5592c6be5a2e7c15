"""Changing a ledger file as its operator could: triggers out, change, triggers back in, byte for byte."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def tampering(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to which no trigger says no; afterwards the schema is as it was."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in triggers:
            connection.execute(sql)


def reversed_bytes(connection: sqlite3.Connection, table: str, column: str, where: str) -> None:
    """Turn the bytes of one value around: the same length and class, another value."""
    ((rowid, value),) = connection.execute(f"SELECT rowid, {column} FROM {table} WHERE {where}").fetchall()
    connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value[::-1], rowid))
