"""What the record of a dose breaks: the order it names, what was prepared for it, and an amount known only later."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from acts import DRUG, PATIENT, Ward, founded

from ledger.errors import BadInput

PREMED = "A-PREMED"
"""No test here gives the premedication, so all its findings are left out."""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with one enrolled patient."""
    return founded(tmp_path_factory.mktemp("recorded") / "trial.ledger")


@pytest.fixture
def ward(original: Path, tmp_path: Path) -> Ward:
    """The first Monday, 10:00."""
    return Ward.copy(original, tmp_path / "trial.ledger")


def record(ward: Ward, **said: object) -> str:
    """Record a dose that is checked and has a lot."""
    said = {"patient": PATIENT, "drug": DRUG, "checked_by": "nurse.2", "lot": "A1", **said}
    return ward.do("nurse.1", "dose record", **said)


def found(ward: Ward, dose: str) -> list[tuple[str, str]]:
    """The findings on an entry, with their severity."""
    return [(f.rule, f.severity) for f in ward.file().findings if f"#{f.position}" == dose and f.rule != PREMED]


def test_a_second_dose_under_one_order_is_asked_about(ward: Ward) -> None:
    """One infusion entered twice under its order would pass as two doses, and nobody would be asked which is wrong."""
    order = ward.ordered("3mg")
    ward.now += timedelta(hours=4)
    first = record(ward, given="3mg", order=order, at="11:00", until="13:00")
    ward.now += timedelta(days=1)
    second = record(ward, given="3mg", order=order, at="11:00", until="13:00")
    assert ([], [("D-QUERY", "query")]) == (found(ward, first), found(ward, second))


def test_a_dose_under_a_cancelled_order_is_asked_about(ward: Ward) -> None:
    """A dose that the physician had called off was given all the same, and nothing on record would say so."""
    order = ward.ordered("3mg")
    ward.do("inv.1", "dose cancel", order=order)
    ward.now += timedelta(hours=4)
    assert [("D-QUERY", "query")] == found(ward, record(ward, given="3mg", order=order, at="11:00", until="13:00"))


def test_an_infusion_does_not_fulfil_an_order_of_the_other_drug(ward: Ward) -> None:
    """The open order would be used up by a drug it was never written for, and its dose could not be started."""
    order = ward.ordered("3mg")
    ward.now += timedelta(hours=4)
    with pytest.raises(BadInput, match="is of alemtuzumab"):
        record(ward, drug="clofarabine", given="3mg", order=order, at="11:00", until="13:00")


def test_a_dose_from_an_old_dilution_is_a_finding(ward: Ward) -> None:
    """A bag that stood for ten hours was given; refused at the bedside, it would go unseen once it was a fact."""
    order = ward.ordered("3mg")
    ward.do("pharm.1", "dose pharmacy-check", order=order)
    ward.do("pharm.1", "dose release", order=order, lot="A1", prepared="3mg", wit=("pharm.2",))
    ward.now += timedelta(hours=12)
    assert [("A-PREP", "minor")] == found(ward, record(ward, given="3mg", order=order, at="20:00", until="22:00"))


def test_a_dose_recorded_while_it_runs_is_judged_by_its_amount_at_its_end(ward: Ward) -> None:
    """30 mg in the place of 10 mg would stay unseen because the nurse made her record before the bag was empty."""
    ward.given("3mg")
    ward.now += timedelta(hours=20)
    dose = record(ward, running=True)
    assert [] == [one for one in found(ward, dose) if one[0] != "D-QUERY"]
    ward.now += timedelta(hours=2)
    end = ward.do("nurse.1", "dose complete", dose=dose, given="30mg")
    assert [("A-LADDER", "important")] == found(ward, end)


def test_part_of_a_step_is_judged_as_that_step(ward: Ward) -> None:
    """A bag of 10 mg stopped after 3 mg would be held against the nurse, and one of 30 mg, hung first, would not."""
    start = ward.now
    ward.now += timedelta(hours=4)
    part = {"given": "3mg", "stopped": "line-failure", "until": "11:00"}
    first = record(ward, prepared="30mg", at="10:00", **part)
    assert ("A-LADDER", "important") in found(ward, first)
    ward.do("nurse.1", "void", entry=first, reason="never-happened", wit=("pi.1",))
    ward.now = start + timedelta(days=1)
    ward.given("3mg")
    ward.now = start + timedelta(days=2, hours=4)
    second = record(ward, prepared="10mg", at="10:00", **part)
    assert "A-LADDER" not in [rule for rule, _ in found(ward, second)]


def test_agents_of_one_entry_count_each_at_its_own_time(ward: Ward) -> None:
    """One agent given after the start would make the two given before it missing too."""
    agents = ["dexamethasone=20mg@09:00", "diphenhydramine=50mg@09:15", "acetaminophen=650mg@10:05"]
    ward.now += timedelta(hours=4)
    ward.do("nurse.1", "premed give", subject=PATIENT, agent=agents)
    dose = record(ward, given="3mg", at="10:00", until="12:00")
    missing = [f.text for f in ward.file().findings if f"#{f.position}" == dose and f.rule == PREMED]
    assert ["acetaminophen was not given before the infusion"] == missing
