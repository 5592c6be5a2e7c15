"""What the server says, in sentences: each error of PostgreSQL as the error of ours that tells what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ledger.errors import Conflict, DoseLedgerError, IntegrityFailure, OutcomeUnknown, Unavailable

_AGAIN = "Run the same command again."
_UNAVAILABLE = {
    "08": ("The connection to the database server was lost.", _AGAIN),
    "25006": (
        "The ledger cannot be written: this server, or this role, only reads.",
        "Use the URL of the primary server, with the role that writes.",
    ),
    "28": ("The database server does not let this role in.", "Check the URL, the role and its password."),
    "3D000": ("There is no such database on the server.", "Check the URL; who runs the server makes the database."),
    "40": ("The server could not carry out the write beside others.", _AGAIN),
    "42501": (
        "The role of this URL may not do this in the database.",
        "Use the URL of the role that writes, or have `doseledger storage migrate` give the rights.",
    ),
    "42704": (
        "The server does not know a role that is named.",
        "Who runs the server makes it: CREATE ROLE name LOGIN; then run it again.",
    ),
    "53100": ("The disk of the server is full.", "Free some space on it, and run it again."),
    "53200": ("The server has not enough memory.", _AGAIN),
    "53300": ("The server has too many connections.", "Close some, or let the server allow more; then run it again."),
    "55P03": ("The ledger is in use by another program.", "Wait for the other program, and try again."),
    "57014": ("The statement took too long and was ended.", _AGAIN),
    "57P": ("The database server is being stopped or started.", "Try again when it is there."),
    "58": ("The disk of the server failed.", "Check the server, and run the same command again."),
}
_MISSING = frozenset({"3F000", "42P01"})
_DAMAGED = "Stop writing, keep this database, and restore the newest backup beside it: `doseledger verify` judges both."
_DECIDE = "Look at the ledger as it is now, and decide again."
_TAKEN = {
    "entries_pkey": "Another entry took this position first.",
    "not the next position": "Another entry took this position first.",
    "entries_stream": "Another entry of this stream came first.",
    "not the next version": "Another entry of this stream came first.",
    "entries_id": "An entry with this id is already stored.",
    "entries_command": "This command is already stored.",
    "signers_pkey": "This signature counter of the key is already used.",
}
_NO_RIGHT = "42501"
_RAISED = "P0001"
_UNIQUE = "23505"
_KNOWN_AT_COMMIT = ("23", "40", "P0")
"""What the server says when a COMMIT certainly stored nothing."""


@contextmanager
def translated(name: str, *, writing: bool = False) -> Iterator[None]:
    """Raise the errors of the server about the ledger of this name as ours."""
    try:
        yield
    except psycopg.Error as error:
        raise sentence(error, name, writing=writing) from error


def sentence(error: psycopg.Error, name: str, *, writing: bool = False, committing: bool = False) -> DoseLedgerError:
    """The error of ours that one of the server stands for; `committing`: it came while COMMIT was under way."""
    state = error.sqlstate or ""
    why = f"{name}: {_told(error)}"
    if committing and not state.startswith(_KNOWN_AT_COMMIT):
        return OutcomeUnknown(
            "The server did not confirm the entry.",
            why=why,
            fix="Run the same command id again: it is stored once, or not at all.",
        )
    if state == _NO_RIGHT and "row-level security" in why:
        return IntegrityFailure("Somebody let the server hide rows of this ledger.", why=why, fix=_DAMAGED)
    if state in _MISSING:
        return absent(name, _told(error))
    for prefix, (what, fix) in _UNAVAILABLE.items():
        if state.startswith(prefix):
            return Unavailable(_with(what, writing=writing), why=why, fix=fix)
    if state in {_UNIQUE, _RAISED}:
        return _constraint(error, why)
    if not state and isinstance(error, psycopg.OperationalError):
        what = "The connection to the database server was lost."
        return Unavailable(_with(what, writing=writing), why=why, fix=_AGAIN)
    if state.startswith("XX"):
        return IntegrityFailure("The database of the ledger is damaged.", why=why, fix=_DAMAGED)
    return IntegrityFailure("The database is not as this program made it.", why=why, fix=_DAMAGED)


def _with(what: str, *, writing: bool) -> str:
    """Say that nothing was stored where that is what failed; who reads may have stored something before."""
    return f"{what.removesuffix('.')}; nothing was stored." if writing else what


def absent(name: str, why: str) -> Unavailable:
    """There is no ledger at a URL."""
    return Unavailable(
        f"There is no ledger at {name}.",
        why=why,
        fix="Check the URL; its tables are made with `doseledger storage migrate`, its first entry with `init`.",
    )


def unreached(error: psycopg.Error, name: str) -> Unavailable:
    """The server of a URL did not answer, or let nobody in."""
    return Unavailable(
        "The database server of the ledger cannot be reached.",
        why=f"{name}: {_told(error)}",
        fix="Check the URL, the network, and whether the server runs; doseledger doctor looks again.",
    )


def _constraint(error: psycopg.Error, why: str) -> DoseLedgerError:
    told = f"{error.diag.constraint_name or ''} {error.diag.message_primary or ''}"
    for mark, what in _TAKEN.items():
        if mark in told:
            return Conflict(what, why=why, fix=_DECIDE)
    return IntegrityFailure("The database of the ledger refuses the row.", why=why, fix=_DAMAGED)


def _told(error: psycopg.Error) -> str:
    said = error.diag.message_primary or str(error) or type(error).__name__
    return " ".join(said.split())
