"""The bytes of a ledger file that no row holds: behind the database, in its header, on pages that were given back.

`PRAGMA integrity_check` reads what the tables reach, and says nothing of what somebody puts elsewhere. Every writer
overwrites what it frees (`secure_delete`), so a free page holds zeros. What stands unused between the rows of a page
is not looked at. The form of the file: https://www.sqlite.org/fileformat.html
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ledger import held
from ledger.errors import Unavailable
from ledger.storage.schema import PAGE_SIZE

NOT_LOOKED_AT = "bytes on free pages of the file, which somebody has open"
"""What is left out while a write-ahead log lies beside the file."""
_HEADER = 100
_UNUSED = ((20, 21), (48, 56), (64, 68), (72, 92))
"""Parts of the header that are zero in every ledger file: bytes kept free on each page, hints, what SQLite reserves."""
_WORD = 4


def length(path: str) -> int:
    """How many bytes the file has; raises Unavailable where it is gone."""
    try:
        return Path(path).stat().st_size
    except OSError as error:
        raise _unreadable(error) from error


def behind(taken: int, pages: int) -> str:
    """Say what lies behind the last page; "" where nothing does.

    `taken` is the length of the file before its `pages` were counted: while somebody writes, both only grow.
    """
    over = taken - pages * PAGE_SIZE
    return f"{over} bytes lie behind the end of the database" if over > 0 else ""


def strangers(path: str) -> tuple[str, ...] | None:
    """Say where the file holds bytes that belong to nothing; None while somebody has it open, or opened it meanwhile.

    Raises Unavailable where it cannot be read.
    """
    try:
        with held.reading(path) as file:
            before = os.fstat(file.fileno())
            found = tuple(_found(file))
            after = Path(path).stat()
    except OSError as error:
        raise _unreadable(error) from error
    same = (before.st_ino, before.st_size, before.st_mtime_ns) == (after.st_ino, after.st_size, after.st_mtime_ns)
    return found if same and not os.path.lexists(f"{path}-wal") else None


def _found(file: BinaryIO) -> Iterator[str]:
    header = file.read(_HEADER)
    if any(any(header[start:stop]) for start, stop in _UNUSED):
        yield "the header of the file holds bytes that mean nothing"
    size = int.from_bytes(header[16:18], "big")
    if size != PAGE_SIZE:
        yield f"a page of the file has {size} bytes, not {PAGE_SIZE}"
        return
    trunk, left = _number(header, 32), _number(header, 36)
    while trunk and left > 0:  # a list of pages, each naming the next one and the free pages of its own
        page = _page(file, trunk)
        words = [_number(page, at) for at in range(2 * _WORD, PAGE_SIZE, _WORD)]
        count = min(_number(page, _WORD), len(words))
        if any(word > file.seek(0, os.SEEK_END) // PAGE_SIZE for word in words):
            yield f"the free page {trunk} of the file holds bytes that mean nothing"
        for number in words[:count]:
            if any(_page(file, number)):
                yield f"the free page {number} of the file holds bytes that mean nothing"
        trunk, left = _number(page, 0), left - count - 1


def _page(file: BinaryIO, number: int) -> bytes:
    if not number:  # no page has this number
        return bytes(PAGE_SIZE)
    file.seek((number - 1) * PAGE_SIZE)
    return file.read(PAGE_SIZE).ljust(PAGE_SIZE, b"\0")


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + _WORD], "big")


def _unreadable(error: OSError) -> Unavailable:
    return Unavailable("The ledger file cannot be read.", why=str(error))
