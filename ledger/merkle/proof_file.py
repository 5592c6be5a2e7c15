"""Proof files (C2SP tlog-proof): position, path and checkpoint in one text, to be checked far from the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import Malformed
from ledger.merkle.checkpoint import parse
from ledger.merkle.note import MAX_NOTE_BYTES
from ledger.merkle.text import base64_of, bytes_of, number_of
from ledger.merkle.tree import HASH_BYTES, MAX_SIZE

HEADER = "c2sp.org/tlog-proof@v1"
"""The first line of every proof file."""
_MAX_HASHES = MAX_SIZE.bit_length()
MAX_EXTRA_BYTES = 65_536
MAX_FILE_BYTES = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES


@dataclass(frozen=True, slots=True)
class ProofFile:
    """What a proof file says, nothing of it checked; `note` is the checkpoint's bytes, `extra` is unauthenticated."""

    index: int
    path: tuple[bytes, ...]
    note: bytes
    extra: bytes = b""


def format_proof(index: int, path: Sequence[bytes], note: bytes, extra: bytes = b"") -> bytes:
    """The proof file for the entry at `index`: its inclusion path and the checkpoint, verbatim.

    Raises Malformed when the parts cannot stand in a proof file.
    """
    head = [HEADER]
    if extra:
        head.append(f"extra {base64_of(extra)}")
    head.append(f"index {index}")
    head.extend(base64_of(value) for value in path)
    data = "\n".join(head).encode("ascii") + b"\n\n" + note
    if parse_proof(data) != ProofFile(index, tuple(path), note, extra):
        raise Malformed("the parts of the proof cannot stand in a proof file")
    return data


def parse_proof(data: bytes) -> ProofFile:
    """Read a proof file and the form of its checkpoint. Raises Malformed and nothing else.

    Neither path nor signature is checked: that is `check_inclusion` and `checkpoint.verify`.
    """
    if len(data) > MAX_FILE_BYTES:
        raise Malformed(f"the proof file is longer than {MAX_FILE_BYTES} bytes")
    head, _, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("the proof file is not text") from None
    if lines.pop(0) != HEADER:
        raise Malformed(f"the proof file does not begin with {HEADER}")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = bytes_of(lines.pop(0).removeprefix("extra "), "the extra data of the proof file")
        if not 1 <= len(extra) <= MAX_EXTRA_BYTES:
            raise Malformed(f"the extra data of the proof file are not 1 to {MAX_EXTRA_BYTES} bytes")
    if not lines or not lines[0].startswith("index "):
        raise Malformed("the proof file names no index")
    index = number_of(lines.pop(0).removeprefix("index "), "the index of the proof file")
    if len(lines) > _MAX_HASHES:
        raise Malformed(f"the proof file has more than {_MAX_HASHES} hashes")
    path = tuple(bytes_of(line, "a hash of the proof file") for line in lines)
    if any(len(value) != HASH_BYTES for value in path):
        raise Malformed(f"a hash of the proof file does not have {HASH_BYTES} bytes")
    checkpoint, _ = parse(note)
    if index >= checkpoint.size:
        raise Malformed(f"the proof file names position {index} of a log of {checkpoint.size} entries")
    return ProofFile(index, path, note, extra)
