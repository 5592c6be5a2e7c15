"""The locks of a ledger on its server: the writer's turn, for as long as it lasts, and one write, until its COMMIT."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import psycopg

from ledger.errors import DoseLedgerError
from ledger.storage.postgres.refusals import translated
from ledger.storage.postgres.session import LOCK_TIMEOUT, STATEMENT_TIMEOUT, Session
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
    key = turn_key(session.schema)
    limit = 0 if timeout is None else max(round(timeout * 1000), _SHORTEST)
    try:
        with translated(session.name):  # in one message; the settings go back whether the lock comes or not
            session.connection.execute(
                f"SET lock_timeout TO {limit}; SET statement_timeout TO 0; SELECT pg_advisory_lock({key});"
                f" SET lock_timeout TO '{LOCK_TIMEOUT}'; SET statement_timeout TO '{STATEMENT_TIMEOUT}'"
            )
    except Exception as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise TimeoutError from error
        raise
    session.pinned = True
    return lambda: _free(session, key)


def _free(session: Session, key: int) -> None:
    """Give the turn back; with a connection that is lost it is, and whatever was stored stays stored."""
    session.pinned = False
    if session.lost:
        return
    try:
        session.run("SELECT pg_advisory_unlock(?)", (key,))
    except DoseLedgerError:
        session.close()


def _key(what: str, schema: str) -> int:
    return int.from_bytes(sha256(f"doseledger {what} {schema}".encode()).digest()[:8], signed=True)
