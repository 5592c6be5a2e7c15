"""Whoever can sign: the seam between an entry and a key file, an agent, a card or a hardware key."""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.errors import BadInput
from ledger.signing.header import Method
from ledger.signing.keys import P256_ORDER, PublicKey

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey


class Signer(Protocol):
    """A key that can be used now. One unlocking is one signing act; what is signed was shown before."""

    @property
    def public(self) -> PublicKey:
        """The public key that the signatures are checked with."""

    @property
    def method(self) -> Method:
        """How the key was unlocked; goes into `auth.method` of the header."""

    def sign(self, data: bytes) -> bytes:
        """64 bytes that `keys.check` accepts; a backend that asks a device checks the answer itself."""


class MemorySigner:
    """A private key in this process's memory: an opened key file, the device's and the log's own keys."""

    __slots__ = ("_private", "method", "public")

    def __init__(self, seed: bytes | PrivateKey, method: Method = "pwd") -> None:
        """`seed` is 32 bytes for Ed25519, or a private key; raises BadInput for any other."""
        self._private = _private(seed)
        self.public = _public(self._private)
        self.method: Method = method

    def __repr__(self) -> str:
        return f"MemorySigner({self.public.kid})"

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`; for ES256 r and s of 32 bytes each, s the lower of its two values."""
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.sign(data)
        r, s = decode_dss_signature(self._private.sign(data, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + min(s, P256_ORDER - s).to_bytes(32, "big")


def _private(seed: bytes | PrivateKey) -> PrivateKey:
    if isinstance(seed, bytes):
        if len(seed) != 32:
            raise BadInput(f"The secret of an Ed25519 key has 32 bytes, not {len(seed)}.")
        return Ed25519PrivateKey.from_private_bytes(seed)
    if isinstance(seed, EllipticCurvePrivateKey) and not isinstance(seed.curve, SECP256R1):
        raise BadInput(f"A key on the curve {seed.curve.name} cannot sign here.", fix="Use Ed25519 or P-256.")
    return seed


def _public(private: PrivateKey) -> PublicKey:
    if isinstance(private, Ed25519PrivateKey):
        return PublicKey("Ed25519", private.public_key().public_bytes_raw())
    numbers = private.public_key().public_numbers()
    return PublicKey("ES256", numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))
