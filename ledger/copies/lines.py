"""The lines of a copy: how each is written, and a file of lines read by number in memory of eight bytes a line."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Struct

from ledger import wire
from ledger.merkle.tree import MAX_SIZE

LINE_LIMIT = 1 << 20
"""Bytes of a text line, a checkpoint line, a manifest line."""
_STUB = re.compile(rb'\{"withheld":"([0-9a-f]{64})"\}')
_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Withheld:
    """An entry whose content was left out of the copy: its leaf hash stands for it in the tree."""

    leaf: bytes


class TextLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of `texts.jsonl`: SHA-256 over the salt (here hexadecimal) and the UTF-8 text is the commitment."""

    commitment: wire.Commitment
    salt: wire.Hex
    text: str


class CheckpointLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of `checkpoints.jsonl`: the signed note of the first `size` entries."""

    size: Annotated[int, msgspec.Meta(ge=1, le=MAX_SIZE)]
    note: str


class BlobLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the blobs of a dossier: bytes in base64, and their SHA-256."""

    digest: wire.Hex
    data: str


def stub(leaf: bytes) -> bytes:
    """The line of a withheld entry, without its newline."""
    return b'{"withheld":"%s"}' % leaf.hex().encode()


def withheld(line: bytes) -> Withheld | None:
    """The withheld entry that a line stands for; None for every other line."""
    found = _STUB.fullmatch(line)
    return None if found is None else Withheld(bytes.fromhex(found[1].decode()))


def line_of(one: TextLine | CheckpointLine | BlobLine) -> bytes:
    """A line as it is written, with its newline."""
    return msgspec.json.encode(one) + b"\n"


class Lines:
    """A file of lines; the bytes behind the last newline are one more line, unless there are none."""

    def __init__(self, path: Path, *, limit: int) -> None:
        """Look through the file once; of a line longer than `limit` bytes, `limit` + 1 are ever read."""
        self._file = path.open("rb")
        self._limit = limit
        self._starts = array("Q", [0])
        try:
            self._look()
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, index: int) -> bytes:
        """The bytes of a line without its newline."""
        start, stop = self._starts[index], self._starts[index + 1]
        self._file.seek(start)
        return self._file.read(min(stop - start - 1, self._limit + 1))

    def __iter__(self) -> Iterator[bytes]:
        return (self[index] for index in range(len(self)))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _look(self) -> None:
        """Note where each line starts; a last line without a newline ends as if one stood behind it."""
        at = 0
        while data := self._file.read(_READ):
            found = data.find(b"\n")
            while found >= 0:
                self._starts.append(at + found + 1)
                found = data.find(b"\n", found + 1)
            at += len(data)
        if at > self._starts[-1]:
            self._starts.append(at + 1)


def plain_file(path: Path) -> bool:
    """Whether a file stands there that can be read without end or effect: no link, no pipe, no device."""
    return path.is_file() and not path.is_symlink()
