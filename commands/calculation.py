"""The working of a dose of the cycle drug as an order or a cycle states it: every factor with its source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from commands.chart import PatientFile
from commands.draft import Desk
from ledger.course.state import Cycle
from ledger.errors import BadInput, Question
from ledger.events import dosing
from ledger.protocol.model import Protocol
from ledger.rules.cycle_days import day_on, days_of
from ledger.rules.cycle_dose import Calculation, FactorOf, calculate
from ledger.values import half_up, wire_decimal

PLACES = 8
"""Decimal places that the record keeps of a number."""


@dataclass(frozen=True, slots=True)
class Working:
    """A calculated dose in its cycle, ready to be stated."""

    cycle: Cycle
    day: int
    calculation: Calculation
    rounding: str | None

    @property
    def sources(self) -> tuple[str, ...]:
        """The entries that the factors come from."""
        return tuple(one.source for one in self.calculation.factors if one.source is not None)

    def on_order(self, event: dosing.DoseOrdered, protocol: Protocol) -> dosing.DoseOrdered:
        """State the working on an order: no step and no premedication, but a level, a cycle and a day."""
        return replace(
            event,
            step_mg=None,
            level_mg_m2=wire_decimal(self.calculation.level_mg_m2),
            cycle=self.cycle.n,
            day=self.day,
            premedication=(),
            route=protocol.cycle_routes[0],
            duration_min=protocol.cycle_infusion_min,
            **self._stated(),
        )

    def on_amendment(self, event: dosing.OrderAmended) -> dosing.OrderAmended:
        """State the working anew on an amended order."""
        return replace(event, step_mg=None, **self._stated())

    def _stated(self) -> dict[str, object]:
        body = self.calculation.body
        return {
            "calculated_mg": wire_decimal(half_up(self.calculation.exact_mg, PLACES)),
            "height_cm": wire_decimal(body.height_cm),
            "weight_kg": wire_decimal(body.weight_kg),
            "bsa_m2": wire_decimal(body.bsa_m2),
            "factors": wire_factors(self.calculation.factors),
        }


def working(file: PatientFile, desk: Desk, amount_mg: Decimal, planned: datetime, rounding: str | None) -> Working:
    """Work out the dose of the open cycle; Question when the amount is another and nobody says why it was rounded."""
    course, protocol = file.course, desk.setting.protocol
    cycle = course.open_cycle()
    calculation, _ = calculate(course, protocol, planned)
    if cycle is None or calculation is None:
        raise BadInput(
            f"the dose of {protocol.cycle_drug} cannot be calculated",
            why="there is no open cycle, no measured body, or no value",
            fix=f"see: doseledger dose calc {file.number}",
        )
    if amount_mg != calculation.dose_mg and (rounding is None or not rounding.strip()):
        raise Question(
            f"{wire_decimal(amount_mg)} mg is not the calculated {wire_decimal(calculation.dose_mg)} mg",
            why="an order says why its amount was rounded",
            fix="--rounding 'WHY'",
        )
    return Working(cycle, day_on(days_of(course, protocol, cycle), protocol, planned.date()), calculation, rounding)


def wire_factors(found: Iterable[FactorOf]) -> tuple[dosing.Factor, ...]:
    """Write factors as the record does."""
    return tuple(dosing.Factor(name=one.name, value=wire_decimal(one.value), source=one.source) for one in found)
