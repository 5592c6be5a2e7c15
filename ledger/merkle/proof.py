"""Proofs that an entry is in the log, and that a later log contains an earlier one (RFC 6962 section 2.1).

Making a proof reads stored nodes, O(log n) of them. Checking one returns nothing or raises, and needs only
the proof and the roots; it follows RFC 9162 sections 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import BadInput, IntegrityFailure
from ledger.merkle.tree import HASH_BYTES, MAX_SIZE, NodeReader, node_hash, subtree_root


def inclusion(index: int, size: int, node: NodeReader) -> tuple[bytes, ...]:
    """The path from the entry at `index` to the root over `size` entries, the leaf's sibling first.

    Raises BadInput unless 0 <= index < size.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise BadInput(f"a log of {size} entries has no position {index}")
    path: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        cut = first + _split(end - first)
        if index < cut:
            path.append(subtree_root(cut, end - cut, node))
            end = cut
        else:
            path.append(subtree_root(first, cut - first, node))
            first = cut
    return tuple(reversed(path))


def consistency(old: int, new: int, node: NodeReader) -> tuple[bytes, ...]:
    """The proof that the log of `new` entries begins with the log of `old`; empty when both are one size.

    Raises BadInput unless 1 <= old <= new: every log begins with the empty one, so that proof would say nothing.
    """
    if not 1 <= old <= new <= MAX_SIZE:
        raise BadInput(f"there is no consistency proof from {old} to {new} entries")
    path: list[bytes] = []
    first, end = 0, new
    while end != old:
        cut = first + _split(end - first)
        if old <= cut:
            path.append(subtree_root(cut, end - cut, node))
            end = cut
        else:
            path.append(subtree_root(first, cut - first, node))
            first = cut
    if first:
        path.append(subtree_root(first, end - first, node))
    return tuple(reversed(path))


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Accept that the leaf hash `leaf` stands at `index` under this root of `size` entries, or raise.

    Raises IntegrityFailure. The size must come with the root from one signed checkpoint: by itself a proof
    does not always tell two sizes apart.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise IntegrityFailure(f"a log of {size} entries has no position {index}")
    _check_hashes((leaf, root, *proof))
    turns = (index ^ (size - 1)).bit_length()
    expected = turns + (index >> turns).bit_count()
    if len(proof) != expected:
        raise IntegrityFailure(
            f"the inclusion proof has {len(proof)} hashes instead of {expected}",
            why=f"that is what position {index} of {size} entries needs",
        )
    top = leaf
    for level, sibling in enumerate(proof):
        on_the_left = level < turns and not index >> level & 1
        top = node_hash(top, sibling) if on_the_left else node_hash(sibling, top)
    if top != root:
        raise IntegrityFailure(f"the entry is not at position {index} of this log of {size} entries")


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Accept that the log of `new` entries under `new_root` begins with the one under `old_root`, or raise.

    Raises IntegrityFailure; also for old = 0, where nothing could be proved.
    """
    if not 1 <= old <= new <= MAX_SIZE:
        raise IntegrityFailure(f"there is no consistency proof from {old} to {new} entries")
    _check_hashes((old_root, new_root, *proof))
    wrong = IntegrityFailure(
        f"the log of {new} entries does not begin with the log of {old} entries",
        why="entries were changed, removed or reordered, or the proof is not of these two logs",
    )
    if old == new:
        if proof or old_root != new_root:
            raise wrong
        return
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not steps:
        raise wrong
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_top = new_top = steps[0]
    for step in steps[1:]:
        if not last:
            raise wrong
        if place & 1 or place == last:
            old_top, new_top = node_hash(step, old_top), node_hash(step, new_top)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new_top = node_hash(new_top, step)
        place, last = place >> 1, last >> 1
    if last or old_top != old_root or new_top != new_root:
        raise wrong


def _split(count: int) -> int:
    """The largest power of two below `count`: where RFC 6962 cuts a tree of `count` > 1 leaves."""
    return 1 << ((count - 1).bit_length() - 1)


def _check_hashes(values: Sequence[bytes]) -> None:
    for value in values:
        if len(value) != HASH_BYTES:
            raise IntegrityFailure(f"a hash of the proof has {len(value)} bytes instead of {HASH_BYTES}")
