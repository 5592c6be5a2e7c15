"""Where the milligrams of a lot went: dispensed is given, wasted or returned, and all of it was received."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ledger.course.lines import Line
from ledger.course.state import Dose, Order
from ledger.course.stock import QUARANTINE, Dispensing, Stock
from ledger.events import supply

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one released dose, in mg; `left_mg` is neither given, wasted, returned nor still in hand."""

    dispensing: Dispensing
    order: Order | None
    dose: Dose | None
    given_mg: Decimal
    in_hand_mg: Decimal
    wasted_later_mg: Decimal

    @property
    def left_mg(self) -> Decimal:
        """What nobody has accounted for."""
        prepared = Decimal(self.dispensing.event.prepared_mg)
        return prepared - self.given_mg - self.in_hand_mg - self.wasted_later_mg


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One lot over all locations: vials, and mg.

    received + returned = balance + dispensed + wasted + to the sponsor + destroyed (vials; wasted from the shelf),
    and dispensed = given + wasted of it + returned + in hand + `unexplained_mg`.
    """

    agent: str
    lot: str
    strength_mg: Decimal
    received: int
    dispensed: int
    wasted: int
    returned: int
    to_sponsor: int
    destroyed: int
    balance: int
    in_quarantine: int
    given_mg: Decimal
    wasted_mg: Decimal
    in_hand_mg: Decimal
    unexplained_mg: Decimal


def fates(stock: Stock, at: datetime) -> Iterator[Fate]:
    """Follow every released dose to its end as told at `at`; of several releases the last one was given."""
    last = {one.event.order: one.line.id for one in stock.dispensed}
    wasted: dict[tuple[str, str], Decimal] = {}
    for fact in stock.facts:
        if isinstance(event := fact.event, supply.DrugWasted) and event.order is not None:
            key = (event.order, event.lot)
            wasted[key] = wasted.get(key, NOTHING) + Decimal(event.mg)
    for one in reversed(stock.dispensed):
        course = stock.courses[one.patient]
        order = course.orders.get(one.event.order)
        newest = last[one.event.order] == one.line.id
        dose = next((d for d in course.doses if d.order == one.event.order), None) if newest else None
        given = dose.given_mg if dose is not None and dose.given_mg is not None else NOTHING
        prepared = Decimal(one.event.prepared_mg)
        later = max(NOTHING, min(wasted.get((one.event.order, one.event.lot), NOTHING), prepared - given))
        wasted[one.event.order, one.event.lot] = wasted.get((one.event.order, one.event.lot), NOTHING) - later
        hand = prepared - given - later if newest and _in_hand(order, dose, one, at) else NOTHING
        yield Fate(one, order, dose, given, hand, later)


def _in_hand(order: Order | None, dose: Dose | None, one: Dispensing, at: datetime) -> bool:
    """Tell whether the dose may still be given, or is running."""
    if dose is not None:
        return dose.status == "running"
    return (
        order is not None
        and order.outcome == "open"
        and order.released is not None
        and order.released.id == one.line.id
        and at <= order.expires
    )


def reconciled(stock: Stock, every: Sequence[Fate]) -> tuple[Reconciliation, ...]:
    """Reconcile every lot; `every` are the fates of all releases, as told at one time."""
    named = sorted({(book.shelf.agent, book.shelf.lot, book.shelf.strength_mg) for book in stock.books})
    return tuple(_lot(stock, every, *name) for name in named)


def _lot(stock: Stock, every: Sequence[Fate], agent: str, lot: str, strength: Decimal) -> Reconciliation:
    books = [b for b in stock.books if (b.shelf.agent, b.shelf.lot, b.shelf.strength_mg) == (agent, lot, strength)]
    own = {line.id: line for book in books for line in book.lines if line.struck_by is None}
    fate = [f for f in every if f.dispensing.line.id in own]
    dispensed = sum(f.dispensing.event.vials for f in fate)
    prepared = {f.dispensing.event.order for f in fate}
    wastes = [e for line in own.values() if isinstance(e := line.event, supply.DrugWasted)]
    from_shelf = [e for e in wastes if e.order not in prepared]
    returns = [e for line in own.values() if isinstance(e := line.event, supply.DrugReturned)]
    back = sum(e.vials for e in returns if e.to == "quarantine")
    given = sum((f.given_mg for f in fate), NOTHING)
    in_hand = sum((f.in_hand_mg for f in fate), NOTHING)
    preparing = sum((Decimal(f.dispensing.event.wasted_mg) for f in fate), NOTHING)
    of_doses = sum((Decimal(e.mg) for e in wastes if e.order in prepared), NOTHING)
    whole = sum((Decimal(e.mg) for e in from_shelf), NOTHING)
    explained = given + in_hand + preparing + of_doses + back * strength + whole
    return Reconciliation(
        agent=agent,
        lot=lot,
        strength_mg=strength,
        received=_vials(own, supply.LotReceived),
        dispensed=dispensed,
        wasted=sum(e.vials for e in from_shelf),
        returned=back,
        to_sponsor=sum(e.vials for e in returns) - back,
        destroyed=_vials(own, supply.DrugDestroyed),
        balance=sum(book.balance for book in books),
        in_quarantine=sum(book.balance for book in books if book.shelf.location == QUARANTINE),
        given_mg=given,
        wasted_mg=preparing + of_doses + whole,
        in_hand_mg=in_hand,
        unexplained_mg=(dispensed + sum(e.vials for e in from_shelf)) * strength - explained,
    )


def _vials(lines: dict[str, Line], kind: type[supply.LotReceived | supply.DrugDestroyed]) -> int:
    return sum(line.event.vials for line in lines.values() if isinstance(line.event, kind))
