"""What is kept of the log outside of it: heads shown to others, copies for the case of loss."""

from __future__ import annotations

from typing import Literal

from ledger import wire
from ledger.events.base import Wire


class AnchorMade(Wire, frozen=True, kw_only=True):
    """A head of the log was shown to somebody outside, who can vouch for it later; signed by the device.

    `size` and `root` are the head. `evidence` is the SHA-256 of what came back, kept as a blob: of a `witness` the
    signed checkpoint with its cosignatures, of a `timestamp` the RFC 3161 response (DER) over the stored note of that
    size; null for `paper`, which is elsewhere. `authority` is whose word it is, `at` the time that the evidence itself
    states; both null for paper.
    """

    form: Literal["paper", "timestamp", "witness"]
    size: wire.Count
    root: wire.Hex
    evidence: wire.Hex | None
    authority: wire.Code | None
    at: wire.Utc | None

    def __post_init__(self) -> None:
        """Refuse (ValueError) evidence of paper, and an authority without evidence."""
        outside = (self.evidence is not None, self.authority is not None, self.at is not None)
        if set(outside) != {self.form != "paper"}:
            raise ValueError("`evidence`, `authority` and `at` belong to a witness and to a time stamp, all of them")


class BackupMade(Wire, frozen=True, kw_only=True):
    """A copy of the whole ledger was made, from which it can be restored; signed by the device.

    It is of the first `size` entries, whose root is `root`; `digest` is the SHA-256 of the file.
    """

    size: wire.Count
    root: wire.Hex
    digest: wire.Hex


class BackupRestored(Wire, frozen=True, kw_only=True):
    """The ledger goes on from a backup and nothing that was acknowledged is known to be lost; signed by the device.

    `size` and `root` are the head that was restored, `digest` the SHA-256 of the file it came from.
    """

    size: wire.Count
    root: wire.Hex
    digest: wire.Hex
