"""Changing a ledger as its operator could: triggers out, change, triggers back in, byte for byte.

On a server that is the superuser, and what he says is said in the words of SQLite here too.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import server

from ledger.book import is_url
from ledger.storage import schema
from ledger.storage.location import conninfo, schema_of
from ledger.storage.postgres import tables


@contextmanager
def tampering(path: Path | str) -> Iterator[Any]:
    """A connection to which no trigger says no; afterwards the schema is as it was."""
    if is_url(str(path)):
        with superuser(str(path)) as hand:
            for table in schema.TABLES:
                hand.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield hand
            for one in tables.TRIGGERS:
                hand.execute(f"ALTER TABLE {one.table} ENABLE ALWAYS TRIGGER {one.name}")
        return
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in triggers:
            connection.execute(sql)


def reversed_bytes(connection: Any, table: str, column: str, where: str) -> None:
    """Turn the bytes of one value around: the same length and class, another value."""
    ((value,),) = connection.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchall()
    connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value[::-1],))


class Hand:
    """A superuser's connection to the tables of one ledger, who says what he does as one says it to SQLite."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> psycopg.Cursor:
        """Run one statement."""
        said = re.sub(r"zeroblob\((\d+)\)", r"decode(repeat('00', \1), 'hex')", sql)
        said = re.sub(r"x'([0-9a-f]*)'", r"'\\x\1'::bytea", said).replace("AS BLOB", "AS BYTEA")
        return self._connection.execute(said.replace("%", "%%").replace("?", "%s"), parameters)


@contextmanager
def superuser(url: str) -> Iterator[Hand]:
    """The superuser at the tables of one ledger."""
    with psycopg.connect(conninfo(server.by(url, "postgres")), autocommit=True) as connection:
        connection.execute(f"SET search_path TO {schema_of(url)}")
        yield Hand(connection)
