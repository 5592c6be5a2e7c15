"""Acts around the keys of the log: the next one takes over, or a loss is accepted and an epoch begins."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

from commands.draft import Desk, Draft
from ledger.admission.signatures import wire_jwk
from ledger.errors import IntegrityFailure
from ledger.events.keys import LogRotated
from ledger.events.study import LedgerRestored, LostHead
from ledger.logkeys import keys_of
from ledger.merkle.checkpoint import Checkpoint
from ledger.merkle.epochs import LogKeys, epoch, named
from ledger.signing.keys import PublicKey


@dataclass(frozen=True, kw_only=True)
class RotateLogKey:
    """Go on with the key that the log committed itself to; as many registrars sign as act together.

    `following` is the thumbprint of the key after it.
    """

    verb: ClassVar[str] = "log rotate-key"
    kind: ClassVar[str] = "log.rotated/1"
    key: PublicKey
    following: str

    def about(self) -> tuple[str, ...]:
        """The stream of people."""
        return ("people",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The name of the heads stays."""
        log = _keys(desk).newest.origin.rpartition("/")[2]
        event = LogRotated(log=log, key=wire_jwk(self.key), next_log_key=self.following)
        return (desk.draft("people", event),)


@dataclass(frozen=True, kw_only=True)
class AcceptLoss:
    """Go on from this state although more was seen of the ledger; as many registrars sign as act together.

    `lost` is the newest head that is known of what is not here, `note` that head as it was signed, where the keys of
    this ledger open it. `key` seals the heads from now on, `following` is the thumbprint of the key after it.
    """

    verb: ClassVar[str] = "ledger accept"
    kind: ClassVar[str] = "ledger.restored/1"
    lost: Checkpoint
    note: bytes | None
    key: PublicKey
    following: str

    def about(self) -> tuple[str, ...]:
        """The stream of the study."""
        return ("study",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The epoch after all that are known, here and of what is lost."""
        head, now = desk.book.head(), _keys(desk).newest.origin
        event = LedgerRestored(
            log=named(now, max(epoch(now), epoch(self.lost.origin)) + 1),
            key=wire_jwk(self.key),
            next_log_key=self.following,
            size=head.size,
            root=head.root,
            lost=LostHead(size=self.lost.size, root=self.lost.root.hex()),
            evidence=self._kept(desk),
        )
        return (desk.draft("study", event),)

    def _kept(self, desk: Desk) -> str | None:
        if self.note is None:
            return None
        digest = sha256(self.note).hexdigest()
        desk.pad.blobs[digest] = self.note
        return digest


def _keys(desk: Desk) -> LogKeys:
    keys = keys_of(desk.roster.turns)
    if not keys.keys:
        raise IntegrityFailure("the ledger has no first entry", fix="run: doseledger verify")
    return keys
