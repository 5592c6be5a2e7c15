"""One connection to the server, set up so that neither its defaults nor those of the role change what we read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import psycopg

from ledger.errors import Unavailable
from ledger.storage.location import conninfo, require_whole, schema_of, secrets_of, shown
from ledger.storage.postgres.refusals import translated, unreached

OLDEST = 16
"""The first version of PostgreSQL that is used; the newest and this one are tested."""
_CONNECT_SECONDS = 10
LOCK_TIMEOUT, STATEMENT_TIMEOUT = "10s", "10min"
"""How long a statement waits for another program, and how long it may take."""
_SETTINGS = {
    "default_transaction_isolation": "read committed",
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": LOCK_TIMEOUT,
    "row_security": "off",  # a filter on rows becomes an error instead of a shorter list
    "statement_timeout": STATEMENT_TIMEOUT,
    "standard_conforming_strings": "on",
}
_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WEAK = frozenset({"off", "local"})
"""Values of synchronous_commit with which an acknowledged entry could be lost."""


class Link(psycopg.Connection[tuple[Any, ...]]):
    """A connection that a ledger which was forgotten lets go of, without a word."""

    def __del__(self, _warn: object = None, /) -> None:
        if hasattr(self, "pgconn"):
            self.close()


class Session:
    """A connection that is made again when it was lost, but never in the middle of a turn."""

    def __init__(self, url: str, *, read_only: bool, still: bool = False) -> None:
        """Connect; raises Unavailable where the server cannot be reached or is too old, BadInput for a bad URL.

        A `still` session sees everything as it stood at one moment, however long it takes.
        """
        self.name = shown(url)
        self.schema = schema_of(url)
        self.pinned = still
        """Whether what was read on this connection is relied on: then it is not made again."""
        self._url = url
        self._read_only = read_only
        self._still = still
        self._connection = self._connect()

    @property
    def connection(self) -> Link:
        """The connection, made again where it was lost; raises Unavailable where that is not possible."""
        if not self._connection.closed:
            return self._connection
        if self.pinned:
            raise Unavailable(
                "The connection to the database server was lost.",
                why=self.name,
                fix="Run the same command again.",
            )
        self._connection = self._connect()
        return self._connection

    @property
    def lost(self) -> bool:
        """Whether the connection was lost."""
        return bool(self._connection.closed)

    def run(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The rows of one statement, which gives some; `?` stands for a parameter."""
        with translated(self.name):
            try:
                return self.connection.execute(spoken(sql), parameters).fetchall()
            except psycopg.Error:
                self._hold()
                raise

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()

    def _connect(self) -> Link:
        require_whole(self._url)
        try:
            connection = Link.connect(
                conninfo(self._url),
                autocommit=True,
                client_encoding="UTF8",
                **{**_defaults(self._url), "fallback_application_name": "doseledger"},
            )
        except psycopg.Error as error:
            raise self._unreached(error) from None
        try:
            self._require_known(connection.info.server_version // 10_000)
            with translated(self.name):
                self._settle(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _require_known(self, version: int) -> None:
        if version < OLDEST:
            raise Unavailable(
                f"The server is PostgreSQL {version}; {OLDEST} is the oldest that is known.",
                why=self.name,
                fix="Use a newer server.",
            )

    def _settle(self, connection: Link) -> None:
        said = {**_SETTINGS, "search_path": f'pg_catalog, "{self.schema}", pg_temp'}
        if self._read_only:
            said["default_transaction_read_only"] = "on"
        calls = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in said.items())
        row = connection.execute(f"SELECT current_setting('synchronous_commit'), {calls}").fetchone()
        if row is not None and row[0] in _WEAK:
            connection.execute("SET synchronous_commit TO on")
        if self._still:
            connection.execute("SET idle_in_transaction_session_timeout TO 0")
            connection.execute(_MOMENT)

    def _hold(self) -> None:
        """After a statement that failed, hold on to a moment again."""
        if self._still and not self.lost:
            with suppress(psycopg.Error):
                self._connection.execute("ROLLBACK")
                self._connection.execute(_MOMENT)

    def _unreached(self, error: psycopg.Error) -> Unavailable:
        found = unreached(error, self.name)
        for secret in secrets_of(self._url):
            found.why = found.why.replace(secret, "***")
        return found


@cache
def spoken(sql: str) -> str:
    """A statement in the words of the driver: `%s` for a parameter."""
    return sql.replace("%", "%%").replace("?", "%s")


def _defaults(url: str) -> dict[str, Any]:
    """What libpq is told beside the URL, where the URL does not say it."""
    return {} if "connect_timeout=" in url else {"connect_timeout": _CONNECT_SECONDS}
