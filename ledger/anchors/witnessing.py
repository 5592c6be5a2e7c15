"""What a witness answers (C2SP tlog-witness, `add-checkpoint`): it cosigns what goes on from the head it knows.

Two steps, both without a file, a clock or a network: `ask` reads a request and looks whose log it is, `decide` compares
it with the head that is kept of that log. Whoever calls holds the memory of that log alone from before the second step
until what it gives is on the disk: otherwise a slower request could take a later head back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ledger.anchors.cosignature import Check, strict
from ledger.anchors.fork import Fork
from ledger.errors import IntegrityFailure, Malformed
from ledger.merkle.note import MAX_NOTE_BYTES, SIGNATURE_BYTES, NoteSignature, VerifierKey, parse_note
from ledger.merkle.proof import check_consistency
from ledger.merkle.text import base64_of, bytes_of, number_of
from ledger.merkle.tree import EMPTY_ROOT, HASH_BYTES

MOST_PROOF_LINES = 63
MAX_REQUEST_BYTES = MAX_NOTE_BYTES + 4096
"""A longer request is refused unread: the longest note, the longest proof and the first line fit."""
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
"""The type of the answer that says how many entries the kept head has."""

Logs = Mapping[str, Sequence[VerifierKey]]
"""The logs that a witness knows: the keys of each, by its origin."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of any C2SP log, of ours or not: its origin, how many entries it has, and their root."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: to cosign `note`, which `proof` shows to go on from the head of `old` entries."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def written(self) -> bytes:
        """The body of the request; a file that is carried to a witness is the same."""
        lines = (f"old {self.old}", *(base64_of(one) for one in self.proof), "", "")
        return "\n".join(lines).encode() + self.note


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a log that the witness knows: `text` is what its key signed, `note` that and its signature."""

    request: Request
    head: Head
    text: bytes
    note: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a status of HTTP and a body of the type `kind`; `why` is one sentence for the witness's own log.

    `keep` is the note to be kept, on the disk before the answer leaves; `incident` is what speaks against the log.
    """

    status: int
    body: bytes
    why: str
    kind: str = TEXT
    keep: bytes | None = None
    incident: tuple[str, bytes] | None = None


def head_of(note: bytes) -> tuple[Head, bytes, tuple[NoteSignature, ...]]:
    """The head in a note, its text and its signatures, none of them checked; extension lines are passed over.

    Raises Malformed and nothing else.
    """
    text, signatures = parse_note(note)
    lines = text.decode("utf-8").split("\n")[:-1]
    if len(lines) < 3 or not all(lines):
        raise Malformed("the checkpoint is not an origin, a size, a root and lines that are not empty")
    root = bytes_of(lines[2], "the root of the checkpoint")
    if len(root) != HASH_BYTES:
        raise Malformed(f"the root of the checkpoint has {len(root)} bytes instead of {HASH_BYTES}")
    return Head(lines[0], number_of(lines[1], "the size of the checkpoint"), root), text, signatures


def parse_request(body: bytes) -> Request:
    """Read the body of a request; raises Malformed and nothing else. The checkpoint in it is not read."""
    if len(body) > MAX_REQUEST_BYTES:
        raise Malformed(f"the request is longer than {MAX_REQUEST_BYTES} bytes")
    above, cut, note = body.partition(b"\n\n")
    try:
        first, *rest = above.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("the lines above the checkpoint are not ASCII") from None
    word, _, old = first.partition(" ")
    if not cut or word != "old":
        raise Malformed("the request is not a line `old N`, hashes, an empty line and a checkpoint")
    if len(rest) > MOST_PROOF_LINES:
        raise Malformed(f"the request has {len(rest)} lines of proof; it may have {MOST_PROOF_LINES}")
    proof = tuple(bytes_of(line, "a line of the proof") for line in rest)
    if any(len(one) != HASH_BYTES for one in proof):
        raise Malformed(f"a line of the proof is not a hash of {HASH_BYTES} bytes")
    return Request(number_of(old, "the old size"), proof, note)


def ask(body: bytes, logs: Logs, check: Check = strict) -> Asked | Answer:
    """Read a request and find whose log it is.

    400 for what does not parse, 404 for a log that the witness does not know, 403 where none of the keys it knows of
    that log signed the checkpoint.
    """
    try:
        request = parse_request(body)
        head, text, signatures = head_of(request.note)
    except Malformed as error:
        return _refused(400, error.what)
    keys = logs.get(head.origin, ())
    if not keys:
        return _refused(404, f"the log {head.origin[:100]} is not known here")
    for line in signatures:
        if any(_signed(line, text, key, check) for key in keys):
            if request.old > head.size:
                return _refused(400, f"the old size {request.old} is beyond the checkpoint of {head.size} entries")
            return Asked(request, head, text, text + b"\n" + line.line())
    return _refused(403, f"no key that is known of {head.origin[:100]} signed the checkpoint")


def decide(asked: Asked, kept: bytes | None, cosign: Callable[[bytes], bytes]) -> Answer:
    """Compare with the note that is `kept` of this log (None: none was cosigned), whose form was checked.

    `cosign` gives the witness's signature lines under a text. 200 with them; 409 with the kept size where the request
    does not start from it, and where it has another root at that size; 422 where the proof does not hold.
    """
    request, head = asked.request, asked.head
    known = head_of(kept)[0] if kept is not None else Head(head.origin, 0, EMPTY_ROOT)
    if kept is not None and head.size == known.size and head.root != known.root:
        fork = Fork(older=kept.decode(), newer=asked.note.decode(), root=head.root.hex(), proof=())
        why = f"FORK: another root over {head.size} entries than the one that was cosigned"
        return Answer(409, b"%d\n" % known.size, why, SIZE, incident=("fork", fork.written()))
    if request.old != known.size:
        why = f"the request goes on from {request.old} entries, {known.size} were cosigned"
        return Answer(409, b"%d\n" % known.size, why, SIZE)
    try:
        _goes_on(known, head, request.proof)
    except IntegrityFailure as error:
        return _refused(422, error.what, incident=None if kept is None else ("unproven", _both(kept, asked.note)))
    lines = cosign(asked.text)
    return Answer(200, lines, f"{known.size} -> {head.size} cosigned", keep=asked.note + lines)


def _goes_on(known: Head, head: Head, proof: tuple[bytes, ...]) -> None:
    if known.size:
        check_consistency(known.size, head.size, proof, known.root, head.root)
    elif proof:
        raise IntegrityFailure("from 0 entries on nothing can be proved; the proof must be empty")
    elif not head.size and head.root != EMPTY_ROOT:
        raise IntegrityFailure("the checkpoint of an empty log has the root of another log")


def _signed(line: NoteSignature, text: bytes, key: VerifierKey, check: Check) -> bool:
    if (line.name, line.key_id) != (key.name, key.key_id) or len(line.signature) != SIGNATURE_BYTES:
        return False
    try:
        check(key.public, text, line.signature)
    except IntegrityFailure:
        return False
    return True


def _both(kept: bytes, note: bytes) -> bytes:
    """Two heads of a log that did not prove that the second goes on from the first."""
    both = {"format": "doseledger-unproven/1", "older": kept.decode(), "newer": note.decode()}
    return msgspec.json.encode(both) + b"\n"


def _refused(status: int, why: str, *, incident: tuple[str, bytes] | None = None) -> Answer:
    return Answer(status, f"{why}\n".encode(), why, incident=incident)
