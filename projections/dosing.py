"""`dose calc`: the working of a dose of the cycle drug, by day and by cycle, and what the pack would refuse now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from ledger.book import Ledger
from ledger.course.state import Course
from ledger.errors import BadInput
from ledger.protocol.model import Protocol
from ledger.rules.administration import Administration, judge
from ledger.rules.cycle import opening
from ledger.rules.cycle_days import calendar, day_on, days_of
from ledger.rules.cycle_dose import Calculation, calculate
from ledger.rules.finding import Hit
from ledger.values import wire_decimal
from projections.card import NOTICE, PackRow, pack_row
from projections.printed import View, minute, second
from projections.replay import PatientAt, open_patient, window


class FactorRow(View, frozen=True, kw_only=True):
    """One factor of the dose: `entry` is its source, null for the pack's own; `rule` is what made it so."""

    name: str
    value: str
    entry: int | None
    rule: str | None


class RefusalRow(View, frozen=True, kw_only=True):
    """One rule that would refuse the order, or the opening of the cycle, now."""

    rule: str
    text: str


class DoseCalc(View, frozen=True, kw_only=True):
    """The calculated dose of one day, and of the whole cycle; null where something is missing, which `refused` names.

    `cycle` is the open cycle, or the next one; `calculated_mg` is before the one rounding, `dose_mg` after it.
    """

    patient: str
    size: int
    known_at: str
    valid_at: str
    drug: str
    cycle: int
    open: bool
    day: int | None
    level: str | None
    level_mg_m2: str | None
    height_cm: str | None
    weight_kg: str | None
    bsa_m2: str | None
    formula: str
    factors: tuple[FactorRow, ...]
    calculated_mg: str | None
    dose_mg: str | None
    days: int
    cycle_mg: str | None
    working: tuple[str, ...]
    refused: tuple[RefusalRow, ...]
    pack: PackRow
    notice: str


def calculation(
    ledger: Ledger,
    number: str,
    *,
    now: datetime,
    day: int | None = None,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
) -> DoseCalc:
    """Work out the dose of a patient for a day of the cycle, or for now; BadInput for a day that no cycle has."""
    opened = open_patient(ledger, number, window(ledger, now=now, valid_at=valid_at, known_at=known_at))
    protocol, course, through = opened.setting.protocol, opened.course, opened.window
    if day is not None and not 1 <= day <= protocol.cycle_days:
        raise BadInput(
            f"there is no day {day} of a cycle", why=f"a cycle has {protocol.cycle_days} days", fix="--day 1"
        )
    at = _on_day(course, protocol, through.at, day)
    found, _ = calculate(course, protocol, at)
    cycle = course.open_cycle()
    level = found.level if found is not None else None
    return DoseCalc(
        patient=number,
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=minute(through.at),
        drug=protocol.cycle_drug,
        cycle=cycle.n if cycle is not None else len(course.cycles) + 1,
        open=cycle is not None,
        day=day_on(days_of(course, protocol, cycle), protocol, at.date()) if cycle is not None else day,
        level=level,
        level_mg_m2=wire_decimal(found.level_mg_m2) if found is not None else None,
        height_cm=wire_decimal(found.body.height_cm) if found is not None else None,
        weight_kg=wire_decimal(found.body.weight_kg) if found is not None else None,
        bsa_m2=wire_decimal(found.body.bsa_m2) if found is not None else None,
        formula=protocol.bsa_formula,
        factors=factor_rows(opened, found),
        calculated_mg=wire_decimal(found.exact_mg) if found is not None else None,
        dose_mg=wire_decimal(found.dose_mg) if found is not None else None,
        days=protocol.cycle_days,
        cycle_mg=wire_decimal(_total(found, protocol)) if found is not None else None,
        working=_working(found, protocol),
        refused=tuple(RefusalRow(rule=hit.rule, text=hit.text) for hit in _refused(opened, found, at)),
        pack=pack_row(protocol),
        notice=NOTICE,
    )


def factor_rows(opened: PatientAt, found: Calculation | None) -> tuple[FactorRow, ...]:
    """Name every factor with the place of its source in the log."""
    if found is None:
        return ()
    return tuple(
        FactorRow(
            name=one.name,
            value=wire_decimal(one.value),
            entry=opened.by_id[one.source].position if one.source is not None else None,
            rule=one.rule,
        )
        for one in found.factors
    )


def _on_day(course: Course, protocol: Protocol, at: datetime, day: int | None) -> datetime:
    """The moment that is asked for: a day of the open cycle by its date, where its day 1 is known."""
    cycle = course.open_cycle()
    first: date | None = days_of(course, protocol, cycle).first if cycle is not None else None
    if day is None or first is None or not calendar(protocol):
        return at
    return datetime.combine(first + timedelta(days=day - 1), at.timetz())


def _total(found: Calculation, protocol: Protocol) -> Decimal:
    return found.dose_mg * protocol.cycle_days


def _working(found: Calculation | None, protocol: Protocol) -> tuple[str, ...]:
    """Say the arithmetic in lines that can be checked with a pencil."""
    if found is None:
        return ()
    body, dose = found.body, wire_decimal(found.dose_mg)
    measures = f"{wire_decimal(body.height_cm)} cm and {wire_decimal(body.weight_kg)} kg"
    units = {"level": " mg/m\u00b2", "bsa": " m\u00b2"}
    product = " x ".join(f"{one.name} {wire_decimal(one.value)}{units.get(one.name, '')}" for one in found.factors)
    return (
        f"BSA ({protocol.bsa_formula}) of {measures} = {wire_decimal(body.bsa_m2)} m\u00b2",
        f"{product} = {wire_decimal(found.exact_mg)} mg, rounded half up to {dose} mg",
        f"{dose} mg/day x {protocol.cycle_days} = {wire_decimal(_total(found, protocol))} mg",
    )


def _refused(opened: PatientAt, found: Calculation | None, at: datetime) -> Iterable[Hit]:
    """Judge what an order of the calculated dose would meet, in every reading that stands."""
    protocol = opened.setting.protocol
    hits: list[Hit] = []
    for course in opened.courses:
        if course.open_cycle() is None:
            hits += opening(course, protocol, at)
            hits += calculate(course, protocol, at)[1]
        else:
            amount = found.dose_mg if found is not None else Decimal(0)
            planned = Administration(protocol.cycle_drug, amount, None, at, "minute", planned=True)
            hits += judge(course, opened.setting, planned)
    return dict.fromkeys(hits)
