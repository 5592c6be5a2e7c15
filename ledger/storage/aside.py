"""A ledger file beside which a write-ahead log was left, read without a write anywhere near it.

SQLite would make a file of shared memory beside it, or refuse where it may not. While there is none nobody has the
ledger open, so file and log are copied into a private folder and read there.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ledger.errors import Unavailable


class Aside:
    """A private copy of a ledger file and its write-ahead log; `path` is that of the file."""

    def __init__(self, original: str) -> None:
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="doseledger-"))
            self.path = str(self._folder / "ledger")
            try:
                shutil.copyfile(original, self.path)
                shutil.copyfile(f"{original}-wal", f"{self.path}-wal")
            except BaseException:
                self.close()
                raise
        except OSError as error:
            raise Unavailable(
                "The ledger was left with a write-ahead log, and could not be copied to read it.",
                why=str(error),
                fix="Free some space, or set TMPDIR; or let the program that wrote it close it.",
            ) from error

    def close(self) -> None:
        """Remove the copy."""
        shutil.rmtree(self._folder, ignore_errors=True)
