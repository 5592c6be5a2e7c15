"""The receipt: what whoever wrote an entry takes home, to prove later that it is in the log."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from ledger import wire
from ledger.errors import IntegrityFailure, Malformed
from ledger.events.entry import Entry
from ledger.merkle import proof
from ledger.storage.reader import Reader


class _Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    position: wire.Count
    id: wire.Uuid
    leaf: wire.Hex
    checkpoint: str
    proof: tuple[wire.Hex, ...]


class Receipt(Struct, frozen=True):
    """The place of one entry: position, id, leaf hash, and the inclusion proof to a signed checkpoint."""

    position: int
    id: str
    leaf: str
    checkpoint: bytes
    proof: tuple[bytes, ...]

    def to_json(self) -> str:
        """The receipt as one line of JSON."""
        written = _Written(
            position=self.position,
            id=self.id,
            leaf=self.leaf,
            checkpoint=self.checkpoint.decode(),
            proof=tuple(value.hex() for value in self.proof),
        )
        return msgspec.json.encode(written).decode()

    @staticmethod
    def from_json(text: str | bytes) -> Receipt:
        """The receipt that `to_json` wrote; raises Malformed. Nothing in it is checked but its form."""
        try:
            read = msgspec.json.decode(text, type=_Written)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Malformed("This is not a receipt.", why=str(error)) from error
        return Receipt(
            read.position,
            read.id,
            read.leaf,
            read.checkpoint.encode(),
            tuple(bytes.fromhex(value) for value in read.proof),
        )


def receipt_of(reader: Reader, entry: Entry) -> Receipt:
    """The receipt of a stored entry, as it was when stored: its proof to the first checkpoint that covers it."""
    found = reader.note(entry.position + 1)
    if found is None:
        raise IntegrityFailure(f"No checkpoint covers the entry #{entry.position}.", fix="Run `doseledger verify`.")
    size, note = found
    return Receipt(entry.position, entry.id, entry.leaf, note, proof.inclusion(entry.position, size, reader.node))
