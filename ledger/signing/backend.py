"""Where a key lies that is in no file of its own: the small file that says so, in the place of the key file."""

from __future__ import annotations

import msgspec

from ledger.errors import BadInput
from ledger.signing.keys import Jwk, PublicKey, from_jwk


class InAgent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="backend", tag="agent"):
    """A key that an ssh-agent holds."""

    key: Jwk


class OnCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="backend", tag="pkcs11"):
    """A P-256 key on a card or another PKCS#11 token.

    `module` is the path of the token's library, `token` and `label` are the labels of the token and of the key on
    it.
    """

    module: str
    token: str
    label: str
    key: Jwk


Reference = InAgent | OnCard


def is_reference(text: bytes) -> bool:
    """Tell whether the text of a key's file says where the key is, rather than holding it."""
    return text.lstrip().startswith(b"{")


def write_reference(reference: Reference) -> bytes:
    """The text of the file."""
    return msgspec.json.format(msgspec.json.encode(reference)) + b"\n"


def open_reference(text: bytes) -> Reference:
    """Read the file; BadInput when it is damaged."""
    try:
        found: Reference = msgspec.json.decode(text, type=Reference)
    except msgspec.MsgspecError as error:
        raise BadInput(
            "The file of this key is damaged.", why=str(error), fix="Make it anew: doseledger key create."
        ) from error
    return found


def public_of(reference: Reference) -> PublicKey:
    """The public key that the file names."""
    return from_jwk(reference.key)
