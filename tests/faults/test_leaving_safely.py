"""Words of people on their way out of the ledger: no other patient shows through, and no table runs a formula."""

from __future__ import annotations

from contextlib import closing

import pytest
from acts import PATIENT, Ward, founded

from projections.export.scope import withheld
from projections.export.tables import harmless

OTHER = "P-002"
SPOKEN = (
    f"given to {PATIENT}",
    "seen with ptP-001 today",
    "P-001_late",
    "p-001 had a fever",
    "P\u2011001 had a fever",
    "P\u2013001",
    "\uff30-\uff10\uff10\uff11",
)
UNSPOKEN = ("P-0012 vials", "lot P-001-7", "10 P-0 001")


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Ward:
    """Two patients, and lots whose remarks name one of them, or look as if they did."""
    folder = tmp_path_factory.mktemp("leaving")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as found:
        found.enrol(OTHER)
        for place, words in enumerate((*SPOKEN, *UNSPOKEN)):
            found.do(
                "pharm.1",
                "lot receive",
                agent="alemtuzumab",
                strength="30mg",
                lot=f"L{place}",
                expiry="2011-01-01",
                vials="3",
                location="main",
                remarks=words,
            )
        yield found


def test_no_spelling_of_another_patients_number_leaves_with_a_copy(ward: Ward) -> None:
    """A copy for one patient's sponsor would carry what a pharmacist wrote about another."""
    lots = [one.position for one in ward.book.entries() if one.kind == "lot.received/1"]
    every = (*SPOKEN, *UNSPOKEN)
    said = dict(zip(lots[-len(every) :], every, strict=True))
    hidden = withheld(ward.book, [OTHER], ward.book.size)
    assert set(SPOKEN) == {words for place, words in said.items() if place in hidden}


@pytest.mark.parametrize("text", ["=1+1", " =1+1", "\u00a0@SUM(1)", "\uff1d1+1", "\uff0b1+x", "\t1", "\r\n=1"])
def test_no_cell_is_a_formula_in_any_width_or_behind_blanks(text: str) -> None:
    """A word in a record would fetch a file on the inspector's machine when the table is opened."""
    assert f"'{text}" == harmless(text)


@pytest.mark.parametrize("text", ["-1.5", "+02:00", "2010-03-01T10:00+01:00", "a = b", ""])
def test_amounts_and_times_stay_as_they_are(text: str) -> None:
    """An apostrophe before an amount would make a word of a number."""
    assert text == harmless(text)
