"""A bundle that one program reads one way and another program another way, or with a page that no manifest lists."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import bundles
import pytest
from acts import Ward, founded
from carried import of_the_file, of_the_program
from copying import copied, zipped

from ledger.verify import verify_path


@dataclass(frozen=True)
class Made:
    """A bundle in a folder, and the bytes of its archive."""

    bag: Path
    archive: bytes


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A bundle of a small record, signed by the workstation."""
    folder = tmp_path_factory.mktemp("readings")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as ward:
        bag = Path(bundles.bundled(ward.book, folder / "bag").path)
        yield Made(bag, zipped(bag, folder / "bag.zip").read_bytes())


def told(path: Path) -> str:
    """The verdict on a copy, once both verifiers came to it."""
    verdict = of_the_program(path)[0]
    assert of_the_file(path)[0] == verdict
    return verdict


def added(name: str, data: bytes = b"all is well\n") -> Callable[[bytes, Path], bytes]:
    """An archive with one more member."""

    def change(archive: bytes, place: Path) -> bytes:
        place.write_bytes(archive)
        with zipfile.ZipFile(place, "a") as out:
            out.writestr(f"dossier-demo/{name}", data)
        return place.read_bytes()

    return change


def noted(archive: bytes, place: Path) -> bytes:
    """An archive that bears a comment."""
    place.write_bytes(archive)
    with zipfile.ZipFile(place, "a") as out:
        out.comment = b"inspected and approved"
    return place.read_bytes()


def renumbered(archive: bytes, _: Path) -> bytes:
    """An archive in which the head of the first member says another check sum than the directory."""
    return archive[:14] + bytes(one ^ 1 for one in archive[14:18]) + archive[18:]


ARCHIVES: dict[str, Callable[[bytes, Path], bytes]] = {
    "another archive before it": lambda archive, _: archive + archive,
    "bytes before it": lambda archive, _: b"PK\x03\x04" + bytes(30) + archive,
    "a comment": noted,
    "a name that differs by case": added("Data/01-ledger/Entries.jsonl"),
    "a name that differs by composition": lambda archive, place: added("signatures/e\u0301")(
        added("signatures/\u00e9")(archive, place), place
    ),
    "a folder with a file's name": added("data/01-ledger/entries.jsonl/", b""),
    "a head that contradicts the directory": renumbered,
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_an_archive_that_can_be_read_in_two_ways_is_not_read(good: Made, tmp_path: Path, what: str) -> None:
    """The verifier would praise one set of tables while the inspector's own program unpacks another."""
    path = tmp_path / "bag.zip"
    path.write_bytes(good.archive)
    assert "self-consistent" == told(path)
    path.write_bytes(ARCHIVES[what](good.archive, tmp_path / "made.zip"))
    assert "failed" == told(path)
    assert ["unreadable"] == [one.code for one in verify_path(path).findings]


def test_an_archive_of_another_program_is_read(good: Made, tmp_path: Path) -> None:
    """A bundle that a mail program zipped anew, as a stream, would be called a forgery."""
    path = tmp_path / "streamed.zip"
    with path.open("wb") as file, zipfile.ZipFile(Stream(file.write), "w", zipfile.ZIP_DEFLATED) as out:
        out.mkdir("bag")
        for one in sorted(good.bag.rglob("*")):
            out.write(one, f"bag/{one.relative_to(good.bag).as_posix()}")
    assert "self-consistent" == told(path)


@dataclass(frozen=True)
class Stream:
    """Something that is written and cannot be gone back in."""

    write: Callable[[bytes], int]

    def flush(self) -> None:
        """Nothing is held back."""


def test_a_page_among_the_signatures_is_named(good: Made, tmp_path: Path) -> None:
    """No manifest lists that folder: a page put there would stand in a bundle whose signature holds."""
    bag = copied(good.bag, tmp_path / "bag")
    (bag / "signatures" / "00-READ-ME-FIRST.html").write_text("<p>inspected and approved</p>", encoding="utf-8")
    assert "failed" == told(bag)
    assert "signatures/00-READ-ME-FIRST.html" in verify_path(bag).findings[0].why
