"""The envelope of an entry: JWS General JSON Serialization (RFC 7515 section 7.2.1), in exactly one spelling.

    {"payload":"<b64u>","signatures":[{"protected":"<b64u>","signature":"<b64u>"},...]}

One line, no blanks, no newline at its end. These bytes are the Merkle leaf, so there is one accepted form
of them; there is no unprotected header. No JSON reader is needed: the bytes are cut at their quotation
marks, decoded, written again and compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ledger.errors import Malformed
from ledger.signing import base64url

ENTRY_LIMIT = 65_535
"""Bytes of a whole entry: what a C2SP tile can hold."""
PAYLOAD_LIMIT = 24_576
"""Bytes of a payload."""
RECOVERED_LIMIT = 47_000
"""Bytes of the payload of `entry.recovered/1`, which holds another entry as a string."""
SIGNATURE_LIMIT = 8
"""Signatures on one entry."""
SIGNATURE_SIZE = 64
"""Bytes of a signature, Ed25519 and ES256 alike."""


class Signature(msgspec.Struct, frozen=True):
    """One signature and the protected header it covers, decoded."""

    protected: bytes
    signature: bytes


class Jws(msgspec.Struct, frozen=True):
    """A payload and its signatures, decoded; nothing in it has been checked but its form."""

    payload: bytes
    signatures: tuple[Signature, ...]


def signing_input(protected: bytes, payload: bytes) -> bytes:
    """The bytes that a signature covers (RFC 7515 section 5.1)."""
    return base64url.encode(protected) + b"." + base64url.encode(payload)


def assemble(payload: bytes, signatures: Sequence[Signature]) -> bytes:
    """The entry's bytes. Sizes are judged by `parse`, and by `seal` before anybody signs."""
    pairs = [(base64url.encode(one.protected), base64url.encode(one.signature)) for one in signatures]
    return _spell(base64url.encode(payload), pairs)


def parse(raw: bytes, limit: int = PAYLOAD_LIMIT) -> Jws:
    """The entry in `raw`, whose payload may have `limit` bytes; raises Malformed unless `assemble` writes the same."""
    if len(raw) > ENTRY_LIMIT:
        raise Malformed(f"The entry has {len(raw)} bytes; at most {ENTRY_LIMIT} are allowed.")
    parts = raw.split(b'"')
    signed, rest = divmod(len(parts) - 7, 8)
    if rest or not 1 <= signed <= SIGNATURE_LIMIT:
        raise Malformed(
            "The entry is not a JWS in the accepted form.",
            why=f"It must have a payload, 1 to {SIGNATURE_LIMIT} signatures, and no other member.",
        )
    protected, signatures = parts[9::8], parts[13::8]
    if _spell(parts[3], list(zip(protected, signatures, strict=True))) != raw:
        raise Malformed(
            "The entry is not a JWS in its one form.",
            why="Its members are renamed, repeated, out of order, or written with blanks or escapes.",
        )
    payload = base64url.decode(parts[3])
    if len(payload) > limit:
        raise Malformed(f"The payload of the entry has {len(payload)} bytes; at most {limit} are allowed.")
    decode = base64url.decode
    found = tuple(Signature(decode(header), decode(value)) for header, value in zip(protected, signatures, strict=True))
    for one in found:
        if len(one.signature) != SIGNATURE_SIZE:
            raise Malformed(f"A signature has {len(one.signature)} bytes; it must have {SIGNATURE_SIZE}.")
    return Jws(payload, found)


def _spell(payload: bytes, signatures: Sequence[tuple[bytes, bytes]]) -> bytes:
    each = b",".join([b'{"protected":"%b","signature":"%b"}' % pair for pair in signatures])
    return b'{"payload":"%b","signatures":[%b]}' % (payload, each)
