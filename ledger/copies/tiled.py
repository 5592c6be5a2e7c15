"""A log in static files (C2SP tlog-tiles): its entries as lines in a folder of our own, and its tiles against them.

Only what the checkpoint covers is read. A partial file that a log of this size does not have is passed over, since a
log that grows leaves some behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ledger.copies.form import CHECKPOINTS, ENTRIES, TEXTS
from ledger.copies.lines import CheckpointLine, Lines, line_of, plain_file
from ledger.errors import Malformed
from ledger.merkle import checkpoint, tiles
from ledger.merkle.note import MAX_NOTE_BYTES
from ledger.merkle.tree import leaf_hash, root
from ledger.signing.jws import ENTRY_LIMIT


def unpack(source: Path, folder: Path) -> int:
    """Write the entries and the checkpoint of the tiles at `source` into `folder` as lines; give their number.

    Raises Malformed for a checkpoint that is none, a bundle that is missing or not in its form, and for an entry
    that cannot stand on a line.
    """
    note = _read(source, tiles.CHECKPOINT, MAX_NOTE_BYTES)
    size = checkpoint.parse(note)[0].size
    if not size:
        raise Malformed("The checkpoint is that of an empty log.", why="a ledger has at least its first entry")
    with (folder / ENTRIES).open("xb") as out:
        for bundle in tiles.bundles(size):
            data = _read(source, bundle.path(), tiles.packed_limit(bundle.width))
            for position, entry in enumerate(tiles.unpack(data, bundle.width), bundle.start):
                if not entry or b"\n" in entry:
                    raise Malformed(f"The entry #{position} of the tiles is not one line.", why=bundle.path())
                out.write(entry + b"\n")
    (folder / CHECKPOINTS).write_bytes(line_of(CheckpointLine(size, note.decode())))
    (folder / TEXTS).write_bytes(b"")
    return size


def flaws(source: Path, entries: Path) -> Iterator[str]:
    """Name every tile of hashes that is missing, or is not the one that the entries make."""
    lines = Lines(entries, limit=ENTRY_LIMIT)
    try:
        levels = _levels([leaf_hash(line) for line in lines])
    finally:
        lines.close()
    for tile in tiles.tiles(len(levels[0])):
        try:
            said = _read(source, tile.path(), tiles.tile_bytes(tile.width))
        except Malformed as error:
            yield f"{error.what} {error.why}".strip()
            continue
        if said != tile.hashes(lambda level, index: levels[level // tiles.HEIGHT][index]):
            yield f"{tile.path()} is not the tile that the entries make"


def _levels(leaves: list[bytes]) -> list[list[bytes]]:
    """The hashes of every eighth level of the tree, the leaves first."""
    found = [leaves]
    while len(row := found[-1]) >= tiles.WIDTH:
        full = len(row) // tiles.WIDTH
        found.append([root(row[at * tiles.WIDTH : (at + 1) * tiles.WIDTH]) for at in range(full)])
    return found


def _read(source: Path, name: str, limit: int) -> bytes:
    place = source / name
    if not plain_file(place):
        raise Malformed(f"{name} is missing.")
    try:
        with place.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Malformed(f"{name} cannot be read.", why=error.strerror or str(error)) from error
    if len(data) > limit:
        raise Malformed(f"{name} is longer than {limit} bytes.")
    return data
