"""The extension points of `eventsourcing` on the tables of a file: recorder, transaction, pool, factory."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
    SQLiteTransaction,
)
from eventsourcing.utils import Environment, EnvType

from ledger.storage import schema
from ledger.storage.application import Log
from ledger.storage.inserting import batch_of, statements
from ledger.storage.refusals import sentence, translated


class WriterTransaction(SQLiteTransaction):
    """BEGIN IMMEDIATE to COMMIT; whatever goes wrong, the connection is left outside of any transaction."""

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        return cursor

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is not None or not self.commit:
            self._undo()
            return
        cursor = self.connection.cursor()
        try:
            cursor.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            raise sentence(error, "COMMIT", committing=True) from error

    def _undo(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.connection.rollback()


class Connection(SQLiteConnection):
    """The one connection of a writer."""

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """One transaction on it."""
        with WriterTransaction(self, commit=commit) as cursor, cursor:
            yield cursor

    def _close(self) -> None:
        """Leave the connection to the store, which made it: the library closes from any thread that collects."""
        self._closed = True


class Pool(SQLiteConnectionPool):
    """A pool of one: the connection through which the store also reads, so that its page cache stays warm."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        super().__init__(db_name=path, pool_size=1, max_overflow=0)
        self._only = connection

    def _create_connection(self) -> SQLiteConnection:
        return Connection(self._only, None)


_SELECT_UP = (
    "SELECT stream, version, kind, raw FROM entries"
    " WHERE stream = ? AND version > ? AND version <= ? ORDER BY version LIMIT ?"
)
_SELECT_DOWN = _SELECT_UP.replace("ORDER BY version", "ORDER BY version DESC")
_SELECT_ALL = (
    "SELECT leaf_index, stream, version, kind, raw FROM entries WHERE leaf_index >= ? AND leaf_index < ?"
    " AND (? OR kind IN (SELECT value FROM json_each(?))) ORDER BY leaf_index LIMIT ?"
)


class Recorder(SQLiteApplicationRecorder):
    """Keeps entries, and everything that hangs on them, in one transaction."""

    def __init__(self, datastore: SQLiteDatastore, path: str) -> None:
        super().__init__(datastore, events_table_name="entries")
        self._path = path
        self.select_max_notification_id_statement = "SELECT coalesce(max(leaf_index) + 1, 0) FROM entries"

    def construct_create_table_statements(self) -> list[str]:
        """Our own tables, and the marks by which the file is known."""
        marks = (f"PRAGMA application_id={schema.APPLICATION_ID}", f"PRAGMA user_version={schema.FORMAT}")
        return [*schema.DDL, *marks]

    def create_table(self) -> None:
        """Make the tables of a new file, in one transaction."""
        with translated(self._path), self.datastore.transaction(commit=True) as cursor:
            self._create_table(cursor)
            for row in schema.META:
                cursor.execute("INSERT INTO meta VALUES (?,?)", row)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: object) -> Sequence[int]:
        """Store the batch that belongs to these events; nothing is stored, or everything is."""
        batch = batch_of(stored_events, kwargs)
        with translated(self._path), self.datastore.transaction(commit=True) as cursor:
            for sql, rows in statements(batch):
                cursor.executemany(sql, rows)
        return [row.leaf_index + 1 for row in batch.rows]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The entries of one stream."""
        rows = self._read(
            _SELECT_DOWN if desc else _SELECT_UP,
            (str(originator_id), gt or 0, (1 << 62) if lte is None else lte, -1 if limit is None else limit),
        )
        return [StoredEvent(stream, version, kind, raw) for stream, version, kind, raw in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The entries in the order of the log; notification ids are positions + 1."""
        first = 1 if start is None else start + (not inclusive_of_start)
        rows = self._read(
            _SELECT_ALL,
            (first - 1, (1 << 62) if stop is None else stop, not topics, json.dumps(list(topics)), limit),
        )
        return [Notification(stream, version, kind, raw, position + 1) for position, stream, version, kind, raw in rows]

    def _read(self, sql: str, parameters: Sequence[object]) -> list[Any]:
        with translated(self._path), self.datastore.transaction(commit=False) as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())


class Factory(SQLiteFactory):
    """Builds the parts on one given connection; topics in an environment choose nothing here."""

    def __init__(self, env: Environment | EnvType, path: str, connection: sqlite3.Connection) -> None:
        super().__init__(env)
        self._path = path
        self.datastore.pool.close()
        self.datastore.pool = Pool(path, connection)

    def application_recorder(self) -> Recorder:
        """The recorder; makes the tables where the environment of the application says so."""
        recorder = Recorder(self.datastore, self._path)
        if self.env_create_table():
            recorder.create_table()
        return recorder


def log_of(path: str, connection: sqlite3.Connection, *, create: bool) -> Log:
    """The application of the file at `path`, through one given connection; `create` makes the tables."""
    return Log(lambda env: Factory(env, path, connection), Recorder, create=create)
