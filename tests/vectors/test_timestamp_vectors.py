"""Time stamps to the byte: the request as RFC 3161 writes it, and a frozen answer, which needs no openssl."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from hashlib import sha256, sha512

import pytest
from forging import Forged
from hypothesis import given
from hypothesis import strategies as st
from released import STAMP
from test_carried_file import released as released  # noqa: PLC0414 - a fixture

from ledger.anchors import timestamp
from ledger.anchors.ordered import ordered
from ledger.codec import open_payload
from ledger.errors import BadInput, DoseLedgerError, IntegrityFailure, Malformed
from ledger.events.archive import AnchorMade
from ledger.signing import jws
from ledger.signing.certificates import read_roots

ANSWER = b64decode(STAMP.read_text())
OIDS = {"sha256": bytes.fromhex("0609608648016503040201"), "sha512": bytes.fromhex("0609608648016503040203")}


def der(tag: int, *parts: bytes) -> bytes:
    """A value of less than 128 bytes in DER."""
    inside = b"".join(parts)
    assert len(inside) < 128
    return bytes([tag, len(inside)]) + inside


def number(value: int) -> bytes:
    """An INTEGER that is not negative, in DER."""
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1))


@pytest.mark.parametrize(("name", "digest"), [("sha256", sha256), ("sha512", sha512)])
def test_a_request_is_the_one_of_the_standard(name, digest) -> None:
    """An authority answers an ill-formed request with a refusal, or with a stamp of something else."""
    made = timestamp.ask(b"a note\n", name)
    imprint = der(0x30, der(0x30, OIDS[name], b"\x05\x00"), der(0x04, digest(b"a note\n").digest()))
    assert der(0x30, number(1), imprint, number(made.nonce), b"\x01\x01\xff") == made.der
    assert made.nonce != timestamp.ask(b"a note\n", name).nonce


def stamped(released: Forged) -> int:
    """How many entries the head has that the released time stamp is of."""
    bodies = (open_payload(jws.parse(raw).payload)[1] for raw in released.entries)
    return next(body.size for body in bodies if isinstance(body, AnchorMade) and body.form == "timestamp")


def test_a_frozen_answer_is_read_and_fits_its_note(released: Forged) -> None:
    """An answer of today must be read in 25 years, by a program that never saw its authority."""
    found = timestamp.open_response(ANSWER)
    assert ("sha256", datetime(2010, 3, 24, 17, 3, 30, tzinfo=UTC)) == (found.digest, found.at)
    size = stamped(released)
    note = released.note(size)
    assert found == timestamp.check_stamp(ANSWER, note)
    with pytest.raises(IntegrityFailure, match="other bytes"):
        timestamp.check_stamp(ANSWER, note + b"\n")
    with pytest.raises(IntegrityFailure, match="another request"):
        timestamp.check_stamp(ANSWER, note, nonce=(found.nonce or 0) + 1)
    with pytest.raises(IntegrityFailure, match="no certificate"):
        timestamp.check_signed(ANSWER, note, ())


@given(st.integers(0, len(ANSWER)), st.binary(max_size=4))
def test_ordering_certificates_changes_nothing_else(at: int, inserted: bytes) -> None:
    """What sorts the certificates must not turn damage into something that holds."""
    assert ANSWER == ordered(ANSWER)
    data = ANSWER[:at] + inserted + ANSWER[at:]
    assert (len(data), sorted(data)) == (len(ordered(data)), sorted(ordered(data)))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_answer_are_refused_by_an_error_of_ours(data: bytes) -> None:
    """Whatever stands in a blob, an inspection ends with a report."""
    with pytest.raises(Malformed):
        timestamp.open_response(data)


@given(st.integers(0, len(ANSWER) - 1), st.integers(0, 255), st.booleans())
def test_a_damaged_answer_gives_an_answer_or_an_error_of_ours(at: int, value: int, cut: bool) -> None:
    """A damaged stamp must not end an inspection in a trace."""
    data = ANSWER[:at] if cut else ANSWER[:at] + bytes([value]) + ANSWER[at + 1 :]
    try:
        timestamp.check_stamp(data, b"a note\n")
    except DoseLedgerError:
        return
    raise AssertionError("a damaged answer stamps another note")


def test_what_is_no_certificate_is_refused() -> None:
    """A root that is not one would let nothing count, in silence."""
    for data in (b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(BadInput, match="no certificate"):
            read_roots(data)
    with pytest.raises(Malformed, match="longer"):
        timestamp.open_response(bytes(timestamp.MAX_BYTES + 1))
