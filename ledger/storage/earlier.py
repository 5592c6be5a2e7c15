"""A ledger as it was when it had fewer entries, read from what it is today, under a root that is known from elsewhere.

Whatever bytes it gives were proved to stand at their place under that root, by hashes that are stored. What it says is
*not* there (a counter that nobody used, an id that stands nowhere) rests on the tables alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.errors import IntegrityFailure
from ledger.merkle import proof, tree
from ledger.storage.reader import Reader

_NODES = 1 << 16
"""Hashes that are kept: the upper ones are in every proof."""
_LAST_OF = "SELECT leaf_index FROM signers WHERE kid = ? AND i = 0 AND leaf_index < ? ORDER BY leaf_index DESC LIMIT 1"
_NEWEST_N = "SELECT n, leaf_index FROM signers WHERE kid = ? AND leaf_index < ? ORDER BY n DESC LIMIT 1"
_ALL_N = "SELECT n, leaf_index FROM signers WHERE kid = ? AND leaf_index < ?"
_KINDS = "SELECT leaf_index, kind FROM entries WHERE stream = ? AND leaf_index < ? ORDER BY version"
_VERSION = "SELECT coalesce(max(version), 0) FROM entries WHERE stream = ? AND leaf_index < ?"


class Earlier(Reader):
    """The first `size` entries of a ledger, at least one; `root` is theirs. The reader that is given stays open."""

    def __init__(self, reader: Reader, size: int, root: bytes) -> None:
        """Raise IntegrityFailure where the stored hashes do not make that root."""
        super().__init__(reader.database)
        self._size = size
        self._root = root
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._streams: dict[str, list[tuple[int, str]]] = {}
        if size > super().size() or tree.frontier_root(self.frontier(size)) != root:
            raise IntegrityFailure(
                f"The stored hashes of the first {size} entries do not make the root that was verified.",
                fix="Run `doseledger verify`: it looks at everything.",
            )

    def close(self) -> None:
        """Nothing: the reader of the whole ledger is open still."""

    def size(self) -> int:
        """How many entries there were."""
        return self._size

    def node(self, level: int, index: int) -> bytes:
        """One stored hash of the tree."""
        found = self._nodes.get((level, index))
        if found is None:
            found = super().node(level, index)
            if len(self._nodes) < _NODES:
                self._nodes[level, index] = found
        return found

    def raws(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """Position and bytes of entries, each proved."""
        for position, raw in super().raws(start, min(stop, self._size)):
            yield position, self._proved(position, raw)

    def stream(self, name: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        """Position and bytes of a stream's entries behind its version `after`, each proved."""
        return [(at, self._proved(at, raw)) for at, raw in super().stream(name, after=after) if at < self._size]

    def version(self, stream: str) -> int:
        """How many entries the stream had."""
        return int(self.all(_VERSION, (stream, self._size))[0][0])

    def by_id(self, low: bytes, high: bytes, limit: int = 2) -> list[int]:
        """Positions of entries whose 16-byte id lies from `low` to `high`."""
        return [position for position in super().by_id(low, high, limit) if position < self._size]

    def command_part(self, command_id: bytes, index: int) -> int | None:
        """Where one part of a command stood."""
        return self._before(super().command_part(command_id, index))

    def signed(self, kid: str, n: int) -> int | None:
        """Where this key had signed with this counter."""
        return self._before(super().signed(kid, n))

    def last_of(self, kid: str) -> int | None:
        """The newest entry whose first signature was by this key."""
        return self._position(_LAST_OF, kid, self._size)

    def newest_n(self, kid: str) -> tuple[int, int] | None:
        """The highest counter of a key, and the position where it stood."""
        rows = self.all(_NEWEST_N, (kid, self._size))
        return (int(rows[0][0]), int(rows[0][1])) if rows else None

    def counters(self, kid: str) -> dict[int, int]:
        """All counters of a key, and the positions where they stood."""
        return {int(n): int(position) for n, position in self.all(_ALL_N, (kid, self._size))}

    def label(self, position: int) -> tuple[bytes, bytes, str, str] | None:
        """Id, leaf hash, stream and kind of one entry."""
        return super().label(position) if 0 <= position < self._size else None

    def among(self, stream: str, kinds: tuple[str, ...]) -> tuple[int, ...]:
        """The positions of a stream's entries of some kinds, in log order."""
        return tuple(position for position, kind in self._on(stream) if kind in kinds)

    def within(self, stream: str, start: int, stop: int) -> list[int]:
        """The positions of a stream's entries in [start, stop), in log order."""
        return [position for position, _ in self._on(stream) if start <= position < stop]

    def redacted(self, commitment: str) -> int | None:
        """Where the redaction stood that deleted the text of a commitment."""
        return self._before(super().redacted(commitment))

    def root_at(self, size: int) -> bytes:
        """The root of the first 0 <= `size` entries of those that were there, proved."""
        root = tree.frontier_root(self.frontier(size))
        if 0 < size < self._size:
            proof.check_consistency(size, self._size, proof.consistency(size, self._size, self.node), root, self._root)
        return root

    def _on(self, stream: str) -> list[tuple[int, str]]:
        """Position and kind of a stream's entries, read once."""
        found = self._streams.get(stream)
        if found is None:
            found = self._streams[stream] = self.all(_KINDS, (stream, self._size))
        return found

    def _before(self, position: int | None) -> int | None:
        return position if position is not None and position < self._size else None

    def _proved(self, position: int, raw: bytes) -> bytes:
        if type(raw) is not bytes:
            raise IntegrityFailure(f"The entry #{position} is not stored as bytes.", fix="Run `doseledger verify`.")
        path = proof.inclusion(position, self._size, self.node)
        proof.check_inclusion(tree.leaf_hash(raw), position, self._size, path, self._root)
        return raw
