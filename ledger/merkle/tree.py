"""The Merkle tree over the entries, hashed as RFC 6962 section 2.1 says, with SHA-256.

A node is named by (level, index): level 0 holds the leaf hashes, and the node (level, index) covers the
leaves index * 2^level up to, not including, (index + 1) * 2^level. A node exists once all the leaves under
it exist, and never changes afterwards. docs/spec/log.md is the same in prose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from msgspec import Struct

from ledger.errors import BadInput, IntegrityFailure, Malformed

HASH_BYTES = 32
MAX_SIZE = 2**53 - 1
"""The most leaves a log may have: what every JSON reader keeps exactly."""
EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves."""

NodeReader = Callable[[int, int], bytes]
"""Reads one stored node: (level, index) -> 32 bytes; level 0 is a leaf hash."""
Interior = tuple[int, int, bytes]
"""A completed node above the leaves, as the storage keeps it: (level, index, hash), level at least 1."""


class Appended(Struct, frozen=True):
    """What one more leaf changes: the new frontier, the nodes it completed (lowest first), the new root."""

    frontier: tuple[bytes, ...]
    interior: tuple[Interior, ...]
    root: bytes


def leaf_hash(data: bytes) -> bytes:
    """The hash of one entry's exact stored bytes: SHA-256(0x00 || data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above two others: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over all leaf hashes, computed from nothing else; O(n), for an inspection from the bytes up."""
    row = list(leaf_hashes)
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        above = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        row = above + row[len(above) * 2 :]
    return row[0]


def append(size: int, frontier: tuple[bytes, ...], leaf: bytes) -> Appended:
    """Add the leaf hash `leaf` at position `size`; O(log n), reading nothing but the frontier.

    Raises IntegrityFailure when the frontier is not one of `size` leaves, BadInput when the log is full.
    """
    _check_frontier(size, frontier)
    _check_hash(leaf)
    if size >= MAX_SIZE:
        raise BadInput(f"the log is full: it holds {MAX_SIZE} entries")
    peaks = list(frontier)
    interior: list[Interior] = []
    level, top = 0, leaf
    while size >> level & 1:
        top = node_hash(peaks.pop(), top)
        level += 1
        interior.append((level, size >> level, top))
    peaks.append(top)
    new = tuple(peaks)
    return Appended(frontier=new, interior=tuple(interior), root=frontier_root(new))


def frontier_root(frontier: Sequence[bytes]) -> bytes:
    """The root of the tree whose complete subtrees, largest first, have these hashes."""
    if not frontier:
        return EMPTY_ROOT
    top = frontier[-1]
    for left in reversed(frontier[:-1]):
        top = node_hash(left, top)
    return top


def frontier_places(size: int) -> tuple[tuple[int, int], ...]:
    """Where the frontier of `size` leaves stands: (level, index) of each complete subtree, largest first."""
    if not 0 <= size <= MAX_SIZE:
        raise BadInput(f"a log cannot have the size {size}", why=f"sizes are 0 to {MAX_SIZE}")
    places: list[tuple[int, int]] = []
    first = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            places.append((level, first >> level))
            first += 1 << level
    return tuple(places)


def root_at(size: int, node: NodeReader) -> bytes:
    """The root the log had when it held `size` leaves, from stored nodes; at most log2(size) + 1 reads."""
    return subtree_root(0, size, node)


def subtree_root(first: int, count: int, node: NodeReader) -> bytes:
    """The root over `count` leaves from `first` on, where RFC 6962 cuts a tree there; O(log count) reads.

    `first` is a multiple of the smallest power of two that is not less than `count`.
    """
    hashes = [node(level, (first >> level) + index) for level, index in frontier_places(count)]
    for value in hashes:
        _check_hash(value)
    return frontier_root(hashes)


def pack_frontier(frontier: tuple[bytes, ...]) -> bytes:
    """The frontier as the storage keeps it: the 32-byte hashes one after another, largest subtree first."""
    for value in frontier:
        _check_hash(value)
    return b"".join(frontier)


def unpack_frontier(size: int, data: bytes) -> tuple[bytes, ...]:
    """The frontier of `size` leaves from its stored bytes; raises Malformed for any other length."""
    if not 0 <= size <= MAX_SIZE or len(data) != size.bit_count() * HASH_BYTES:
        raise Malformed(f"{len(data)} bytes are not the frontier of {size} entries")
    return tuple(data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES))


def _check_frontier(size: int, frontier: tuple[bytes, ...]) -> None:
    if size < 0 or len(frontier) != size.bit_count():
        raise IntegrityFailure(f"{len(frontier)} hashes are not the frontier of {size} entries")
    for value in frontier:
        _check_hash(value)


def _check_hash(value: bytes) -> None:
    if len(value) != HASH_BYTES:
        raise IntegrityFailure(f"a stored hash has {len(value)} bytes instead of {HASH_BYTES}")
