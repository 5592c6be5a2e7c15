"""A delegation that is written after the fact explains it, and changes nothing of what was found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from acts import DRUG, MONDAY, PATIENT, Ward, founded

from ledger.rules.finding import Finding


@pytest.mark.rule("S-DELEG")
@pytest.mark.req("P11-10g")
def test_a_later_delegation_is_named_beside_the_finding(tmp_path: Path) -> None:
    """Work without authority would be made good with a date, or an inspector would not see that it was explained."""
    ward = Ward.copy(founded(tmp_path / "original.ledger"), tmp_path / "trial.ledger")
    ward.now = MONDAY + timedelta(hours=3)
    dose = ward.do("nurse.9", "dose record", patient=PATIENT, drug=DRUG, given="3mg", at=MONDAY.isoformat())
    before = found(ward)
    ward.do("pi.1", "person delegate", person="nurse.9", **{"from": "2010-01-01"})
    after = found(ward)
    assert [(dose, "important")] == [(f"#{one.position}", one.severity) for one in before]
    assert [(one.position, one.severity) for one in before] == [(one.position, one.severity) for one in after]
    explained = f"; ratified afterwards by the delegation of entry #{ward.book.size - 1}"
    assert [f"{one.text}{explained}" for one in before] == [one.text for one in after]
    ward.close()


def found(ward: Ward) -> list[Finding]:
    """What stands about delegations."""
    return [one for one in ward.file().findings if one.rule == "S-DELEG"]
