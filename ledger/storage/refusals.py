"""What the database says, in sentences: each error of SQLite as the error of ours that tells what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ledger.errors import Conflict, DoseLedgerError, IntegrityFailure, OutcomeUnknown, Unavailable

_UNAVAILABLE = {
    "SQLITE_BUSY": (
        "The ledger is in use by another program.",
        "Close the other program that has the file open, and try again.",
    ),
    "SQLITE_LOCKED": (
        "The ledger is in use by another program.",
        "Close the other program that has the file open, and try again.",
    ),
    "SQLITE_READONLY": (
        "The ledger cannot be written.",
        "Check who owns the file and its folder, and whether the disk is mounted read-only.",
    ),
    "SQLITE_PERM": (
        "The ledger cannot be written.",
        "Check who owns the file and its folder, and whether the disk is mounted read-only.",
    ),
    "SQLITE_CANTOPEN": ("The ledger cannot be opened.", "Check the path, and who may read the file and its folder."),
    "SQLITE_FULL": ("The disk is full; nothing was stored.", "Free some space and run the same command again."),
    "SQLITE_NOMEM": (
        "There is not enough memory; nothing was stored.",
        "Close other programs and run the same command again.",
    ),
    "SQLITE_NOTADB": ("This file is not a ledger.", "Check the path; a ledger is made with `doseledger init`."),
    "SQLITE_INTERRUPT": ("The database was interrupted; nothing was stored.", "Run the same command again."),
}
_DAMAGED = "Stop writing, keep this file, and restore the newest backup beside it: `doseledger verify` judges both."
_TAKEN = {
    "entries.leaf_index": "Another entry took this position first.",
    "not the next position": "Another entry took this position first.",
    "entries.stream": "Another entry of this stream came first.",
    "not the next version": "Another entry of this stream came first.",
    "entries.id": "An entry with this id is already stored.",
    "the id is taken": "An entry with this id is already stored.",
    "entries.command_id": "This command is already stored.",
    "the command is stored": "This command is already stored.",
    "signers": "This signature counter of the key is already used.",
}


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise the errors of SQLite about the file at `path` as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise sentence(error, path) from error


def sentence(error: sqlite3.Error, path: str, *, committing: bool = False) -> DoseLedgerError:
    """The error of ours that one of SQLite stands for; `committing`: it came while the disk was confirming."""
    name = getattr(error, "sqlite_errorname", "") or ""
    why = f"{path}: {error}"
    for prefix, (what, fix) in _UNAVAILABLE.items():
        if name.startswith(prefix):
            return Unavailable(what, why=why, fix=fix)
    if name.startswith("SQLITE_CONSTRAINT"):
        return _constraint(str(error), why)
    if name.startswith("SQLITE_CORRUPT"):
        return IntegrityFailure("The ledger file is damaged.", why=why, fix=_DAMAGED)
    if committing:
        return OutcomeUnknown(
            "The disk did not confirm the entry.",
            why=why,
            fix="Run the same command id again: it is stored once, or not at all.",
        )
    if name.startswith("SQLITE_IOERR"):
        return Unavailable(
            "The disk failed; nothing was stored.", why=why, fix="Check the disk and run the same command again."
        )
    return IntegrityFailure("The ledger file is not as this program made it.", why=why, fix=_DAMAGED)


def _constraint(text: str, why: str) -> DoseLedgerError:
    for mark, what in _TAKEN.items():
        if mark in text:
            return Conflict(what, why=why, fix="Look at the ledger as it is now, and decide again.")
    return IntegrityFailure("The ledger file refuses the row.", why=why, fix=_DAMAGED)
