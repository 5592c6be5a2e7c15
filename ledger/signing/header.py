"""The protected header: who signs, as what, when, and what the signature means.

A closed set of members in one order, one header per signer (docs/spec/entry.md). Members by which other
systems smuggle keys or change the algorithm (`jwk`, `jku`, `x5c`, `crit`, `b64`) do not exist here.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ledger.errors import Malformed
from ledger.signing.meanings import TEXTS
from ledger.wire import Alg, Count, Hex, Kid, Meaning, PrintedName, Role, SignedAt, Token, Uuid

Method = Literal["pwd", "agent", "pin", "hwk"]
"""How the private key was used: passphrase, an agent, a card's PIN, a hardware key."""

NAME_LIMIT = 128
"""Bytes of a printed name in UTF-8, so that a recovery wrapper still fits into a tile entry."""


class SignerCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signer as printed beside the signature (21 CFR 11.50(a)(1)); must equal the enrolment."""

    id: Token
    name: PrintedName
    role: Role
    organisation: PrintedName


class ShownMeaning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the signer was told that his signature means; `text` is the constant of ledger.signing.meanings."""

    code: Meaning
    lang: Literal["en"]
    version: Count
    text: PrintedName


class SignedSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entries shown and signed together by one act: the digest of them all, and which one this is."""

    digest: Hex
    i: Count
    of: Count


class Auth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the signer proved himself (21 CFR 11.200(a)): in which signing act, and whether the first since unlocking."""

    method: Method
    act: Uuid
    first: bool
    set: SignedSet | None


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signer's protected header; `n` is the signature counter of his key in this ledger."""

    alg: Alg
    kid: Kid
    typ: Literal["doseledger-entry/1"]
    signer: SignerCard
    at: SignedAt
    meaning: ShownMeaning
    n: Count
    auth: Auth


_DECODER = msgspec.json.Decoder(Header)
_ENCODER = msgspec.json.Encoder()


def write_header(header: Header) -> bytes:
    """The canonical bytes of a header; raises Malformed for a header that no reader would accept."""
    try:
        data = _ENCODER.encode(header)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Malformed("This protected header cannot be written.", why=str(error)) from error
    open_header(data)
    return data


def open_header(data: bytes) -> Header:
    """The header in `data`; raises Malformed unless the bytes are exactly what `write_header` writes."""
    try:
        header = _DECODER.decode(data)
        again = _ENCODER.encode(header)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Malformed("The protected header of a signature is not in the accepted form.", why=str(error)) from error
    if again != data:
        raise Malformed(
            "The protected header of a signature is not in its one form.",
            why="Its members are repeated, out of order, or written with blanks, escapes or another number form.",
        )
    shown = header.meaning
    if TEXTS.get((shown.code, shown.lang, shown.version)) != shown.text:
        raise Malformed(
            f"The signature shows a text that does not belong to the meaning '{shown.code}'.",
            why=f"It is not the sentence of language '{shown.lang}', version {shown.version}.",
        )
    for name in (header.signer.name, header.signer.organisation):
        if len(name.encode()) > NAME_LIMIT:
            raise Malformed(f"A printed name in a signature is longer than {NAME_LIMIT} bytes.")
    return header
