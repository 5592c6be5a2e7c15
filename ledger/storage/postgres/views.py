"""The views of a ledger on a server: a schema of their own beside the ledger's, `<schema>_views`.

The role that writes entries may change and delete rows there, and nowhere else. Who runs the views is told of every
COMMIT of the ledger by the server.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from ledger.errors import Unavailable
from ledger.storage.postgres.locks import channel, write_key
from ledger.storage.postgres.refusals import translated
from ledger.storage.postgres.session import Session, spoken
from ledger.storage.postgres.tables import views_of
from ledger.storage.views.progress import RESERVED, Progress, Rows, overtaken

_FLUSH = 64
"""Rows of a view that is made anew that are written at once: the memory that it needs."""
_Run = Callable[[str, Sequence[object]], list[Any]]
"""Runs a statement of a transaction; VIEWS and ROWS stand for the tables of this ledger's views."""
_ALL = "SELECT name, made_by, size, root, stopped_at, stopped FROM VIEWS ORDER BY name"
_ONE = "SELECT name, made_by, size, root, stopped_at, stopped FROM VIEWS WHERE name = ?"
_HELD = "SELECT name, made_by, size, root, stopped_at, stopped, generation FROM VIEWS WHERE name = ? FOR UPDATE"
_KEPT = (
    "SELECT key, data FROM ROWS AS r JOIN VIEWS AS v ON r.view = v.name AND r.generation = v.generation"
    " WHERE v.name = ? ORDER BY key"
)
_NEWEST = (
    "SELECT greatest((SELECT max(generation) FROM ROWS WHERE view = ?),"
    " (SELECT max(generation) FROM VIEWS WHERE name = ?), 0)"
)
_LOCK = "LOCK TABLE VIEWS IN SHARE ROW EXCLUSIVE MODE"
_PUT = "INSERT INTO ROWS VALUES (?, ?, ?, ?) ON CONFLICT (view, generation, key) DO UPDATE SET data = excluded.data"
_GONE = "DELETE FROM ROWS WHERE view = ? AND generation = ? AND key = ? RETURNING 1"
_OTHERS_GONE = "DELETE FROM ROWS WHERE view = ? AND generation <> ?"
_SET = (
    "INSERT INTO VIEWS VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
    " made_by = excluded.made_by, size = excluded.size, root = excluded.root,"
    " stopped_at = excluded.stopped_at, stopped = excluded.stopped, generation = excluded.generation"
)


_TABLES = (
    """CREATE TABLE VIEWS (
  name text COLLATE "C" PRIMARY KEY,
  made_by text NOT NULL,
  size bigint NOT NULL,
  root text NOT NULL,
  stopped_at bigint,
  stopped text NOT NULL,
  generation bigint NOT NULL
)""",
    """CREATE TABLE ROWS (
  view text COLLATE "C" NOT NULL,
  generation bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (view, generation, key)
)""",
    "GRANT SELECT ON VIEWS, ROWS TO PUBLIC",
)
"""What the first runner makes; whoever may not use the schema reaches none of it."""
_WRITERS = (
    "SELECT quote_ident(rolname)::text FROM pg_roles WHERE rolname = current_user"
    " OR NOT rolsuper AND rolname !~ '^pg_' AND has_schema_privilege(oid, ?, 'CREATE')"
)
_ALONE = "SELECT pg_advisory_xact_lock(?)"
_MADE = (
    "SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = ? AND c.relname = 'views'"
)
"""Whether the tables are there, by a look that remembers nothing of an earlier one."""


class ViewTables:
    """The views of one ledger on a server, through one connection."""

    def __init__(self, session: Session) -> None:
        """Use `look` or `make`."""
        self.name = session.name
        self._session = session
        self._schema = views_of(session.schema)
        self._heard: psycopg.Connection[tuple[Any, ...]] | None = None

    @classmethod
    def look(cls, url: str) -> ViewTables | None:
        """Open the views for reading alone; None where no place for them was made."""
        found = cls(Session(url, read_only=True))
        if found._there():
            return found
        found.close()
        return None

    @classmethod
    def make(cls, url: str) -> ViewTables:
        """Open the views for writing; the tables are made where there are none.

        Unavailable where the role may make none.
        """
        found = cls(Session(url, read_only=False))
        try:
            if not found._there():
                found._begin()
        except BaseException:
            found.close()
            raise
        return found

    def close(self) -> None:
        """Let go of the server."""
        self._session.close()

    def progress(self) -> tuple[Progress, ...]:
        """How far each view has come, by name."""
        with self._transaction("BEGIN READ ONLY") as run:
            return tuple(map(Progress._make, run(_ALL, ())))

    def read(self, view: str) -> tuple[Progress, tuple[tuple[str, bytes], ...]] | None:
        """The progress of a view with all its rows, by key, as of one moment; None where it was never made."""
        with self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as run:
            found = run(_ONE, (view,))
            return (Progress._make(found[0]), tuple(run(_KEPT, (view,)))) if found else None

    def advance(self, before: Progress, after: Progress, rows: Rows) -> None:
        """Take a view from one place to the next; Conflict where it does not stand where `before` says."""
        with self._transaction("BEGIN") as run:
            found = run(_HELD, (before.view,))
            if not found or Progress._make(found[0][:-1]) != before:
                raise overtaken(before.view)
            generation = found[0][-1]
            for key, data in rows:
                if data is None:
                    run(_GONE, (before.view, generation, key))
                else:
                    run(_PUT, (before.view, generation, key, data))
            run(_SET, (*after, generation))

    def renew(self, after: Progress, rows: Iterable[tuple[str, bytes]]) -> None:
        """Make a view anew beside the one that is read, and put it in its place in one step."""
        generation = self._reserved(after.view)
        waiting: list[tuple[str, int, str, bytes]] = []
        for key, data in rows:
            waiting.append((after.view, generation, key, data))
            if len(waiting) >= _FLUSH:
                self._flush(waiting)
        self._flush(waiting)
        with self._transaction("BEGIN") as run:
            run(_LOCK, ())
            if not run(_GONE, (after.view, generation, RESERVED)):
                raise overtaken(after.view)
            run(_SET, (*after, generation))
            run(_OTHERS_GONE, (after.view, generation))

    def wait(self, seconds: float) -> None:
        """Wait until something was appended to the ledger, at most so many seconds."""
        with translated(self.name):
            connection = self._session.connection
            if self._heard is not connection:
                connection.execute(f'LISTEN "{channel(self._session.schema)}"')
                self._heard = connection
                return  # what was told before, nobody heard: whoever waits looks once more
            for _ in connection.notifies(timeout=seconds, stop_after=1):
                return

    def _begin(self) -> None:
        """Make the tables, for every role that may make some there."""
        ((may,),) = self._session.run(
            "SELECT coalesce(has_schema_privilege(to_regnamespace(?), 'CREATE'), false)", (self._schema,)
        )
        if not may:
            raise Unavailable(
                "There is no place for views beside this ledger.",
                why=f"{self.name}: the schema {self._schema} is missing, or this role may make nothing in it",
                fix="As the owner of the tables run: doseledger storage migrate; then again, as a role that writes",
            )
        writers = ", ".join(role for (role,) in self._session.run(_WRITERS, (self._schema,)))
        with self._transaction("BEGIN") as run:
            run(_ALONE, (write_key(self._schema),))
            if run(_MADE, (self._schema,)):  # another runner made them meanwhile
                return
            for statement in (*_TABLES, f"GRANT INSERT, UPDATE, DELETE ON VIEWS, ROWS TO {writers}"):
                run(statement, ())

    def _there(self) -> bool:
        sql = "SELECT coalesce(has_table_privilege(to_regclass(?), 'SELECT'), false)"
        try:
            return all(self._session.run(sql, (f"{self._schema}.{table}",))[0][0] for table in ("views", "rows"))
        except BaseException:
            self.close()
            raise

    def _reserved(self, view: str) -> int:
        """Take a generation that nobody else fills: what a runner left that died in the middle stays apart from it."""
        with self._transaction("BEGIN") as run:
            run(_LOCK, ())
            ((newest,),) = run(_NEWEST, (view, view))
            run(_PUT, (view, int(newest) + 1, RESERVED, b""))
        return int(newest) + 1

    def _flush(self, waiting: list[tuple[str, int, str, bytes]]) -> None:
        with self._transaction("BEGIN") as run:
            for row in waiting:
                run(_PUT, row)
        waiting.clear()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[_Run]:
        connection = self._session.connection

        def run(sql: str, parameters: Sequence[object]) -> list[Any]:
            named = sql.replace("VIEWS", f"{self._schema}.views").replace("ROWS", f"{self._schema}.rows")
            done = connection.execute(spoken(named), parameters)
            return done.fetchall() if done.description is not None else []

        with translated(self.name, writing=True):
            connection.execute(begin)
            try:
                yield run
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(psycopg.Error):
                    connection.execute("ROLLBACK")
                raise
