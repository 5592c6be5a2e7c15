"""Body surface: every formula against published values and against what all of them share."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.protocol.cycle import Formula
from ledger.rules.bsa import exact_m2, surface_m2

FORMULAS: tuple[Formula, ...] = get_args(Formula)
REFERENCE = {
    ("170", "75", 3): ("1.882", "1.864", "1.895", "1.897", "1.905", "1.819", "1.878"),
    ("185", "90", 3): ("2.151", "2.141", "2.161", "2.160", "2.158", "2.086", "2.158"),
    ("180", "80", 6): ("2.000000", "1.996421", "2.006560", "2.009483", "2.007355", "1.944363", "2.012261"),
    ("165", "60", 6): ("1.658312", "1.658657", "1.660660", "1.670443", "1.671128", "1.615291", "1.671817"),
    ("200", "120", 6): ("2.581989", "2.560148", "2.601910", "2.588359", "2.579809", "2.496313", "2.580461"),
}
"""Height in cm, weight in kg and places; m2 in the order of `FORMULAS`. The first two rows are admiral's tests."""
ROWS = [
    pytest.param(formula, height, weight, places, m2, id=f"{formula}-{height}-{weight}")
    for (height, weight, places), row in REFERENCE.items()
    for formula, m2 in zip(FORMULAS, row, strict=True)
]
heights = st.decimals(80, 250, places=1)
weights = st.decimals(20, 400, places=1)
formulas = st.sampled_from(FORMULAS)


@pytest.mark.parametrize(("formula", "height", "weight", "places", "m2"), ROWS)
def test_a_formula_gives_its_published_values(formula: Formula, height: str, weight: str, places: int, m2: str) -> None:
    """Every dose of every patient is wrong by the same few per cent, and nobody notices."""
    assert Decimal(m2) == surface_m2(Decimal(height), Decimal(weight), formula, places)


@pytest.mark.parametrize(
    ("height", "weight", "m2"),
    [("170", "70", "1.82"), ("170", "61.6", "1.71"), ("170", "79", "1.93"), ("200", "120", "2.58")],
)
def test_the_surface_is_rounded_to_the_places_of_the_pack(height: str, weight: str, m2: str) -> None:
    """The dose is multiplied from a surface that the order does not show."""
    assert Decimal(m2) == surface_m2(Decimal(height), Decimal(weight), "mosteller", 2)


def test_a_surface_halfway_is_rounded_up() -> None:
    """Two pharmacies round the same patient to two doses."""
    assert Decimal("1.5") == exact_m2(Decimal(90), Decimal(90), "mosteller")
    assert Decimal(2) == surface_m2(Decimal(90), Decimal(90), "mosteller", 0)


@given(height=heights, weight=weights, formula=formulas)
def test_a_taller_or_heavier_patient_has_no_smaller_surface(height: Decimal, weight: Decimal, formula: Formula) -> None:
    """A patient who gained weight is given less."""
    here = exact_m2(height, weight, formula)
    assert here < exact_m2(height + 1, weight, formula)
    assert here < exact_m2(height, weight + 1, formula)


@given(height=st.integers(140, 200), weight=st.integers(40, 120), formula=formulas)
def test_the_formulas_agree_about_an_adult(height: int, weight: int, formula: Formula) -> None:
    """A wrong coefficient, as in much public code, passes for a formula of its own."""
    ours = exact_m2(Decimal(height), Decimal(weight), formula)
    assert abs(ours / exact_m2(Decimal(height), Decimal(weight), "mosteller") - 1) < Decimal("0.13")
