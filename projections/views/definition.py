"""The persisted views: which there are, and how one row is made of the entries of one patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
from msgspec import Struct

from ledger.book import Ledger
from ledger.course.lines import share
from ledger.errors import Malformed
from ledger.events.entry import Entry
from ledger.rules.setting import Setting
from projections.replay import PatientAt, Window, setting, window
from projections.settled import Settled, told
from projections.views.grounds import DOUBTS, PROTOCOL, Grounds, names_of

PREFIX = "patient/"
_SITE_WIDE = frozenset({"study", "people", "supply"})


def site_wide(stream: str) -> bool:
    """Tell whether the grounds of rows stand on a stream: the study, the people, the drug on the shelf."""
    return stream.partition("/")[0] in _SITE_WIDE


class PatientRow(Struct, frozen=True):
    """A row of the view `patients`: the patient as far as no clock matters, and on what that rests.

    `settled` is None where several readings stand, or no protocol was active: then the entries are read.
    """

    grounds: Mapping[str, str]
    settled: Settled | None


class Rests(Struct, frozen=True):
    """As much of any row as tells whether it still holds; a row that rests on entries of its patient alone has none."""

    grounds: Mapping[str, str] = {}


@dataclass(frozen=True)
class Place:
    """The log up to one of its entries, as rows are made from it."""

    ledger: Ledger
    size: int

    @cached_property
    def window(self) -> Window:
        """What is looked at: the first `size` entries, at the log time of the newest of them."""
        return window(self.ledger, now=self.ledger.log_time(self.size - 1), known_at=self.size)

    @cached_property
    def setting(self) -> Setting | None:
        """What judgements rest on; None before a protocol was activated."""
        return None if self.ledger.roster(self.size).protocol is None else setting(self.ledger, self.window)

    @cached_property
    def grounds(self) -> Grounds:
        """The same, piece by piece."""
        return Grounds(self.setting)

    def entries(self, number: str) -> tuple[Entry, ...]:
        """The entries of a patient up to here; an unreadable one further on does not matter."""
        stream = f"{PREFIX}{number}"
        try:
            return self.ledger.stream(stream, up_to=self.size)
        except Malformed:
            return tuple(entry for entry in self.ledger.entries(0, self.size) if entry.stream == stream)


@dataclass(frozen=True)
class Definition:
    """A view with one row for each patient, which the patient's entries and the grounds that it names decide."""

    name: str
    what: str
    row: Callable[[Place, str, Sequence[Entry]], bytes]


def _patient(place: Place, number: str, entries: Sequence[Entry]) -> bytes:
    base = place.setting
    if base is None:
        return _encoded(PatientRow(place.grounds.of([PROTOCOL]), None))
    opened = PatientAt(number, place.window, entries, base)
    if len(opened.histories) > 1 or opened.history.awaiting:
        return _encoded(PatientRow(place.grounds.of([PROTOCOL, DOUBTS]), None))
    outcome = opened.judgement.outcome
    about = {one.target for one in outcome.of_facts}
    about.update(dose.id for dose in outcome.course.doses)
    about.update(cycle.id for cycle in outcome.course.cycles)
    kept = Settled(outcome.course, outcome.of_facts, told(opened.history, entries, about=about))
    return _encoded(PatientRow(place.grounds.of(names_of(outcome.course, entries)), kept))


def _share(place: Place, number: str, entries: Sequence[Entry]) -> bytes:  # noqa: ARG001 - the form of every row
    return _encoded(share(entries))


def _encoded(row: Struct) -> bytes:
    return msgspec.json.encode(row, order="deterministic")


PATIENTS = Definition("patients", "Every patient's course and findings, as far as no clock matters.", _patient)
BOOKS = Definition("books", "What was released to every patient, as the drug books need it.", _share)
VIEWS = (PATIENTS, BOOKS)
"""Every view, in the order in which they are made."""
