"""Where ledgers and rivals lie while they are measured: in files, or on a PostgreSQL server that waits for its disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg
from rivals import Raw, RawOnServer
from server import APP, INSPECT, ROLES, Server

from ledger.storage.postgres import migrating, tables

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "shared_buffers": "128MB",
    "autovacuum": "on",
}
"""The server's own defaults, where the tests of the program run with less."""
SITE = "site"
Bare = Raw | RawOnServer


class Home(Protocol):
    """One database, with everything that is measured on it."""

    letter: str
    """What the ids of its figures begin with."""
    name: str

    def place(self) -> str:
        """Where a new ledger can be made."""
        ...

    def site(self, path: Path) -> str:
        """A ledger file as it is read here."""
        ...

    def copy(self, path: Path) -> str:
        """A copy of a ledger file, to be written to."""
        ...

    def env(self) -> dict[str, str]:
        """What plain `eventsourcing` is told, to use a database that nobody else uses."""
        ...

    def raw_at(self) -> str:
        """Where a bare table can be made."""
        ...


class OnFile:
    """Files in one folder."""

    letter, name = "W", "SQLite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = count()

    def place(self) -> str:
        """Where a new ledger can be made."""
        return str(self.folder / f"{next(self._names)}.ledger")

    def site(self, path: Path) -> str:
        """The file itself."""
        return str(path)

    def copy(self, path: Path) -> str:
        """A copy of it."""
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(place := self.place())) as target:
            source.backup(target)
        return place

    def env(self) -> dict[str, str]:
        """A new file."""
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(self.folder / f"{next(self._names)}"),
        }

    def raw_at(self) -> str:
        """A new file."""
        return str(self.folder / f"{next(self._names)}.raw")


class OnServer:
    """Schemas and databases of one server."""

    letter, name = "P", "PostgreSQL"

    def __init__(self) -> None:
        self.server = Server(DURABLE).start()
        self._names = count()
        self._sites: dict[Path, str] = {}
        with self.server.admin() as connection:
            for role in (APP, INSPECT):
                connection.execute(f"CREATE ROLE {role} LOGIN")
            connection.execute(f"CREATE DATABASE {SITE}")

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.server.remove()

    def place(self) -> str:
        """The URL of new empty tables."""
        return self._made(None)

    def site(self, path: Path) -> str:
        """The URL of tables with all rows of a ledger file; the same for every measurement."""
        if path not in self._sites:
            self._sites[path] = self._made(path)
        return self._sites[path]

    def copy(self, path: Path) -> str:
        """The URL of tables with all rows of a ledger file, for one measurement."""
        return self._made(path)

    def env(self) -> dict[str, str]:
        """A new database."""
        return {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": self.server.fresh("template0"),
            "POSTGRES_HOST": str(self.server.folder),
            "POSTGRES_USER": "postgres",
            "POSTGRES_PASSWORD": "none",
        }

    def raw_at(self) -> str:
        """A new database."""
        return self.server.url(self.server.fresh("template0"))

    def _made(self, path: Path | None) -> str:
        name = f"trial_{next(self._names)}"
        statements = migrating.script(name, ROLES)
        cut = next(at for at, one in enumerate(statements) if "INDEX" in one)
        with self.server.admin(SITE) as connection:
            for statement in statements[:cut]:
                connection.execute(statement)
            if path is not None:
                _carried(connection, name, path)
            for statement in statements[cut:]:
                if path is None or "INSERT INTO" not in statement[:12]:
                    connection.execute(statement)
            connection.execute("ANALYZE")
        return self.server.url(SITE, APP, schema=name)


def _carried(connection: psycopg.Connection, schema: str, path: Path) -> None:
    """Put every row of a ledger file into the tables of a schema."""
    with closing(sqlite3.connect(path)) as source:
        for table in tables.LAYOUT:
            names = ", ".join(one.name for one in table.columns)
            with connection.cursor().copy(f"COPY {schema}.{table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types([{"bigint": "int8"}.get(one.type, one.type) for one in table.columns])
                for row in source.execute(f"SELECT {names} FROM {table.name}"):
                    copy.write_row(row)


def bare(at: str) -> Bare:
    """The table at a place, made where it is not there yet."""
    return RawOnServer(at) if at.startswith("postgresql://") else Raw(at)


def homes(kind: str, folder: Path) -> Iterator[Home]:
    """One home, for as long as it is used."""
    if kind == "file":
        yield OnFile(folder)
        return
    with closing(OnServer()) as home:
        yield home
