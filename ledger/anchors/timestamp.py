"""Time stamps (RFC 3161): asked of an authority over the stored note of a head, and checked when they come back.

The imprint is the SHA-256 (or SHA-512) of the note's bytes, so that `openssl ts -verify -data NOTE` reads them too. The
only door to `rfc3161_client`; whoever sends and receives has the network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import rfc3161_client as tsp

from ledger.anchors.ordered import ordered
from ledger.errors import DoseLedgerError, IntegrityFailure, Malformed
from ledger.signing.certificates import Certificate, is_root, names_above, read_embedded

MAX_BYTES = 65_536
"""A longer response is none: with a chain of certificates one has about 6,000 bytes."""
Digest = Literal["sha256", "sha512"]
_DIGESTS = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
"""The digests of an imprint that hold; older ones do not."""
_STATUS = {1: "granted with changes", 2: "refused", 3: "waiting", 4: "revocation is near", 5: "revoked"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is sent (`application/timestamp-query`, DER), and the number that its answer must repeat."""

    der: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a response says: when, under which number; `digest` and `imprint` of what it stamped."""

    at: datetime
    digest: str
    imprint: bytes
    nonce: int | None
    serial: int


def ask(note: bytes, digest: Digest = "sha256") -> Request:
    """Make the request for a stamp over a note, with a fresh nonce, asking for the authority's certificate."""
    algorithm = tsp.HashAlgorithm.SHA256 if digest == "sha256" else tsp.HashAlgorithm.SHA512
    made = tsp.TimestampRequestBuilder().data(note).hash_algorithm(algorithm).cert_request(cert_request=True).build()
    if made.nonce is None:
        raise IntegrityFailure("the request for a time stamp has no nonce")
    return Request(made.as_bytes(), made.nonce)


def open_response(der: bytes) -> Stamp:
    """Read a response; Malformed for what is none, or grants no stamp. Nothing in it is checked but its form."""
    return _stamp(_parsed(der))


def check_stamp(der: bytes, note: bytes, *, nonce: int | None = None) -> Stamp:
    """Accept that a response stamps this note, in answer to the request with this nonce where one is given.

    Who signed it is not looked at: a name that nobody knows from elsewhere says nothing. Raises Malformed, or
    IntegrityFailure for the stamp of something else.
    """
    found = open_response(der)
    if hashlib.new(found.digest, note).digest() != found.imprint:
        raise IntegrityFailure("the time stamp is of other bytes than this checkpoint")
    if nonce is not None and found.nonce != nonce:
        raise IntegrityFailure("the time stamp answers another request")
    return found


def under(der: bytes, roots: Sequence[Certificate]) -> bool:
    """Tell whether a response says that its signer stands under one of these roots; nothing is checked.

    Certificates that are no roots only lead to them.
    """
    with _ours():
        signed = _parsed(der).signed_data
        signers = list(signed.signer_infos)
        between = (*read_embedded(signed.certificates), *roots)
        above = [names_above(one.issuer, between) for one in signers]
        return any(root.subject in names for root in roots if is_root(root) for names in above)


def check_signed(der: bytes, note: bytes, roots: Sequence[Certificate]) -> None:
    """Accept that an authority under one of these roots signed the stamp of this note, at the time it states.

    The certificate must be valid at that time, and be one for time stamps (RFC 3161, 2.3). Raises IntegrityFailure.
    """
    check_stamp(der, note)
    if not roots:
        raise IntegrityFailure("no certificate of a time-stamp authority is known")
    _one_signer(der)
    with _ours():
        try:
            anchors, between = [one for one in roots if is_root(one)], [one for one in roots if not is_root(one)]
            asked = tsp.VerifierBuilder(roots=anchors, intermediates=between).build()
            asked.verify_message(_parsed(der), note)
        except tsp.VerificationError as error:
            raise IntegrityFailure("the time stamp is not signed by that authority", why=_plainly(error)) from error


def _one_signer(der: bytes) -> None:
    """Refuse two certificates under one number: the signature could be checked with one, and its use with the other."""
    with _ours():
        signed = _parsed(der).signed_data
        names = [(one.issuer, one.serial_number) for one in read_embedded(signed.certificates)]
        if any(names.count((one.issuer, one.serial_number)) > 1 for one in signed.signer_infos):
            raise IntegrityFailure("the time stamp comes with two certificates for its one signer")


def _parsed(der: bytes) -> tsp.TimeStampResponse:
    if len(der) > MAX_BYTES:
        raise Malformed(f"the answer is longer than {MAX_BYTES} bytes", why="no time stamp is")
    with _ours():
        told = ordered(der)
        found = tsp.decode_timestamp_response(told)
        if found.as_bytes() != told:
            raise Malformed("the time stamp is not in its one form (DER)")
        return found


def _stamp(found: tsp.TimeStampResponse) -> Stamp:
    with _ours():
        if found.status != 0:
            said = "; ".join(found.status_string or ())
            raise Malformed(
                "the authority gave no time stamp", why=said or _STATUS.get(found.status, f"status {found.status}")
            )
        info = found.tst_info
        digest = _DIGESTS.get(info.message_imprint.hash_algorithm.dotted_string)
        if digest is None:
            raise Malformed("the time stamp uses a digest that no longer holds", why="SHA-256, -384 or -512 do")
        at = info.gen_time
        return Stamp(
            at=at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC),
            digest=digest,
            imprint=bytes(info.message_imprint.message),
            nonce=info.nonce,
            serial=info.serial_number,
        )


@contextmanager
def _ours() -> Iterator[None]:
    """Whatever the library makes of foreign bytes is an error of ours."""
    try:
        yield
    except DoseLedgerError:
        raise
    except Exception as error:
        raise Malformed("this is no answer of a time-stamp authority", why=_plainly(error)) from error


def _plainly(error: Exception) -> str:
    """The library's words on one line, without the trace of its own library."""
    return " ".join(str(error).split(": ErrorStack", 1)[0].split())[:200]
