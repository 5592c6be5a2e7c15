"""A file read without letting go of it: POSIX takes every lock of a process on a file when any descriptor is closed.

SQLite keeps others away from a ledger by such locks. Whoever opened the file beside it and closed it again would take
them away, and the next writer would fold the write-ahead log while this process still writes into it. So a file that
is open in this process is read through the descriptor that is there.
"""

from __future__ import annotations

import fcntl
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OWN = "/dev/fd"
"""Lists the descriptors of whoever reads it."""


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[io.BufferedReader]:
    """Read a file from its beginning, through a descriptor that this process has of it where there is one.

    Raises OSError like `open`.
    """
    place = Path(path)
    handle = _there(place.stat())
    if handle is None:
        with place.open("rb") as file:
            yield file
    else:
        yield io.BufferedReader(_Through(handle))


def _there(wanted: os.stat_result) -> int | None:
    """Give a readable descriptor of this process for a file; None where it has none."""
    for name in os.listdir(_OWN):  # noqa: PTH208 - names of descriptors, not files of a folder
        handle = int(name)
        try:
            found = os.fstat(handle)
            readable = fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE != os.O_WRONLY
        except OSError:  # it was the one by which they are listed
            continue
        if stat.S_ISREG(found.st_mode) and (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino) and readable:
            return handle
    return None


class _Through(io.RawIOBase):
    """Reads by a descriptor of somebody else, at places of its own, and leaves it open."""

    def __init__(self, handle: int) -> None:
        super().__init__()
        self._handle = handle
        self._at = 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it has places."""
        return True

    def fileno(self) -> int:
        """The descriptor of somebody else."""
        return self._handle

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; from the end where `whence` says so."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        self._at = offset + (os.fstat(self._handle).st_size if base is None else base)
        return self._at

    def tell(self) -> int:
        """The place that is read next."""
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the type of the base is private
        """Read what fits."""
        data = os.pread(self._handle, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
