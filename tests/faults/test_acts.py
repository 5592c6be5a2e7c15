"""Every step of writing an act breaks in every way: afterwards all of it stands or none, and it can be done again."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import acted
import faulty
import pytest
import server
from acted import ACTS, AFTER, COMMAND, Outbox, kept_by, reacted
from acts import MONDAY, PATIENT, Ward, founded
from faulty import FaultyConnection, Plan

from ledger.errors import DoseLedgerError, OutcomeUnknown, Refused, Unavailable

ENTRIES = {"assess": 3, "activate": 1}
CELLS = [
    *(("assess", step) for step in faulty.STEPS if step != "blobs"),
    *(("activate", step) for step in ("blobs", "COMMIT")),
]


@pytest.fixture(scope="module", params=["file", "server"])
def kind(request: pytest.FixtureRequest) -> str:
    """Where the ledgers lie."""
    return request.param


@pytest.fixture(scope="module")
def sites(kind: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Ledgers in which each act can be done."""
    folder = tmp_path_factory.mktemp("sites")

    def place(name: str) -> str:
        return server.place() if kind == "server" else str(folder / name)

    original = founded(place("founded.ledger"))
    with closing(Ward.copy(original, folder / "reacted.ledger", now=MONDAY)) as ward:
        reacted(ward)
        found = {"assess": ward.book.path}
    with closing(Ward.staffed(place("staffed.ledger"))) as ward:
        return {**found, "activate": ward.book.path}


@pytest.fixture
def ledger(sites: dict[str, str], tmp_path: Path, act: str) -> str:
    """A ledger of its own for the act."""
    with closing(Ward.copy(sites[act], tmp_path / "trial.ledger")) as ward:
        return ward.book.path


def checked(path: str, act: str, before: int, outbox: Outbox | None) -> int:
    """Judge what is there, do the act again under its command id, and give how many entries had been there."""
    with closing(Ward.open(path, seed="again", now=AFTER)) as ward:
        assert ward.report().findings == ()
        found = ward.book.size
        assert found in {before, before + ENTRIES[act]}
        stored = ward.book.receipts(COMMAND)
        assert len(stored) == found - before
        done = ACTS[act](ward) if outbox is None else outbox.send(ward)
        assert before + ENTRIES[act] == ward.book.size
        assert (stored or done.receipts) == done.receipts
        assert done.receipts == ACTS[act](ward).receipts == ward.book.receipts(COMMAND)
        assert before + ENTRIES[act] == ward.book.size
        assert list(ward.book.audit()) == []
    return found


def size(path: str) -> int:
    """How many entries there are."""
    with closing(Ward.open(path)) as ward:
        return ward.book.size


@pytest.mark.parametrize("after", [False, True], ids=["fails", "persists"])
@pytest.mark.parametrize(("act", "step"), CELLS)
def test_a_disk_that_fails_in_an_act(
    ledger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, act: str, step: str, after: bool
) -> None:
    """Half of a tolerance would be signed: the grade without the judgement that holds the next dose."""
    faulty.install(monkeypatch.setattr)
    before = size(ledger)
    with closing(Ward.open(ledger, now=AFTER)) as ward:
        outbox = kept_by(ward, tmp_path / "outbox.json")
        monkeypatch.setattr(FaultyConnection, "plan", Plan(step, after, faulty.broken_disk))
        with pytest.raises(OutcomeUnknown if step == "COMMIT" else Unavailable):
            ACTS[act](ward)
        assert FaultyConnection.plan is None
    stored = before + ENTRIES[act] if (step, after) == ("COMMIT", True) else before
    assert stored == checked(ledger, act, before, outbox if after and act == "assess" else None)


@pytest.mark.parametrize("kind", ["file"], indirect=True, scope="module")
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("act", "step"), CELLS)
def test_an_act_whose_process_is_killed(ledger: str, tmp_path: Path, act: str, step: str, moment: str) -> None:
    """A power cut at the bedside would leave a dose that was given twice, or a ledger that nobody can open."""
    before, outbox = size(ledger), tmp_path / "outbox.json"
    command = [sys.executable, acted.__file__, "kill", act, str(ledger), step, moment, str(outbox)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert -signal.SIGKILL == done.returncode, done.stderr
    stored = before + ENTRIES[act] if (step, moment) == ("COMMIT", "after") else before
    again = Outbox(outbox) if act == "assess" and moment == "before" else None
    assert stored == checked(ledger, act, before, again)


@pytest.mark.parametrize("act", ["assess"])
def test_bytes_that_cannot_be_kept_are_not_written(ledger: str, tmp_path: Path, act: str) -> None:
    """Without the signed bytes in the outbox, an unknown outcome could not be told from a dose never recorded."""
    before = size(ledger)
    with closing(Ward.open(ledger, now=AFTER)) as ward:
        (tmp_path / "a file").touch()
        outbox = kept_by(ward, tmp_path / "a file" / "no folder")
        with pytest.raises(OSError, match="Not a directory"):
            ACTS[act](ward)
        assert outbox.path.exists() is False
        assert before == ward.book.size
    assert before == checked(ledger, act, before, None)


@pytest.mark.parametrize("act", ["assess"])
@pytest.mark.parametrize("step", [step for step in faulty.STEPS if step != "blobs"])
def test_an_attempt_that_cannot_be_kept(ledger: str, monkeypatch: pytest.MonkeyPatch, act: str, step: str) -> None:
    """A refused order would be half-kept, or the broken disk would let it through."""
    faulty.install(monkeypatch.setattr)
    order = {"patient": PATIENT, "drug": "alemtuzumab", "amount": "30mg", "for": "2010-03-02T12:00-08:00"}
    with closing(Ward.open(ledger, now=AFTER)) as ward:
        before = ward.book.size
        monkeypatch.setattr(FaultyConnection, "plan", Plan(step, after=False, how=faulty.broken_disk))
        with pytest.raises(DoseLedgerError) as caught:
            ward.act("inv.1", "dose order", **order)
        assert isinstance(caught.value, OutcomeUnknown if step == "COMMIT" else Unavailable)
        assert before == ward.book.size
        with pytest.raises(Refused) as refused:
            ward.act("inv.1", "dose order", **order)
        assert before == refused.value.attempt
        assert ward.report().findings == ()
