"""Whether the entries that name a key of the log stand there by right, with the signatures of those who must sign.

Reading takes the keys of the log from entries whose signatures nobody has checked. Whoever is about to take a history
for the one he knows because such an entry says so asks here first.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.admission import check_signatures, problems
from ledger.book.ledger import Ledger
from ledger.book.shelf import AUTHORITY, Shelf
from ledger.book.view import BatchView
from ledger.codec import Opened
from ledger.course.people import Roster, evolve
from ledger.errors import DoseLedgerError
from ledger.merkle import tree
from ledger.storage.earlier import Earlier
from ledger.storage.opening import look_at
from ledger.storage.reader import Reader


def doubt(ledger: Ledger, positions: Sequence[int]) -> str:
    """Say why what stands at these positions, or gave its authors their say, does not hold; empty where it does.

    Everything that says who may do what is judged, from the first entry to the last of them: a few hundred signatures
    in a large ledger. Raises what reading the ledger raises.
    """
    if not positions:
        return ""
    reader = look_at(ledger.opened_as)
    try:
        shelf, roster = Shelf(_earlier(reader, max(positions) + 1)), Roster()
        for entry in sorted((one for name in AUTHORITY for one in shelf.stream(name)), key=lambda one: one.position):
            why = _wrong(reader, shelf.opened(entry.position), roster)
            if why:
                return f"the entry #{entry.position} ({entry.kind}) does not hold: {why}"
            roster = evolve(roster, entry)
    finally:
        reader.close()
    return ""


def _earlier(reader: Reader, size: int) -> Earlier:
    return Earlier(reader, size, tree.frontier_root(reader.frontier(size)))


def _wrong(reader: Reader, opened: Opened, roster: Roster) -> str:
    try:
        check_signatures(opened, roster)
    except DoseLedgerError as error:
        return error.what
    position = opened.entry.position
    if not position:
        return ""
    before = _earlier(reader, position)
    found = problems(opened, roster=roster, view=BatchView(before, Shelf(before), position))
    return next((one.why for one in found if one.severity == "failure"), "")
