"""After which acts a head must be shown outside: an anchor is due until one covers the act (docs/spec/anchors.md)."""

from __future__ import annotations

from ledger.events.archive import AnchorMade
from ledger.events.base import Wire
from ledger.events.cohort import CohortDecided
from ledger.events.exports import ExportMade
from ledger.events.keys import KeyRevoked


def forces(event: Wire) -> str:
    """Say why an entry makes an anchor due, in words; an empty text where it does not."""
    match event:
        case KeyRevoked():
            return "a key was revoked"
        case CohortDecided(decision="escalate"):
            return "the next dose level was decided"
        case ExportMade():
            return "a copy was exported"
        case _:
            return ""


class Due:
    """What is due after the entries that were taken, in log order: the oldest act that no anchor covers."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, str]] = []

    def take(self, position: int, event: Wire) -> None:
        """Take the entry at a position."""
        if isinstance(event, AnchorMade):
            self._waiting = [one for one in self._waiting if one[0] >= event.size]
            return
        why = forces(event)
        if why:
            self._waiting.append((position, why))

    @property
    def since(self) -> int | None:
        """The position of the oldest act that waits for an anchor; None where none does."""
        return self._waiting[0][0] if self._waiting else None

    @property
    def why(self) -> str:
        """Which act that was, in words; an empty text where none waits."""
        return self._waiting[0][1] if self._waiting else ""

    def sentence(self) -> str:
        """Say it: `an anchor is due since #12 (a key was revoked)`; an empty text where none is due."""
        if not self._waiting:
            return ""
        more = len(self._waiting) - 1
        others = f", and {more} more" if more else ""
        return f"an anchor is due since #{self.since} ({self.why}{others})"
