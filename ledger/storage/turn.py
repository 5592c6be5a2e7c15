"""The writer's turn: one at a time, over all processes and threads, without anybody starving at an optimistic retry.

Reading, deciding, signing and appending happen in one turn, so that what was read is still true when it is
written. The lock of a file is the system's (flock): it ends with its process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from ledger.errors import Unavailable

_LOOK_AGAIN = 0.002
"""Seconds between two looks at a lock that is waited for with a limit."""

Lock = Callable[[float | None], Callable[[], object]]
"""Waits for the lock that all processes share, at most so many seconds (None: for ever), and gives what frees it.

Raises TimeoutError when it does not come in time, Unavailable when it cannot be had at all.
"""


class Turn:
    """The turn of one ledger in this process: re-entrant for the thread that has it."""

    def __init__(self, name: str) -> None:
        """`name` is what the ledger's lock is called to people."""
        self._name = name
        self._own = threading.RLock()
        self._depth = 0
        self._free: Callable[[], object] = tuple

    @property
    def held(self) -> bool:
        """Whether somebody in this process has the turn."""
        return self._depth > 0

    @contextmanager
    def take(self, lock: Lock, timeout: float | None = None) -> Iterator[None]:
        """Wait for the turn, at most `timeout` seconds (None: for ever), and have it for the block.

        Raises Unavailable when it does not come in time, or when the lock cannot be had.
        """
        until = None if timeout is None else monotonic() + timeout
        if not self._own.acquire(timeout=-1 if timeout is None else timeout):
            raise self._late(timeout)
        try:
            if self._depth == 0:
                try:
                    self._free = lock(None if until is None else max(until - monotonic(), 0))
                except TimeoutError:
                    raise self._late(timeout) from None
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._free()
        finally:
            self._own.release()

    def _late(self, timeout: float | None) -> Unavailable:
        return Unavailable(
            f"Somebody else has been writing for more than {timeout or 0:g} seconds.",
            why=f"another program holds {self._name}",
            fix="Wait for it, or end it if it hangs; then run the same command again.",
        )


Take = Callable[[float | None], contextlib.AbstractContextManager[None]]
"""Takes the turn of one ledger: waits at most so many seconds (None: for ever), and has it for the block."""

_TURNS: dict[str, Turn] = {}
_GUARD = threading.Lock()


def turn_of(name: str) -> Turn:
    """The one turn that this process has for the ledger with this lock, however often it is opened."""
    with _GUARD:
        return _TURNS.setdefault(name, Turn(name))


def of_file(path: str) -> Take:
    """Take turns at the ledger file at `path`, by a lock file beside it."""
    name = f"{Path(path).resolve()}.lock"
    return lambda timeout: turn_of(name).take(lambda left: _locked(name, left), timeout)


def _locked(path: str, timeout: float | None) -> Callable[[], object]:
    try:
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(
            "The ledger cannot be written.",
            why=str(error),
            fix="Check who owns the folder of the ledger, and whether the disk is mounted read-only.",
        ) from error
    try:
        _wait(file, timeout)
    except BaseException:
        os.close(file)
        raise
    return lambda: os.close(file)


def _wait(file: int, timeout: float | None) -> None:
    if timeout is None:
        fcntl.flock(file, fcntl.LOCK_EX)
        return
    until = monotonic() + timeout
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if monotonic() >= until:
            raise TimeoutError
        sleep(_LOOK_AGAIN)
