"""A log as its heads and its tree show it, and whose signature a head must bear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Protocol

from ledger.merkle.checkpoint import Checkpoint
from ledger.merkle.epochs import LogKey, LogKeys
from ledger.merkle.note import VerifierKey


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


Doubt = Callable[[Sequence[int]], str]


def _none(_positions: Sequence[int]) -> str:
    """Doubt nothing: the keys were taken from entries that were judged, or from outside."""
    return ""


class Opener:
    """Gives the checkpoint in a note once the key of the log has signed it; raises an error of ours otherwise.

    The keys of the log are asked for, and the library of the keys loads, when the first note is opened.
    """

    def __init__(self, keys: Callable[[], LogKeys], doubt: Doubt = _none) -> None:
        self._keys = keys
        self.doubt = doubt
        """Says why the entries at some positions, which name keys of the log, do not hold; empty where they do."""

    @cached_property
    def keys(self) -> LogKeys:
        """The keys of the log."""
        return self._keys()

    def __call__(self, note: bytes) -> Checkpoint:
        """Open a head that the key in force at its size has signed."""
        return self.keys.open(note, _check)

    def ever(self, note: bytes) -> Checkpoint:
        """Open a head that any key of its epoch has signed, be it of another history: to compare, not to believe."""
        return self.keys.ever(note, _check)


def opener(keys: Callable[[], LogKeys], doubt: Doubt = _none) -> Opener:
    """Make what opens the notes of a log, by its keys; `doubt` judges the entries that name them."""
    return Opener(keys, doubt)


def opener_by(key: VerifierKey) -> Opener:
    """Make what opens the notes that one key signed, wherever in the log."""
    return Opener(lambda: LogKeys((LogKey(-1, key.name, key.public, ""),)))


def _check(public: bytes, message: bytes, made: bytes) -> None:
    from ledger.signing import keys  # noqa: PLC0415 - a head that is known already needs no key

    keys.check_ed25519(public, message, made)
