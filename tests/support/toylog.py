"""A log of any make, kept in memory: what a witness is asked to cosign, in as many histories as a test needs."""

from __future__ import annotations

from hashlib import sha256

from ledger.anchors.witnessing import Request
from ledger.merkle import proof, tree
from ledger.merkle.note import VerifierKey, seal_note
from ledger.merkle.text import base64_of
from ledger.signing.signer import MemorySigner

ORIGIN = "log.example/2026"


def key_of(name: str) -> MemorySigner:
    """The fixed key of a name."""
    return MemorySigner(sha256(b"toy key " + name.encode()).digest())


class ToyLog:
    """A log with an origin and a key of its own; two with another `history` differ from entry `since` on."""

    def __init__(
        self, entries: int, *, origin: str = ORIGIN, history: str = "a", since: int = 0, key: str = "log"
    ) -> None:
        self.signer = key_of(key)
        self.key = VerifierKey(name=origin, public=self.signer.public.raw)
        self.leaves = [tree.leaf_hash(f"{'' if at < since else history} {at}".encode()) for at in range(entries)]

    def root(self, size: int) -> bytes:
        """The root over the first `size` entries."""
        return tree.root(self.leaves[:size])

    def text(self, size: int, *more: str) -> bytes:
        """What is signed; `more` are extension lines."""
        lines = (self.key.name, str(size), base64_of(self.root(size)), *more, "")
        return "\n".join(lines).encode()

    def note(self, size: int, *more: str) -> bytes:
        """The signed checkpoint of `size` entries."""
        return seal_note(self.text(size, *more), self.key, self.signer.sign)

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        """The proof that the log of `new` entries goes on from that of `old`."""
        return proof.consistency(old, new, self._node) if old else ()

    def request(self, old: int, new: int) -> bytes:
        """The body of a request to cosign `new` entries, going on from `old`."""
        return Request(old, self.proof(old, new), self.note(new)).written()

    def _node(self, level: int, index: int) -> bytes:
        return tree.root(self.leaves[index << level : (index + 1) << level])
