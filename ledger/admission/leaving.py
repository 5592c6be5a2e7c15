"""What is recorded of a copy that left: it is of entries that stood before the record, and of the tree over them."""

from __future__ import annotations

from ledger.admission.problem import Problem
from ledger.admission.view import View
from ledger.events.entry import Entry
from ledger.events.exports import ExportMade


def leaving(entry: Entry, view: View, found: list[Problem]) -> None:
    """Judge the head that an `export.made/1` names: a copy of another history could be recorded as one of this."""
    event = entry.event
    if not isinstance(event, ExportMade):
        return
    if event.size > view.size:
        why = f"a copy of {event.size} entries is recorded; {view.size} stand before this one"
        found.append(Problem("export-root", why))
    elif view.root_at(event.size).hex() != event.root:
        why = f"the copy that is recorded has another root than the first {event.size} entries"
        found.append(Problem("export-root", why))
