"""Everything that reads bytes of strangers, each with good examples: for the tests that throw damaged ones at it."""

from __future__ import annotations

import json
import tempfile
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from anchored import NAME, named, witness_of
from minting import key_of

from ledger import codec
from ledger.anchors import cosignature, paper, parse_fork, reply, timestamp, witnessing
from ledger.copies import open_copy
from ledger.copies.lines import withheld
from ledger.merkle import checkpoint, note, proof_file, tiles
from ledger.signing import certificates
from ledger.signing.keys import check_ed25519

VECTORS = Path(__file__).parents[1] / "vectors"


@dataclass(frozen=True)
class Reader:
    """A reader, and examples of what it accepts; `call` gives nothing, or raises an error of ours."""

    name: str
    call: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


def _files(*names: str) -> tuple[bytes, ...]:
    return tuple((VECTORS / name).read_bytes() for name in names)


def _entries() -> tuple[bytes, ...]:
    found = json.loads((VECTORS / "entries" / "entries.json").read_text(encoding="utf-8"))
    return tuple(one["raw"].encode() for one in found[::9])


def _notes() -> tuple[bytes, ...]:
    return _files("merkle/checkpoint-8.note", "merkle/checkpoint-8-witnessed.note", "merkle/published-cosigned.note")


def _request() -> bytes:
    head = _files("merkle/checkpoint-8.note")[0]
    return witnessing.Request(0, (), head).written()


def _fork() -> bytes:
    older, newer = (one.decode() for one in _files("merkle/checkpoint-1.note", "merkle/checkpoint-8.note"))
    made = {"format": "doseledger-fork/1", "older": older, "newer": newer, "root": "00" * 32, "proof": ["11" * 32]}
    return json.dumps(made, separators=(",", ":")).encode() + b"\n"


def _stamp() -> bytes:
    return b64decode((VECTORS / "entries" / "timestamp.b64").read_text(encoding="ascii"))


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="doseledger-copy-"))
    (folder / "entries.jsonl").write_bytes(_entries()[0] + b"\n")
    return folder


def _copy(data: bytes) -> None:
    """The lines of texts and checkpoints of a copy, both the same bytes."""
    folder = _folder()
    for name in ("texts.jsonl", "checkpoints.jsonl"):
        (folder / name).write_bytes(data)
    with open_copy(folder) as copy:
        for _, one in copy.notes(1, 1 << 62):
            checkpoint.parse(one)
        for commitment in copy.texts():
            copy.text(commitment)
        list(copy.flaws("", "", ""))


def _key() -> bytes:
    """A verifier key as people hand it over."""
    return note.VerifierKey(name="log.example", public=key_of("the log").public.raw).text().encode()


def _copy_lines() -> tuple[bytes, ...]:
    head = {"size": 8, "note": _files("merkle/checkpoint-8.note")[0].decode()}
    text = {"commitment": f"sha256:{'0' * 64}", "salt": "1" * 64, "text": "as told"}
    return tuple(json.dumps(one).encode() + b"\n" for one in (head, text))


def _cosigned(data: bytes) -> None:
    text, lines = note.parse_note(data)
    cosignature.check_cosignature(lines, text, witness_of()[0], check_ed25519)


def _cosignature() -> bytes:
    """A head as the witness sends it back."""
    head = _files("merkle/checkpoint-8.note")[0]
    key, signer = witness_of()
    return head + cosignature.cosign(head[: head.index(b"\n\n") + 1], key, 1_768_000_000, signer.sign)


def _answered(data: bytes) -> None:
    reply.take(_files("merkle/checkpoint-8.note")[0], data, named(NAME))


def _asked(data: bytes) -> None:
    """A witness answers whatever it is sent; a body that is no request is an answer of its own."""
    witnessing.ask(data, {})
    witnessing.parse_request(data)


def _words(data: bytes) -> None:
    paper.read(data.decode("utf-8", "replace"))


READERS = (
    Reader("entry", lambda data: codec.open_whole(data, log="main", position=0), _entries()),
    Reader("checkpoint", checkpoint.parse, _notes()),
    Reader("note", note.parse_note, (*_notes(), *_files("merkle/go-note.txt"))),
    Reader("verifier key", lambda data: note.parse_vkey(data.decode("utf-8", "replace")), (_key(),)),
    Reader(
        "proof file",
        proof_file.parse_proof,
        _files("merkle/entry-5-of-8.tlog-proof", "merkle/entry-5-of-8-extra.tlog-proof"),
    ),
    Reader("bundle of entries", lambda data: tiles.unpack(data, 3), (tiles.pack(_entries()[:3]),)),
    Reader("fork", parse_fork, (_fork(),)),
    Reader("line of a copy", withheld, (b'{"withheld":"' + b"0" * 64 + b'"}', _entries()[0])),
    Reader("copy", _copy, _copy_lines()),
    Reader("cosigned note", _cosigned, _notes()),
    Reader("answer of a witness", _answered, (_cosignature(), *_notes())),
    Reader("request to a witness", _asked, (_request(),)),
    Reader("size that a witness told", reply.size_told, (b"8\n",)),
    Reader("time stamp", timestamp.open_response, (_stamp(),)),
    Reader("certificates", certificates.read_roots, _files("entries/timestamp-root.pem")),
    Reader("paper", _words, ("\n".join(paper.written(8, "5d" * 32)).encode(),)),
)
"""All of them; a new reader belongs here."""
