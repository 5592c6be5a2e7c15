r"""Cosignatures (C2SP tlog-cosignature, `cosignature/v1`): a witness says when a head was the newest of a log it knew.

A cosignature is a signature line of a note, of the type 0x04: 8 bytes of time, big-endian, in seconds since 1970, and
64 bytes of Ed25519 over "cosignature/v1\ntime <seconds>\n" and the text of the note. docs/spec/witness.md is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from ledger.errors import IntegrityFailure, Malformed
from ledger.merkle.note import COSIGNATURE, SIGNATURE_BYTES, NoteSignature, VerifierKey, parse_vkey
from ledger.values import wire_utc

Check = Callable[[bytes, bytes, bytes], None]
"""(public key, signed bytes, signature): returns nothing, or raises IntegrityFailure."""
TIME_BYTES = 8
LAST_SECOND = 7_258_118_399
"""The end of the year 2199: no entry can state a later time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def witness_key(name: str, public: bytes) -> VerifierKey:
    """The key of a witness, by the name in its signature lines; raises Malformed for a bad name or length."""
    return VerifierKey(name=name, public=public, algorithm=COSIGNATURE)


def parse_witness_key(text: str) -> VerifierKey:
    """The key in the line NAME+ID+KEY of a witness; raises Malformed, for the key of a log too."""
    return parse_vkey(text, COSIGNATURE)


def message(text: bytes, at: int) -> bytes:
    """What a witness signs: `text` is that of the note with its last newline, `at` in seconds since 1970."""
    return b"cosignature/v1\ntime %d\n%b" % (at, text)


def cosign(text: bytes, key: VerifierKey, at: int, sign: Callable[[bytes], bytes]) -> bytes:
    """The signature line of a witness under the text of a note; `sign` gets the message and returns 64 bytes.

    Raises IntegrityFailure for a time before 1970 or after 2199, and when `sign` returns another length.
    """
    if not 0 <= at <= LAST_SECOND:
        raise IntegrityFailure(f"no head can be cosigned at {at} s since 1970", why="from 1970 to 2199")
    signature = sign(message(text, at))
    if len(signature) != SIGNATURE_BYTES:
        raise IntegrityFailure(f"an Ed25519 signature has {SIGNATURE_BYTES} bytes, not {len(signature)}")
    return NoteSignature(key.name, key.key_id, at.to_bytes(TIME_BYTES, "big") + signature).line()


def is_by(line: NoteSignature, key: VerifierKey) -> bool:
    """Whether a signature line says that it is by this key; nothing is checked."""
    return (line.name, line.key_id) == (key.name, key.key_id)


def check_line(line: NoteSignature, text: bytes, key: VerifierKey, check: Check) -> int:
    """The time that a cosignature states, once `key` made it over this text; raises IntegrityFailure."""
    if not is_by(line, key):
        raise IntegrityFailure(f"the cosignature is not by {key.name}+{key.key_id.hex()}")
    if len(line.signature) != TIME_BYTES + SIGNATURE_BYTES:
        raise IntegrityFailure(
            f"a cosignature has {TIME_BYTES + SIGNATURE_BYTES} bytes, not {len(line.signature)}",
            why=f"it says that it is by {key.name}",
        )
    at = int.from_bytes(line.signature[:TIME_BYTES], "big")
    if at > LAST_SECOND:
        raise Malformed(f"the cosignature by {key.name} states a time after the year 2199")
    check(key.public, message(text, at), line.signature[TIME_BYTES:])
    return at


def check_cosignature(lines: Iterable[NoteSignature], text: bytes, key: VerifierKey, check: Check) -> int | None:
    """The earliest time at which `key` cosigned this text; None where no line says that it is by this key.

    Raises IntegrityFailure where a line says so and is not.
    """
    times = [check_line(line, text, key, check) for line in lines if is_by(line, key)]
    return min(times, default=None)


def stated(at: int) -> str:
    """Write the time of a cosignature as entries write times."""
    return wire_utc(_EPOCH + timedelta(seconds=at))


def strict(public: bytes, signed: bytes, signature: bytes) -> None:
    """Check one Ed25519 signature as all others here are checked; the library of the keys loads when it is called."""
    from ledger.signing import keys  # noqa: PLC0415 - a note without cosignatures needs no key

    keys.check(keys.PublicKey("Ed25519", public), signed, signature)
