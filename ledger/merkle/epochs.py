"""Which key of the log signs which head, and which heads were given up: the order of keys that the log itself writes.

An epoch is a name of heads: the last word of their origin, `main`, then `main.2` and so on. The leaves and their
positions go on through all epochs. docs/spec/checkpoint.md is the same in prose.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from ledger.errors import IntegrityFailure, Malformed
from ledger.merkle import checkpoint
from ledger.merkle.checkpoint import Checkpoint
from ledger.merkle.tree import MAX_SIZE

Check = Callable[[bytes, bytes, bytes], None]
"""Checks, with a public key, that a message has a signature; returns nothing or raises IntegrityFailure."""
_EPOCH = re.compile(r"(?P<series>.+?)(?:\.(?P<number>[2-9]|[1-9][0-9]{1,3}))?")


class Lost(Struct, frozen=True):
    """The newest head that is known of what an epoch gives up: how many entries it had, and their root."""

    size: int
    root: bytes


class LogKey(Struct, frozen=True):
    """A key of the log: it signs the heads of more than `since` entries, under the name `origin`.

    `since` is the position of the entry that names the key, `following` the thumbprint of the key after it. The first
    key of an epoch says what was `lost`: it goes on from the head of `since` entries.
    """

    since: int
    origin: str
    public: bytes
    following: str
    lost: Lost | None = None


class LogKeys(Struct, frozen=True):
    """The keys of a log in their order."""

    keys: tuple[LogKey, ...] = ()

    def at(self, size: int) -> LogKey:
        """Give the key that signs the head of `size` entries; IntegrityFailure where the log names none."""
        for key in reversed(self.keys):
            if key.since < size:
                return key
        raise IntegrityFailure(f"the log names no key for a head of {size} entries")

    @property
    def newest(self) -> LogKey:
        """The key that signs whatever is appended; IntegrityFailure where the log names none."""
        return self.at(MAX_SIZE)

    def then(self, key: LogKey) -> LogKeys:
        """Go on with another key."""
        return LogKeys((*self.keys, key))

    def open(self, note: bytes, check: Check) -> Checkpoint:
        """Open a head that the key in force at its size has signed; raises Malformed or IntegrityFailure."""
        return _opened(note, self.at(checkpoint.parse(note)[0].size), check)

    def ever(self, note: bytes, check: Check) -> Checkpoint:
        """Open a head that any key of its epoch has signed: of another history, the key may have changed elsewhere.

        To compare heads, never to believe one. Raises Malformed or IntegrityFailure.
        """
        head = checkpoint.parse(note)[0]
        own = [key for key in self.keys if key.origin == head.origin]
        for key in own[:-1]:
            try:
                return _opened(note, key, check)
            except (IntegrityFailure, Malformed):
                continue
        return _opened(note, own[-1] if own else self.at(head.size), check)

    def given_up(self, head: Checkpoint) -> LogKey | None:
        """Give the key with which the log went on without a head that an earlier epoch had sealed, or None.

        The head is the one that is said to be lost, or of fewer entries of it, behind those that stayed.
        """
        held = epoch(head.origin)
        for key in self.keys:
            lost = key.lost
            if lost is not None and held < epoch(key.origin):
                behind = key.since < head.size < lost.size
                if behind or (head.size, head.root) == (lost.size, lost.root):
                    return key
        return None


def epoch(origin: str) -> int:
    """The number of the epoch in the name of a log, or in the log's origin; the first is 1."""
    found = _EPOCH.fullmatch(origin.rpartition("/")[2])
    return int(found["number"]) if found is not None and found["number"] is not None else 1


def named(origin: str, number: int) -> str:
    """The name of the log in an epoch from 2 on: `main.2`."""
    found = _EPOCH.fullmatch(origin.rpartition("/")[2])
    return f"{'' if found is None else found['series']}.{number}"


def of_one_log(one: str, other: str) -> bool:
    """Whether two origins name heads of the same log, be it in different epochs."""
    return _series(one) == _series(other)


def _series(origin: str) -> str:
    before, _, log = origin.rpartition("/")
    found = _EPOCH.fullmatch(log)
    return f"{before}/{log if found is None else found['series']}"


def _opened(note: bytes, key: LogKey, check: Check) -> Checkpoint:
    return checkpoint.verify(note, key.origin, key.public, lambda message, made: check(key.public, message, made))
