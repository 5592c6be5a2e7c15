"""One ledger in every form of copy, and copies changed as somebody with a text editor, or with more, could.

forms = Forms.of(ward.book, tmp_path)
forms.lines, forms.bag, forms.archive, forms.dossier
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ledger.book import Ledger
from projections.export import jsonl
from projections.export.bundle.make import make
from projections.export.dossier.making import dossier

SOFTWARE = "doseledger/0.1.0"
INSIDE = Path("data/01-ledger")


@dataclass(frozen=True)
class Forms:
    """The same head of the same ledger, four times."""

    lines: Path
    bag: Path
    archive: Path
    dossier: Path

    @classmethod
    def of(cls, book: Ledger, folder: Path, patient: str | None = None) -> Forms:
        """Make all of them in a new folder; with `patient` the others are withheld."""
        folder.mkdir()
        chosen = () if patient is None else (patient,)
        made = cls(folder / "lines", folder / "bag", folder / "bag.zip", folder / "dossier.html")
        jsonl.directory(book, made.lines, patients=chosen)
        make(book, made.bag, software=SOFTWARE, build="0" * 64, patients=chosen)
        zipped(made.bag, made.archive)
        dossier(book, made.dossier, software=SOFTWARE, patient=patient)
        return made

    def all(self) -> tuple[Path, ...]:
        """Every one of them."""
        return self.lines, self.bag, self.archive, self.dossier


def zipped(bag: Path, archive: Path, top: str = "dossier-demo") -> Path:
    """Put a bag into an archive, in one folder."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for place in sorted(bag.rglob("*")):
            if place.is_file():
                out.write(place, f"{top}/{place.relative_to(bag).as_posix()}")
    return archive


def copied(copy: Path, place: Path) -> Path:
    """A copy of a copy, to change it."""
    if copy.is_dir():
        shutil.copytree(copy, place)
    else:
        shutil.copyfile(copy, place)
    return place


def listed_anew(bag: Path) -> None:
    """Write both manifests anew, as somebody would who has changed a file and knows BagIt."""
    for name, chosen in (("manifest-sha256.txt", True), ("tagmanifest-sha256.txt", False)):
        files = sorted(place for place in bag.rglob("*") if place.is_file())
        named = [place.relative_to(bag).as_posix() for place in files]
        kept = [one for one in named if one.startswith("data/") == chosen and not one.startswith("signatures/")]
        lines = [
            f"{sha256((bag / one).read_bytes()).hexdigest()}  {one}\n"
            for one in kept
            if one != "tagmanifest-sha256.txt" or chosen
        ]
        (bag / name).write_text("".join(lines), encoding="utf-8")


def entries(folder: Path) -> list[bytes]:
    """The entry lines of a folder of lines."""
    return (folder / "entries.jsonl").read_bytes().split(b"\n")[:-1]


def put(folder: Path, lines: Sequence[bytes], name: str = "entries.jsonl") -> None:
    """Write lines into a folder of lines."""
    (folder / name).write_bytes(b"".join(line + b"\n" for line in lines))
