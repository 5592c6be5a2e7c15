"""The signatures of one entry: by keys that the log itself made active, in the algorithm they were enrolled for."""

from __future__ import annotations

from functools import lru_cache

from ledger import wire
from ledger.codec import Opened
from ledger.course.people import Roster
from ledger.errors import IntegrityFailure, Malformed, NotAllowed
from ledger.events.entry import Signer
from ledger.events.keys import RegistrarRecovered
from ledger.events.study import LedgerCreated
from ledger.signing import base64url, jws, keys
from ledger.signing.header import Header


@lru_cache(maxsize=1024)
def public_of(jwk: wire.Jwk) -> keys.PublicKey:
    """The key that an entry carries; Malformed when type, curve and coordinates do not belong together."""
    x = base64url.decode(jwk.x.encode())
    if jwk.crv == "Ed25519" and jwk.kty == "OKP" and jwk.y is None:
        return keys.PublicKey("Ed25519", x)
    if jwk.crv == "P-256" and jwk.kty == "EC" and jwk.y is not None:
        y = base64url.decode(jwk.y.encode())
        if len(x) == len(y):
            return keys.PublicKey("ES256", x + y)
    raise Malformed(f"a key of type {jwk.kty} on the curve {jwk.crv} is not written like this")


def wire_jwk(public: keys.PublicKey) -> wire.Jwk:
    """The key as an entry carries it."""
    half = len(public.raw) // 2
    if public.alg == "Ed25519":
        return wire.Jwk(crv="Ed25519", kty="OKP", x=base64url.encode(public.raw).decode(), y=None)
    x, y = base64url.encode(public.raw[:half]).decode(), base64url.encode(public.raw[half:]).decode()
    return wire.Jwk(crv="P-256", kty="EC", x=x, y=y)


def signing_keys(opened: Opened, roster: Roster) -> tuple[keys.PublicKey, ...]:
    """The keys that must have made the signatures, in their order; `roster` is that of the entry's position.

    Raises NotAllowed for a key that is not active there, IntegrityFailure for another algorithm than the
    enrolled one. The genesis names its own keys: all of them must sign. The recovery key stands in the entry
    that it signs, and is the one that the genesis committed to.
    """
    event = opened.entry.event
    found: list[wire.Jwk | None]
    if isinstance(event, LedgerCreated):
        own = {registrar.key_id: registrar.key for registrar in event.registrars}
        silent = own.keys() - {header.kid for header in opened.headers}
        if silent:
            raise NotAllowed("not every root registrar has signed the first entry", why=f"missing: {sorted(silent)}")
        found = [own.get(header.kid) for header in opened.headers]
    elif isinstance(event, RegistrarRecovered):
        require_recovery(event, opened.entry.signers, roster)
        found = [event.recovery_key]
    else:
        found = [_standing(header, roster) for header in opened.headers]
    made = []
    for header, jwk in zip(opened.headers, found, strict=True):
        if jwk is None:
            raise NotAllowed(
                f"the key {header.kid[:8]} of {header.signer.id} is not active",
                why="no complete enrolment of it stands before the entry",
                fix="two registrars enrol it: doseledger person enrol",
            )
        public = public_of(jwk)
        if public.alg != header.alg:
            raise IntegrityFailure(f"the signature names {header.alg}, its key was enrolled for {public.alg}")
        made.append(public)
    return tuple(made)


def _standing(header: Header, roster: Roster) -> wire.Jwk | None:
    key = roster.key(header.kid)
    return None if key is None else roster.require_key(key.kid, key.person).jwk


def require_recovery(event: RegistrarRecovered, signers: tuple[Signer, ...], roster: Roster) -> None:
    """Refuse (NotAllowed) an entry that the ledger's recovery key has not signed alone, for the registrar it brings."""
    committed = roster.genesis.recovery_key if roster.genesis is not None else None
    signer, comes = signers[0], event.registrar
    if len(signers) != 1 or signer.kid != committed or public_of(event.recovery_key).kid != committed:
        raise NotAllowed(
            "this is not the recovery key of the ledger",
            why="the first entry commits to another" if committed is not None else "the first entry commits to none",
            fix="use the file that was made with the ledger and kept apart",
        )
    card = (signer.person, signer.name, signer.organisation, signer.role)
    if card != (comes.person, comes.name, comes.organisation, "registrar"):
        raise NotAllowed("who uses the recovery key signs as the registrar who comes by it", why=f"signed as {card[1]}")


def check_made(opened: Opened, index: int, public: keys.PublicKey) -> None:
    """Raise IntegrityFailure unless `public` made the signature at `index`; pure, for any thread."""
    one = opened.jws.signatures[index]
    keys.check(public, jws.signing_input(one.protected, opened.jws.payload), one.signature)


def check_signatures(opened: Opened, roster: Roster) -> None:
    """Raise unless every signature was made by a key active at this position; pure, for any thread."""
    for index, public in enumerate(signing_keys(opened, roster)):
        check_made(opened, index, public)
