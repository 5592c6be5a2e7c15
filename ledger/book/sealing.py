"""Sealing: the head behind what is appended, signed by the key that the log itself names for it."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.errors import BadInput
from ledger.merkle import checkpoint
from ledger.merkle.epochs import LogKey, LogKeys
from ledger.signing.signer import Signer
from ledger.storage.store import Seal


def require_log_key(keys: LogKeys, signer: Signer) -> None:
    """Refuse (BadInput) a key that is not the one with which this log signs its newest head."""
    _among(keys.newest, [signer])


def sealing(key: LogKey, signers: Iterable[Signer]) -> Seal:
    """Make what signs a head with the one of `signers` that is `key`; BadInput where none is."""
    held = list(signers)
    if not held:
        raise BadInput("The key of the log is needed to write.", fix="Open the ledger with its log key.")
    origin, public, sign = key.origin, key.public, _among(key, held).sign
    return lambda size, root: checkpoint.seal(
        checkpoint.Checkpoint(origin=origin, size=size, root=root), origin, public, sign
    )


def _among(key: LogKey, signers: Iterable[Signer]) -> Signer:
    for signer in signers:
        if signer.public.raw == key.public:
            return signer
    raise BadInput(
        "This is not the key of this log.",
        why="the log names another one",
        fix="Use the log key that was made with the ledger, or the one that came after it.",
    )
