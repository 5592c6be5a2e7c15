"""Signed notes (C2SP signed-note): a text, an empty line, and one line for each signature over the text."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256

from msgspec import Struct

from ledger.errors import IntegrityFailure, Malformed
from ledger.merkle.text import base64_of, bytes_of

ED25519 = 0x01
"""The signature type of a plain Ed25519 signature over the text."""
COSIGNATURE = 0x04
"""The signature type of a witness: Ed25519 over the time and the text (C2SP tlog-cosignature)."""
MAX_NOTE_BYTES = 262_144
MAX_SIGNATURES = 32
KEY_ID_BYTES = 4
PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64
_TYPES = {ED25519: "that of a log", COSIGNATURE: "that of a witness"}

# The Unicode spaces are listed, not asked of the interpreter: a verdict must not change with its Unicode tables.
_NAME = re.compile(
    "[^\x00-\x20\x7f-\xa0+\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff]+",
)
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")


class NoteSignature(Struct, frozen=True):
    """One signature line: who is said to have signed, with which key, and the signature itself, unchecked."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> bytes:
        """The line as it stands in the note, with its newline."""
        return f"\u2014 {self.name} {base64_of(self.key_id + self.signature)}\n".encode()


class VerifierKey(Struct, frozen=True):
    """A named Ed25519 public key: what a reader holds to check a note. Raises Malformed for a bad name or length.

    `algorithm` is the type of its signatures: those of a log, or those of a witness.
    """

    name: str
    public: bytes
    algorithm: int = ED25519

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != PUBLIC_BYTES:
            raise Malformed(f"an Ed25519 public key has {PUBLIC_BYTES} bytes, not {len(self.public)}")

    @property
    def key_id(self) -> bytes:
        """The four bytes that name this key in a signature line."""
        return key_id(self.name, self.public, self.algorithm)

    def text(self) -> str:
        """The key as one line for a configuration or a paper: name+key id+key."""
        return f"{self.name}+{self.key_id.hex()}+{base64_of(bytes([self.algorithm]) + self.public)}"


def key_id(name: str, public: bytes, algorithm: int = ED25519) -> bytes:
    """SHA-256(name, newline, type byte, public key), first 4 bytes. An identifier, not a proof. Raises Malformed."""
    _check_name(name)
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:KEY_ID_BYTES]


def parse_vkey(text: str, algorithm: int = ED25519) -> VerifierKey:
    """The key in the line that `VerifierKey.text` writes. Raises Malformed, also when the key id is another key's."""
    match = _VKEY.fullmatch(text)
    if match is None:
        raise Malformed("this is not a verifier key: name+key id+key")
    name, identifier, encoded = match.groups()
    data = bytes_of(encoded, "the key of the verifier key")
    if len(data) != 1 + PUBLIC_BYTES or data[0] not in _TYPES:
        raise Malformed("the verifier key is not an Ed25519 key")
    if data[0] != algorithm:
        raise Malformed(f"the verifier key is {_TYPES[data[0]]}, not {_TYPES[algorithm]}")
    key = VerifierKey(name=name, public=data[1:], algorithm=algorithm)
    if key.key_id.hex() != identifier:
        raise Malformed("the key id of the verifier key does not belong to its name and key")
    return key


def seal_note(text: bytes, key: VerifierKey, sign: Callable[[bytes], bytes]) -> bytes:
    """The note of `text` with one Ed25519 signature by `key`; `sign` gets the text and returns 64 bytes.

    Raises Malformed when the text cannot stand in a note, IntegrityFailure when `sign` returns another length.
    """
    signature = sign(text)
    if len(signature) != SIGNATURE_BYTES:
        raise IntegrityFailure(f"an Ed25519 signature has {SIGNATURE_BYTES} bytes, not {len(signature)}")
    note = text + b"\n" + NoteSignature(key.name, key.key_id, signature).line()
    if parse_note(note)[0] != text:
        raise Malformed("the text of a note ends in a newline")
    return note


def parse_note(note: bytes) -> tuple[bytes, tuple[NoteSignature, ...]]:
    """The text, with its last newline, and the signatures, none of them checked. Raises Malformed and nothing else."""
    if len(note) > MAX_NOTE_BYTES:
        raise Malformed(f"the note is longer than {MAX_NOTE_BYTES} bytes")
    if _CONTROL.search(note) is not None:
        raise Malformed("the note contains a control character")
    try:
        note.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("the note is not UTF-8") from None
    cut = note.rfind(b"\n\n")
    if cut < 0 or not note.endswith(b"\n"):
        raise Malformed("the note is not a text, an empty line and signature lines")
    lines = note[cut + 2 :].decode("utf-8").split("\n")[:-1]
    if not 1 <= len(lines) <= MAX_SIGNATURES:
        raise Malformed(f"the note has {len(lines)} signatures; it needs 1 to {MAX_SIGNATURES}")
    return note[: cut + 1], tuple(_signature(line) for line in lines)


def find_signature(signatures: tuple[NoteSignature, ...], key: VerifierKey) -> bytes:
    """The one Ed25519 signature that is said to be by `key`; all others are passed over.

    Raises IntegrityFailure when there is none, more than one, or one of a wrong length.
    """
    found = [s.signature for s in signatures if (s.name, s.key_id) == (key.name, key.key_id)]
    if len(found) != 1:
        raise IntegrityFailure(
            f"the note has {len(found)} signatures by the key {key.name}+{key.key_id.hex()}",
            why="it must have exactly one",
        )
    if len(found[0]) != SIGNATURE_BYTES:
        raise IntegrityFailure(f"an Ed25519 signature has {SIGNATURE_BYTES} bytes, not {len(found[0])}")
    return found[0]


def _signature(line: str) -> NoteSignature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "\u2014":
        raise Malformed("a signature line of the note does not begin with a dash (U+2014) and a space")
    _check_name(name)
    data = bytes_of(encoded, "a signature of the note")
    if len(data) <= KEY_ID_BYTES:
        raise Malformed("a signature of the note is too short")
    return NoteSignature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise Malformed("a key name is empty or contains a space, a control character or '+'")
