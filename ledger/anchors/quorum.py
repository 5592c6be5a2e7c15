"""Whose cosignatures count: those of the witnesses that the registrars named, and as many as they asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.anchors.cosignature import Check, check_cosignature, strict, witness_key
from ledger.errors import BadInput, IntegrityFailure
from ledger.events.study import Witness, Witnesses
from ledger.merkle.note import VerifierKey, parse_note
from ledger.signing import base64url
from ledger.wire import Jwk


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What one named witness says under a note: `at` is the time it states, in seconds since 1970.

    Of a line that is not its signature `good` is False, `at` None, and `why` says what is wrong.
    """

    name: str
    at: int | None
    good: bool
    why: str = ""


def keys_of(policy: Witnesses) -> tuple[VerifierKey, ...]:
    """The keys of the named witnesses, each key once; a key that is not Ed25519 can cosign nothing."""
    found: dict[bytes, VerifierKey] = {}
    for one in policy.keys:
        if one.key.crv == "Ed25519":
            public = base64url.decode(one.key.x.encode())
            found.setdefault(public, witness_key(one.name, public))
    return tuple(found.values())


def policy_of(keys: Sequence[VerifierKey], quorum: int) -> Witnesses:
    """The policy that names these witnesses and asks for `quorum` of them.

    Raises BadInput where one is named twice, by its name or its key, and where more are asked for than are named.
    """
    if len({key.name for key in keys}) < len(keys) or len({key.public for key in keys}) < len(keys):
        raise BadInput("a witness is named twice", why="two signatures of one witness are the word of one")
    if not 0 <= quorum <= len(keys):
        raise BadInput(f"{quorum} witnesses are asked for", why=f"{len(keys)} are named")
    return Witnesses(quorum=quorum, keys=tuple(Witness(name=key.name, key=_jwk(key.public)) for key in keys))


def cosigned(note: bytes, policy: Witnesses, check: Check = strict) -> tuple[Cosigned, ...]:
    """Check the cosignatures of the named witnesses under a note, in the order of the policy.

    A witness that no line of the note names is left out; lines of others are passed over. The log's own signature is
    not looked at. Raises Malformed for a note that does not parse, and nothing else.
    """
    text, lines = parse_note(note)
    found: list[Cosigned] = []
    for key in keys_of(policy):
        try:
            at = check_cosignature(lines, text, key, check)
        except IntegrityFailure as error:
            found.append(Cosigned(key.name, None, good=False, why=error.what))
            continue
        if at is not None:
            found.append(Cosigned(key.name, at, good=True))
    return tuple(found)


def covered(newest: Mapping[str, int], policy: Witnesses) -> int:
    """How many entries, from the first, stand in a head of each of as many named witnesses as the policy asks for.

    `newest` is the size of the largest head that each witness cosigned, by its name. All heads must be of the history
    at hand. 0 where too few cosigned, or none is asked for.
    """
    names = {key.name for key in keys_of(policy)} & newest.keys()
    sizes = sorted((newest[name] for name in names), reverse=True)
    return sizes[policy.quorum - 1] if 0 < policy.quorum <= len(sizes) else 0


def _jwk(public: bytes) -> Jwk:
    return Jwk(crv="Ed25519", kty="OKP", x=base64url.encode(public).decode(), y=None)
