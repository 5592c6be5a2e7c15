"""The anchors that stand in the log, collected as it passes and judged at its end; what is due; times that lie outside.

Nothing here makes a ledger good by itself: only evidence by somebody whose key came from outside does, and that is
decided in `ledger.verify.anchoring`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Container, Iterator

from ledger.anchors.due import Due
from ledger.anchors.evidence import Held, Known, judge
from ledger.anchors.sandwich import Times, earliest, latest
from ledger.codec import Opened
from ledger.course.people import Roster
from ledger.events.archive import AnchorMade
from ledger.events.study import Witnesses
from ledger.merkle.checkpoint import Checkpoint
from ledger.values import instant
from ledger.verify.report import Finding
from ledger.verify.source import Source

_NOBODY = Witnesses(quorum=0, keys=())


class Vouching:
    """What a pass remembers of anchors: 16 bytes for each entry that no anchor with a time covers yet."""

    def __init__(self) -> None:
        self.anchors: list[tuple[int, AnchorMade]] = []
        self.notices: list[Finding] = []
        self._due = Due()
        self._times = Times()
        self._roster: Roster | None = None
        self._policies: list[tuple[int, Witnesses]] = []
        self._open = array("q"), array("q")

    def take(self, opened: Opened, roster: Roster) -> None:
        """Take the next entry, and who may do what before it."""
        entry = opened.entry
        position, event = entry.position, entry.event
        self._authority(position, roster)
        self._due.take(position, event)
        low = self._times.not_before(entry.payload.after.size)
        if low is not None and entry.payload.recorded_at < earliest(low[0]):
            self._outside(position, entry.kind, f"it says {entry.payload.recorded_at}; its author had seen {low[0]}")
        positions, times = self._open
        positions.append(position)
        times.append(_ms(entry.payload.recorded_at))
        if isinstance(event, AnchorMade):
            self.anchors.append((position, event))
            self._times.take(position, event)
            self._cover(event)

    def begin(self, roster: Roster) -> None:
        """Begin behind entries that are taken as verified, with those whom their registrars had named."""
        self._authority(0, roster)

    def ended(self, roster: Roster, size: int) -> None:
        """Close the pass over `size` entries."""
        self._authority(size, roster)
        if self._due.since is not None:
            self.notices.append(Finding("L1", "anchor-due", self._due.sentence(), self._due.since))

    def judged(
        self, source: Source, lacks: Container[str], opened: Callable[[bytes], Checkpoint], known: Known
    ) -> Iterator[Held]:
        """Judge the evidence of every anchor, in log order; it raises what the source raises."""
        for position, event in self.anchors:
            blob = None if event.evidence is None or "blobs" in lacks else source.blob(event.evidence)
            notes = () if "checkpoints" in lacks else source.notes(event.size, event.size + 1)
            note = next((note for size, note in notes if size == event.size), None)
            yield judge(
                position, event, blob=blob, note=note, opened=opened, policy=self._policy(event.size), known=known
            )

    def _policy(self, size: int) -> Witnesses:
        """Whom the registrars had named when the log had `size` entries."""
        at = bisect_right(self._policies, size, key=lambda one: one[0])
        return self._policies[at - 1][1] if at else _NOBODY

    def _authority(self, position: int, roster: Roster) -> None:
        if roster is self._roster:
            return
        self._roster = roster
        named = roster.policy.witnesses
        if not self._policies or self._policies[-1][1] != named:
            self._policies.append((position, named))

    def _cover(self, event: AnchorMade) -> None:
        """Compare the entries that a head covers with the time at which it was shown; each entry once."""
        if event.at is None:
            return
        limit, (positions, times) = latest(event.at), self._open
        stop = bisect_right(positions, event.size - 1)
        for place, at in zip(positions[:stop], times[:stop], strict=True):
            if at > _ms(limit):
                self._outside(place, None, f"its head was shown to {event.authority} at {event.at}, before it says")
        del positions[:stop], times[:stop]

    def _outside(self, position: int, kind: str | None, why: str) -> None:
        self.notices.append(Finding("L2", "outside-sandwich", why, position, kind))


def _ms(at: str) -> int:
    return int(instant(at).timestamp() * 1000)
