"""The tree of a verification: every hash computed again from the bytes, kept so that any earlier root can be told."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ledger.merkle.tree import EMPTY_ROOT, HASH_BYTES, frontier_places, root_at


class Tree:
    """A growing tree over leaf hashes; about 64 bytes per leaf."""

    def __init__(self, size: int = 0, frontier: Sequence[bytes] = ()) -> None:
        """Grow from a tree of `size` leaves on, of which the `frontier` alone is known."""
        self.size = self._first = size
        self._known = dict(zip(frontier_places(size), frontier, strict=True))
        self._levels: list[bytearray] = [bytearray()]
        self._peaks = list(frontier)
        self._root = EMPTY_ROOT
        self._root_size = 0

    def add(self, leaf: bytes) -> None:
        """Add one leaf hash and the nodes that it completes."""
        size, top, level = self.size, leaf, 0
        self._levels[0] += leaf
        while size >> level & 1:
            top = sha256(b"\x01" + self._peaks.pop() + top).digest()
            level += 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += top
        self._peaks.append(top)
        self.size = size + 1

    def leaf(self, position: int) -> bytes:
        """The leaf hash at a position below `size`."""
        return self.node(0, position)

    def root(self, size: int) -> bytes:
        """The root at 0 <= size <= self.size."""
        if size == self._root_size:
            return self._root
        if size != self.size:
            return root_at(size, self.node)
        top = self._peaks[-1]
        for left in self._peaks[-2::-1]:
            top = sha256(b"\x01" + left + top).digest()
        self._root, self._root_size = top, size
        return top

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree that was added, or known before."""
        known = self._known.get((level, index))
        at = (index - (self._first >> level)) * HASH_BYTES
        return bytes(self._levels[level][at : at + HASH_BYTES]) if known is None else known
