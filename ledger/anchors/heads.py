"""A log as its heads and its tree show it, and whose signature a head must bear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ledger.errors import IntegrityFailure
from ledger.merkle import checkpoint
from ledger.merkle.checkpoint import Checkpoint

Opener = Callable[[bytes], Checkpoint]
"""Gives the checkpoint in a note once the key of the log has signed it; raises an error of ours otherwise."""


class Heads(Protocol):
    """What a comparison asks of a log; `ledger.book.Ledger` is one."""

    @property
    def size(self) -> int:
        """How many entries there are now."""

    def checkpoint_at(self, size: int) -> bytes:
        """The signed checkpoint of exactly `size` entries."""

    def root_at(self, size: int) -> bytes:
        """The root over the first `size` entries, by the stored tree."""

    def prove_consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """The proof that the log of `new` entries begins with that of `old`, by the stored tree."""


def opener(origin: str, public: bytes) -> Opener:
    """Make what opens the notes of one log: its name, and the 32 bytes of its Ed25519 key.

    The library of the keys loads when the first note is opened, not before.
    """

    def opened(note: bytes) -> Checkpoint:
        from ledger.signing import keys  # noqa: PLC0415 - a head that is known already needs no key

        if len(public) != 32:
            raise IntegrityFailure("The key of the log is not 32 bytes long.", fix="Run `doseledger verify`.")
        key = keys.PublicKey("Ed25519", public)
        return checkpoint.verify(note, origin, public, lambda message, made: keys.check(key, message, made))

    return opened
