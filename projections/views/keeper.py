"""Reading persisted views: rows as they stand, and what was appended since left to be read from the entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

import msgspec

from ledger.book import Ledger
from ledger.book.views import Progress, views_of
from ledger.course.lines import Share
from ledger.errors import DoseLedgerError
from projections.replay import Window
from projections.settled import Settled
from projections.views.definition import BOOKS, PATIENTS, PREFIX, Definition, PatientRow, Place
from projections.views.running import continues

Row = TypeVar("Row")
_OTHER = "it stands for another history than this ledger has"


class Used(NamedTuple):
    """What was taken from a view, to be told: its name, its place in the log, what was read beside it, why it stopped.

    `why_not` says why nothing was taken from it.
    """

    view: str
    size: int
    root: str
    newer: int
    stopped: str = ""
    why_not: str = ""


class Keeper:
    """What a reader takes from the views of a ledger that this build made; `used` says what that was."""

    def __init__(self, made_by: Callable[[], str]) -> None:
        """`made_by` names this build; it is asked only where there are views."""
        self._made_by = made_by
        self.used: list[Used] = []

    def patients(self, ledger: Ledger, through: Window) -> Mapping[str, Settled]:
        """Give the patients whose state through a window is kept, by number."""
        place = Place(ledger, through.size)
        rows = self._rows(place, through, PATIENTS, PatientRow)
        return {
            number: row.settled
            for number, row in rows.items()
            if row.settled is not None and place.grounds.hold(row.grounds)
        }

    def shares(self, ledger: Ledger, through: Window) -> Mapping[str, Share]:
        """Give what the drug books need of those patients of whom it is kept, by number."""
        return self._rows(Place(ledger, through.size), through, BOOKS, Share)

    def _rows(self, place: Place, through: Window, view: Definition, form: type[Row]) -> Mapping[str, Row]:
        if through.valid_at is not None:
            return {}
        try:
            found = _read(place.ledger, view)
        except DoseLedgerError as error:
            self.used.append(Used(view.name, 0, "", 0, why_not=error.what))
            return {}
        if found is None:
            return {}
        progress, rows = found
        made_by = self._made_by()
        if not continues(place.ledger, progress, made_by):
            why = _OTHER if progress.made_by == made_by else "another build of the program made it"
            self.used.append(Used(view.name, progress.size, progress.root, 0, progress.stopped, why))
            return {}
        if progress.size > through.size:
            return {}  # an earlier place in the log was asked for
        newer = [entry.stream for entry in place.ledger.entries(progress.size, through.size)]
        stopped = f"#{progress.stopped_at}: {progress.stopped}" if progress.stopped else ""
        self.used.append(Used(view.name, progress.size, progress.root, len(newer), stopped))
        touched = {name.removeprefix(PREFIX) for name in newer if name.startswith(PREFIX)}
        decode = msgspec.json.Decoder(form).decode
        try:
            return {number: decode(data) for number, data in rows if number not in touched}
        except msgspec.DecodeError:
            self.used[-1] = self.used[-1]._replace(why_not="a row cannot be read")
            return {}


def _read(ledger: Ledger, view: Definition) -> tuple[Progress, tuple[tuple[str, bytes], ...]] | None:
    store = views_of(ledger)
    if store is None:
        return None
    try:
        return store.read(view.name)
    finally:
        store.close()
