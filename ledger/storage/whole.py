"""Whether the ledger in some tables is whole: one that is being carried over into them says so until it is.

A row of `meta`, `carried/<size>` with the root of that many entries, stands there before the first of them. Rows never
go, so it says for ever where the first entries came from: from a copy of a ledger that held that many.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.errors import Unavailable
from ledger.merkle.tree import frontier_root
from ledger.storage.reader import Reader
from ledger.storage.schema import META

_PREFIX = "carried/"
_META = "SELECT key, value FROM meta ORDER BY key"


def announce(reader: Reader, size: int, root: bytes) -> None:
    """Say in the tables, through the connection of a writer, that `size` entries under `root` are carried over."""
    if (f"{_PREFIX}{size}", root.hex()) not in reader.all(_META):
        reader.all("INSERT INTO meta VALUES (?, ?) RETURNING key", (f"{_PREFIX}{size}", root.hex()))


def promised(reader: Reader) -> int:
    """How many entries are carried over here when all are there; 0 where none ever were."""
    return max((size for size, _ in _carried(reader)), default=0)


def require_whole(reader: Reader) -> None:
    """Refuse (Unavailable) a ledger that is still being carried over."""
    size, whole = reader.size(), promised(reader)
    if size < whole:
        raise Unavailable(
            f"The ledger at {reader.path} is not whole.",
            why=f"it is being copied there: {size} of {whole} entries have arrived",
            fix="Wait for the copy, or run the same `doseledger ledger copy` again: it goes on where it stopped.",
        )


def flaws(reader: Reader) -> Iterator[str]:
    """Say what of the table `meta` is not as it must be."""
    others = tuple(row for row in reader.all(_META) if not str(row[0]).startswith(_PREFIX))
    carried = dict(_carried(reader))
    if others != META or len(others) + len(carried) != len(reader.all(_META)):
        yield "the table meta does not say what it must"
    stored = reader.size()
    for size, root in carried.items():
        if size > stored or frontier_root(reader.frontier(size)).hex() != root:
            yield f"the table meta tells of {size} entries under another root than they have here"


def _carried(reader: Reader) -> Iterator[tuple[int, str]]:
    for key, value in reader.all(_META):
        size = str(key).removeprefix(_PREFIX)
        if str(key).startswith(_PREFIX) and size.isascii() and size.isdecimal() and size == str(int(size)):
            yield int(size), str(value)
