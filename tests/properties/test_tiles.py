"""The log in static files: where each tile lies, what is in it, and that only our error comes out of the parser."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BadInput, Malformed
from ledger.merkle import tiles
from ledger.merkle.tree import leaf_hash, root

PINNED = Path(__file__).parents[1] / "vectors" / "merkle" / "tiles.txt"
ENTRIES = [f"entry {n}".encode() * (n % 3 + 1) for n in range(600)]


def node(level: int, index: int) -> bytes:
    """A node of the log of ENTRIES, from nothing but its leaves."""
    return root([leaf_hash(one) for one in ENTRIES[index << level : (index + 1) << level]])


def files(size: int) -> dict[str, bytes]:
    """Every file of the first `size` ENTRIES but the checkpoint."""
    found = {tile.path(): tile.hashes(node) for tile in tiles.tiles(size)}
    for one in tiles.bundles(size):
        found[one.path()] = tiles.pack(ENTRIES[one.start : one.start + one.width])
    return found


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (tiles.Tile(0, 0, 256), "tile/0/000"),
        (tiles.Tile(0, 0, 1), "tile/0/000.p/1"),
        (tiles.Tile(1, 5, 256), "tile/1/005"),
        (tiles.Tile(0, 1234067, 256), "tile/0/x001/x234/067"),
        (tiles.Tile(3, 1000, 8), "tile/3/x001/000.p/8"),
        (tiles.Bundle(999, 256), "tile/entries/999"),
        (tiles.Bundle(1234067, 8), "tile/entries/x001/x234/067.p/8"),
    ],
)
def test_a_file_has_the_name_of_the_specification(tile, path) -> None:
    """A sponsor's reader asks for a file by its name; under another one the record is not there."""
    assert path == tile.path()


@pytest.mark.parametrize(
    ("size", "names"),
    [
        (1, ["tile/0/000.p/1", "tile/entries/000.p/1"]),
        (256, ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]),
        (600, ["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"]),
    ],
)
def test_a_log_has_these_files_and_no_other(size, names) -> None:
    """A file too few breaks the tree for whoever checks it; a file too many is one that nobody checks."""
    found = [tile.path() for tile in tiles.tiles(size)] + [one.path() for one in tiles.bundles(size)]
    assert names == found[: len(names)]
    assert size == sum(one.width for one in tiles.bundles(size))
    assert len(found) == len(set(found))


def test_the_root_comes_out_of_the_tiles_alone() -> None:
    """Whoever has the tiles must come to the root on the paper without a single byte of ours."""
    found = files(600)
    top = [found["tile/1/000.p/2"][at : at + 32] for at in (0, 32)]
    rest = found["tile/0/002.p/88"]
    leaves = [rest[at : at + 32] for at in range(0, len(rest), 32)]
    left = sha256(b"\x01" + top[0] + top[1]).digest()
    assert root([leaf_hash(one) for one in ENTRIES]) == sha256(b"\x01" + left + root(leaves)).digest()


def test_the_bytes_are_pinned(golden: Callable[[Path, str], None]) -> None:
    """A release that writes other bytes for the same log cannot be compared with what a sponsor keeps."""
    golden(PINNED, "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files(600).items())))


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_gives_back_its_entries(entries) -> None:
    """An entry that comes back with another byte is an entry whose signature no longer holds."""
    data = tiles.pack(entries)
    assert tuple(entries) == tiles.unpack(data, len(entries))
    assert len(data) <= tiles.packed_limit(len(entries))


@given(st.binary(max_size=2000), st.integers(1, 256))
def test_only_our_error_comes_out_of_a_bundle(data, width) -> None:
    """A file that crashes the verifier would stop an inspection."""
    try:
        found = tiles.unpack(data, width)
    except Malformed:
        return
    assert data == tiles.pack(found)


def test_what_does_not_fit_is_refused() -> None:
    """An entry that is cut to fit, or a log of a size that no number can name, is no record."""
    assert 65_537 == len(tiles.pack([b"x" * tiles.MAX_ENTRY_BYTES]))
    with pytest.raises(Malformed):
        tiles.pack([b"x" * (tiles.MAX_ENTRY_BYTES + 1)])
    for size in (-1, 2**53):
        with pytest.raises(BadInput):
            list(tiles.tiles(size))
        with pytest.raises(BadInput):
            tiles.bundles(size)
    assert [] == [*tiles.tiles(0), *tiles.bundles(0)]
