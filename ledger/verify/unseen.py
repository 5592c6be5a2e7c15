"""What a copy with withheld entries leaves open: which findings their content could explain, and the words for it.

docs/spec/verification.md, "Withheld entries", numbers the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ledger.admission.place import parts_before
from ledger.codec import Opened
from ledger.verify.seen import Seen

RESTING = frozenset({"command-broken", "set", "corrects", "needs", "role"})
"""Codes that are not judged of an entry that rests on withheld ones (rule 2)."""
CLOSING = frozenset({"query", "signed-off", "source", "lock", "locked", "redaction"})
"""Codes of review and closing, which turn on everything that stands before."""
BEHIND = frozenset({"completion-time", "future", "ruling", "not-head", "amendment-waits", "clock-behind", *CLOSING})
"""Codes that are not judged behind a withheld entry (rule 4); `n-missing` is given by nobody there either."""
_NAMED = 12
"""Ranges of positions that a sentence names."""


class Unseen:
    """The withheld entries that a pass has met, and the entries that rest on them."""

    def __init__(self) -> None:
        self.withheld: list[int] = []
        self.resting: list[int] = []

    def open_codes(self, opened: Opened, seen: Seen) -> frozenset[str]:
        """The codes that are not judged of the entry that comes next."""
        if not self.withheld:
            return frozenset()
        if not _rests(opened, seen):
            return BEHIND
        self.resting.append(opened.entry.position)
        return BEHIND | RESTING

    def words(self) -> tuple[str, ...]:
        """What is NOT CHECKED, in sentences; nothing where nothing was withheld."""
        if not self.withheld:
            return ()
        count = len(self.withheld)
        one = "withheld entry: its hash stands in the tree, its content was not seen"
        many = "withheld entries: their hashes stand in the tree, their content was not seen"
        found = [f"{count} {one if count == 1 else many} ({positions(self.withheld)})"]
        if self.resting:
            found.append(f"what {len(self.resting)} others say of withheld ones ({positions(self.resting)})")
        codes = ", ".join(sorted({*BEHIND, "n-missing"}))
        found.append(f"{codes} behind #{self.withheld[0]}: withheld entries decide them too")
        return tuple(found)


def positions(found: Sequence[int]) -> str:
    """Name positions in ascending order, neighbours as a range: `#3, #7-#9`; of many the first."""
    ranges: list[tuple[int, int]] = []
    for one in found:
        if ranges and ranges[-1][1] == one - 1:
            ranges[-1] = (ranges[-1][0], one)
        else:
            ranges.append((one, one))
    named = [f"#{first}" if first == last else f"#{first}-#{last}" for first, last in ranges[:_NAMED]]
    return ", ".join(named) + (" ..." if len(ranges) > _NAMED else "")


def _rests(opened: Opened, seen: Seen) -> bool:
    payload = opened.entry.payload
    named = (ref.position for ref in (*payload.causes, payload.corrects) if ref is not None)
    if any(position is not None and seen.withheld(position) is not None for position in named):
        return True
    return any(_hidden(parts_before(parts, seen), seen) for parts in _parts(opened))


def _parts(opened: Opened) -> Iterable[int]:
    yield opened.entry.payload.command.index
    yield from (header.auth.set.i for header in opened.headers if header.auth.set is not None)


def _hidden(places: Iterable[int], seen: Seen) -> bool:
    return any(seen.withheld(position) is not None for position in places)
