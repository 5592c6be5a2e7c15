"""The writer's turn: one queue for all who want to write, on a lock file beside the ledger.

Reading, deciding, signing and appending happen in one turn, so that what was read is still true when it is
written. The lock is the system's (flock): it ends with its process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from ledger.errors import Unavailable

_LOOK_AGAIN = 0.002
"""Seconds between two looks at a lock that is waited for with a limit."""


class Turn:
    """The turn of one ledger file in this process: re-entrant for the thread that has it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._own = threading.RLock()
        self._depth = 0
        self._file = -1

    @property
    def held(self) -> bool:
        """Whether somebody in this process has the turn."""
        return self._depth > 0

    @contextmanager
    def take(self, timeout: float | None = None) -> Iterator[None]:
        """Wait for the turn, at most `timeout` seconds (None: for ever), and have it for the block.

        Raises Unavailable when it does not come in time, or when the lock file cannot be made.
        """
        until = None if timeout is None else monotonic() + timeout
        if not self._own.acquire(timeout=-1 if timeout is None else timeout):
            raise self._late(timeout)
        try:
            if self._depth == 0:
                self._file = self._lock(until, timeout)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    os.close(self._file)
        finally:
            self._own.release()

    def _lock(self, until: float | None, timeout: float | None) -> int:
        try:
            file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(
                "The ledger cannot be written.",
                why=str(error),
                fix="Check who owns the folder of the ledger, and whether the disk is mounted read-only.",
            ) from error
        try:
            while until is not None:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return file
                self._require_time(until, timeout)
                sleep(_LOOK_AGAIN)
            fcntl.flock(file, fcntl.LOCK_EX)
        except BaseException:
            os.close(file)
            raise
        return file

    def _require_time(self, until: float, timeout: float | None) -> None:
        if monotonic() >= until:
            raise self._late(timeout)

    def _late(self, timeout: float | None) -> Unavailable:
        return Unavailable(
            f"Somebody else has been writing for more than {timeout or 0:g} seconds.",
            why=f"another program holds {self._path}",
            fix="Wait for it, or end it if it hangs; then run the same command again.",
        )


_TURNS: dict[str, Turn] = {}
_GUARD = threading.Lock()


def turn_of(path: str) -> Turn:
    """The one turn that this process has for the ledger at `path`, however often it is opened."""
    lock = f"{Path(path).resolve()}.lock"
    with _GUARD:
        return _TURNS.setdefault(lock, Turn(lock))
