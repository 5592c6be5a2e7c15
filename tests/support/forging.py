"""A ledger in memory as the operator with the log key could make it: any entries, hashed and sealed correctly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from minting import key_of

from ledger.book import Ledger
from ledger.codec import open_payload
from ledger.events.base import Payload
from ledger.merkle import checkpoint, tree
from ledger.signing import jws
from ledger.signing.header import open_header, write_header
from ledger.signing.signer import MemorySigner


@dataclass(frozen=True)
class Forged:
    """What `examine` reads, with a fresh tree and a fresh signed checkpoint behind every entry."""

    entries: tuple[bytes, ...]
    texts: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    log_key: MemorySigner = field(default_factory=lambda: key_of("the log"))
    trial: str = "onco-001"
    log: str = "main"
    turns: tuple[tuple[int, str, MemorySigner], ...] = ()
    """What a later key seals: the position of the entry that named it, the epoch, the key."""

    @property
    def size(self) -> int:
        return len(self.entries)

    def raws(self, start: int, stop: int) -> Sequence[bytes | None]:
        return self.entries[start:stop]

    def notes(self, start: int, stop: int) -> Sequence[tuple[int, bytes]]:
        return [(size, self.note(size)) for size in range(max(1, start), min(stop, self.size + 1))]

    def text(self, commitment: str) -> tuple[bytes, bytes] | None:
        return self.texts.get(commitment)

    def blob(self, digest: str) -> bytes | None:
        return self.blobs.get(digest)

    def digests(self) -> Iterable[str]:
        return self.blobs

    def audit(self) -> Underived:
        return Underived()

    def note(self, size: int) -> bytes:
        """The signed checkpoint of the first `size` entries."""
        leaves = [tree.leaf_hash(raw) for raw in self.entries[:size]]
        origin, key = self.sealing(size)
        head = checkpoint.Checkpoint(origin=origin, size=size, root=tree.root(leaves))
        return checkpoint.seal(head, origin, key.public.raw, key.sign)

    def sealing(self, size: int) -> tuple[str, MemorySigner]:
        """The name and the key of the head of so many entries."""
        log, key = next(((log, key) for at, log, key in reversed(self.turns) if at < size), (self.log, self.log_key))
        return checkpoint.origin(self.trial, tree.leaf_hash(self.entries[0]).hex(), log), key

    def with_entries(self, *entries: bytes) -> Forged:
        """The same with other entries."""
        return replace(self, entries=entries)

    def put(self, position: int, *raws: bytes) -> Forged:
        """These entries instead of the one at a position; none takes it out."""
        return self.with_entries(*self.entries[:position], *raws, *self.entries[position + 1 :])


class Underived:
    """The audit of a source that derives nothing."""

    unread = ()

    def take(self, *_: object) -> Iterable[object]:
        return ()

    def rest(self) -> Iterable[object]:
        return ()


def copied(book: Ledger) -> Forged:
    """Everything that a ledger holds, as it stands."""
    raws = tuple(raw for _, raw in book.raws())
    texts = {
        name: (bytes(salt), bytes(text))
        for name, salt, text in book._reader.all("SELECT commitment, salt, text FROM texts")
    }
    blobs = {name: bytes(data) for name, data in book._reader.all("SELECT digest, data FROM blobs")}
    return Forged(raws, texts, blobs)


def payload_of(raw: bytes) -> Payload:
    """The payload of an entry."""
    return open_payload(jws.parse(raw).payload)[0]


def edited(raw: bytes, old: bytes, new: bytes) -> bytes:
    """The entry with something else in its payload, under the signatures that it had."""
    parsed = jws.parse(raw)
    assert parsed.payload.count(old) == 1, (old, parsed.payload)
    return jws.assemble(parsed.payload.replace(old, new), parsed.signatures)


def resigned(raw: bytes, keys: Sequence[MemorySigner], *, own: bool = False) -> bytes:
    """The entry signed anew with these keys; `own`: each header names the key that signs."""
    parsed = jws.parse(raw)
    made = []
    for one, key in zip(parsed.signatures, keys, strict=True):
        header = open_header(one.protected)
        if own:
            header = type(header)(
                **{name: getattr(header, name) for name in header.__struct_fields__} | {"kid": key.public.kid}
            )
        protected = write_header(header)
        made.append(jws.Signature(protected, key.sign(jws.signing_input(protected, parsed.payload))))
    return jws.assemble(parsed.payload, made)


def with_signatures(raw: bytes, pick: Sequence[tuple[bytes, int]]) -> bytes:
    """The entry under signatures taken from entries: (entry, which of its signatures)."""
    return jws.assemble(jws.parse(raw).payload, [jws.parse(other).signatures[index] for other, index in pick])


def leaf_of(raw: bytes) -> str:
    """The leaf hash of an entry in hexadecimal, computed by hand."""
    return sha256(b"\x00" + raw).hexdigest()
