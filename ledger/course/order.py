"""What happens to an order: amended, checked, released, cancelled, given."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from msgspec.structs import replace

from ledger.course.common import decimal, factors, orphan
from ledger.course.history import Fact
from ledger.course.state import (
    Course,
    Order,
    Release,
)
from ledger.events import dosing


def ordered(fact: Fact, event: dosing.DoseOrdered) -> Order:
    """Open an order."""
    return Order(
        id=fact.id,
        position=fact.entry.position,
        drug=event.drug,
        ordered_at=fact.occurred_at,
        planned_start=datetime.fromisoformat(event.planned_start),
        expires=datetime.fromisoformat(event.expires),
        step_mg=decimal(event.step_mg),
        ordered_mg=Decimal(event.ordered_mg),
        calculated_mg=decimal(event.calculated_mg),
        cycle=event.cycle,
        day=event.day,
        factors=factors(event.factors),
        route=event.route,
        prescriber=fact.entry.author.person,
        premedication=event.premedication,
        overrides=event.overrides,
    )


def put_order(course: Course, order: Order) -> Course:
    """Put an order in its place."""
    return replace(course, orders={**course.orders, order.id: order})


def with_order(
    course: Course,
    fact: Fact,
    named: str,
    *,
    outcome: Literal["open", "given", "cancelled", "omitted"] | None = None,
    checked_by: str | None = None,
    released: Release | None = None,
) -> Course:
    """Change what is known of an order; a fact on an unknown one is an orphan."""
    order = course.orders.get(named)
    if order is None:
        return orphan(course, fact)
    changed = replace(
        order,
        outcome=outcome or order.outcome,
        checked_by=checked_by or order.checked_by,
        released=released or order.released,
    )
    return put_order(course, changed)


def amended(course: Course, fact: Fact, event: dosing.OrderAmended) -> Course:
    """Amend an order: its checks and its release fall away."""
    order = course.orders.get(event.order)
    if order is None:
        return orphan(course, fact)
    changed = replace(
        order,
        planned_start=datetime.fromisoformat(event.planned_start),
        expires=datetime.fromisoformat(event.expires),
        step_mg=decimal(event.step_mg),
        ordered_mg=Decimal(event.ordered_mg),
        calculated_mg=decimal(event.calculated_mg),
        factors=factors(event.factors),
        prescriber=fact.entry.author.person,
        overrides=event.overrides,
        checked_by=None,
        released=None,
    )
    return put_order(course, changed)


def release(fact: Fact, event: dosing.DoseReleased) -> Release:
    """Read what the pharmacy prepared."""
    return Release(
        id=fact.id,
        lot=event.lot,
        expiry=date.fromisoformat(event.expiry),
        prepared_mg=Decimal(event.prepared_mg),
        volume_ml=Decimal(event.volume_ml),
        diluted_at=datetime.fromisoformat(event.diluted_at),
        preparer=fact.entry.author.person,
    )
