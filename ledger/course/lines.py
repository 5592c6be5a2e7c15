"""The lines of the drug books as entries state them, and all that the books need of one patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from msgspec import Struct

from ledger.course import patient as fold
from ledger.course.history import History, effective
from ledger.course.state import Course
from ledger.events import dosing, supply
from ledger.events.base import Occurred
from ledger.events.body import restated
from ledger.events.entry import Entry, Signer
from ledger.events.event import Event
from ledger.events.record import EntryCorrected

What = Literal["receive", "transfer", "dispense", "waste", "return", "destroy", "count", "quarantine", "unquarantine"]
DARF: tuple[What, ...] = (
    "receive",
    "transfer",
    "dispense",
    "waste",
    "return",
    "destroy",
    "count",
    "quarantine",
    "unquarantine",
)
"""The order of lines of one minute."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a book: `change` in vials, `balance` behind it; `entry` says so, `struck_by` says no longer.

    `id` and `position` are those of the entry that stated it first, which findings are about; all are positions.
    """

    id: str
    position: int
    entry: int
    event: Event
    what: What
    occurred: Occurred
    at: datetime
    change: int
    signers: tuple[Signer, ...]
    missing: bool = False
    patient: str | None = None
    struck_by: int | None = None
    balance: int = 0


class Released(Struct, frozen=True):
    """A release of a dose as its patient's entries tell it: what a line of a book says of it, but for the book."""

    id: str
    position: int
    entry: int
    event: dosing.DoseReleased
    occurred: Occurred
    at: datetime
    signers: tuple[Signer, ...]
    missing: bool
    struck_by: int | None

    def line(self, patient: str) -> Line:
        """The line that it is in the books of the drug."""
        return Line(
            id=self.id,
            position=self.position,
            entry=self.entry,
            event=self.event,
            what="dispense",
            occurred=self.occurred,
            at=self.at,
            change=0,
            signers=self.signers,
            missing=self.missing,
            patient=patient,
            struck_by=self.struck_by,
        )


class Share(Struct, frozen=True):
    """All that the books need of one patient: what was released, the drug of each order, and his course."""

    released: tuple[Released, ...]
    drugs: Mapping[str, str]
    course: Course


def share(entries: Sequence[Entry], *, valid_at: datetime | None = None) -> Share:
    """Give what the books need of one patient's stream, up to `valid_at`."""
    history = effective(entries, valid_at=valid_at)
    released = tuple(
        Released(
            line.id,
            line.position,
            line.entry,
            line.event,
            line.occurred,
            line.at,
            line.signers,
            line.missing,
            line.struck_by,
        )
        for line in lines_of(history, valid_at)
        if isinstance(line.event, dosing.DoseReleased)
    )
    drugs = {entry.id: event.drug for entry in entries if isinstance(event := entry.event, dosing.DoseOrdered)}
    return Share(released, drugs, fold.fold(history.facts))


def lines_of(history: History, valid_at: datetime | None) -> Iterator[Line]:
    """Give the facts as lines, then what was struck or restated as struck lines."""
    for fact in history.facts:
        if (what := _what(fact.event)) is not None:
            entry = fact.amended_by or fact.entry
            yield Line(
                id=fact.id,
                position=fact.entry.position,
                entry=entry.position,
                event=fact.event,
                what=what,
                occurred=fact.occurred,
                at=_at(fact.event, fact.occurred, fact.occurred_at),
                change=0,
                signers=fact.signers if fact.amended_by is None else entry.signers,
                missing=bool(fact.missing),
            )
    for entry, by in (*history.struck, *history.superseded):
        said = entry.event.occurred if isinstance(entry.event, EntryCorrected) else entry.payload.occurred
        event = restated(entry.event)
        what = _what(event)  # type: ignore[arg-type]
        at = datetime.fromisoformat(said.at) if said.precision == "minute" else entry.occurred_at
        if what is not None and (valid_at is None or at <= valid_at):
            yield Line(
                id=entry.id,
                position=entry.position,
                entry=entry.position,
                event=event,  # type: ignore[arg-type]
                what=what,
                occurred=said,
                at=_at(event, said, at),  # type: ignore[arg-type]
                change=0,
                signers=entry.signers,
                struck_by=by.position,
            )


def _what(event: Event) -> What | None:
    match event:
        case supply.LotReceived():
            return "receive"
        case supply.DrugTransferred():
            return "transfer"
        case dosing.DoseReleased():
            return "dispense"
        case supply.DrugWasted():
            return "waste"
        case supply.DrugReturned():
            return "return"
        case supply.DrugDestroyed():
            return "destroy"
        case supply.StockCounted():
            return "count"
        case supply.LotQuarantined():
            return "quarantine" if event.quarantined else "unquarantine"
        case _:
            return None


def _at(event: Event, said: Occurred, at: datetime) -> datetime:
    """Place what is only known by its day at the end of it, but an arrival at its beginning."""
    if said.precision == "day" and isinstance(event, supply.LotReceived):
        return at.replace(hour=0, minute=0, second=0, microsecond=0)
    return at
