"""The newest stretch of a log as one small file: what was written behind a backup, the entry that names it with it."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from ledger import wire
from ledger.copies.lines import BlobLine, CheckpointLine, TextLine
from ledger.errors import Malformed

SUFFIX = ".tail"
"""What its name adds to that of the backup it lies beside."""
MOST_BYTES = 64 << 20
"""A longer file is no tail."""


class Tail(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Entries of the ledger `ledger` from position `start` on, byte for byte, and everything that hangs on them.

    The last of the `checkpoints` is of the last entry. Texts are UTF-8; what a redaction deleted is not among them.
    """

    format: Literal["doseledger-tail/1"] = "doseledger-tail/1"
    ledger: wire.Hex
    start: wire.Count
    entries: tuple[str, ...]
    checkpoints: tuple[CheckpointLine, ...]
    texts: tuple[TextLine, ...]
    blobs: tuple[BlobLine, ...]

    def written(self) -> bytes:
        """The file: one line of JSON."""
        return msgspec.json.encode(self) + b"\n"


def parse_tail(data: bytes) -> Tail:
    """Read the file of a tail; raises Malformed and nothing else. Nothing in it is checked but its form."""
    if len(data) > MOST_BYTES:
        raise Malformed(f"the tail of a backup is longer than {MOST_BYTES} bytes")
    try:
        return msgspec.json.decode(data, type=Tail)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed("this is not the tail of a backup", why=str(error)) from error
