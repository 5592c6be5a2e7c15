"""What a copy for some patients leaves out (docs/spec/copy.md, "Withheld entries"): positions, decided in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ledger import codec
from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.events.entry import Entry
from ledger.events.record import EntryCountersigned

ALWAYS = frozenset({"study", "people", "clock"})
"""Families of streams on which authority and time rest: nothing of them is ever left out."""
_PATIENT = "patient/"


def withheld(ledger: Ledger, patients: Sequence[str], size: int) -> frozenset[int]:
    """The positions among the first `size` that a copy for these patients leaves out; for nobody in particular, none.

    What the ledger itself does not have, because it was opened from such a copy, is always among them. Raises
    BadInput for a patient of whom the ledger holds nothing.
    """
    absent = frozenset(position for position in ledger.withheld() if position < size)
    if not patients:
        return absent
    known = set(ledger.streams(_PATIENT))
    kept = {f"{_PATIENT}{number}" for number in patients}
    for stream in sorted(kept - known):
        raise BadInput(f"The ledger holds nothing of a patient {stream.removeprefix(_PATIENT)}.")
    return absent | frozenset(_others(ledger, kept, known - kept, size))


def _others(ledger: Ledger, kept: set[str], others: set[str], size: int) -> Iterator[int]:
    numbers = "|".join(re.escape(stream.removeprefix(_PATIENT)) for stream in sorted(others))
    named = re.compile(rf"(?<![\w-])(?:{numbers})(?![\w-])") if others else None
    out: set[str] = set()
    for entry in ledger.entries(0, size):
        if _left_out(ledger, entry, kept, named, out):
            out.add(entry.id)
            yield entry.position


def _left_out(ledger: Ledger, entry: Entry, kept: set[str], named: re.Pattern[str] | None, out: set[str]) -> bool:
    stream = entry.stream
    if stream.startswith(_PATIENT):
        return stream not in kept
    if stream.partition("/")[0] in ALWAYS:
        return False
    body = bytes(entry.payload.body)
    if any(found.decode() not in kept for found in re.findall(rb'"(patient/[^"]+)"', body)):
        return True
    target = entry.event.target if isinstance(entry.event, EntryCountersigned) else None
    corrects = entry.payload.corrects
    if target in out or (corrects is not None and corrects.id in out):
        return True
    return named is not None and any(named.search(words) for words in _texts(ledger, entry))


def _texts(ledger: Ledger, entry: Entry) -> Iterator[str]:
    for commitment in sorted(codec.commitments(codec.write_payload(entry.payload))):
        words = ledger.text(commitment)
        if words is not None:
            yield words.decode("utf-8", "replace")
