"""What left the ledger: a copy that was made, and the person who attests that it is complete and true."""

from __future__ import annotations

from typing import Literal

from ledger import wire
from ledger.events.base import Wire

Form = Literal[
    "bundle",
    "dossier",
    "audit-csv",
    "audit-html",
    "signatures-csv",
    "odm",
    "casebook",
    "report",
    "jsonl",
    "tiles",
    "sqlite",
    "sdtm",
    "xpt",
    "fhir",
]
"""The forms in which the record leaves."""


class ExportMade(Wire, frozen=True, kw_only=True):
    """The record, or the part of it about some patients, left the ledger as a file; signed by the device.

    The copy is of the first `size` entries, whose root is `root`. `digest` is the SHA-256 of the file; of a bag
    (RFC 8493), zipped or not, that of its `tagmanifest-sha256.txt`; of a folder of lines, that of its
    `entries.jsonl`; of tiles, that of their `checkpoint`. `streams` are those of the patients it is limited to,
    sorted; none of them: everything. `name` is the copy's own name where it has one, `claimed_by` who made it, as said
    and not proved, and `recipient` for whom, in words.
    """

    form: Form
    size: wire.Count
    root: wire.Hex
    digest: wire.Hex
    streams: tuple[wire.Stream, ...]
    name: wire.Token | None
    claimed_by: wire.Token | None
    recipient: wire.Commitment | None

    def __post_init__(self) -> None:
        """Refuse (ValueError) streams that are not each once and in order."""
        if list(self.streams) != sorted(set(self.streams)):
            raise ValueError("`streams` are not sorted, or one stands twice")


class CopyCertified(Wire, frozen=True, kw_only=True):
    """A person compared the copy that `export` records with this ledger, and attests that it is complete and true.

    `entries` stand in the copy byte for byte, `withheld` as their hashes alone; together they are all that it is
    of. `texts` and `blobs` stand in it; `missing` texts are named by its entries and kept nowhere.
    """

    export: wire.Uuid
    entries: wire.Count
    withheld: wire.Count
    texts: wire.Count
    blobs: wire.Count
    missing: wire.Count
