"""Between which times outside an entry was written: the time sandwich.

An anchor says that a head existed at a time that somebody else states. An entry whose author had seen the *record* of
such an anchor (`after` covers it) was signed after that time; an entry that the anchored head covers was there by then.
A head alone sets no earlier limit: it may have been shown long after it was made.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct

from ledger.events.archive import AnchorMade
from ledger.values import instant, wire_utc

TOLERANCE = timedelta(minutes=5)
"""How far the clock of this site and that of an authority may differ before it is said."""


class Sandwich(Struct, frozen=True, kw_only=True):
    """The limits of one entry, UTC; null where no anchor sets one. `earlier` and `later` are the entries that do.

    `recorded_at` is what its author's machine claimed. `outside` says that this lies beyond a limit by more than five
    minutes.
    """

    entry: int
    not_before: str | None
    recorded_at: str
    not_after: str | None
    earlier: int | None
    later: int | None
    outside: bool


class Times:
    """The times of anchors in log order, as their entries state them."""

    def __init__(self, anchors: Iterable[tuple[int, AnchorMade]] = ()) -> None:
        self._places: list[int] = []
        self._newest: list[tuple[str, int]] = []
        self._heads: list[tuple[int, str, int]] = []
        for position, event in anchors:
            self.take(position, event)

    def take(self, position: int, event: AnchorMade) -> None:
        """Take the anchor at a position; paper states no time."""
        if event.at is None:
            return
        self._places.append(position)
        self._newest.append(max((self._newest[-1], (event.at, position))) if self._newest else (event.at, position))
        self._heads.append((event.size, event.at, position))

    def not_before(self, after: int) -> tuple[str, int] | None:
        """The newest time that is recorded among the first `after` entries, and where."""
        at = bisect_left(self._places, after)
        return self._newest[at - 1] if at else None

    def not_after(self, position: int) -> tuple[str, int] | None:
        """The oldest time of a head that covers the entry at a position, and the entry that records it."""
        return min(((at, place) for size, at, place in self._heads if size > position), default=None)

    def around(self, position: int, after: int, recorded_at: str) -> Sandwich:
        """The limits of the entry at a position, whose author had seen the first `after` entries."""
        low, high = self.not_before(after), self.not_after(position)
        beyond = (low is not None and recorded_at < earliest(low[0])) or (
            high is not None and recorded_at > latest(high[0])
        )
        return Sandwich(
            entry=position,
            not_before=None if low is None else low[0],
            recorded_at=recorded_at,
            not_after=None if high is None else high[0],
            earlier=None if low is None else low[1],
            later=None if high is None else high[1],
            outside=beyond,
        )


def earliest(at: str) -> str:
    """The earliest that a clock may say which is not before a time outside."""
    return wire_utc(instant(at) - TOLERANCE)


def latest(at: str) -> str:
    """The latest that a clock may say which is not after a time outside."""
    return wire_utc(instant(at) + TOLERANCE)
