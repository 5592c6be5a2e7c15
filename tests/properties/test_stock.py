"""The drug books against the same balances worked out plainly, on generated deliveries, doses, waste and amendments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unsigned import APPROVAL, AUTHOR, BEGIN, entry, signer

from commands.pharmacy import vials_for
from ledger.course.reconciliation import fates, reconciled
from ledger.course.stock import QUARANTINE, Shelf, Stock, lots, quarantines, stock
from ledger.events import dosing, supply
from ledger.events.base import Wire
from ledger.events.body import close_body
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected, EntryVoided

SUPPLY, PATIENT = "supply/001", "patient/P-001"
LOT = {"agent": "alemtuzumab", "strength_mg": "30", "lot": "A1"}
PHARMACY = Shelf("alemtuzumab", "A1", Decimal(30), "pharmacy")
WHAT = ("receive", "dispense", "waste", "back", "sponsor", "transfer", "destroy", "count", "hold", "void")
PATIENTS = {"dispense"}
TEXT = "sha256:" + "0" * 64

step = st.tuples(st.sampled_from(WHAT), st.integers(0, 4), st.integers(0, 9), st.integers(0, 20))
steps = st.lists(step, max_size=14)


def released(order: str, vials: int = 1) -> dosing.DoseReleased:
    """A dose prepared from whole vials of the lot."""
    return dosing.DoseReleased(
        order=order,
        location="pharmacy",
        lot="A1",
        expiry="2011-12-31",
        strength_mg="30",
        vials=vials,
        prepared_mg=str(30 * vials),
        volume_ml="100",
        diluted_at="2010-03-01T08:30-08:00",
        wasted_mg="0",
    )


def ordered(amount: str = "30") -> dosing.DoseOrdered:
    """An order of the drug."""
    return dosing.DoseOrdered(
        drug="alemtuzumab",
        step_mg=amount,
        level_mg_m2=None,
        cycle=None,
        day=None,
        planned_start="2010-03-01T10:00-08:00",
        expires="2010-03-02T10:00-08:00",
        ordered_mg=amount,
        calculated_mg=None,
        height_cm=None,
        weight_kg=None,
        bsa_m2=None,
        factors=(),
        rounding=None,
        premedication=(),
        route="iv",
        duration_min=120,
        allergies=None,
        overrides=(),
    )


def event(what: str, vials: int, order: str) -> Wire:
    """What happened to some vials."""
    shelf = {**LOT, "location": "pharmacy", "vials": vials}
    match what:
        case "receive":
            return supply.LotReceived(**shelf, expiry="2011-12-31", remarks=None)
        case "dispense":
            return released(order, vials)
        case "waste":
            return supply.DrugWasted(**shelf, mg=str(30 * vials), why="broken", order=None)
        case "back":
            return supply.DrugReturned(**shelf, to="quarantine")
        case "sponsor":
            return supply.DrugReturned(**shelf, to="sponsor")
        case "transfer":
            return supply.DrugTransferred(**shelf, to="ward")
        case "destroy":
            return supply.DrugDestroyed(**shelf, method=TEXT)
        case "count":
            return supply.StockCounted(**LOT, location="pharmacy", counted=vials, book="0")
        case _:
            return supply.LotQuarantined(agent="alemtuzumab", lot="A1", quarantined=bool(vials % 2), why=TEXT)


PLAIN = {"receive": 1, "dispense": -1, "waste": -1, "sponsor": -1, "transfer": -1, "destroy": -1}
"""What a vial of each does to the shelf of the pharmacy."""


class Site:
    """The two streams of a small site, and what stands of it: what, vials, minute."""

    def __init__(self, drawn: Sequence[tuple[str, int, int, int]]) -> None:
        self.supply: list[Entry] = []
        self.patient: list[Entry] = [put(0, PATIENT, ordered())]
        self.stands: dict[str, tuple[str, int]] = {}
        for number, (what, vials, pick, minute) in enumerate(drawn, 1):
            if what == "void":
                self.void(number, pick)
                continue
            stream = PATIENT if what in PATIENTS else SUPPLY
            made = put(number, stream, event(what, vials, self.patient[0].id), f"2010-03-01T10:{minute:02}-08:00")
            (self.patient if what in PATIENTS else self.supply).append(made)
            self.stands[made.id] = (what, vials)

    def void(self, number: int, pick: int) -> None:
        """Void one of the facts that stand."""
        standing = [one for one in (*self.supply, *self.patient[1:]) if one.id in self.stands]
        if not standing:
            return
        about = standing[pick % len(standing)]
        stream = self.patient if about.stream == PATIENT else self.supply
        stream.append(put(number, about.stream, EntryVoided(why="entered-in-error"), corrects=about))
        del self.stands[about.id]

    @property
    def stock(self) -> Stock:
        """The books."""
        return stock([self.supply], {"P-001": self.patient})


def put(
    number: int, stream: str, what: Wire, at: str = "2010-03-01T09:00-08:00", corrects: Entry | None = None
) -> Entry:
    """An entry of one of the streams; an amendment has both its signatures."""
    two = {
        "needs": (AUTHOR, APPROVAL),
        "signers": (signer("nurse.1"), signer("pi.1", "approved", "principal-investigator")),
    }
    made = entry(number, what, at=at, corrects=corrects, **(two if corrects is not None else {}))
    return msgspec.structs.replace(made, payload=msgspec.structs.replace(made.payload, stream=stream))


def balance(found: Stock, location: str = "pharmacy") -> int:
    """The balance of the lot at a location; 0 where there is no book."""
    book = found.book(replace(PHARMACY, location=location))
    return book.balance if book is not None else 0


@given(steps)
def test_the_balance_is_what_arrived_less_what_left(drawn):
    """A vial would be missing, or one too many on the shelf, and nobody could say whose mistake it is."""
    site = Site(drawn)
    found, stands = site.stock, site.stands.values()
    assert sum(PLAIN.get(what, 0) * vials for what, vials in stands) == balance(found)
    assert sum(vials for what, vials in stands if what == "transfer") == balance(found, "ward")
    assert sum(vials for what, vials in stands if what == "back") == balance(found, QUARANTINE)


@given(steps)
def test_every_vial_of_a_lot_is_somewhere(drawn):
    """The books would balance on paper while a vial of study drug is nowhere (21 CFR 312.62(a))."""
    stock = Site(drawn).stock
    for one in reconciled(stock, tuple(fates(stock, BEGIN))):
        gone = one.dispensed + one.wasted + one.to_sponsor + one.destroyed
        assert one.received + one.returned == one.balance + gone
        assert one.unexplained_mg + one.in_hand_mg + one.given_mg == 30 * (one.dispensed - one.returned)


@given(steps)
def test_lines_are_struck_and_never_gone(drawn):
    """A line that was voided would be erased from the accountability log, which forbids erasures."""
    site = Site(drawn)
    said = {one.id for one in (*site.supply, *site.patient[1:]) if not isinstance(one.event, EntryVoided)}
    lines = [line for book in site.stock.books for line in book.lines]
    if any(line.what not in {"quarantine", "unquarantine"} for line in lines):
        assert said == {line.id for line in lines}
    assert set(site.stands) >= {line.id for line in lines if line.struck_by is None}
    assert {0} >= {line.change for line in lines if line.struck_by is not None}


@given(steps, st.randoms(use_true_random=False))
def test_the_books_do_not_depend_on_the_order_of_writing(drawn, random):
    """Two persons who write down the same day in another order would have two balances."""
    site = Site([one for one in drawn if one[0] != "void"])
    before = [(book.shelf, [(line.id, line.balance) for line in book.lines]) for book in site.stock.books]
    random.shuffle(site.supply)
    tail = site.patient[1:]
    random.shuffle(tail)
    after = stock([site.supply], {"P-001": [site.patient[0], *tail]})
    assert before == [(book.shelf, [(line.id, line.balance) for line in book.lines]) for book in after.books]


def test_a_delivery_known_to_its_day_stands_before_the_doses_of_that_day():
    """A lot that arrived in the morning would make a negative balance until midnight."""
    arrived = put(1, SUPPLY, event("receive", 2, ""), "2010-03-01")
    left = put(2, PATIENT, released(put(0, PATIENT, ordered()).id))
    found = stock([[arrived]], {"P-001": [put(0, PATIENT, ordered()), left]})
    assert [2, 1] == [line.balance for line in found.books[0].lines]


def test_a_restated_line_stands_twice_once_struck():
    """An inspector would see a number changed and not what it was."""
    arrived = put(1, SUPPLY, event("receive", 12, ""))
    body = EntryCorrected(
        kind="lot.received/1", occurred=arrived.payload.occurred, body=close_body(event("receive", 10, ""))
    )
    restated = put(2, SUPPLY, body, corrects=arrived)
    found = stock([[arrived, restated]], {})
    told = [(line.entry, line.change, line.struck_by is not None) for line in found.books[0].lines]
    assert [(1, 0, True), (2, 10, False)] == told
    assert 10 == balance(found)
    assert 10 == lots([[arrived, restated]])["A1"].vials


def test_what_is_wasted_of_a_released_dose_leaves_the_balance_once():
    """The vial of a dose that was never started would be taken from the shelf twice."""
    order = put(0, PATIENT, ordered())
    left = put(1, PATIENT, released(order.id))
    wasted = supply.DrugWasted(**LOT, location="pharmacy", vials=1, mg="30", why="not-given", order=order.id)
    without = stock([[put(2, SUPPLY, wasted)]], {"P-001": [order]})
    with_it = stock([[put(2, SUPPLY, wasted)]], {"P-001": [order, left]})
    assert (-1, -1) == (balance(without), balance(with_it))
    (one,) = reconciled(with_it, tuple(fates(with_it, BEGIN)))
    assert (1, 0, Decimal(30), Decimal(0)) == (one.dispensed, one.wasted, one.wasted_mg, one.unexplained_mg)


def test_a_lot_is_in_quarantine_from_one_time_to_another():
    """A dose would be started from a lot that the sponsor held back, or refused from one it let go."""
    cold = put(1, SUPPLY, event("hold", 1, ""), "2010-03-01T11:00-08:00")
    cleared = put(2, SUPPLY, event("hold", 2, ""), "2010-03-01T12:00-08:00")
    assert [True, False] == [state for _, state in quarantines([[cleared, cold]])["A1"]]


@pytest.mark.parametrize(
    ("amount", "strength", "vials", "waste"),
    [("36.4", "20", 2, "3.6"), ("40.1", "20", 3, "19.9"), ("40", "20", 2, "0"), ("3", "30", 1, "27")],
)
def test_an_amount_takes_whole_vials(amount, strength, vials, waste):
    """A vial too few is opened and the dose is short, or one too many and drug is thrown away."""
    assert vials == vials_for(Decimal(amount), Decimal(strength))
    assert Decimal(waste) == Decimal(strength) * vials - Decimal(amount)
