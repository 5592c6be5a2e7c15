"""The OpenSSH private-key format with one Ed25519 key: reading and writing it, byte for byte.

Written from OpenSSH's PROTOCOL.key. Only what `ssh-keygen -t ed25519` makes by default is known here:
cipher aes256-ctr with the KDF bcrypt, or neither. Which files are good enough is judged in keyfile.
"""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

import bcrypt
import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from ledger.errors import BadInput

_BEGIN, _END = b"-----BEGIN OPENSSH PRIVATE KEY-----", b"-----END OPENSSH PRIVATE KEY-----"
_MAGIC = b"openssh-key-v1\0"
_TYPE = b"ssh-ed25519"
_LINE = 70
_BLOCK = {b"none": 8, b"aes256-ctr": 16}


class Lock(msgspec.Struct, frozen=True):
    """How the secret part is encrypted: the bcrypt salt and its rounds."""

    salt: bytes
    rounds: int


class Container(msgspec.Struct, frozen=True):
    """A key file taken apart: `lock` is None where it is not encrypted; `secret` is encrypted where it is not."""

    public: bytes
    lock: Lock | None
    secret: bytes


def dump(container: Container) -> bytes:
    """The text of a key file."""
    cipher, kdf, options = b"none", b"none", b""
    if container.lock is not None:
        cipher, kdf = b"aes256-ctr", b"bcrypt"
        options = _string(container.lock.salt) + container.lock.rounds.to_bytes(4, "big")
    blob = _string(_TYPE) + _string(container.public)
    fields = (cipher, kdf, options)
    data = _MAGIC + b"".join(map(_string, fields)) + b"\0\0\0\1" + _string(blob) + _string(container.secret)
    text = b2a_base64(data, newline=False)
    return b"\n".join([_BEGIN, *(text[at : at + _LINE] for at in range(0, len(text), _LINE)), _END, b""])


def load(text: bytes) -> Container:
    """The parts of a key file; raises BadInput for anything but one Ed25519 key in a form known here."""
    body = text.strip()
    if not (body.startswith(_BEGIN) and body.endswith(_END)):
        raise BadInput("This is not a private key in OpenSSH format.", fix="Make one with `doseledger key create`.")
    try:
        data = a2b_base64(b"".join(body[len(_BEGIN) : -len(_END)].split()), strict_mode=True)
    except Error as error:
        raise _damaged(str(error)) from error
    if not data.startswith(_MAGIC):
        raise _damaged("It does not begin as such a file must.")
    read = _Reader(data[len(_MAGIC) :])
    cipher, kdf, options = read.string(), read.string(), _Reader(read.string())
    if read.number() != 1:
        raise BadInput("The key file holds more than one key.")
    blob = _Reader(read.string())
    kind = blob.string()
    if kind != _TYPE:
        raise BadInput(f"The key file holds a key of type {_shown(kind)}; only {_TYPE.decode()} is used here.")
    public, secret = blob.string(), read.string()
    lock = None
    if (cipher, kdf) == (b"aes256-ctr", b"bcrypt"):
        lock = Lock(options.string(), options.number())
    elif (cipher, kdf) != (b"none", b"none"):
        raise BadInput(
            f"The key file is encrypted with {_shown(cipher)} and {_shown(kdf)}, which are not known here.",
            fix="Encrypt it anew: `ssh-keygen -p -a 100 -Z aes256-ctr -f FILE`.",
        )
    for part in (read, options, blob):
        part.end()
    if len(public) != 32 or not secret or len(secret) % _BLOCK[cipher]:
        raise _damaged("Its parts do not have the sizes they must have.")
    return Container(public, lock, secret)


def pack(
    public: bytes, seed: bytes, comment: bytes, nonce: bytes, *, lock: Lock | None, passphrase: bytes
) -> Container:
    """The key with its secret part padded and, where there is a lock, encrypted; `nonce` is 4 random bytes."""
    parts = (_TYPE, public, seed + public, comment)
    plain = nonce + nonce + b"".join(map(_string, parts))
    size = _BLOCK[b"none" if lock is None else b"aes256-ctr"]
    plain += bytes(range(1, -len(plain) % size + 1))
    return Container(public, lock, plain if lock is None else _crypt(plain, lock, passphrase))


def unpack(container: Container, passphrase: bytes) -> bytes | None:
    """The 32 secret bytes; None when the passphrase does not fit; raises BadInput when what it opens is no key."""
    plain = container.secret if container.lock is None else _crypt(container.secret, container.lock, passphrase)
    if plain[:4] != plain[4:8]:
        return None
    read = _Reader(plain[8:])
    kind, public, pair = read.string(), read.string(), read.string()
    read.string()
    padding = read.rest()
    if (kind, public, pair[32:]) != (_TYPE, container.public, container.public) or len(pair) != 64:
        raise _damaged("Its public and its secret part do not belong together.")
    if padding != bytes(range(1, len(padding) + 1)):
        raise _damaged("It does not end as such a file must.")
    return pair[:32]


class _Reader:
    """Takes length-prefixed fields off the front of some bytes; raises BadInput when they end too early."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) != size:
            raise _damaged("It ends too early.")
        self._at += size
        return piece

    def number(self) -> int:
        """The next number, 4 bytes."""
        return int.from_bytes(self._take(4), "big")

    def string(self) -> bytes:
        """The next string, behind its length."""
        return self._take(self.number())

    def rest(self) -> bytes:
        """All that is left."""
        return self._take(len(self._data) - self._at)

    def end(self) -> None:
        """Raises BadInput when something is left."""
        if self.rest():
            raise _damaged("It goes on where it must end.")


def _crypt(data: bytes, lock: Lock, passphrase: bytes) -> bytes:
    stream = bcrypt.kdf(passphrase, lock.salt, 48, lock.rounds, ignore_few_rounds=True)
    cipher = Cipher(AES256(stream[:32]), CTR(stream[32:])).encryptor()
    return cipher.update(data) + cipher.finalize()


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _shown(name: bytes) -> str:
    return repr(name.decode("ascii", "replace"))


def _damaged(why: str) -> BadInput:
    return BadInput("The key file is damaged.", why=why, fix="Restore it from its backup copy.")
