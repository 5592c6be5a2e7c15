"""What the drug books break: all of it is asked about, nothing of it is refused (DOMAIN.md I6, S-DARF)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from ledger.course.reconciliation import Fate, Reconciliation, fates, reconciled
from ledger.course.stock import QUARANTINE, Book, Stock
from ledger.events import supply
from ledger.rules.facts import delegation
from ledger.rules.finding import RULES, Finding
from ledger.rules.setting import Setting
from ledger.values import wire_decimal


def findings(stock: Stock, setting: Setting, at: datetime) -> tuple[Finding, ...]:
    """List the findings on the books as they stand at `at`, by the entries they are about."""
    every = tuple(fates(stock, at))
    lots = reconciled(stock, every)
    found = [finding for book in stock.books for finding in _book(book)]
    found += _remainders(every, lots)
    found += _too_much(stock, lots)
    found += _not_dispensed(stock)
    for fact in stock.facts:
        for hit in delegation(setting, fact):
            severity = hit.severity or RULES[hit.rule].severity
            found.append(Finding(hit.rule, fact.id, fact.entry.position, severity, hit.text))
    return tuple(sorted(set(found), key=lambda one: (one.position, one.rule, one.text)))


def _query(target: str, position: int, text: str) -> Finding:
    return Finding("D-QUERY", target, position, RULES["D-QUERY"].severity, text)


def _book(book: Book) -> Iterator[Finding]:
    """A balance falls below zero, a count differs, returned vials are re-shelved, two receipts disagree."""
    shelf, received, before = book.shelf, False, 0
    name = f"lot {shelf.lot} of {shelf.agent} {wire_decimal(shelf.strength_mg)} mg at {shelf.location}"
    expiry: str | None = None
    for line in book.lines:
        if line.struck_by is not None:
            continue
        received = received or line.change > 0
        if line.balance < 0 <= before:
            arrived = "" if received else "; none of it was received there before"
            yield _query(line.id, line.position, f"the balance of {name} is {line.balance} vials{arrived}")
        before = line.balance
        match line.event:
            case supply.StockCounted() as event if event.counted != line.balance:
                text = f"{event.counted} vials of {name} were counted, the book says {line.balance}"
                yield _query(line.id, line.position, text)
            case supply.DrugTransferred() if shelf.location == QUARANTINE and line.change < 0:
                yield _query(line.id, line.position, f"returned vials of {name} were put back on a shelf")
            case supply.LotReceived() as event:
                if expiry not in {None, event.expiry}:
                    text = f"{name} expires on {event.expiry} here and on {expiry} in an earlier receipt"
                    yield _query(line.id, line.position, text)
                expiry = event.expiry
            case _:
                pass


def _remainders(every: Iterable[Fate], lots: Iterable[Reconciliation]) -> Iterator[Finding]:
    """A released dose whose milligrams are neither given, wasted, returned nor in hand."""
    open_lots = {(one.agent, one.lot) for one in lots if one.unexplained_mg != 0}
    for fate in every:
        one = fate.dispensing
        if fate.left_mg and (one.shelf.agent, one.shelf.lot) in open_lots:
            text = (
                f"{wire_decimal(fate.left_mg)} mg of the {one.event.prepared_mg} mg released "
                "are neither given, wasted nor returned"
            )
            yield _query(one.line.id, one.line.position, text)


def _too_much(stock: Stock, lots: Iterable[Reconciliation]) -> Iterator[Finding]:
    """More of a lot was given, wasted or returned than was ever dispensed: asked about the last of these lines."""
    for one in lots:
        if one.unexplained_mg >= 0:
            continue
        books = [book for book in stock.books if (book.shelf.agent, book.shelf.lot) == (one.agent, one.lot)]
        lines = [line for book in books for line in book.lines if line.struck_by is None]
        last = max((line for line in lines if line.what in {"dispense", "waste", "return"}), key=lambda line: line.at)
        over = wire_decimal(-one.unexplained_mg)
        text = f"{over} mg of lot {one.lot} more than dispensed were given, wasted or returned"
        yield _query(last.id, last.position, text)


def _not_dispensed(stock: Stock) -> Iterator[Finding]:
    """A dose was given from a lot, and no vial left the book for it."""
    orders = {one.event.order for one in stock.dispensed}
    for course in stock.courses.values():
        for dose in course.doses:
            if dose.lot is not None and dose.order not in orders and not dose.nothing_given:
                yield _query(dose.id, dose.position, f"given from lot {dose.lot}, and no vial was dispensed for it")
