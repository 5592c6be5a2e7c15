"""The act of attesting a copy: a person compared it with the ledger, and says that it is complete and the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commands.draft import Desk, Draft
from ledger.errors import BadInput
from ledger.events.exports import CopyCertified, ExportMade


@dataclass(frozen=True, kw_only=True)
class CertifyCopy:
    """Attest the copy that the entry `export` records, as it was counted."""

    verb: ClassVar[str] = "certify-copy make"
    kind: ClassVar[str] = "copy.certified/1"
    export: str
    entries: int
    withheld: int
    texts: int
    blobs: int
    missing: int

    def about(self) -> tuple[str, ...]:
        """Known only once the entry is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse (BadInput) what is no export, and counts that are not those of its head."""
        made = desk.book.find(self.export)
        if not isinstance(made.event, ExportMade):
            raise BadInput(f"entry #{made.position} records no export", why=f"it is {made.kind}")
        if self.entries + self.withheld != made.event.size:
            raise BadInput(
                f"the copy has {self.entries + self.withheld} entries",
                why=f"entry #{made.position} records one of {made.event.size}",
            )
        body = CopyCertified(
            export=made.id,
            entries=self.entries,
            withheld=self.withheld,
            texts=self.texts,
            blobs=self.blobs,
            missing=self.missing,
        )
        return (desk.draft(made.stream, body, causes=[made.ref]),)
