"""The drug accountability log: a running balance for each lot and location, and where the milligrams went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ledger.book import Ledger
from ledger.course.lines import Line, Share, share
from ledger.course.reconciliation import Fate, Reconciliation, fates, reconciled
from ledger.course.stock import Book, Stock, gathered
from ledger.errors import BadInput
from ledger.events import dosing, supply
from ledger.rules.finding import Finding
from ledger.rules.stock import findings as stock_findings
from projections import kept
from projections.findings import FindingRow, finding_row
from projections.kept import Views
from projections.printed import View, amount, minute, second
from projections.replay import Window, numbers, setting, window


class LineRow(View, frozen=True, kw_only=True):
    """One line of a book; quantities in vials, `quantity` as moved, `change` as it changes this balance.

    `what` is one of receive, transfer, dispense, waste, return, destroy, count, quarantine, unquarantine. A line
    with `struck_by` no longer counts: that entry voided or restated it. `witnesses` are those who signed after
    `by`; `witness_missing` says that one is still awaited.
    """

    entry: int
    at: str
    what: str
    quantity: int
    change: int
    balance: int
    patient: str | None
    order: int | None
    dose: int | None
    prepared_mg: str | None
    given_mg: str | None
    wasted_mg: str | None
    counted: int | None
    difference: int | None
    other: str | None
    by: str
    witnesses: tuple[str, ...]
    witness_missing: bool
    struck_by: int | None


class BookRow(View, frozen=True, kw_only=True):
    """One running balance in vials: agent, strength, lot, location, expiry, its lines, and the last count."""

    agent: str
    strength_mg: str
    lot: str
    location: str
    expiry: str | None
    balance: int
    counted: int | None
    lines: tuple[LineRow, ...]


class LotRow(View, frozen=True, kw_only=True):
    """One lot over all locations: received + returned = balance + dispensed + wasted + to the sponsor + destroyed.

    These are vials; `wasted` are those wasted from the shelf, `returned` those that came back after they were
    dispensed. In mg, dispensed = given + wasted of it + returned + in hand + unexplained. `explained`: nothing is
    unexplained, and no query on the lot is open.
    """

    agent: str
    strength_mg: str
    lot: str
    received: int
    dispensed: int
    wasted: int
    returned: int
    to_sponsor: int
    destroyed: int
    balance: int
    in_quarantine: int
    given_mg: str
    wasted_mg: str
    in_hand_mg: str
    unexplained_mg: str
    explained: bool


class Accountability(View, frozen=True, kw_only=True):
    """The drug books of the ledger; `explained` when the balance of every lot shown is 0 or explained."""

    size: int
    known_at: str
    valid_at: str
    books: tuple[BookRow, ...]
    lots: tuple[LotRow, ...]
    findings: tuple[FindingRow, ...]
    explained: bool


def accountability(
    ledger: Ledger,
    *,
    now: datetime,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
    lot: str | None = None,
    agent: str | None = None,
    views: Views | None = None,
) -> Accountability:
    """Give the drug books as known then, of one lot or one drug where they are named; BadInput for an unknown one.

    With `views` what is kept of the patients' releases is not worked out again.
    """
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    folded = opened(ledger, through, kept.shares(ledger, through, views))
    every = stock_findings(folded, setting(ledger, through), through.at)
    books = [b for b in folded.books if lot in {None, b.shelf.lot} and agent in {None, b.shelf.agent}]
    if not books and (lot is not None or agent is not None):
        raise BadInput(f"there is no book of {lot or agent}", fix="see: doseledger lot list")
    about: set[tuple[str, str | None]] = {(line.id, book.shelf.lot) for book in books for line in book.lines}
    doses = (dose for course in folded.courses.values() for dose in course.doses)
    about |= {(dose.id, dose.lot) for dose in doses if dose.lot in {book.shelf.lot for book in books}}
    named = {target for target, _ in about}
    shown = {(book.shelf.agent, book.shelf.lot) for book in books}
    whole = lot is None and agent is None
    asked = [one for one in every if whole or one.target in named]
    told = tuple(fates(folded, through.at))
    by_id = {fate.dispensing.line.id: fate for fate in told}
    queried = {one.target for one in asked if one.rule == "D-QUERY"}
    open_lots = {of for target, of in about if target in queried}
    lots = [_lot(one, open_lots) for one in reconciled(folded, told) if (one.agent, one.lot) in shown]
    return Accountability(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=second(through.at, through.zone),
        books=tuple(_book(book, by_id, through.zone) for book in books),
        lots=tuple(lots),
        findings=tuple(finding_row(one) for one in asked),
        explained=all(one.explained for one in lots) and not any(one.rule == "D-QUERY" for one in asked),
    )


def found_in_books(ledger: Ledger, through: Window) -> tuple[Finding, ...]:
    """List what is asked about the books as known through a window; nothing before a protocol is in force."""
    if ledger.roster(through.size).protocol is None:
        return ()
    return stock_findings(opened(ledger, through), setting(ledger, through), through.at)


def opened(ledger: Ledger, through: Window, known: Mapping[str, Share] = MappingProxyType({})) -> Stock:
    """Fold the books as known through a window; `known` is what was worked out of patients before, by number."""
    shelves = [ledger.stream(name, up_to=through.size) for name in ledger.streams("supply/")]
    shares = {
        number: known.get(number)
        or share(ledger.stream(f"patient/{number}", up_to=through.size), valid_at=through.until)
        for number in numbers(ledger, through)
    }
    return gathered(shelves, shares, valid_at=through.until)


def _book(book: Book, by_id: dict[str, Fate], zone: ZoneInfo) -> BookRow:
    received = [e for line in book.lines if isinstance(e := line.event, supply.LotReceived) and line.struck_by is None]
    released = [e for line in book.lines if isinstance(e := line.event, dosing.DoseReleased)]
    count = book.counted
    return BookRow(
        agent=book.shelf.agent,
        strength_mg=str(amount(book.shelf.strength_mg)),
        lot=book.shelf.lot,
        location=book.shelf.location,
        expiry=received[-1].expiry if received else released[-1].expiry if released else None,
        balance=book.balance,
        counted=count.event.counted if count is not None and isinstance(count.event, supply.StockCounted) else None,
        lines=tuple(_line(line, by_id.get(line.id), book.shelf.location, zone) for line in book.lines),
    )


def _line(line: Line, fate: Fate | None, location: str, zone: ZoneInfo) -> LineRow:
    event, standing = line.event, line.struck_by is None
    released = event if isinstance(event, dosing.DoseReleased) else None
    counted = event.counted if isinstance(event, supply.StockCounted) else None
    wasted = released.wasted_mg if released is not None else event.mg if isinstance(event, supply.DrugWasted) else None
    told = fate if standing else None
    order = told.order if told is not None else None
    dose = told.dose if told is not None else None
    return LineRow(
        entry=line.entry,
        at=line.occurred.at if line.occurred.precision == "day" else minute(line.at, zone),
        what=line.what,
        quantity=getattr(event, "vials", 0),
        change=line.change,
        balance=line.balance,
        patient=line.patient,
        order=order.position if order is not None else None,
        dose=dose.position if dose is not None else None,
        prepared_mg=released.prepared_mg if released is not None else None,
        given_mg=amount(told.given_mg) if told is not None and dose is not None else None,
        wasted_mg=wasted,
        counted=counted,
        difference=counted - line.balance if counted is not None and standing else None,
        other=_other(line, location),
        by=line.signers[0].name,
        witnesses=tuple(signer.name for signer in line.signers[1:]),
        witness_missing=line.missing,
        struck_by=line.struck_by,
    )


def _other(line: Line, location: str) -> str | None:
    """Name the other side of a movement, or why vials were wasted."""
    match line.event:
        case supply.DrugTransferred() as event:
            return event.to if location == event.location else event.location
        case supply.DrugReturned() as event:
            return event.to if location == event.location else event.location
        case supply.DrugWasted() as event:
            return event.why
        case _:
            return None


def _lot(one: Reconciliation, open_lots: set[str | None]) -> LotRow:
    return LotRow(
        agent=one.agent,
        strength_mg=str(amount(one.strength_mg)),
        lot=one.lot,
        received=one.received,
        dispensed=one.dispensed,
        wasted=one.wasted,
        returned=one.returned,
        to_sponsor=one.to_sponsor,
        destroyed=one.destroyed,
        balance=one.balance,
        in_quarantine=one.in_quarantine,
        given_mg=str(amount(one.given_mg)),
        wasted_mg=str(amount(one.wasted_mg)),
        in_hand_mg=str(amount(one.in_hand_mg)),
        unexplained_mg=str(amount(one.unexplained_mg)),
        explained=one.unexplained_mg == 0 and one.lot not in open_lots,
    )
