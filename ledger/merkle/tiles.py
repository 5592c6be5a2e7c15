"""The log as static files (C2SP tlog-tiles): tiles of 256 hashes, and bundles of 256 entries, each named by its place.

A tile (level, index) of width w holds the nodes of the tree at the level 8 * level from 256 * index on, w of them. Full
tiles never change; the last one of a level is partial unless it is full. docs/spec/log.md is the same in prose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ledger.errors import BadInput, Malformed
from ledger.merkle.tree import HASH_BYTES, MAX_SIZE, NodeReader

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes in a full tile, entries in a full bundle."""
MAX_ENTRY_BYTES = 65_535
"""What the two bytes of a length can say."""
CHECKPOINT = "checkpoint"
"""The file with the signed head, beside the folder `tile`."""
ENTRIES = "tile/entries"


class Tile(Struct, frozen=True):
    """The place of one tile and how many hashes it holds, 1 to 256."""

    level: int
    index: int
    width: int

    def path(self) -> str:
        """Its file, relative to the folder of the log."""
        return _path(f"tile/{self.level}", self.index, self.width)

    def hashes(self, node: NodeReader) -> bytes:
        """Its bytes, from the nodes of the tree."""
        first = self.index * WIDTH
        return b"".join(node(self.level * HEIGHT, first + place) for place in range(self.width))


class Bundle(Struct, frozen=True):
    """The place of one bundle of entries and how many it holds, 1 to 256."""

    index: int
    width: int

    def path(self) -> str:
        """Its file, relative to the folder of the log."""
        return _path(ENTRIES, self.index, self.width)

    @property
    def start(self) -> int:
        """The position of its first entry."""
        return self.index * WIDTH


def tiles(size: int) -> Iterator[Tile]:
    """Every tile of a log of `size` entries, the leaves first; raises BadInput for a size that no log has."""
    _require(size)
    level = 0
    while count := size >> (level * HEIGHT):
        yield from (Tile(level, index, width) for index, width in _widths(count))
        level += 1


def bundles(size: int) -> Iterator[Bundle]:
    """Every bundle of a log of `size` entries, in order; raises BadInput for a size that no log has."""
    _require(size)
    return (Bundle(index, width) for index, width in _widths(size))


def pack(entries: Iterable[bytes]) -> bytes:
    """The bytes of a bundle: each entry behind its length in two bytes. Raises Malformed for an entry too long."""
    return b"".join(_measured(entry) + entry for entry in entries)


def unpack(data: bytes, width: int) -> tuple[bytes, ...]:
    """The `width` entries of a bundle. Raises Malformed and nothing else; what the entries say is not looked at."""
    found: list[bytes] = []
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + length]
        if len(data) < at + 2 + length:
            raise Malformed("a bundle of entries ends in the middle of an entry")
        found.append(entry)
        at += 2 + length
    if len(found) != width:
        raise Malformed(f"a bundle holds {len(found)} entries instead of {width}")
    return tuple(found)


def packed_limit(width: int) -> int:
    """The most bytes that a bundle of `width` entries has."""
    return width * (2 + MAX_ENTRY_BYTES)


def tile_bytes(width: int) -> int:
    """The number of bytes of a tile of `width` hashes."""
    return width * HASH_BYTES


def _measured(entry: bytes) -> bytes:
    if len(entry) > MAX_ENTRY_BYTES:
        raise Malformed(f"an entry of {len(entry)} bytes does not fit into a bundle", why=f"at most {MAX_ENTRY_BYTES}")
    return len(entry).to_bytes(2, "big")


def _widths(count: int) -> Iterator[tuple[int, int]]:
    full, rest = divmod(count, WIDTH)
    yield from ((index, WIDTH) for index in range(full))
    if rest:
        yield full, rest


def _path(folder: str, index: int, width: int) -> str:
    """Numbers are written in groups of three digits, all but the last behind an `x`; a partial file says its width."""
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"{folder}/{number}" + ("" if width == WIDTH else f".p/{width}")


def _require(size: int) -> None:
    if not 0 <= size <= MAX_SIZE:
        raise BadInput(f"a log cannot have the size {size}", why=f"sizes are 0 to {MAX_SIZE}")
