"""Public keys: their names, which of them may be enrolled, and whether one made a signature.

Two algorithms and no third: Ed25519 (RFC 9864) and, for smartcards, ES256 with the low of the two
equivalent values of s. A check returns nothing or raises, so that no caller can forget an answer.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.errors import IntegrityFailure, Malformed, NotAllowed
from ledger.signing import base64url, curve
from ledger.wire import Alg, Base64url

P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
"""The field of P-256: coordinates are numbers below this."""
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""n of P-256 (FIPS 186-5): r and s of an ES256 signature lie below it."""
_SIZE: dict[Alg, int] = {"Ed25519": 32, "ES256": 64}
_COFACTOR = 8


class Ed25519Jwk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="crv", tag="Ed25519"):
    """An Ed25519 key on the wire (RFC 8037): `{"crv":"Ed25519","kty":"OKP","x":...}`."""

    kty: Literal["OKP"]
    x: Base64url


class P256Jwk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="crv", tag="P-256"):
    """A P-256 key on the wire (RFC 7518 section 6.2): `{"crv":"P-256","kty":"EC","x":...,"y":...}`."""

    kty: Literal["EC"]
    x: Base64url
    y: Base64url


Jwk = Ed25519Jwk | P256Jwk
"""A public key in an entry; its members stand in the order of RFC 7638, so its bytes are its thumbprint's input."""


class PublicKey(msgspec.Struct, frozen=True, dict=True):
    """A public key: `raw` is the 32 bytes of RFC 8032 for Ed25519, x and y of 32 bytes each for ES256."""

    alg: Alg
    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != _SIZE[self.alg]:
            raise Malformed(f"A public key for {self.alg} has {_SIZE[self.alg]} bytes, not {len(self.raw)}.")

    @cached_property
    def kid(self) -> str:
        """The key's name: its RFC 7638 thumbprint (SHA-256), 43 characters of base64url."""
        return base64url.encode(sha256(msgspec.json.encode(to_jwk(self))).digest()).decode()

    def jwk(self) -> dict[str, str]:
        """The key as a JSON Web Key, for whoever checks it with other tools."""
        return msgspec.convert(msgspec.to_builtins(to_jwk(self)), dict[str, str])


def to_jwk(public: PublicKey) -> Jwk:
    """The key as it stands in an entry."""
    half = [base64url.encode(public.raw[at : at + 32]).decode() for at in range(0, len(public.raw), 32)]
    if public.alg == "Ed25519":
        return Ed25519Jwk(kty="OKP", x=half[0])
    return P256Jwk(kty="EC", x=half[0], y=half[1])


def from_jwk(jwk: Jwk) -> PublicKey:
    """The key that an entry carries; raises Malformed for a length or base64url that no writer makes."""
    if isinstance(jwk, Ed25519Jwk):
        return PublicKey("Ed25519", base64url.decode(jwk.x.encode()))
    x, y = base64url.decode(jwk.x.encode()), base64url.decode(jwk.y.encode())
    if len(x) != len(y):
        raise Malformed("The coordinates of a P-256 key must have 32 bytes each.")
    return PublicKey("ES256", x + y)


def require_strong(public: PublicKey) -> None:
    """Raises NotAllowed for a key that may never be enrolled: its signatures prove nothing, or split verifiers."""
    if public.alg == "ES256":
        try:
            _p256(public)
        except IntegrityFailure as error:
            raise _weak(error.what) from error
        return
    try:
        point = curve.decode(public.raw)
    except Malformed as error:
        raise _weak(f"{error.what} {error.why}".rstrip()) from error
    if curve.is_identity(curve.multiply(_COFACTOR, point)):
        raise _weak("It is a point of small order: one signature would fit any text.")
    if not curve.is_identity(curve.multiply(curve.ORDER, point)):
        raise _weak("It is not in the prime-order subgroup: honest verifiers would disagree about its signatures.")


def check(public: PublicKey, signing_input: bytes, signature: bytes) -> None:
    """Raises IntegrityFailure unless this key made this signature over these bytes, in the one accepted form."""
    if len(signature) != 64:
        raise IntegrityFailure(f"The signature has {len(signature)} bytes; it must have 64.")
    try:
        if public.alg == "Ed25519":
            _check_ed25519(public, signing_input, signature)
        else:
            _check_es256(public, signing_input, signature)
    except InvalidSignature as error:
        raise IntegrityFailure(
            f"The signature was not made by key {public.kid} over these bytes.",
            why="The signed bytes, the signature or the key was changed.",
        ) from error


def check_ed25519(public: bytes, message: bytes, signature: bytes) -> None:
    """As `check`, by the 32 bytes of an Ed25519 key; Malformed for a key of another length."""
    check(PublicKey("Ed25519", public), message, signature)


def _check_ed25519(public: PublicKey, data: bytes, signature: bytes) -> None:
    if int.from_bytes(signature[32:], "little") >= curve.ORDER:
        raise IntegrityFailure(
            "The signature is in a second form that anybody can make from the first.",
            why="Its number S is not below the order L (RFC 8032 section 5.1.7).",
        )
    _ed25519(public).verify(signature, data)


def _check_es256(public: PublicKey, data: bytes, signature: bytes) -> None:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < P256_ORDER and 0 < s < P256_ORDER):
        raise IntegrityFailure("The signature's numbers r and s are not between 0 and the order of P-256.")
    if s > P256_ORDER // 2:
        raise IntegrityFailure(
            "The signature is in a second form that anybody can make from the first.",
            why="Of the two equivalent values of s only the low one is accepted.",
        )
    _p256(public).verify(encode_dss_signature(r, s), data, ECDSA(SHA256()))


def _weak(why: str) -> NotAllowed:
    return NotAllowed("This public key may not be enrolled.", why=why, fix="Make a new key: `doseledger key create`.")


@lru_cache(maxsize=1024)
def _ed25519(public: PublicKey) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public.raw)


@lru_cache(maxsize=1024)
def _p256(public: PublicKey) -> EllipticCurvePublicKey:
    x, y = int.from_bytes(public.raw[:32], "big"), int.from_bytes(public.raw[32:], "big")
    if x >= P256_PRIME or y >= P256_PRIME:  # the library takes these for the same point under a second name
        raise IntegrityFailure("The public key is written in a second, longer form.")
    try:
        return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    except ValueError as error:
        raise IntegrityFailure("The public key is not a point of P-256.") from error
