"""A site whose log has changed its key and begun an epoch after a loss; and what is left of the lost history."""

from __future__ import annotations

import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from forging import Forged, copied
from minting import Site, jwk_of, key_of

from ledger.book import Ledger
from ledger.events.archive import AnchorMade, BackupMade
from ledger.events.base import Reason, Wire
from ledger.events.keys import LogRotated
from ledger.events.study import LedgerRestored, LostHead
from ledger.signing.signer import MemorySigner

BOTH = (("rita", "responsibility"), ("rolf", "responsibility"))
FIRST, SECOND, THIRD, EPOCH, AFTER = "the log", "the next log", "the third log", "the epoch", "the log after the epoch"
"""The names of the keys: the first of the log, the two after it, that of the epoch, the one after that."""
LOSS = Reason(code="data-loss", text=None)


class Turning(Site):
    """A site whose log can change its key and begin an epoch."""

    turns: tuple[tuple[int, str, MemorySigner], ...] = ()
    newest = LostHead(size=99, root="ab" * 32)
    digest: str | None = None

    def turn(self, event: Wire, key: str, **more: object) -> None:
        """Append an entry that names another key of the log."""
        log = event.log
        self.turns = (*self.turns, (self.book.size, log, key_of(key)))
        self.book.hold(key_of(key))
        self.write("people" if isinstance(event, LogRotated) else "study", event, by=BOTH, **more)

    def rotation(self, key: str = SECOND, following: str = THIRD, log: str = "main") -> LogRotated:
        """A change of the log's key."""
        return LogRotated(log=log, key=jwk_of(key_of(key)), next_log_key=key_of(following).public.kid)

    def restoration(self, key: str = EPOCH, following: str = AFTER, **said: object) -> LedgerRestored:
        """A loss that is accepted at the head, of what `gone_on` wrote."""
        usual = {
            "log": "main.2",
            "key": jwk_of(key_of(key)),
            "next_log_key": key_of(following).public.kid,
            "size": self.book.size,
            "root": self.book.root().hex(),
            "lost": self.newest,
            "evidence": self.digest,
        }
        return LedgerRestored(**{**usual, **said})

    def backup(self, **said: object) -> BackupMade:
        """A backup of everything there is."""
        head = {"size": self.book.size, "root": self.book.root().hex(), "digest": "00" * 32}
        return BackupMade(**{**head, **said})

    def paper(self, **said: object) -> AnchorMade:
        """The head of everything there is, on paper."""
        head = {"size": self.book.size, "root": self.book.root().hex()}
        none = {"evidence": None, "authority": None, "at": None}
        return AnchorMade(**{"form": "paper", **head, **none, **said})

    def forged(self, *, turns: tuple[tuple[int, str, MemorySigner], ...] | None = None) -> Forged:
        """The log as it stands, sealed head by head with the keys of their time, or with others."""
        return replace(copied(self.book), turns=self.turns if turns is None else turns)

    def with_one(self, raw: bytes, key: str = "", log: str = "main.2") -> Forged:
        """The log with an entry more, as its operator could add it; `key` seals from then on, if one is named."""
        more = ((self.book.size, log, key_of(key)),) if key else ()
        ledger = self.forged(turns=(*self.turns, *more))
        return ledger.with_entries(*ledger.entries, raw)


class Turned(Turning):
    """A log of nine entries: a rotation at 3, lost what came from 6 on, an epoch from 6, and a backup of it.

    `early` is the log before the rotation, `lost` the history that was given up, as it stood: Forged, with its keys.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        for name in ("anna", "bert"):
            self.enrol(name, f"{name.title()} Ahrens", "nurse")
        self.early = self.forged()
        self.turn(self.rotation(), SECOND)
        for name in ("carl", "dora"):
            self.enrol(name, f"{name.title()} Ahrens", "nurse")
        self.gone_on(path)
        self.turn(self.restoration(), EPOCH, reason=LOSS, blobs={self.digest: self.evidence})
        for _ in range(2):
            self.write("archive/001", self.backup(), by="ward-1")

    def gone_on(self, path: Path) -> None:
        """What was acknowledged and is lost: three entries more, in a copy of the file."""
        other, counters = path.with_suffix(".lost"), dict(self.counters)
        self.book.close()
        shutil.copyfile(path, other)
        self.book = Ledger.open(other, log_signer=key_of(SECOND))
        for name in ("emil", "frida", "gerd"):
            self.enrol(name, f"{name.title()} Ahrens", "nurse")
        self.lost = self.forged()
        self.evidence = self.book.checkpoint()
        self.digest = sha256(self.evidence).hexdigest()
        self.newest = LostHead(size=self.book.size, root=self.book.root().hex())
        self.book.close()
        self.book, self.counters = Ledger.open(path, log_signer=key_of(SECOND)), counters
