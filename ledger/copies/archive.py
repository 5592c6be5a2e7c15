"""A ZIP archive of a bag: looked at whole before anything of it is read, and never unpacked beyond its four files."""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, Self, cast

from ledger.copies.form import BLOBS, CHECKPOINTS, ENTRIES, INSIDE, TEXTS
from ledger.errors import Malformed

MEMBERS = 100_000
"""Members that an archive may have."""
ROOM, RATIO = 64 << 20, 200
"""What it may unpack to: this many bytes, and so many times its own size."""
_TOP = re.compile(r"(?:[^/]+/)?bagit\.txt")
_ENCRYPTED, _DESCRIBED = 0x1, 0x8
_LOCAL = struct.Struct("<4s5H3L2H")
"""The head of a member, as it stands before its bytes."""
_BEHIND = frozenset({0, 12, 16, 20, 24})
"""Bytes that a descriptor of sizes behind a member may have."""
_WIDE = 0xFFFFFFFF
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
    OSError,
    struct.error,
)


@contextmanager
def readable(path: str) -> Iterator[None]:
    """Raise whatever a damaged archive raises as Malformed."""
    try:
        yield
    except _BROKEN as error:
        raise Malformed("The archive cannot be read.", why=f"{path}: {error}") from error


class Archive:
    """The files of the one bag in an archive; Malformed where the archive is not one that we would make."""

    def __init__(self, path: str) -> None:
        self._path = path
        with readable(path):
            self._zip = zipfile.ZipFile(path)
        try:
            self._one_reading()
            self._members = self._sound(Path(path).stat().st_size)
            self._top = self._bag()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()

    def names(self) -> Iterator[str]:
        """Every file of the bag, and whatever lies beside it."""
        return (name.removeprefix(self._top) for name in self._members)

    def open(self, name: str) -> BinaryIO | None:
        """Open one file of the bag; Malformed where its bytes are not those of its directory."""
        member = self._members.get(self._top + name)
        if member is None:
            return None
        with readable(self._path):
            return cast("BinaryIO", _Calm(self._zip.open(member), self._path))

    def unpack(self, folder: Path) -> None:
        """Write the four files of the copy into a folder of our own."""
        (folder / BLOBS).mkdir()
        for name in self.names():
            inner = name.removeprefix(INSIDE)
            if name == inner or not (inner in {ENTRIES, TEXTS, CHECKPOINTS} or _blob(inner)):
                continue
            file = self.open(name)
            if file is not None:
                with file, (folder / inner).open("xb") as out:
                    copyfileobj(file, out)

    def _one_reading(self) -> None:
        """Refuse an archive that others may unpack to other files: many begin at its front, this program at its end."""
        at, slack = 0, frozenset({0})
        with readable(self._path), Path(self._path).open("rb") as file:
            for member in sorted(self._zip.infolist(), key=lambda one: one.header_offset):
                length = _length(file, member)
                if member.header_offset - at not in slack or length is None:
                    raise Malformed(f"The archive has bytes beside its members, at {member.filename!r}.")
                at = member.header_offset + length
                slack = _BEHIND if member.flag_bits & _DESCRIBED else frozenset({0})
        if self._zip.start_dir - at not in slack or self._zip.comment:
            raise Malformed("The archive has bytes beside its members, at its end.")

    def _sound(self, size: int) -> dict[str, zipfile.ZipInfo]:
        members = self._zip.infolist()
        if len(members) > MEMBERS:
            raise Malformed(f"The archive has {len(members)} members; at most {MEMBERS} are read.")
        whole = sum(member.file_size for member in members)
        if whole > ROOM + RATIO * size:
            raise Malformed(f"The archive of {size} bytes would unpack to {whole}; it is not read.")
        found: dict[str, zipfile.ZipInfo] = {}
        alike = set[str]()
        for member in members:
            name = member.orig_filename
            why = _wrong(member)
            if why or _alike(name) in alike:
                raise Malformed(f"The archive has a member {name!r} that {why or 'stands twice'}.")
            alike.add(_alike(name))
            found[name] = member
        return {name: member for name, member in found.items() if not name.endswith("/")}

    def _bag(self) -> str:
        tops = [name.removesuffix("bagit.txt") for name in self._members if _TOP.fullmatch(name)]
        top = min(tops, default="")
        if not tops or any(not name.startswith(top) for name in self._members):
            raise Malformed(
                "The archive does not hold one bag.", why="bagit.txt stands at its top or in its only folder"
            )
        return top


class _Calm:
    """A member that is read; what is wrong with its bytes is Malformed."""

    def __init__(self, file: object, path: str) -> None:
        self._file = cast("BinaryIO", file)
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, count: int = -1) -> bytes:
        """Read some bytes."""
        with readable(self._path):
            return self._file.read(count)


def _alike(name: str) -> str:
    """Give what is one name to a file system that does not tell cases or compositions apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).removesuffix("/")


def _length(file: BinaryIO, member: zipfile.ZipInfo) -> int | None:
    """Give how many bytes a member takes with its head; None where that says otherwise than the directory."""
    file.seek(member.header_offset)
    mark, _, flags, method, _, _, crc, packed, whole, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
    told = (mark, flags, method) == (b"PK\x03\x04", member.flag_bits, member.compress_type)
    if not flags & _DESCRIBED:
        sizes = packed in {member.compress_size, _WIDE} and whole in {member.file_size, _WIDE}
        told = told and crc == member.CRC and sizes
    return _LOCAL.size + name + extra + member.compress_size if told else None


def _wrong(member: zipfile.ZipInfo) -> str:
    name = member.orig_filename
    mode = member.external_attr >> 16
    parts = name.removesuffix("/").split("/")
    if name != member.filename or "\\" in name or any(ord(one) < 32 for one in name):
        return "has no plain name"
    if name.startswith("/") or ".." in parts or "." in parts or "" in parts or ":" in parts[0]:
        return "leaves the archive"
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is no file"
    return "is encrypted" if member.flag_bits & _ENCRYPTED else ""


def _blob(inner: str) -> bool:
    name = inner.removeprefix(f"{BLOBS}/")
    return name != inner and len(name) == 64 and not set(name) - set("0123456789abcdef")
