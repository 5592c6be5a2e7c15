"""The drug books: what arrived, left and was counted, to the vial, folded from the entries of all streams.

One book for each agent, strength, lot and location (21 CFR 312.62(a); the drug accountability record form). Lines
are struck, never taken out. Vials that come back from a patient go to the location `quarantine` and stay there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from ledger.course.history import Fact, effective
from ledger.course.lines import DARF, Line, Share, What, lines_of, share
from ledger.course.state import Course
from ledger.events import dosing, supply
from ledger.events.entry import Entry
from ledger.events.event import Event

QUARANTINE = "quarantine"
"""The location of vials that came back from a patient."""


@dataclass(frozen=True, slots=True, order=True)
class Shelf:
    """What one book is about."""

    agent: str
    lot: str
    strength_mg: Decimal
    location: str


@dataclass(frozen=True, slots=True)
class Book:
    """One running balance, in vials."""

    shelf: Shelf
    lines: tuple[Line, ...]

    @property
    def balance(self) -> int:
        """The vials that should be on the shelf."""
        return self.lines[-1].balance

    @property
    def counted(self) -> Line | None:
        """The last count."""
        return next((line for line in reversed(self.lines) if line.what == "count" and line.struck_by is None), None)


@dataclass(frozen=True, slots=True)
class Dispensing:
    """A dose as the pharmacy released it: its order, and the course in which its end is told."""

    line: Line
    shelf: Shelf
    event: dosing.DoseReleased
    patient: str


@dataclass(frozen=True, slots=True)
class Stock:
    """All books, all dispensings that stand, the patients' courses, and the facts of the supply streams."""

    books: tuple[Book, ...]
    dispensed: tuple[Dispensing, ...]
    courses: Mapping[str, Course]
    facts: tuple[Fact, ...]

    def book(self, shelf: Shelf) -> Book | None:
        """Find a book."""
        return next((book for book in self.books if book.shelf == shelf), None)


def stock(
    streams: Iterable[Sequence[Entry]], patients: Mapping[str, Sequence[Entry]], *, valid_at: datetime | None = None
) -> Stock:
    """Fold the supply streams and the patients' streams (by number) into books, up to `valid_at`."""
    shares = {number: share(entries, valid_at=valid_at) for number, entries in patients.items()}
    return gathered(streams, shares, valid_at=valid_at)


def gathered(
    streams: Iterable[Sequence[Entry]], shares: Mapping[str, Share], *, valid_at: datetime | None = None
) -> Stock:
    """Fold the supply streams and what is known of each patient (by number) into books, up to `valid_at`."""
    told = [effective(entries, valid_at=valid_at) for entries in streams]
    raw: list[Line] = [line for history in told for line in lines_of(history, valid_at)]
    raw += [one.line(number) for number, own in shares.items() for one in own.released]
    drugs = {order: drug for own in shares.values() for order, drug in own.drugs.items()}
    standing = [line for line in raw if line.struck_by is None]
    released = {line.event.order for line in standing if isinstance(line.event, dosing.DoseReleased)}
    placed: dict[Shelf, list[Line]] = {}
    for line in raw:
        for shelf, what, change in _effects(line.event, drugs, released):
            placed.setdefault(shelf, []).append(
                replace(line, what=what, change=0 if line.struck_by is not None else change)
            )
    for line in raw:
        if isinstance(line.event, supply.LotQuarantined):
            for shelf, lines in placed.items():
                if (shelf.agent, shelf.lot) == (line.event.agent, line.event.lot):
                    lines.append(line)
    books = tuple(Book(shelf, _running(lines)) for shelf, lines in sorted(placed.items()))
    dispensed = tuple(
        Dispensing(line, _shelf(line.event, drugs.get(line.event.order, "")), line.event, line.patient)
        for line in sorted(standing, key=_place)
        if isinstance(line.event, dosing.DoseReleased) and line.patient is not None
    )
    courses = {number: own.course for number, own in shares.items()}
    return Stock(books, dispensed, courses, tuple(fact for history in told for fact in history.facts))


def lots(streams: Iterable[Sequence[Entry]]) -> dict[str, supply.LotReceived]:
    """Give the lots received by their number, as they stand; of several receipts the last."""
    facts = (fact for entries in streams for fact in effective(entries).facts)
    return {fact.event.lot: fact.event for fact in facts if isinstance(fact.event, supply.LotReceived)}


def quarantines(streams: Iterable[Sequence[Entry]]) -> dict[str, tuple[tuple[datetime, bool], ...]]:
    """Give when each lot was put in quarantine (true) and taken out of it (false), by its number."""
    found: dict[str, tuple[tuple[datetime, bool], ...]] = {}
    for entries in streams:
        for fact in effective(entries).facts:
            if isinstance(event := fact.event, supply.LotQuarantined):
                found[event.lot] = (*found.get(event.lot, ()), (fact.occurred_at, event.quarantined))
    return found


def _effects(event: Event, drugs: Mapping[str, str], released: set[str]) -> Iterator[tuple[Shelf, What, int]]:
    """Say which books an event stands in, and how many vials it adds there.

    Waste of an order's dose that was released takes no vial: they left the balance with the release.
    """
    match event:
        case supply.LotReceived():
            yield _shelf(event), "receive", event.vials
        case supply.DrugTransferred():
            yield _shelf(event), "transfer", -event.vials
            yield replace(_shelf(event), location=event.to), "transfer", event.vials
        case dosing.DoseReleased():
            yield _shelf(event, drugs.get(event.order, "")), "dispense", -event.vials
        case supply.DrugWasted():
            yield _shelf(event), "waste", 0 if event.order in released else -event.vials
        case supply.DrugReturned() if event.to == "sponsor":
            yield _shelf(event), "return", -event.vials
        case supply.DrugReturned():
            if event.location != QUARANTINE:
                yield _shelf(event), "return", 0
            yield replace(_shelf(event), location=QUARANTINE), "return", event.vials
        case supply.DrugDestroyed():
            yield _shelf(event), "destroy", -event.vials
        case supply.StockCounted():
            yield _shelf(event), "count", 0
        case _:
            pass


def _shelf(
    event: supply.LotReceived
    | supply.DrugTransferred
    | supply.DrugWasted
    | supply.DrugReturned
    | supply.DrugDestroyed
    | supply.StockCounted
    | dosing.DoseReleased,
    drug: str = "",
) -> Shelf:
    agent = drug if isinstance(event, dosing.DoseReleased) else event.agent
    return Shelf(agent, event.lot, Decimal(event.strength_mg), event.location)


def _running(lines: list[Line]) -> tuple[Line, ...]:
    balance, found = 0, list[Line]()
    for line in sorted(lines, key=_place):
        balance += line.change
        found.append(replace(line, balance=balance))
    return tuple(found)


def _place(line: Line) -> tuple[datetime, int, str, int]:
    return line.at, DARF.index(line.what), line.id, line.entry
