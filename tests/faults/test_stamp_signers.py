"""A time stamp with a certificate too many: which key signed it must never be a matter of luck."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from authority import OPENSSL, Authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ledger.anchors import timestamp
from ledger.anchors.ordered import ordered
from ledger.errors import IntegrityFailure
from ledger.signing.certificates import read_roots

NOTE = b"a note\n"
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="NOT RUN: there is no openssl here to stamp with")


def values(data: bytes) -> list[tuple[int, bytes]]:
    """The values in DER that stand one behind the other: tag and content."""
    found = []
    while data:
        length, at = data[1], 2
        if length & 0x80:
            at += length & 0x7F
            length = int.from_bytes(data[2:at])
        found.append((data[0], data[at : at + length]))
        data = data[at + length :]
    return found


def der(tag: int, content: bytes) -> bytes:
    """One value in DER, of at least 128 bytes."""
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    short = len(content) < 128
    return bytes([tag, len(content)] if short else [tag, 0x80 | len(size)]) + (b"" if short else size) + content


def with_certificate(answer: bytes, certificate: bytes) -> bytes:
    """The answer with a certificate more; no signature covers them."""
    ((_, response),) = values(answer)
    status, (_, token) = values(response)
    kind, (_, content) = values(token)
    ((_, signed),) = values(content)
    parts = b"".join(der(tag, inside + certificate * (tag == 0xA0)) for tag, inside in values(signed))
    return ordered(der(0x30, der(*status) + der(0x30, der(*kind) + der(0xA0, der(0x30, parts)))))


def namesake(known: x509.Certificate) -> bytes:
    """A certificate that anybody makes himself, under the issuer and the number of a known one, for time stamps."""
    key, use = ec.generate_private_key(ec.SECP256R1()), x509.ExtendedKeyUsageOID.TIME_STAMPING
    made = x509.CertificateBuilder().issuer_name(known.issuer).serial_number(known.serial_number)
    made = made.subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "so")] * 40))
    made = made.not_valid_before(datetime(2000, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
    made = made.public_key(key.public_key()).add_extension(x509.ExtendedKeyUsage([use]), critical=True)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@needs_openssl
def test_two_certificates_for_one_signer_are_refused(tmp_path: Path) -> None:
    """Whoever has any certificate of the hospital's authority would make stamps of any day with it."""
    authority = Authority(tmp_path / "tsa")
    roots = read_roots(authority.root)
    answer = ordered(authority.answer(timestamp.ask(NOTE).der))
    timestamp.check_signed(answer, NOTE, roots)
    known = x509.load_pem_x509_certificate((tmp_path / "tsa" / "tsa.crt").read_bytes())
    both = with_certificate(answer, namesake(known))
    assert timestamp.open_response(answer) == timestamp.open_response(both)
    with pytest.raises(IntegrityFailure, match="two certificates for its one signer"):
        timestamp.check_signed(both, NOTE, roots)
