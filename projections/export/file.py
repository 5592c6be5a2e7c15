"""A new file that an export fills piece by piece: its maker's alone, whole or not there, hashed as it is written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from ledger.errors import BadInput, Unavailable
from projections.printed import View


class Made(View, frozen=True, kw_only=True):
    """A file that was made: of the first `size` entries, whose root is `root`; its rows, its SHA-256."""

    file: str
    size: int
    root: str
    rows: int
    digest: str


class Sink:
    """Where the pieces go; `digest` is the SHA-256 of all of them so far."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._hash = sha256()

    def write(self, piece: bytes) -> None:
        """Take in the next piece."""
        self._hash.update(piece)
        self._out.write(piece)

    @property
    def digest(self) -> str:
        """The SHA-256 of what was written, in hexadecimal."""
        return self._hash.hexdigest()


@contextmanager
def new_file(name: str | os.PathLike[str]) -> Iterator[Sink]:
    """Open a new file; it appears under its name when all of it is on the disk.

    Raises BadInput where there is something already, Unavailable where nothing can be written.
    """
    target = Path(name)
    if target.exists() or target.is_symlink():
        raise _taken(target)
    partial = None
    try:
        handle, partial = tempfile.mkstemp(prefix=".export-", dir=target.absolute().parent)
        with os.fdopen(handle, "wb") as out:
            yield Sink(out)
            out.flush()
            os.fsync(out.fileno())
        os.link(partial, target)
    except FileExistsError as error:
        raise _taken(target) from error
    except OSError as error:
        raise Unavailable(f"{target.name} could not be written: {error.strerror}.", fix="Give another file.") from error
    finally:
        if partial is not None:
            with suppress(FileNotFoundError):
                os.unlink(partial)  # noqa: PTH108 - mkstemp gives a name


def _taken(target: Path) -> BadInput:
    return BadInput(f"There is already something at {target}.", why="an export never replaces another file")
