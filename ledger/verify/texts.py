"""The texts that entries are committed to: present and the same, or deleted by the redaction that names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256

from ledger.errors import DoseLedgerError
from ledger.events.review import TextRedacted
from ledger.verify.opening import sentence
from ledger.verify.report import Finding
from ledger.verify.source import Source

SALT_BYTES = 32
_KIND = "text.redacted/1"


def _never(_: str) -> None:
    """Nothing was redacted before."""


class Texts:
    """What a pass learns of texts: those that are absent, and the redactions in order that may explain it."""

    def __init__(self) -> None:
        self._absent: list[tuple[str, int, str]] = []
        self._redacted: dict[str, int] = {}
        self._before: Callable[[str], int | None] = _never

    def redacted_before(self, before: Callable[[str], int | None]) -> None:
        """Take in where the redactions stand that are not passed."""
        self._before = before

    def redacts(self, event: TextRedacted, position: int) -> None:
        """Take a redaction in that was found in order."""
        for commitment in event.commitments:
            self._redacted.setdefault(commitment, position)

    def look(self, commitment: str, source: Source, position: int, kind: str) -> str:
        """Say what is wrong with the text of an entry; "" where it is in order, or absent, which is told at the end."""
        try:
            stored = source.text(commitment)
        except DoseLedgerError as error:
            return sentence(error)
        if stored is None:
            self._absent.append((commitment, position, kind))
            return ""
        salt, text = stored
        same = len(salt) == SALT_BYTES and sha256(salt + text).hexdigest() == commitment.removeprefix("sha256:")
        return "" if same else f"the text behind {commitment[:15]}... is not the one committed to"

    def ended(self, source: Source) -> Iterator[Finding]:
        """Name the texts that no redaction explains, and those that stand there although they were redacted."""
        for commitment, position, kind in self._absent:
            if commitment not in self._redacted and self._before(commitment) is None:
                yield Finding("L1", "text", f"the text behind {commitment[:15]}... is missing", position, kind)
        for commitment, position in self._redacted.items():
            if source.text(commitment) is not None:
                why = f"the text behind {commitment[:15]}... is there although it was redacted"
                yield Finding("L1", "text", why, position, _KIND)
