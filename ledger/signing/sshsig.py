"""Signatures over files that stock tools check: `ssh-keygen -Y verify` and `openssl pkeyutl -verify`.

Written from OpenSSH's PROTOCOL.sshsig and RFC 8410. Ed25519 alone; the namespace says what was signed, so that a
signature of one purpose is none of another.
"""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from hashlib import sha512

from ledger.errors import IntegrityFailure, Malformed
from ledger.signing import keys
from ledger.signing.keys import PublicKey
from ledger.signing.signer import Signer

BUNDLE = "doseledger-bundle"
"""The namespace of a signature over the tag manifest of an inspection bundle."""

_BEGIN, _END = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
_MAGIC, _VERSION = b"SSHSIG", 1
_TYPE, _HASH = b"ssh-ed25519", b"sha512"
_LINE = 70
_SPKI = bytes.fromhex("302a300506032b6570032100")
"""SubjectPublicKeyInfo of an Ed25519 key (RFC 8410), up to its 32 bytes."""
_LONGEST = 4096
"""Bytes of a signature file: ours has fewer than 400."""


def sign(signer: Signer, namespace: str, data: bytes) -> bytes:
    """The text of the signature file over `data`; raises Malformed for a key that is not Ed25519."""
    blob = _public(signer.public)
    signature = _string(_TYPE) + _string(signer.sign(_signed(namespace, data)))
    fields = (blob, namespace.encode(), b"", _HASH, signature)
    packed = _MAGIC + _VERSION.to_bytes(4, "big") + b"".join(map(_string, fields))
    text = b2a_base64(packed, newline=False)
    return b"\n".join([_BEGIN, *(text[at : at + _LINE] for at in range(0, len(text), _LINE)), _END, b""])


def check(text: bytes, public: PublicKey, namespace: str, data: bytes) -> None:
    """Raises Malformed for what is no such file, IntegrityFailure unless this key signed `data` for this purpose."""
    packed = _unwrapped(text)
    blob = _public(public)
    head = _MAGIC + _VERSION.to_bytes(4, "big")
    head += b"".join(map(_string, (blob, namespace.encode(), b"", _HASH)))
    tail = _string(_TYPE) + (64).to_bytes(4, "big")
    before = head + (len(tail) + 64).to_bytes(4, "big") + tail
    if len(packed) != len(before) + 64 or packed[: len(before)] != before:
        raise IntegrityFailure(
            "The signature file is not of this key and this purpose.",
            why=f"it must be one of the key {public.kid[:8]} for {namespace}",
        )
    keys.check(public, _signed(namespace, data), packed[len(before) :])


def allowed_signer(public: PublicKey, name: str, namespace: str) -> str:
    """The line of an `allowed_signers` file that lets this key sign for this purpose under `name`."""
    return f'{name} namespaces="{namespace}" {ssh_key(public)}'


def ssh_key(public: PublicKey) -> str:
    """The public key as OpenSSH writes it on one line."""
    return f"{_TYPE.decode()} {b2a_base64(_public(public), newline=False).decode()}"


def pem(public: PublicKey) -> bytes:
    """The public key as SubjectPublicKeyInfo in PEM, as OpenSSL reads it; raises Malformed for another algorithm."""
    _public(public)
    text = b2a_base64(_SPKI + public.raw, newline=False)
    return b"-----BEGIN PUBLIC KEY-----\n" + text + b"\n-----END PUBLIC KEY-----\n"


def _signed(namespace: str, data: bytes) -> bytes:
    return _MAGIC + b"".join(map(_string, (namespace.encode(), b"", _HASH, sha512(data).digest())))


def _public(public: PublicKey) -> bytes:
    if public.alg != "Ed25519":
        raise Malformed(f"A key for {public.alg} signs no files here.", why="only Ed25519 does")
    return _string(_TYPE) + _string(public.raw)


def _unwrapped(text: bytes) -> bytes:
    body = text.strip()
    if len(text) > _LONGEST or not (body.startswith(_BEGIN) and body.endswith(_END)):
        raise Malformed("This is not a signature file of OpenSSH.")
    try:
        return a2b_base64(b"".join(body[len(_BEGIN) : -len(_END)].split()), strict_mode=True)
    except Error as error:
        raise Malformed("The signature file is damaged.", why=str(error)) from error


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
