"""A P-256 key on a smartcard or another PKCS#11 token: it signs there, behind its PIN, and never leaves it.

The token signs the SHA-256 of the bytes (CKM_ECDSA); of the two equivalent values of s the lower is taken, as every
reader demands. The library `python-pkcs11` is an extra of the installation, and loads when a card is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol, cast

from ledger.errors import DoseLedgerError, NotAllowed, Unavailable, WrongPassphrase
from ledger.signing import keys
from ledger.signing.header import Method
from ledger.signing.keys import P256_ORDER, PublicKey

if TYPE_CHECKING:
    import pkcs11

_POINT = 65
"""Bytes of an uncompressed point: 4, x, y."""


class _Signing(Protocol):
    """What the library gives a private key that may sign."""

    def sign(self, data: bytes, *, mechanism: pkcs11.Mechanism) -> bytes:
        """The signature over `data` by that mechanism."""


class CardSigner:
    """A key on a token, for one signing act: each signature logs in with the PIN and leaves the token again."""

    __slots__ = ("_label", "_module", "_pin", "_token", "method", "public")

    def __init__(self, module: str, token: str, label: str, pin: str) -> None:
        self._module, self._token, self._label, self._pin = module, token, label, pin
        self.method: Method = "pin"
        with _said(), _opened(module, token, pin) as session:
            self.public = _public(session, label)
            _key(session, label, private=True)

    def __repr__(self) -> str:
        return f"CardSigner({self.public.kid})"

    def sign(self, data: bytes) -> bytes:
        """The token's signature: r and s of 32 bytes each, s the lower; IntegrityFailure when it does not hold."""
        from pkcs11 import Mechanism  # noqa: PLC0415  # the library is an extra

        with _said(), _opened(self._module, self._token, self._pin) as session:
            private = cast("_Signing", _key(session, self._label, private=True))
            found = bytes(private.sign(sha256(data).digest(), mechanism=Mechanism.ECDSA))
        r, s = found[:32], int.from_bytes(found[32:], "big")
        signature = r + min(s, P256_ORDER - s).to_bytes(32, "big")
        keys.check(self.public, data, signature)
        return signature


def open_card(module: str, token: str, label: str, pin: bytes) -> CardSigner:
    """Open the key `label` on the token `token` with its PIN.

    Raises WrongPassphrase for a wrong PIN, NotAllowed where the token is blocked, Unavailable where the library, the
    token or the key is not there, or it is no P-256 key.
    """
    return CardSigner(module, token, label, pin.decode("utf-8", "replace"))


def read_public(module: str, token: str, label: str) -> PublicKey:
    """The public key of `label` on the token, which tells it without a PIN."""
    with _said(), _opened(module, token, None) as session:
        return _public(session, label)


@contextmanager
def _opened(module: str, token: str, pin: str | None) -> Iterator[pkcs11.Session]:
    session = _token(module, token).open(user_pin=pin)
    try:
        yield session
    finally:
        session.close()


def _token(module: str, token: str) -> pkcs11.Token:
    try:
        import pkcs11  # noqa: PLC0415  # the library is an extra
    except ImportError as error:
        raise Unavailable(
            "cards cannot be used by this installation",
            why="the library python-pkcs11 is not installed",
            fix="install doseledger with its extra: doseledger[pkcs11]",
        ) from error
    try:
        return pkcs11.lib(module).get_token(token_label=token)
    except RuntimeError as error:
        raise Unavailable("the library of the card cannot be loaded", why=f"{module}: {error}") from error


def _key(session: pkcs11.Session, label: str, *, private: bool) -> pkcs11.Key:
    from pkcs11 import KeyType, ObjectClass  # noqa: PLC0415  # the library is an extra

    kind = ObjectClass.PRIVATE_KEY if private else ObjectClass.PUBLIC_KEY
    return session.get_key(object_class=kind, key_type=KeyType.EC, label=label)


def _public(session: pkcs11.Session, label: str) -> PublicKey:
    from pkcs11 import Attribute  # noqa: PLC0415  # the library is an extra

    point = bytes(_key(session, label, private=False)[Attribute.EC_POINT])[-_POINT:]
    if len(point) != _POINT or point[0] != 4:
        raise Unavailable(f"the key {label!r} on the card is no P-256 key", fix="make one of the type EC:prime256v1")
    public = PublicKey("ES256", point[1:])
    keys.require_strong(public)
    return public


@contextmanager
def _said() -> Iterator[None]:
    """Turn the token's complaints into ours; none of them repeats the PIN."""
    try:
        yield
    except DoseLedgerError:
        raise
    except RuntimeError as error:
        raise _problem(error) from None


def _problem(error: RuntimeError) -> DoseLedgerError:
    name = type(error).__name__
    if name in {"PinIncorrect", "PinInvalid", "PinLenRange"}:
        return WrongPassphrase(
            "The PIN does not open this card.", fix="Type it again; a few wrong ones block the card."
        )
    if name in {"PinLocked", "PinExpired", "UserPinNotInitialized"}:
        return NotAllowed("the card is blocked, or has no PIN yet", fix="unblock it with the tool of its maker")
    if name in {"NoSuchToken", "TokenNotPresent", "TokenNotRecognised"}:
        return Unavailable("the card is not there", why=name, fix="put it into the reader")
    if name in {"NoSuchKey", "MultipleObjectsReturned"}:
        return Unavailable("the key is not on the card, or several have its label", why=name)
    return Unavailable("the card does not do it", why=name, fix="look at it with the tool of its maker")
