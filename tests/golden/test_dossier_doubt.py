"""A dossier of a site where a key was stolen: whoever reads it sees which entries are in doubt, and since when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from acts import PATIENT, Ward
from dossiers import Opened, in_a_browser, made, opened, running

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A patient with one dose, begun by a nurse whose key is suspected from then on."""
    found = Ward.founded(tmp_path_factory.mktemp("ward") / "trial.ledger")
    dose = found.given("3mg")
    found.do("reg.1", "key revoke", person="nurse.1", reason="compromised", suspected_from=dose)
    yield found
    found.book.close()


@pytest.fixture(scope="module")
def shown(ward: Ward, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Its dossier, opened."""
    page = made(ward, tmp_path_factory.mktemp("dossier") / "dossier.html")
    with running() as browser, opened(browser, page) as found:
        yield found


def test_a_dose_under_a_stolen_key_is_marked(shown: Opened) -> None:
    """An inspector who reads the dose beside her name would take a thief's word for the nurse's."""
    shown.go(f"patient={PATIENT}")
    assert "DISPUTED" in shown.text("table.stacked tbody tr >> nth=0")
    assert "DISPUTED" in shown.text("ol.timeline")


def test_only_entries_in_doubt_are_listed_as_such(shown: Opened) -> None:
    """Where the mark is on everything, or on nothing, nobody knows what the owner of the key has to answer for."""
    shown.go("entries")
    shown.page.get_by_role("combobox", name="Only").select_option("doubt")
    rows = shown.page.locator("table.entries tbody tr").all_inner_texts()
    shown.page.get_by_role("button", name="Clear").click()
    assert [True, True] == ["DISPUTED" in row and "Infusion" in row for row in rows]


def test_nothing_is_in_doubt_before_the_key_was_revoked(ward: Ward, shown: Opened) -> None:
    """Who gave the next dose in good faith must not look as if he had known."""
    shown.known(ward.head()[0] - 1)
    shown.go(f"patient={PATIENT}")
    before = shown.text("main")
    shown.known(ward.head()[0])
    assert ("DISPUTED" in before, "DISPUTED" in shown.text("main")) == (False, True)
