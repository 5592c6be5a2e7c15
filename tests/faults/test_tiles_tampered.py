"""A log in static files, changed by somebody: every change is found and named, and none ends in a traceback."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from acts import Ward, founded

from ledger.book import Ledger
from ledger.copies import form_of, open_copy
from ledger.errors import BadInput, Unavailable
from ledger.merkle import tiles
from ledger.verify import Outside, Report, verify_path
from projections.export import jsonl
from projections.export.tiles import directory


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A ledger with its people, a lot and a patient."""
    folder = tmp_path_factory.mktemp("ward")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as found:
        yield found


@pytest.fixture(scope="module")
def whole(ward: Ward, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger in tiles."""
    folder = tmp_path_factory.mktemp("tiles") / "whole"
    directory(ward.book, folder)
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """The tiles, to change them."""
    return Path(shutil.copytree(whole, tmp_path / "tiles"))


def test_the_tiles_of_a_ledger_verify(ward, whole) -> None:
    """A copy that only its maker can verify is no evidence."""
    assert "tiles" == form_of(str(whole))
    report = verify_path(whole)
    assert ("self-consistent", ward.book.size, ward.book.root().hex()) == (report.verdict, report.entries, report.root)
    assert "ok-unanchored" == verify_path(whole, outside=Outside(ledger=ward.book.id)).verdict
    assert "ok" == verify_path(whole, trusted=ward.book.checkpoint_at(5)).verdict
    with open_copy(whole) as read:
        assert [raw for _, raw in ward.book.raws()] == list(read.raws(0, read.size))


def test_the_same_head_makes_the_same_tiles(ward, whole, tmp_path) -> None:
    """Two sponsors who hold the same log must hold the same bytes."""
    directory(ward.book, tmp_path / "again")
    for one in whole.rglob("*"):
        again = tmp_path / "again" / one.relative_to(whole)
        assert one.is_dir() or one.read_bytes() == again.read_bytes()
    assert {one.relative_to(whole) for one in whole.rglob("*")} == {
        one.relative_to(tmp_path / "again") for one in (tmp_path / "again").rglob("*")
    }


def hashes(copy: Path) -> Path:
    """The tile of the leaves."""
    (found,) = (copy / "tile" / "0").rglob("*.p/*")
    return found


def entries(copy: Path) -> Path:
    """The bundle of the entries."""
    (found,) = (copy / tiles.ENTRIES).rglob("*.p/*")
    return found


def changed(find: Callable[[Path], Path], at: int) -> Callable[[Path], None]:
    """Change one byte of a file."""

    def change(copy: Path) -> None:
        data = bytearray(find(copy).read_bytes())
        data[at] ^= 1
        find(copy).write_bytes(data)

    return change


def cut(find: Callable[[Path], Path]) -> Callable[[Path], None]:
    """Cut the end off a file."""

    def change(copy: Path) -> None:
        find(copy).write_bytes(find(copy).read_bytes()[:-1])

    return change


def gone(find: Callable[[Path], Path]) -> Callable[[Path], None]:
    """Remove a file."""
    return lambda copy: find(copy).unlink()


def swapped(copy: Path) -> None:
    """Put two entries into each other's place."""
    found = entries(copy)
    held = list(tiles.unpack(found.read_bytes(), int(found.name)))
    held[4], held[5] = held[5], held[4]
    found.write_bytes(tiles.pack(held))


def broken(copy: Path) -> None:
    """Put a line break into an entry."""
    found = entries(copy)
    held = list(tiles.unpack(found.read_bytes(), int(found.name)))
    held[4] = held[4][:9] + b"\n" + held[4][10:]
    found.write_bytes(tiles.pack(held))


def head(copy: Path) -> Path:
    """The checkpoint."""
    return copy / tiles.CHECKPOINT


def larger(copy: Path) -> None:
    """Say that there are more entries than there are files for."""
    text = head(copy).read_bytes().split(b"\n")
    head(copy).write_bytes(b"\n".join([text[0], b"9007199254740991", *text[2:]]))


def report_of(copy: Path) -> tuple[Report, str]:
    """The report, and everything that it says."""
    report = verify_path(copy)
    return report, " ".join(one.why for one in report.findings)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (changed(hashes, 40), "tile/0/"),
        (cut(hashes), "tile/0/"),
        (gone(hashes), "is missing"),
        (changed(entries, -60), "signature"),
        (changed(entries, 0), "bundle"),
        (cut(entries), "ends in the middle"),
        (gone(entries), "is missing"),
        (swapped, "root"),
        (broken, "is not one line"),
        (changed(head, -5), "checkpoint"),
        (larger, "is missing"),
        (lambda copy: head(copy).write_bytes(b"\xff\n"), "note"),
        (lambda copy: head(copy).write_bytes(b"x" * 300_000), "longer"),
    ],
)
def test_whatever_is_changed_is_found(copy, change, says) -> None:
    """A dose that was changed in the sponsor's copy would be argued from for years."""
    change(copy)
    report, said = report_of(copy)
    assert "failed" == report.verdict
    assert says in said


def test_a_link_is_no_file(copy, tmp_path) -> None:
    """A copy that reads what lies elsewhere on the inspector's machine is a trap."""
    entries(copy).rename(tmp_path / "elsewhere")
    (copy / "tile" / "entries" / "000.p").rmdir()
    (copy / "tile" / "entries" / "000.p").mkdir()
    (copy / "tile" / "entries" / "000.p" / Path(hashes(copy)).name).symlink_to(tmp_path / "elsewhere")
    assert "failed" == verify_path(copy).verdict


def test_what_a_growing_log_leaves_behind_is_passed_over(copy) -> None:
    """A log that is served while it grows keeps old partial files; an honest one must not fail for them."""
    (hashes(copy).parent / "3").write_bytes(b"\0" * 96)
    assert "self-consistent" == verify_path(copy).verdict


def test_tiles_are_too_little_to_read_from_and_hold_every_entry(ward, whole, tmp_path) -> None:
    """A status without texts and protocol would be a guess; tiles with holes would be another tree."""
    with pytest.raises(Unavailable):
        Ledger.open(whole, read_only=True)
    ward.enrol("P-002")
    jsonl.directory(ward.book, tmp_path / "part", patients=("P-002",))
    with Ledger.open(tmp_path / "part", read_only=True) as part, pytest.raises(BadInput, match="every entry"):
        directory(part, tmp_path / "holes")
    assert not (tmp_path / "holes").exists()
