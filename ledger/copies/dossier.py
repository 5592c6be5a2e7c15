"""The script blocks of a dossier: found by their exact marks, once each, and written out as the four files of a copy.

Nothing else of the page is read. What a browser would show of it is made by the page's own script from these blocks.
"""

from __future__ import annotations

import base64
import binascii
import mmap
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ledger.copies.copy import BLOB_LIMIT, About
from ledger.copies.form import BLOBS, CHECKPOINTS, ENTRIES, TEXTS
from ledger.copies.lines import LINE_LIMIT, BlobLine
from ledger.errors import Malformed, Unavailable

_BLOCKS = {"dl-entries": ENTRIES, "dl-texts": TEXTS, "dl-checkpoints": CHECKPOINTS}
_BLOB_BLOCK, _ABOUT_BLOCK = "dl-blobs", "dl-about"
_END = b"</script>"
_ID = re.compile(rb"(?i)\bid\s*=\s*[\"']?\Z")
_WORD = re.compile(rb"[\w-]")
_BEFORE = 64
"""Bytes before a name in which `id =` is looked for."""
_PIECE = 1 << 20


def unpack(path: str, folder: Path) -> About:
    """Write the four files of the dossier at `path` into a folder of our own; what it says of itself.

    Malformed where a block is missing, stands twice, or is not in its form.
    """
    try:
        with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as page:
            for block, name in _BLOCKS.items():
                start, stop = _place(page, block)
                with (folder / name).open("xb") as out:
                    for at in range(start, stop, _PIECE):
                        out.write(page[at : min(at + _PIECE, stop)])
            _blobs(page, folder)
            return _about(page)
    except ValueError as error:
        raise Malformed("The dossier cannot be read.", why=f"{path}: {error}") from error
    except OSError as error:
        raise Unavailable("The dossier cannot be read.", why=f"{path}: {error}") from error


def _place(page: mmap.mmap, block: str) -> tuple[int, int]:
    """Where the lines of a block begin and end in the page."""
    marks = _marks(page, block.encode())
    opening = b'<script type="application/json" id="%s">\n' % block.encode()
    at = page.find(opening)
    if at < 0 or marks != 1:
        raise Malformed(
            f"The block {block} does not stand in the dossier once, in its one form.",
            why=f"an element of this id is found {marks} times",
        )
    start = at + len(opening)
    stop = page.find(b"<", start)
    if stop < 0 or page[stop : stop + len(_END)] != _END:
        raise Malformed(f"The block {block} of the dossier does not end as it must.", why="a `<` stands inside it")
    return start, stop


def _marks(page: mmap.mmap, name: bytes) -> int:
    """How many elements of the page bear an id, as far as its bytes tell."""
    count, at = 0, page.find(name)
    while at >= 0:
        behind = page[at + len(name) : at + len(name) + 1]
        count += _ID.search(page[max(0, at - _BEFORE) : at]) is not None and not _WORD.match(behind)
        at = page.find(name, at + 1)
    return count


def _lines(page: mmap.mmap, start: int, stop: int, limit: int) -> Iterator[bytes]:
    while start < stop:
        end = page.find(b"\n", start, stop)
        end = stop if end < 0 else end
        if end - start > limit:
            raise Malformed(f"A line of the dossier has {end - start} bytes; at most {limit} are read.")
        yield page[start:end]
        start = end + 1


def _blobs(page: mmap.mmap, folder: Path) -> None:
    (folder / BLOBS).mkdir()
    for line in _lines(page, *_place(page, _BLOB_BLOCK), limit=2 * BLOB_LIMIT):
        try:
            one = msgspec.json.decode(line, type=BlobLine)
            data = base64.b64decode(one.data, validate=True)
        except (msgspec.MsgspecError, UnicodeError, binascii.Error) as error:
            raise Malformed("A line of the dossier's files is not in its form.", why=str(error)) from error
        (folder / BLOBS / one.digest).write_bytes(data)


def _about(page: mmap.mmap) -> About:
    line = page[slice(*_place(page, _ABOUT_BLOCK))].strip()
    if len(line) > LINE_LIMIT:
        raise Malformed("What the dossier says of itself is too long.")
    try:
        return msgspec.json.decode(line, type=About)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed("What the dossier says of itself is not in its form.", why=str(error)) from error
