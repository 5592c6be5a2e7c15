"""The data blocks of a dossier: lines inside `<script type="application/json">`, which no browser runs.

docs/spec/copy.md says what stands in each. No block can be ended by its content: entries hold no `<`, and elsewhere it
stands inside JSON texts only, where its escape says the same.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from typing import BinaryIO, Protocol, cast

import msgspec

from ledger.book import Ledger
from ledger.copies.lines import BlobLine, line_of
from projections.export import jsonl


class Out(Protocol):
    """Where a page is written to, piece by piece."""

    def write(self, piece: bytes, /) -> object:
        """Take in the next piece."""


class _Lines:
    """Lines of JSON on their way into a page: no `<` arrives there."""

    def __init__(self, out: Out) -> None:
        self._out = out

    def write(self, piece: bytes) -> int:
        self._out.write(piece.replace(b"<", b"\\u003c"))
        return len(piece)


@contextmanager
def block(out: Out, name: str) -> Iterator[BinaryIO]:
    """Open the block `dl-<name>` for lines that each end in a newline."""
    out.write(f'<script type="application/json" id="dl-{name}">\n'.encode())
    yield cast("BinaryIO", _Lines(out))
    out.write(b"</script>\n")


class Blocks:
    """The blocks of the copy, of the first `size` entries; what does not depend on the patient is read once."""

    def __init__(self, ledger: Ledger, size: int) -> None:
        self._ledger = ledger
        self._size = size
        self._stubs = jsonl.Stubs(ledger, size)

    def put(self, out: Out, without: frozenset[int]) -> list[str]:
        """Write the four blocks; give the commitments whose text this ledger does not have."""
        with block(out, "entries") as lines:
            jsonl.entries(self._ledger, lines, size=self._size, without=without, stubs=self._stubs)
        with block(out, "texts") as lines:
            _, missing = jsonl.texts(self._ledger, lines, size=self._size, without=without)
        out.write(self._same)
        return missing

    @cached_property
    def _same(self) -> bytes:
        """The signed heads and the files: in every copy of these entries the same."""
        out = BytesIO()
        with block(out, "checkpoints") as lines:
            jsonl.checkpoints(self._ledger, lines, size=self._size)
        with block(out, "blobs") as lines:
            for digest in jsonl.digests(self._ledger, self._size):
                lines.write(line_of(BlobLine(digest, base64.b64encode(self._ledger.blob(digest)).decode())))
        return out.getvalue()


def put_one(out: Out, name: str, value: object) -> None:
    """Write a block of one JSON object."""
    with block(out, name) as lines:
        lines.write(msgspec.json.encode(value) + b"\n")
