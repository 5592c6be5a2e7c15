"""A nurse's key is stolen: what it signed counts, permits nothing, and is shown with and without, until she answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from acts import DRUG, MONDAY, PATIENT, Ward, founded
from dosed import recorded

from ledger.errors import NotAllowed, Refused
from projections.card import Status
from projections.patient import status


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Two doses, 3 and 10 mg, both tolerated; the second was recorded with a key that had been stolen."""
    folder = tmp_path_factory.mktemp("stolen")
    ward = Ward.copy(founded(folder / "original.ledger"), folder / "trial.ledger")
    for day, amount in enumerate(("3mg", "10mg")):
        dose = recorded(ward, amount, MONDAY + timedelta(days=2 * day))
        ward.now += timedelta(hours=1)
        ward.do("inv.1", "tolerance assess", dose=dose, worst=0)
    ward.do("reg.1", "key revoke", person="nurse.1", reason="compromised", suspected_from=dose)
    ward.now += timedelta(days=2)
    yield ward
    ward.close()


def card(ward: Ward) -> Status:
    """The patient's card now."""
    return status(ward.book, PATIENT, now=ward.local)


def order(ward: Ward, amount: str) -> object:
    """What would be signed if a dose were ordered for an hour from now."""
    planned = (ward.now + timedelta(hours=1)).isoformat(timespec="minutes")
    return ward.plan("inv.1", "dose order", patient=PATIENT, drug=DRUG, amount=amount, **{"for": planned})


@pytest.mark.req("P11-300c")
def test_a_disputed_dose_counts_and_permits_nothing(site: Ward) -> None:
    """A thirteenth dose would be ordered because one is doubted, or a step taken on a dose that was never given."""
    data = card(site)
    assert [("infusion.recorded/1", "disputed", ["Nurse.1"])] == [
        (one.kind, one.state, [signature.name for signature in one.signatures]) for one in data.disputed
    ]
    assert (2, "10") == (data.step_up.counted, data.step_up.protocol_step_mg)
    assert [("as-recorded", 2, "30"), ("without-disputed", 1, "10")] == [
        (one.reading, one.counted, one.protocol_step_mg) for one in data.readings
    ]
    with pytest.raises(Refused) as refused:
        order(site, "30mg")
    assert "A-LADDER" in refused.value.rules


@pytest.mark.req("P11-300c")
def test_she_answers_with_another_key(site: Ward) -> None:
    """The nurse herself could not say which of the doses were hers, or the thief could."""
    (doubted,) = card(site).disputed
    with pytest.raises(NotAllowed, match="holds no valid key"):
        site.do("nurse.1", "key reaffirm", entries=[f"#{doubted.entry}"])
    site.held["nurse.1"] = "nurse.1 again"
    site.do("reg.1", "person enrol", wit=("reg.2",), request=site.request("nurse.1"), role=["nurse"])
    site.do("nurse.1", "key reaffirm", entries=[f"#{doubted.entry}"])
    data = card(site)
    assert ((), (), "30") == (data.disputed, data.readings, data.step_up.protocol_step_mg)
    assert order(site, "30mg")
    assert ("ok-unanchored", []) == (
        site.report().verdict,
        [one.code for one in site.report().notices if one.code == "disputed"],
    )
