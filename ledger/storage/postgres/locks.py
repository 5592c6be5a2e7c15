"""The locks of a ledger on its server: the writer's turn, for as long as it lasts, and one write, until its COMMIT."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import psycopg

from ledger.storage.postgres.refusals import translated
from ledger.storage.postgres.session import Session
from ledger.storage.turn import Take, turn_of

_LATE = "55P03"
_SHORTEST = 1
"""Milliseconds; none at all would mean to wait for ever."""


def write_key(schema: str) -> int:
    """The number of the lock that one transaction holds."""
    return _key("write", schema)


def turn_key(schema: str) -> int:
    """The number of the lock that whoever has the turn holds."""
    return _key("turn", schema)


def channel(schema: str) -> str:
    """The channel on which every COMMIT is told."""
    return f"doseledger.{schema}"


def of_server(session: Session) -> Take:
    """Take turns at the ledger of a session: the lock belongs to its connection and goes with it."""
    name = f"{session.name} ({session.schema})"
    return lambda timeout: turn_of(name).take(lambda left: _locked(session, left), timeout)


def _locked(session: Session, timeout: float | None) -> Callable[[], object]:
    connection, key = session.connection, turn_key(session.schema)
    limit = 0 if timeout is None else max(round(timeout * 1000), _SHORTEST)
    try:
        with translated(session.name):
            connection.execute(f"SET lock_timeout TO {limit}")
            connection.execute("SET statement_timeout TO 0")
            try:
                connection.execute("SELECT pg_advisory_lock(%s)", (key,))
            finally:
                connection.execute("SET lock_timeout TO '10s'")
                connection.execute("SET statement_timeout TO '10min'")
    except Exception as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise TimeoutError from error
        raise
    session.pinned = True
    return lambda: _free(session, key)


def _free(session: Session, key: int) -> None:
    session.pinned = False
    if not session.lost:
        session.run("SELECT pg_advisory_unlock(?)", (key,))


def _key(what: str, schema: str) -> int:
    return int.from_bytes(sha256(f"doseledger {what} {schema}".encode()).digest()[:8], signed=True)
