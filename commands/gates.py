"""What the gated acts of dosing share: judging every reading that stands, and overrides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from commands.chart import PatientFile
from commands.draft import Desk, refuse
from ledger.course.state import Course, Order
from ledger.rules.administration import Administration, judge
from ledger.rules.finding import RULES, Hit
from ledger.rules.ladder import ladder
from ledger.values import wire_decimal

_OF_STEP = frozenset({"A-LADDER", "A-GAP"})
"""The rules that say that an amount is not the step that is due."""
TO_RECORD = "if a dose was truly given, record it: doseledger dose record"


def maybe_wire(amount: Decimal | None) -> str | None:
    """Write an amount as the record does, if there is one."""
    return None if amount is None else wire_decimal(amount)


def gate(file: PatientFile, desk: Desk, planned: Administration, *, without: Order | None = None) -> list[Hit]:
    """Judge a planned administration in every reading that stands; the order being fulfilled does not count itself.

    The step that is due is the lowest of any reading (DOMAIN.md 0.4), so only that reading says which step is wrong.
    """
    seen = [course if without is None else _without(course, without.id) for course in file.courses]
    due = [ladder(course, desk.setting.protocol, planned.at).next_mg for course in seen]
    return [
        hit
        for course, step in zip(seen, due, strict=True)
        for hit in judge(course, desk.setting, planned)
        if hit.rule not in _OF_STEP or step == min(due)
    ]


def _without(course: Course, order: str) -> Course:
    return replace(course, orders={key: value for key, value in course.orders.items() if key != order})


def once(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Keep one hit of each rule, the last reading's words."""
    return tuple({hit.rule: hit for hit in hits}.values())


def permits(course: Course, drug: str, amount: Decimal, at: datetime) -> dict[str, str]:
    """Map each overridden rule to its grant: unused, in time, for this drug and amount, and overridable at all."""
    spent = (
        *(order.overrides for order in course.orders.values() if order.outcome != "cancelled"),
        *(dose.overrides for dose in course.doses),
        *(cycle.overrides for cycle in course.cycles),
    )
    used = {one for overrides in spent for one in overrides}
    return {
        grant.rule: grant.id
        for grant in course.overrides.values()
        if grant.drug == drug
        and grant.id not in used
        and grant.amount_mg in (None, amount)
        and at <= grant.valid_until
        and RULES[grant.rule].overridable
    }


def exercised(hits: Iterable[Hit], grants: dict[str, str]) -> tuple[str, ...]:
    """List the overrides that an act makes use of."""
    return tuple(dict.fromkeys(grants[hit.rule] for hit in hits if hit.rule in grants))


def open_order(desk: Desk, named: str, *, expired: bool = False, given: bool = False) -> tuple[PatientFile, Order]:
    """Find an order that is open, with its patient; `expired` lets an expired one pass, `given` hints at the record."""
    entry = desk.book.find(named)
    file = desk.of_entry(entry)
    order = file.order(entry)
    if order.outcome != "open":
        hits = [Hit("S-ORDER", f"it is {order.outcome}")]
        refuse(f"order #{order.position} is not open", hits, fix=TO_RECORD if given else "")
    if not expired and desk.now > order.expires:
        refuse(
            f"order #{order.position} is not open",
            [Hit("S-ORDER", f"it expired at {order.expires.isoformat(timespec='minutes')}")],
        )
    return file, order
