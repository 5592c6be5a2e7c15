"""What the folds of orders, doses and toxicities share."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec.structs import replace

from ledger.course.history import Fact
from ledger.course.state import Course
from ledger.events import dosing


def orphan(course: Course, fact: Fact) -> Course:
    """Keep a fact that names something unknown."""
    return replace(course, orphans=(*course.orphans, fact.id))


def decimal(text: str | None) -> Decimal | None:
    """Read an amount, if there is one."""
    return None if text is None else Decimal(text)


def factors(stated: tuple[dosing.Factor, ...]) -> Mapping[str, Decimal]:
    """Read the factors of a calculated dose by their names."""
    return {one.name: Decimal(one.value) for one in stated}
