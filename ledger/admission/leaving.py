"""What is recorded of a copy, a backup or an anchor: it is of entries before the record, and of the tree over them."""

from __future__ import annotations

from ledger.admission.problem import Problem
from ledger.admission.view import View
from ledger.events.archive import AnchorMade, BackupMade, BackupRestored
from ledger.events.entry import Entry
from ledger.events.exports import ExportMade


def leaving(entry: Entry, view: View, found: list[Problem]) -> None:
    """Judge the head that the entry names: a copy of another history could be recorded as one of this."""
    match entry.event:
        case ExportMade(size=size, root=root):
            _head("a copy", "export-root", size, root, view, found)
        case BackupMade(size=size, root=root) | BackupRestored(size=size, root=root):
            _head("a backup", "export-root", size, root, view, found)
        case AnchorMade(size=size, root=root):
            _head("an anchor", "anchor-root", size, root, view, found)
        case _:
            pass


def _head(what: str, code: str, size: int, root: str, view: View, found: list[Problem]) -> None:  # noqa: PLR0917
    if size > view.size:
        why = f"{what} of {size} entries is recorded; {view.size} stand before this one"
        found.append(Problem(code, why))
    elif view.root_at(size).hex() != root:
        found.append(Problem(code, f"{what} is recorded with another root than that of the first {size} entries"))
