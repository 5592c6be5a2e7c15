"""One copy as a verification reads it: the bytes of its entries, its checkpoints, texts and blobs, and its own flaws.

Nothing is believed: what the copy says about itself is compared with what its entries make of it. Memory grows by a
few bytes for each line.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec
from msgspec import Struct

from ledger import wire
from ledger.codec import Opened
from ledger.copies.bag import Files
from ledger.copies.bag import flaws as bag_flaws
from ledger.copies.form import BLOBS, CHECKPOINTS, TEXTS, Form
from ledger.copies.lines import LINE_LIMIT, CheckpointLine, Lines, TextLine, Withheld, plain_file, withheld
from ledger.errors import Unavailable
from ledger.merkle.tree import NodeReader
from ledger.signing.jws import ENTRY_LIMIT

BLOB_LIMIT = 64 << 20
"""Bytes of a pack or a dictionary."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SIGNED = ("who signed the manifests",)
AROUND = "the page around the record"
"""What of a dossier is compared only where it is made again."""
_AROUND: dict[Form, tuple[str, ...]] = {
    "dossier": (AROUND,),
    "bundle": _SIGNED,
    "archive": _SIGNED,
}
"""What stands around the record in a form, and is not compared with it here."""
_NAMED = 20
"""Malformed lines of one file that are named one by one."""
_Line = TypeVar("_Line", TextLine, CheckpointLine)


class Beside(Struct, frozen=True):
    """A dossier beside an index: the patient it is about, and its name."""

    patient: str
    file: str


class About(Struct, frozen=True):
    """What a dossier says of itself: ledger id, origin of its checkpoints, number of entries, root in hexadecimal.

    The others are compared where the dossier is made again: `made_by` and `build` say by what.
    """

    ledger: wire.Hex
    origin: str
    size: wire.Count
    root: wire.Hex
    made_by: str = ""
    build: str = ""
    scope: str = ""
    files: tuple[Beside, ...] = ()


class Underived:
    """The audit of a copy, in which nothing is derived."""

    unread = ()

    def take(self, stop: int, opened: Mapping[int, Opened], heads: Container[int], node: NodeReader) -> tuple[()]:  # noqa: ARG002 - the shape of an audit
        """Compare nothing."""
        return ()

    def rest(self) -> tuple[()]:
        """Compare nothing."""
        return ()


class Copy:
    """The four files of a copy in one folder; `alone`: the entries only."""

    log = "main"

    def __init__(
        self,
        path: str,
        form: Form,
        entries: Path,
        *,
        about: About | None = None,
        files: Files | None = None,
        beside: Callable[[], Iterable[str]] = tuple,
        release: Callable[[], object] = tuple,
    ) -> None:
        """`entries` is its entries file, `files` the bag it lies in, where it lies in one.

        `beside` says what is wrong with what lies beside the entries in this form; `release` lets go of the copy.
        """
        self.path = path
        self.form = form
        self._folder = entries.parent
        self.about = about
        self.files = files
        self._beside = beside
        self._release = release
        self._malformed: list[str] = []
        self._open: list[Lines] = []
        try:
            self._entries = self._lines(entries, ENTRY_LIMIT)
            self._texts: dict[bytes, int] = {}
            self._sizes: list[int] = []
            self._notes: dict[int, int] = {}
            self._text_lines = self._note_lines = None
            if form != "lines":
                self._text_lines = self._known(TEXTS)
                self._note_lines = self._known(CHECKPOINTS)
                self._index()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files, and remove what was unpacked."""
        for lines in self._open:
            lines.close()
        self._release()

    @property
    def lacks(self) -> tuple[str, ...]:
        """What this form does not hold, and so cannot be checked."""
        if self.form == "lines":
            return ("texts", "blobs", "checkpoints", "derived columns")
        if self.form == "tiles":
            return ("texts", "blobs", "earlier checkpoints", "derived columns")
        return ("derived columns", *_AROUND.get(self.form, ()))

    @property
    def size(self) -> int:
        """How many entries the log had, withheld ones with them."""
        return len(self._entries)

    def raws(self, start: int, stop: int) -> Sequence[bytes | Withheld | None]:
        """The entries at [start, stop), in order; None where there is none."""
        lines = (self._entries[at] if at < self.size else None for at in range(start, stop))
        return [None if line is None else withheld(line) or line for line in lines]

    def withheld(self) -> Iterator[tuple[int, bytes]]:
        """Position and leaf hash of every entry whose content was left out."""
        for position, line in enumerate(self._entries):
            found = withheld(line)
            if found is not None:
                yield position, found.leaf

    def notes(self, start: int, stop: int) -> Sequence[tuple[int, bytes]]:
        """The checkpoints of the sizes in [start, stop), as (size, signed note), in order."""
        sizes = self._sizes[bisect_left(self._sizes, start) : bisect_left(self._sizes, stop)]
        return [(size, self._note(size)) for size in sizes]

    def text(self, commitment: str) -> tuple[bytes, bytes] | None:
        """The salt and the bytes of the text behind a commitment."""
        index = self._texts.get(bytes.fromhex(commitment.removeprefix("sha256:")))
        one = None if index is None or self._text_lines is None else _read(self._text_lines[index], TextLine)
        return None if one is None else (bytes.fromhex(one.salt), one.text.encode())

    def texts(self) -> Iterator[str]:
        """The commitments whose texts are in the copy."""
        return (f"sha256:{name.hex()}" for name in self._texts)

    def blob(self, digest: str) -> bytes | None:
        """The bytes of a file, as they lie in the copy under this SHA-256."""
        place = self._folder / BLOBS / digest
        if self.form == "lines" or _DIGEST.fullmatch(digest) is None or not plain_file(place):
            return None
        with place.open("rb") as file:
            return file.read(BLOB_LIMIT + 1)

    def digests(self) -> Iterator[str]:
        """The digests of the files in the copy, sorted."""
        folder = self._folder / BLOBS
        if self.form != "lines" and folder.is_dir() and not folder.is_symlink():
            yield from sorted(one.name for one in folder.iterdir() if _DIGEST.fullmatch(one.name))

    def audit(self) -> Underived:
        """Begin to compare what is derived: nothing is."""
        return Underived()

    def flaws(self, ledger: str, origin: str, root: str) -> Iterator[str]:
        """What is wrong with the copy as such, in sentences; the arguments are those that its entries make."""
        yield from self._malformed
        yield from self._beside()
        if self.files is not None:
            yield from bag_flaws(self.files)
        if self.about is not None:
            made = {"ledger": ledger, "origin": origin, "size": self.size, "root": root}
            for name, value in made.items():
                said = getattr(self.about, name)
                if said != value:
                    yield f"dl-about says the {name} {said}; its entries make it {value or 'unknown'}"

    def _known(self, name: str) -> Lines | None:
        place = self._folder / name
        if not plain_file(place):
            self._malformed.append(f"{name} is missing")
            return None
        return self._lines(place, LINE_LIMIT)

    def _lines(self, place: Path, limit: int) -> Lines:
        try:
            found = Lines(place, limit=limit)
        except OSError as error:
            raise Unavailable(f"{place.name} cannot be read.", why=f"{self.path}: {error.strerror}") from error
        self._open.append(found)
        return found

    def _index(self) -> None:
        """Find the texts and checkpoints once, so that each is one read later; the last of several counts."""
        for index, text in self._parsed(self._text_lines, TEXTS, TextLine):
            self._texts[bytes.fromhex(text.commitment.removeprefix("sha256:"))] = index
        for index, note in self._parsed(self._note_lines, CHECKPOINTS, CheckpointLine):
            self._notes[note.size] = index
        self._sizes = sorted(self._notes)

    def _parsed(self, lines: Lines | None, name: str, shape: type[_Line]) -> Iterator[tuple[int, _Line]]:
        bad = 0
        for index, line in enumerate(lines or ()):
            one = _read(line, shape)
            if one is not None:
                yield index, one
                continue
            bad += 1
            if bad <= _NAMED:
                self._malformed.append(f"line {index + 1} of {name} is not in its form")
        if bad > _NAMED:
            self._malformed.append(f"{bad - _NAMED} more lines of {name} are not in their form")

    def _note(self, size: int) -> bytes:
        one = None if self._note_lines is None else _read(self._note_lines[self._notes[size]], CheckpointLine)
        return b"" if one is None else one.note.encode()


def _read(line: bytes, shape: type[_Line]) -> _Line | None:
    """A line in its form; None where it is not, or its words are no Unicode."""
    if len(line) > LINE_LIMIT:
        return None
    try:
        one = msgspec.json.decode(line, type=shape)
        str(one).encode()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return one
