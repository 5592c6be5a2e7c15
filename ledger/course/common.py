"""What the folds of orders, doses and toxicities share."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from ledger.course.history import Fact
from ledger.course.state import (
    Course,
)


def orphan(course: Course, fact: Fact) -> Course:
    """Keep a fact that names something unknown."""
    return replace(course, orphans=(*course.orphans, fact.id))


def decimal(text: str | None) -> Decimal | None:
    """Read an amount, if there is one."""
    return None if text is None else Decimal(text)
