"""A ledger file copied while others write into it: every page as it stood at one moment, on the disk at the end."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from ledger.errors import Unavailable
from ledger.storage import files
from ledger.storage.lookout import OnFile
from ledger.storage.refusals import translated


def snapshot(path: str, target: str) -> None:
    """Copy the ledger file at `path` to a new file, readable by its owner alone.

    Raises Unavailable where something lies there, or it cannot be read or stored; nothing is left of it then.
    """
    files.make(target)
    try:
        source = OnFile.look(path)
        try:
            with translated(target), closing(sqlite3.connect(target, isolation_level=None)) as made:
                made.execute("PRAGMA journal_mode=OFF")  # who is interrupted begins again
                source.pages(made)
        finally:
            source.close()
        settled(target)
    except BaseException:
        files.discard(target)
        raise


def settled(path: str) -> None:
    """Force a file that was written to the disk; raises Unavailable where that fails."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise Unavailable(
            f"{Path(path).name} could not be forced to the disk.", why=str(error), fix="Check the disk; then try again."
        ) from error
