"""The label's haematology holds read a count the same in either of its units."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from test_cycle_rules import DAY1, dose

from ledger.course.state import Course, Lab
from ledger.protocol.bundled import bundled
from ledger.protocol.model import load
from ledger.rules.haematology import hold

PACK = load(bundled("nct00983528-demo"), overrides={"heme_hold": "label"}).protocol()


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [("200", "/uL", 1), ("0.2", "10^9/L", 1), ("1200", "/uL", 0), ("1.2", "10^9/L", 0), ("0.25", "10^9/L", 0)],
)
def test_a_count_holds_whichever_unit_it_is_reported_in(value: str, unit: str, expected: int) -> None:
    """A laboratory that reports neutrophils as 1.2 x 10^9/L would have every patient held, and after three stopped."""
    given = dose(1, drug=PACK.ladder_drug, mg="30")
    lab = Lab("lab", "anc", Decimal(value), unit, DAY1 + timedelta(days=1))
    now = hold(Course(doses=(given,), labs=(lab,)), PACK, DAY1 + timedelta(days=2))
    assert (expected, expected) == (now.occurrences, len(now.held))
