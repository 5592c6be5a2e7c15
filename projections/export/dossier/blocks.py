"""The data blocks of a dossier: lines inside `<script type="application/json">`, which no browser runs.

docs/spec/copy.md says what stands in each. No block can be ended by its content: entries hold no `<`, and elsewhere it
stands inside JSON texts only, where its escape says the same.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
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


def put(ledger: Ledger, out: Out, *, size: int, without: frozenset[int]) -> list[str]:
    """Write the four blocks of the copy; give the commitments whose text this ledger does not have."""
    with block(out, "entries") as lines:
        jsonl.entries(ledger, lines, size=size, without=without)
    with block(out, "texts") as lines:
        _, missing = jsonl.texts(ledger, lines, size=size, without=without)
    with block(out, "checkpoints") as lines:
        jsonl.checkpoints(ledger, lines, size=size)
    with block(out, "blobs") as lines:
        for digest in jsonl.digests(ledger, size):
            lines.write(line_of(BlobLine(digest, base64.b64encode(ledger.blob(digest)).decode())))
    return missing


def put_one(out: Out, name: str, value: object) -> None:
    """Write a block of one JSON object."""
    with block(out, name) as lines:
        lines.write(msgspec.json.encode(value) + b"\n")
