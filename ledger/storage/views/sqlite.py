"""The views of a ledger file: a file of their own, `<ledger>.views`, which may be deleted at any time.

It is no part of the record: readable by its owner alone, without a write-ahead log, so that reading makes no file.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from ledger.errors import Unavailable
from ledger.storage import files
from ledger.storage.views.progress import RESERVED, Progress, Rows, overtaken

APPLICATION_ID = 0x444C5657  # "DLVW"
FORMAT = 1
_DDL = (
    """CREATE TABLE views (
  name TEXT PRIMARY KEY,
  made_by TEXT NOT NULL,
  size INTEGER NOT NULL,
  root TEXT NOT NULL,
  stopped_at INTEGER,
  stopped TEXT NOT NULL,
  generation INTEGER NOT NULL
) STRICT""",
    """CREATE TABLE rows (
  view TEXT NOT NULL,
  generation INTEGER NOT NULL,
  key TEXT NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (view, generation, key)
) STRICT""",
)
_FLUSH = 64
"""Rows of a view that is made anew that are written at once: the memory that it needs."""
_PROGRESS = "SELECT name, made_by, size, root, stopped_at, stopped FROM views"
_SET = "INSERT OR REPLACE INTO views VALUES (?,?,?,?,?,?,?)"
_PUT = "INSERT OR REPLACE INTO rows VALUES (?,?,?,?)"


def beside(ledger: str) -> str:
    """Where the views of a ledger file lie."""
    return f"{Path(ledger).resolve()}.views"


class ViewFile:
    """An open file of views."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        """Use `look` or `make`."""
        self.name = path
        self._connection = connection

    @classmethod
    def look(cls, path: str) -> ViewFile | None:
        """Open the views for reading alone; None where there are none, Unavailable where they cannot be read."""
        return cls._open(path, "ro") if Path(path).is_file() else None

    @classmethod
    def make(cls, path: str) -> ViewFile:
        """Open the views for writing; an empty file of them is made where there is none."""
        files.require_local(path)
        with contextlib.suppress(FileExistsError):
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
            except PermissionError as error:
                raise Unavailable(
                    "The views cannot be kept.", why=str(error), fix="Check who may write in the folder of the ledger."
                ) from error
        return cls._open(path, "rw")

    @classmethod
    def _open(cls, path: str, mode: str) -> ViewFile:
        with _said(path):
            opened = cls(path, files.connect(path, mode=mode))
            try:
                if mode == "rw":
                    opened._begin()
                opened._require_views()
            except BaseException:
                opened.close()
                raise
        return opened

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def progress(self) -> tuple[Progress, ...]:
        """How far each view has come, by name."""
        with _said(self.name):
            return tuple(map(Progress._make, self._connection.execute(f"{_PROGRESS} ORDER BY name")))

    def read(self, view: str) -> tuple[Progress, tuple[tuple[str, bytes], ...]] | None:
        """The progress of a view with all its rows, by key, as of one moment; None where it was never made."""
        with self._transaction("BEGIN"):
            found = self._connection.execute(f"{_PROGRESS} WHERE name = ?", (view,)).fetchone()
            if found is None:
                return None
            rows = self._connection.execute(
                "SELECT key, data FROM rows JOIN views ON view = name AND rows.generation = views.generation"
                " WHERE name = ? ORDER BY key",
                (view,),
            )
            return Progress._make(found), tuple(rows)

    def advance(self, before: Progress, after: Progress, rows: Rows) -> None:
        """Take a view from one place to the next; Conflict where it does not stand where `before` says."""
        with self._transaction("BEGIN IMMEDIATE"):
            found = self._connection.execute(f"{_PROGRESS} WHERE name = ?", (before.view,)).fetchone()
            if found is None or Progress._make(found) != before:
                raise overtaken(before.view)
            generation = self._generation(before.view)
            for key, data in rows:
                if data is None:
                    sql = "DELETE FROM rows WHERE view = ? AND generation = ? AND key = ?"
                    self._connection.execute(sql, (before.view, generation, key))
                else:
                    self._connection.execute(_PUT, (before.view, generation, key, data))
            self._connection.execute(_SET, (*after, generation))

    def renew(self, after: Progress, rows: Iterable[tuple[str, bytes]]) -> None:
        """Make a view anew beside the one that is read, and put it in its place in one step."""
        generation = self._reserved(after.view)
        waiting: list[tuple[str, int, str, bytes]] = []
        for key, data in rows:
            waiting.append((after.view, generation, key, data))
            if len(waiting) >= _FLUSH:
                self._put(waiting)
        self._put(waiting)
        with self._transaction("BEGIN IMMEDIATE"):
            sql = "DELETE FROM rows WHERE view = ? AND generation = ? AND key = ? RETURNING 1"
            if not self._connection.execute(sql, (after.view, generation, RESERVED)).fetchall():
                raise overtaken(after.view)
            self._connection.execute(_SET, (*after, generation))
            self._connection.execute("DELETE FROM rows WHERE view = ? AND generation <> ?", (after.view, generation))

    def wait(self, seconds: float) -> None:
        """Wait until something may have been appended to the ledger: nothing tells, so always to the end."""
        sleep(seconds)

    def _put(self, waiting: list[tuple[str, int, str, bytes]]) -> None:
        with self._transaction("BEGIN IMMEDIATE"):
            self._connection.executemany(_PUT, waiting)
        waiting.clear()

    def _generation(self, view: str) -> int:
        found = self._connection.execute("SELECT generation FROM views WHERE name = ?", (view,)).fetchone()
        return 0 if found is None else int(found[0])

    def _reserved(self, view: str) -> int:
        """Take a generation that nobody else fills: what a runner left that died in the middle stays apart from it."""
        with self._transaction("BEGIN IMMEDIATE"):
            sql = "SELECT coalesce(max(generation), 0) FROM rows WHERE view = ?"
            (newest,) = self._connection.execute(sql, (view,)).fetchone()
            generation = max(int(newest), self._generation(view)) + 1
            self._connection.execute(_PUT, (view, generation, RESERVED, b""))
        return generation

    def _begin(self) -> None:
        """Make the tables of an empty file."""
        with self._transaction("BEGIN IMMEDIATE"):
            if self._connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None:
                for statement in _DDL:
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                self._connection.execute(f"PRAGMA user_version={FORMAT}")

    def _require_views(self) -> None:
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        held = {sql for (sql,) in self._connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")}
        if (application, version) != (APPLICATION_ID, FORMAT) or held != set(_DDL):
            raise Unavailable(
                "This file holds no views that this program can read.",
                why=self.name,
                fix="Remove it, and make the views anew: doseledger view rebuild",
            )

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with _said(self.name):
            self._connection.execute(begin)
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise


@contextmanager
def _said(path: str) -> Iterator[None]:
    """Raise what SQLite says of the views as Unavailable: they can be made anew, and nothing is lost with them."""
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable(
            "The views beside the ledger cannot be used.",
            why=f"{path}: {error}",
            fix="Try again; where it stays so, remove the file and run: doseledger view rebuild",
        ) from error
