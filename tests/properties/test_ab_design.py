"""The design of the dose levels, against the classic 3+3 as two statisticians' packages implement it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.protocol.bundled import bundled
from ledger.protocol.model import load
from ledger.rules.ab_design import Design, design_of, next_decision

CLASSIC = Design(first=3, full=6, too_toxic=2, enough=6, expand_at_zero=False, rising=True)
TRIAL = design_of(load(bundled("nct00983528-demo")).protocol())
SECOND = design_of(load(bundled("cytarabine-clofarabine-demo")).protocol())

COMPLETE = (
    # evaluable, DLT, a level above that may be tried: what crmPack's ThreePlusThree does next
    (3, 0, True, "escalate"),
    (3, 1, True, "expand"),
    (3, 2, True, "deescalate"),
    (3, 3, True, "deescalate"),
    (6, 1, True, "escalate"),
    (6, 2, True, "deescalate"),
    (6, 3, True, "deescalate"),
    (6, 4, True, "deescalate"),
    (3, 0, False, "expand"),
    (3, 1, False, "expand"),
    (3, 2, False, "deescalate"),
    (3, 3, False, "deescalate"),
    (6, 1, False, "declare"),
    (6, 2, False, "deescalate"),
    (6, 3, False, "deescalate"),
    (6, 4, False, "deescalate"),
)
"""Every state in which a cohort of three is complete: three patients, or six after one DLT among the first three."""


@pytest.mark.parametrize(("n", "dlt", "higher", "expected"), COMPLETE)
def test_the_classic_states_are_decided_as_crmpack_decides_them(n: int, dlt: int, higher: bool, expected: str) -> None:
    """A cohort goes up where every textbook says it stays, and the next three patients get a dose too high."""
    assert expected == next_decision(n, dlt, CLASSIC, lower=True, higher=higher)


def test_only_zero_of_three_below_a_toxic_level_differs_from_the_package_escalation() -> None:
    """Our declared dose would rest on fewer patients than the trial's statistician believes, or on more."""
    escalation = [
        (n, dlt, higher, "declare" if (n, dlt, higher) == (3, 0, False) else expected)
        for n, dlt, higher, expected in COMPLETE
    ]
    differing = [row[:3] for row in escalation if row[3] != next_decision(*row[:2], CLASSIC, lower=True, higher=row[2])]
    assert [(3, 0, False)] == differing


def test_the_two_bundled_trials_are_configurations_of_the_one_design() -> None:
    """A rule of one trial would sit in the program, and the other trial would follow it unasked."""
    assert CLASSIC == SECOND
    assert Design(first=3, full=6, too_toxic=2, enough=6, expand_at_zero=True, rising=False) == TRIAL


@pytest.mark.parametrize(
    ("n", "dlt", "expected"),
    [
        (0, 0, "fill"),
        (2, 1, "fill"),
        (2, 2, "deescalate"),
        (3, 0, "expand"),
        (3, 1, "expand"),
        (3, 2, "deescalate"),
        (4, 1, "fill"),
        (5, 0, "fill"),
        (5, 2, "deescalate"),
        (6, 0, "declare"),
        (6, 1, "declare"),
        (6, 2, "deescalate"),
    ],
)
def test_the_table_of_the_trial(n: int, dlt: int, expected: str) -> None:
    """The decision that the investigators agreed on is not the one that the program asks them to sign."""
    assert expected == next_decision(n, dlt, TRIAL, lower=True, higher=False)


def test_below_the_lowest_level_there_is_no_dose() -> None:
    """The trial would be sent to a level that nobody ever defined."""
    assert "stop" == next_decision(2, 2, TRIAL, lower=False, higher=True)


@st.composite
def designs(draw: st.DrawFn) -> Design:
    """Any design that a pack may state."""
    first = draw(st.integers(1, 6))
    full = draw(st.integers(first, 12))
    return Design(
        first=first,
        full=full,
        too_toxic=draw(st.integers(1, full)),
        enough=draw(st.integers(first, full)),
        expand_at_zero=draw(st.booleans()),
        rising=draw(st.booleans()),
    )


@given(designs(), st.integers(0, 12), st.data(), st.booleans(), st.booleans())
def test_no_design_is_careless(design: Design, n: int, data: st.DataObject, lower: bool, higher: bool) -> None:
    """A level is declared on too few patients, or left upwards in spite of its DLTs, in a trial with other numbers."""
    dlt = data.draw(st.integers(0, n))
    decided = next_decision(n, dlt, design, lower=lower, higher=higher)
    toxic = dlt >= design.too_toxic
    assert toxic == (decided in ("deescalate", "stop"))
    if decided == "declare":
        assert n >= design.enough
    if decided == "escalate":
        assert design.rising
        assert higher
        assert n >= design.first
    if decided == "expand":
        assert n == design.first
    if decided == "fill":
        assert n < design.full
