"""Every dose of the cycle drug worked out again: from what was stated with it, and from the measurements on record.

Two questions: is the stated working right (body surface, product of the factors), and does the dose follow from the
height and weight that are on record with their dates, as the record stands? The formula, the places and the factors
are those of the pack that the order names. What is no more than the pack's one rounding is no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from math import prod
from typing import Literal

from msgspec import Struct

from ledger.book import Ledger
from ledger.course.history import Fact
from ledger.course.state import Course, Dose
from ledger.errors import BadInput
from ledger.events import dosing
from ledger.protocol.model import Protocol, load
from ledger.rules.bsa import surface_m2
from ledger.rules.cycle_dose import calculate
from ledger.values import half_up, wire_decimal
from projections.find.found import Ask, Found, Row, cited, head, looked, patients, words
from projections.printed import View, amount
from projections.replay import PatientAt

STATED_PLACES = 8
"""Decimal places with which an order states its calculated dose."""
What = Literal["height_cm", "weight_kg", "bsa_m2", "calculated_mg", "ordered_mg", "given_mg", "inputs"]


class Difference(View, frozen=True, kw_only=True):
    """One value that is not what it comes out as; `recomputed` is null where it cannot be worked out."""

    what: What
    stated: str | None
    recomputed: str | None


class Working(View, frozen=True, kw_only=True):
    """Height, weight, body surface, the factors, their product and the rounded dose; null where not stated or known.

    `measured` is the entry of the weight.
    """

    height_cm: str | None
    weight_kg: str | None
    measured: int | None
    bsa_m2: str | None
    factors: dict[str, str]
    calculated_mg: str | None
    dose_mg: str | None


class RecomputedRow(Row, frozen=True, kw_only=True):
    """One dose that was given, or an order that still may be; `dose_mg` of `stated` is what was ordered.

    `rounding` is why the amount was rounded, in the prescriber's words.
    """

    order: int | None
    cycle: int | None
    day: int | None
    formula: str
    stated: Working
    recomputed: Working
    prepared_mg: str | None
    given_mg: str | None
    rounding: str | None
    differences: tuple[Difference, ...]


class Recomputed(Found, frozen=True, kw_only=True):
    """Every dose, and how many of them differ."""

    drug: str
    differing: int
    rows: tuple[RecomputedRow, ...]


class _Subject(Struct, frozen=True):
    """A dose, an open order, or both; `said` is the entry that states the working, at its newest."""

    fact: Fact
    dose: Dose | None
    ordered: Fact | None
    said: Fact | None


def recompute(ledger: Ledger, ask: Ask, drug: str) -> Recomputed:
    """Work out every dose of the cycle drug again; BadInput for a drug whose dose does not rest on body surface."""
    through = looked(ledger, ask)
    every = patients(ledger, ask, through)
    known = every[0].setting.protocol.cycle_drug if every else drug
    if drug != known:
        raise BadInput(f"The dose of {drug} is not calculated.", fix=f"doseledger recompute {known}")
    rows = tuple(_row(ledger, opened, one) for opened in every for one in _subjects(opened))
    return Recomputed(
        query="recompute",
        **head(through, ask),
        drug=drug,
        differing=sum(1 for row in rows if row.differences),
        rows=rows,
    )


def _subjects(opened: PatientAt) -> Iterator[_Subject]:
    """Give the doses in the order of their start, then the orders that are still open."""
    course, drug, facts = opened.course, opened.setting.protocol.cycle_drug, opened.facts
    for dose in course.doses_of(drug):
        order = course.orders.get(dose.order or "")
        ordered = facts[order.id] if order is not None else None
        yield _Subject(facts[dose.id], dose, ordered, _newest(opened, ordered))
    for order in course.orders.values():
        if order.drug == drug and order.outcome == "open":
            yield _Subject(facts[order.id], None, facts[order.id], _newest(opened, facts[order.id]))


def _newest(opened: PatientAt, ordered: Fact | None) -> Fact | None:
    """Give the order as it was stated last: itself, or its newest amendment."""
    if ordered is None:
        return None
    amended = [
        one
        for one in opened.history.facts
        if isinstance(one.event, dosing.OrderAmended) and one.event.order == ordered.id
    ]
    return amended[-1] if amended else ordered


def _row(ledger: Ledger, opened: PatientAt, one: _Subject) -> RecomputedRow:
    said = one.said if one.said is not None else one.fact
    pack = said.entry.payload.protocol
    protocol = _protocol(ledger.blob(pack.digest)) if pack is not None else opened.setting.protocol
    event = said.event if isinstance(said.event, dosing.DoseOrdered | dosing.OrderAmended) else None
    stated, record = _stated(opened, event), _from_record(opened, said, event, protocol)
    found = (*_own(event, protocol), *_against(stated, record, event), *_given(one.dose, record, protocol))
    differences = tuple(dict.fromkeys(found))
    first = one.ordered.event if one.ordered is not None else None
    return RecomputedRow(
        **cited(one.fact.entry, opened.window.zone, one.fact),
        why=_said(differences, record),
        order=one.ordered.entry.position if one.ordered is not None else None,
        cycle=one.dose.cycle if one.dose is not None else getattr(first, "cycle", None),
        day=one.dose.day if one.dose is not None else getattr(first, "day", None),
        formula=protocol.bsa_formula,
        stated=stated,
        recomputed=record,
        prepared_mg=amount(one.dose.prepared_mg) if one.dose is not None else None,
        given_mg=amount(one.dose.given_mg) if one.dose is not None else None,
        rounding=words(ledger, event.rounding if event is not None else None),
        differences=differences,
    )


def _stated(opened: PatientAt, event: dosing.DoseOrdered | dosing.OrderAmended | None) -> Working:
    """Give the working as an order states it; a dose without an order states none."""
    if event is None:
        return _NOTHING
    body = next((one.source for one in event.factors if one.name == "bsa"), None)
    entry = opened.by_id.get(body or "")
    return Working(
        height_cm=event.height_cm,
        weight_kg=event.weight_kg,
        measured=entry.position if entry is not None else None,
        bsa_m2=event.bsa_m2,
        factors={one.name: one.value for one in event.factors},
        calculated_mg=event.calculated_mg,
        dose_mg=event.ordered_mg,
    )


def _from_record(
    opened: PatientAt, said: Fact, event: dosing.DoseOrdered | dosing.OrderAmended | None, protocol: Protocol
) -> Working:
    """Work the dose out from the record before it: the measurement by its own entry, as that stands."""
    steps = opened.judgement.acted
    place = next(i for i, step in enumerate(steps) if step.fact.id == said.id)
    course = steps[place - 1].course if place else Course()
    at = datetime.fromisoformat(event.planned_start) if event is not None else said.occurred_at
    at = at.astimezone(opened.window.zone)
    found, _ = calculate(course, protocol, at)
    dated = None if found is None else _measured(course, found.body.entry, at)
    if found is None or dated is None:
        return _NOTHING
    height, weight, entry = dated
    bsa = surface_m2(height, weight, protocol.bsa_formula, protocol.bsa_places)
    factors = {one.name: one.value if one.name != "bsa" else bsa for one in found.factors}
    exact = prod(factors.values(), start=Decimal(1))
    return Working(
        height_cm=wire_decimal(height),
        weight_kg=wire_decimal(weight),
        measured=opened.by_id[entry].position,
        bsa_m2=wire_decimal(bsa),
        factors={name: wire_decimal(value) for name, value in factors.items()},
        calculated_mg=wire_decimal(half_up(exact, STATED_PLACES)),
        dose_mg=wire_decimal(half_up(exact, protocol.dose_places)),
    )


def _measured(course: Course, entry: str | None, at: datetime) -> tuple[Decimal, Decimal, str] | None:
    """Give height and weight by their entries: the weight of the calculation, the newest height up to it."""
    weighed = next(((when, kg) for when, kg, _, name in course.weights if name == entry and when <= at), None)
    if weighed is None or entry is None:
        return None
    heights = [cm for when, _, cm, _ in course.weights if cm is not None and when <= weighed[0]]
    return (heights[-1], weighed[1], entry) if heights else None


def _own(event: dosing.DoseOrdered | dosing.OrderAmended | None, protocol: Protocol) -> Iterator[Difference]:
    """Check the stated working by itself: the body surface, and the product of the factors."""
    if event is None or event.calculated_mg is None:
        return
    if event.height_cm is not None and event.weight_kg is not None:
        height, weight = Decimal(event.height_cm), Decimal(event.weight_kg)
        bsa = wire_decimal(surface_m2(height, weight, protocol.bsa_formula, protocol.bsa_places))
        if bsa != event.bsa_m2:
            yield Difference(what="bsa_m2", stated=event.bsa_m2, recomputed=bsa)
    exact = half_up(prod((Decimal(one.value) for one in event.factors), start=Decimal(1)), STATED_PLACES)
    if exact != Decimal(event.calculated_mg):
        yield Difference(what="calculated_mg", stated=event.calculated_mg, recomputed=wire_decimal(exact))


def _against(
    stated: Working, record: Working, event: dosing.DoseOrdered | dosing.OrderAmended | None
) -> Iterator[Difference]:
    """Compare what was stated with what the record gives."""
    if record.dose_mg is None:
        yield Difference(what="inputs", stated=stated.calculated_mg, recomputed=None)
        return
    if event is None:
        return
    pairs: Mapping[What, tuple[str | None, str | None]] = {
        "height_cm": (stated.height_cm, record.height_cm),
        "weight_kg": (stated.weight_kg, record.weight_kg),
        "bsa_m2": (stated.bsa_m2, record.bsa_m2),
        "calculated_mg": (stated.calculated_mg, record.calculated_mg),
        "ordered_mg": (stated.dose_mg, record.dose_mg),
    }
    for what, (one, other) in pairs.items():
        if one != other:
            yield Difference(what=what, stated=one, recomputed=other)


def _given(dose: Dose | None, record: Working, protocol: Protocol) -> Iterator[Difference]:
    """Compare what was given; less than calculated is no error of a dose that was stopped early."""
    if dose is None or dose.given_mg is None or record.dose_mg is None or dose.nothing_given:
        return
    calculated = Decimal(record.dose_mg)
    less = dose.stopped is not None and dose.given_mg < calculated
    if half_up(dose.given_mg, protocol.dose_places) != calculated and not less:
        yield Difference(what="given_mg", stated=wire_decimal(dose.given_mg), recomputed=record.dose_mg)


def _said(differences: tuple[Difference, ...], record: Working) -> str:
    if not differences:
        return f"{record.dose_mg} mg: {_product(record)}"
    parts = (f"{one.what} {one.stated or 'nothing'}, not {one.recomputed or 'known'}" for one in differences)
    return f"{'; '.join(parts)} ({_product(record) or 'height, weight or cycle are not on record before it'})"


def _product(record: Working) -> str:
    if record.dose_mg is None:
        return ""
    measures = f"{record.height_cm} cm, {record.weight_kg} kg of #{record.measured}"
    return f"{' x '.join(f'{name} {value}' for name, value in record.factors.items())}; {measures}"


@lru_cache(maxsize=8)
def _protocol(pack: bytes) -> Protocol:
    return load(pack).protocol()


_NOTHING = Working(
    height_cm=None, weight_kg=None, measured=None, bsa_m2=None, factors={}, calculated_mg=None, dose_mg=None
)
