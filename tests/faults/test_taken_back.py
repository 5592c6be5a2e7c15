"""At the command line: an act that waits is taken back by who began it, and doubt behind an anchor takes two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from acts import MONDAY, PATIENT, Ward, founded

from commands.notes import note
from ledger.errors import Conflict, NotAllowed
from ledger.events.archive import AnchorMade

SLIP = {"reason": "transcription", "reason_text": "a slip of the hand"}
MISTAKE = {"reason": "entered-in-error", "reason_text": "entered by mistake"}


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A ward with one enrolled patient, whose record holds at the end."""
    one = Ward.copy(founded(tmp_path / "founded.ledger"), tmp_path / "trial.ledger", now=MONDAY)
    yield one
    assert () == one.report().findings
    one.close()


def test_a_waiting_correction_is_taken_back(ward: Ward) -> None:
    """A slip in a correction would keep the true dose out of the record until the investigator is back."""
    at, until = "2010-03-01T07:00-08:00", "2010-03-01T09:00-08:00"
    dose = ward.do("nurse.1", "dose record", patient=PATIENT, drug="alemtuzumab", given="30mg", at=at, until=until)
    slip = ward.do("nurse.1", "correct", entry=dose, set=["given=13mg"], **SLIP)
    with pytest.raises(Conflict, match="already has an amendment that awaits a signature") as waits:
        ward.do("nurse.1", "correct", entry=dose, set=["given=3mg"], **SLIP)
    assert "or void it" in waits.value.fix
    ward.do("nurse.1", "void", entry=slip, **MISTAKE)
    ward.do("nurse.1", "correct", entry=dose, set=["given=3mg"], wit=("pi.1",), **SLIP)
    assert ["3"] == [str(one.given_mg) for one in ward.file().course.doses]


def test_a_doubt_behind_an_anchor_asks_for_a_second_registrar(ward: Ward) -> None:
    """A registrar would not be told why her signature alone is not enough, and look for the fault elsewhere."""
    head = ward.book.head()
    event = AnchorMade(form="paper", size=head.size, root=head.root, evidence=None, authority=None, at=None)
    note(ward.book, ward.post, "archive", lambda _pad, _roster: event)
    said = {"person": "nurse.9", "reason": "compromised"}
    with pytest.raises(NotAllowed, match=r"key.revoked/1 needs 2 signatures") as alone:
        ward.do("reg.1", "key revoke", **{"suspected-from": f"#{head.size - 1}"}, **said)
    assert f"a head of {head.size} entries was anchored outside" == alone.value.why
    ward.do("reg.1", "key revoke", wit=("reg.2",), **{"suspected-from": f"#{head.size - 1}"}, **said)
