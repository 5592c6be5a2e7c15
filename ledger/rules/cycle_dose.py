"""One dose of the drug given in cycles: dose = level x modifier x renal x BSA, and what a dose does not keep of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import prod

from ledger.course.state import Course, Cycle, Dose
from ledger.protocol.model import Protocol
from ledger.rules.bsa import surface_m2
from ledger.rules.cycle import after_ladder, level_value, opening
from ledger.rules.cycle_days import calendar, day_on, days_of
from ledger.rules.cycle_holds import applied, held, level_now
from ledger.rules.finding import Hit
from ledger.rules.tolerance import running_min
from ledger.values import half_up

CRCL, CRCL_UNIT = "crcl", "mL/min"


@dataclass(frozen=True, slots=True)
class FactorOf:
    """One factor of a dose; `source` is the entry its value comes from, None for the pack's own.

    `rule` says which rule made the factor what it is, where one did.
    """

    name: str
    value: Decimal
    source: str | None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """The measures a dose rests on: cm, kg and m2, and the entry of the weight."""

    height_cm: Decimal
    weight_kg: Decimal
    bsa_m2: Decimal
    entry: str | None


@dataclass(frozen=True, slots=True)
class Calculation:
    """The working of one day's dose; `exact_mg` before the one rounding, `dose_mg` after it."""

    level: str
    level_mg_m2: Decimal
    body: Body
    factors: tuple[FactorOf, ...]
    exact_mg: Decimal
    dose_mg: Decimal

    def of(self, name: str) -> FactorOf:
        """Give one of the factors."""
        return next(one for one in self.factors if one.name == name)


@dataclass(frozen=True, slots=True)
class Given:
    """A dose as planned or as it was given: mg at an aware time of the site.

    `stopped`: it was aborted, so that less than ordered is no error of rounding.
    """

    amount_mg: Decimal
    at: datetime
    planned: bool
    starts: bool = False
    stopped: bool = False


def calculate(course: Course, protocol: Protocol, at: datetime) -> tuple[Calculation | None, tuple[Hit, ...]]:
    """Calculate the dose at `at` of the open cycle, or of the next one; without it, the hits say what is missing."""
    cycle = course.open_cycle()
    n = cycle.n if cycle is not None else len(course.cycles) + 1
    now = level_now(course, protocol)
    level = cycle.level if cycle is not None else now.name
    value = cycle.level_mg_m2 if cycle is not None else level_value(protocol, level)
    body, renal = body_at(course, protocol, at, cycle), renal_at(course, protocol, at)
    hits: list[Hit] = []
    if value is None:
        hits.append(Hit("K-VALUE", f"the pack does not set the value of level {level}"))
    if body is None:
        hits.append(Hit("C-BSA", "height and weight are not on record"))
    if renal is None:
        hits.append(Hit("C-RENAL", f"creatinine clearance is below {protocol.renal_min_ml_min} mL/min"))
    if value is None or body is None or renal is None:
        return None, tuple(hits)
    factors = (
        _level_factor(value, now.ruling if level == now.name else None),
        *_modifiers(course, protocol, n),
        renal,
        FactorOf("bsa", body.bsa_m2, body.entry),
    )
    exact = prod((one.value for one in factors), start=Decimal(1))
    return Calculation(level, value, body, factors, exact, half_up(exact, protocol.dose_places)), ()


def _level_factor(value: Decimal, ruling: str | None) -> FactorOf:
    return FactorOf("level", value, ruling, "C-DEESC" if ruling is not None else None)


def body_at(course: Course, protocol: Protocol, at: datetime, cycle: Cycle | None) -> Body | None:
    """Give the measures at `at`: those of the cycle, until the weight has changed by the pack's share (C-WT)."""
    measured = [one for one in course.weights if one[0] <= at]
    height = next((cm for _, _, cm, _ in reversed(measured) if cm is not None), None)
    if cycle is None:
        if not measured or height is None:
            return None
        _, weight, _, entry = measured[-1]
        return Body(height, weight, surface_m2(height, weight, protocol.bsa_formula, protocol.bsa_places), entry)
    before = [entry for measured_at, _, _, entry in measured if measured_at <= cycle.opened_at]
    body = Body(cycle.height_cm, cycle.weight_kg, cycle.bsa_m2, before[-1] if before else None)
    since = [one for one in measured if one[0] > cycle.opened_at or one[3] == body.entry]
    for _, weight, _, entry in since:
        if abs(weight - body.weight_kg) >= body.weight_kg * protocol.weight_change_fraction:
            tall = height or cycle.height_cm
            body = Body(tall, weight, surface_m2(tall, weight, protocol.bsa_formula, protocol.bsa_places), entry)
    return body


def renal_at(course: Course, protocol: Protocol, at: datetime) -> FactorOf | None:
    """Give the factor of renal function (C-RENAL): 1 where no clearance is on record, None where it is too low."""
    found = [lab for lab in course.labs if (lab.test, lab.unit) == (CRCL, CRCL_UNIT) and lab.at <= at]
    if not found:
        return FactorOf("renal", Decimal(1), None)
    last = found[-1]
    if last.value < protocol.renal_min_ml_min:
        return None
    if last.value >= protocol.renal_full_ml_min:
        return FactorOf("renal", Decimal(1), last.id)
    return FactorOf("renal", protocol.renal_reduced_fraction, last.id, "C-RENAL")


def _modifiers(course: Course, protocol: Protocol, n: int) -> tuple[FactorOf, ...]:
    """Give the patient's own reductions, each with its source; several multiply."""
    found = applied(course, protocol, n)
    if not found:
        return (FactorOf("modifier", Decimal(1), None),)
    names = ("modifier", *(f"modifier-{place}" for place in range(2, len(found) + 1)))
    return tuple(
        FactorOf(name, one.modifier.resume_fraction, one.entry, one.rule)
        for name, one in zip(names, found, strict=True)
    )


def judge_dose(course: Course, protocol: Protocol, given: Given) -> tuple[Hit, ...]:
    """List every C-rule that a dose of the cycle drug does not keep, given the course before it."""
    cycle = course.open_cycle()
    hits: list[Hit] = []
    if cycle is None:
        hits += opening(course, protocol, given.at)
        hits.append(Hit("C-LEVEL", f"no cycle of {protocol.cycle_drug} is open"))
    else:
        hits += _in_cycle(course, protocol, cycle, given)
    hits += _shared_day(course, protocol, given)
    calculation, missing = calculate(course, protocol, given.at)
    hits += (hit for hit in missing if given.planned or hit.rule != "K-VALUE")
    if calculation is not None:
        hits += amount(calculation, protocol, given, cycle)
    unique = {(hit.rule, hit.text): hit for hit in hits}
    return tuple(unique.values())


def _in_cycle(course: Course, protocol: Protocol, cycle: Cycle, given: Given) -> Iterator[Hit]:
    days = days_of(course, protocol, cycle)
    if not days.given and not _granted(course, cycle, "C-AFTER"):
        yield from after_ladder(course, protocol, given.at)
    for one in held(course, protocol, cycle.n):
        if not _granted(course, cycle, one.rule):
            yield Hit(one.rule, one.text)
    now = level_now(course, protocol)
    if cycle.level != now.name:
        yield Hit("C-DEESC", f"the patient's level is {now.name} now, cycle {cycle.n} was opened at {cycle.level}")
    day = day_on(days, protocol, given.at.date())
    if any(dose.on == given.at.date() for dose in days.given.values()):
        yield Hit("C-DAY", f"a dose of cycle {cycle.n} was already given on {given.at.date()}")
    elif not 1 <= day <= days.planned:
        yield Hit("C-DAY", f"day {day} is not one of the {days.planned} days of cycle {cycle.n}: none is made up")
    elif day in days.omitted:
        yield Hit("C-DAY", f"day {day} is recorded as omitted")
    missed = [before for before in days.open if before < day] if calendar(protocol) else []
    if missed and day <= days.planned:
        yield Hit("C-DAY", f"day {missed[0]} is neither given nor recorded as omitted")


def _granted(course: Course, cycle: Cycle, rule: str) -> bool:
    """Whether the cycle was opened under leave of the principal investigator to pass this rule."""
    return any(course.overrides[one].rule == rule for one in cycle.overrides if one in course.overrides)


def _shared_day(course: Course, protocol: Protocol, given: Given) -> Iterator[Hit]:
    """C-AFTER: on a day with both drugs the step-up infusion has ended first."""
    if not protocol.cycle_after_ladder_ended:
        return
    for dose in course.doses_of(protocol.ladder_drug):
        if dose.on != given.at.date() or dose.precision == "day" or dose.nothing_given:
            continue
        if dose.ended_at is None or dose.ended_at > given.at:
            yield Hit("C-AFTER", f"the {dose.drug} of {dose.on} (entry {dose.position}) has not ended before")
    if not given.planned:
        return
    for order in course.open_orders(protocol.ladder_drug, given.at):
        end = order.planned_start + timedelta(minutes=protocol.infusion_min)
        if order.planned_start.date() == given.at.date() and (given.starts or end > given.at):
            yield Hit("C-AFTER", f"the {order.drug} ordered for that day (entry {order.position}) comes first")


def amount(calculation: Calculation, protocol: Protocol, given: Given, cycle: Cycle | None) -> Iterator[Hit]:
    """C-WT and C-ROUND: the amount follows from the measures of now, and is not further off than the pack allows."""
    exact, body = calculation.exact_mg, calculation.body
    working = f"BSA {body.bsa_m2} m2, {calculation.dose_mg} mg"
    if cycle is not None and body.weight_kg != cycle.weight_kg and not given.stopped:
        before = exact / body.bsa_m2 * cycle.bsa_m2
        if before != exact and abs(given.amount_mg - before) < abs(given.amount_mg - exact):
            yield Hit("C-WT", f"the weight is {body.weight_kg} kg, not {cycle.weight_kg} kg: {working}")
    off = given.amount_mg - exact
    if (abs(off) if not given.stopped else off) > exact * protocol.dose_tolerance_fraction:
        share = half_up(off / exact * 100, 1)
        yield Hit("C-ROUND", f"{given.amount_mg} mg is {share:+} % of the calculated {exact.normalize():f} mg")


def infusion(dose: Dose, protocol: Protocol) -> Iterator[Hit]:
    """C-INF: the running time of a dose that ended; one that was stopped early has no lower limit."""
    if dose.ended_at is None or dose.precision == "day":
        return
    minutes = running_min(dose, dose.ended_at)
    short = minutes < protocol.cycle_infusion_low_min and dose.stopped is None
    if short or minutes > protocol.cycle_infusion_high_min:
        yield Hit("C-INF", f"given over {minutes} min instead of {protocol.cycle_infusion_min}")


def preparation(protocol: Protocol, prepared_mg: Decimal, volume_ml: Decimal) -> Iterator[Hit]:
    """C-INF: the concentration of what was prepared."""
    low, high = protocol.cycle_min_mg_ml, protocol.cycle_max_mg_ml
    if volume_ml <= 0 or not low <= prepared_mg / volume_ml <= high:
        yield Hit("C-INF", f"{prepared_mg} mg in {volume_ml} mL is not {low} to {high} mg/mL")
