"""Which entry it is that a view cannot take in: of an unknown kind, or one on which the making of a row fails."""

from __future__ import annotations

from typing import NamedTuple

from ledger.book import Ledger
from ledger.errors import DoseLedgerError, Unavailable
from projections.views.definition import PREFIX, Definition, Place, site_wide


class Broken(Exception):
    """A row could not be made; `error` says why."""

    def __init__(self, number: str, error: Exception) -> None:
        super().__init__(number)
        self.number = number
        self.error = error


class Poison(NamedTuple):
    """An entry that a view cannot take in, why, and the exit code of that error."""

    position: int
    why: str
    code: int


def readable(ledger: Ledger, start: int, stop: int) -> tuple[list[str], Poison | None]:
    """Give the streams of the entries from `start` to before `stop`, one by one, and the first that cannot be read."""
    streams: list[str] = []
    try:
        streams.extend(entry.stream for entry in ledger.entries(start, stop))
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever an entry does to its reader, it is named
        return streams, _of(start + len(streams), error)
    return streams, None


def poison_of(ledger: Ledger, view: Definition, broken: Broken, start: int, stop: int) -> Poison:
    """Find the first entry from `start` to before `stop` with which the row of a patient cannot be made any more.

    Only entries of the patient and those that are for the whole site can be it.
    """
    streams, unread = readable(ledger, start, stop)
    if unread is not None:
        return unread
    own = f"{PREFIX}{broken.number}"
    for position, stream in enumerate(streams, start):
        if stream == own or site_wide(stream):
            place = Place(ledger, position + 1)
            try:
                entries = place.entries(broken.number)
                if entries:
                    view.row(place, broken.number, entries)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                return _of(position, error)
    return _of(stop - 1, broken.error)


def _of(position: int, error: Exception) -> Poison:
    if isinstance(error, DoseLedgerError):
        return Poison(position, " ".join(part for part in (error.what, error.why) if part), error.exit_code)
    return Poison(position, f"{type(error).__name__}: {error}", DoseLedgerError.exit_code)
