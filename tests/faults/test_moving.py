"""A ledger that is moved: the same bytes and root at the other place, whole or not at all, whatever interrupts it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from acts import MONDAY, PATIENT, Ward
from tampering import reversed_bytes, tampering

from commands.cli.lastseen import opener_of
from ledger.book import Ledger, moving
from ledger.book.moving import Moved, move
from ledger.errors import IntegrityFailure, Unavailable
from ledger.storage.carrying import unfinished
from ledger.verify import Report, verify_path
from projections.export import jsonl

AFTER = MONDAY + timedelta(days=2)
TABLES = ("meta", "entries", "signers", "nodes", "checkpoints", "texts", "redactions", "blobs")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with files, with texts, with one text that two persons deleted, and acts of several entries."""
    path = tmp_path_factory.mktemp("original") / "trial.ledger"
    with closing(Ward.founded(path)) as ward:
        ward.now = MONDAY
        ward.do("crc.1", "patient register", patient="P-002", sex="F", birth_year=1970)
        ward.given("3mg")
        for words in ("seen on the round", "Mrs Example's daughter called"):
            weight = ward.do(
                "nurse.1", "patient measure", patient=PATIENT, weight="70kg", reason="late-entry", reason_text=words
            )
        ward.do("pi.1", "redact", entry=weight, reason="privacy", wit=("crc.1",))
    return path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copyfile(original, tmp_path / "trial.ledger"))


def moved(source: Path, target: Path) -> Moved:
    """Move a ledger as the command does."""
    with Ledger.open(source, read_only=True) as ledger:
        return move(source, target, opener_of(ledger))


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as file:
        return {table: sorted(file.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}


def judged(path: Path) -> Report:
    """What an inspector finds."""
    return verify_path(str(path), workers=1)


@pytest.mark.req("EM-6.10")
def test_everything_arrives(path: Path, tmp_path: Path) -> None:
    """A site that changes its machine would leave a dose, a text or a signed head behind."""
    found = moved(path, tmp_path / "new.ledger")
    with Ledger.open(path, read_only=True) as before:
        assert Moved(before.size, before.root(), 0) == found
    assert rows(path) == rows(tmp_path / "new.ledger")
    assert judged(path) == judged(tmp_path / "new.ledger")
    assert 0o600 == (tmp_path / "new.ledger").stat().st_mode & 0o777
    assert ["new.ledger", "trial.ledger"] == sorted(one.name for one in tmp_path.iterdir())


def test_a_copy_of_the_whole_is_a_ledger_again(path: Path, tmp_path: Path) -> None:
    """Of a site whose machines are gone, the export in the archive would be paper only."""
    with Ledger.open(path, read_only=True) as ledger:
        jsonl.directory(ledger, str(tmp_path / "whole"), size=ledger.size, patients=())
        jsonl.directory(ledger, str(tmp_path / "part"), size=ledger.size, patients=("P-002",))
    assert judged(path).root == moved(tmp_path / "whole", tmp_path / "new.ledger").root.hex()
    assert rows(path) == rows(tmp_path / "new.ledger")
    with pytest.raises(Unavailable, match="were left out"):
        moved(tmp_path / "part", tmp_path / "never.ledger")
    assert [] == list(tmp_path.glob("never*"))


def test_nothing_is_ever_written_over(path: Path, tmp_path: Path) -> None:
    """The ledger of another trial would be gone because of a slip of the pen."""
    (tmp_path / "other.ledger").write_text("another trial", encoding="utf-8")
    with pytest.raises(Unavailable, match="already a file"):
        moved(path, tmp_path / "other.ledger")
    assert "another trial" == (tmp_path / "other.ledger").read_text(encoding="utf-8")


@pytest.fixture
def stops(monkeypatch: pytest.MonkeyPatch) -> type[Exception]:
    """A move that is interrupted after its third transaction, of small ones."""
    carry = moving.carry
    left = [3]

    def interrupted(*args: object, **options: object) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        carry(*args, **options)

    monkeypatch.setattr(moving, "STRETCH", 5)
    monkeypatch.setattr(moving, "carry", interrupted)
    return KeyboardInterrupt


def test_an_interrupted_move_goes_on(path: Path, tmp_path: Path, stops, monkeypatch) -> None:
    """Half a night's copy of a large trial would begin anew, or half a ledger would look like a whole one."""
    new = tmp_path / "new.ledger"
    with pytest.raises(stops):
        moved(path, new)
    assert not new.exists()
    assert (tmp_path / "new.ledger.part").exists()
    monkeypatch.undo()
    with closing(Ward.open(path, now=AFTER)) as ward:
        ward.do("crc.1", "patient measure", patient=PATIENT, weight="71kg")
    found = moved(path, new)
    assert 15 <= found.before < found.size
    assert rows(path) == rows(new)
    assert judged(path) == judged(new)
    assert ["new.ledger"] == [one.name for one in tmp_path.glob("new*")]


def test_half_of_another_ledger_is_not_gone_on_with(path: Path, tmp_path: Path, stops, monkeypatch) -> None:
    """The first half of one trial and the second half of another would stand in one file."""
    with pytest.raises(stops):
        moved(path, tmp_path / "new.ledger")
    monkeypatch.undo()
    with closing(Ward.staffed(tmp_path / "other.ledger")):
        pass
    with pytest.raises(Unavailable, match="not of this ledger"):
        moved(tmp_path / "other.ledger", tmp_path / "new.ledger")
    assert judged(path).root == moved(path, tmp_path / "new.ledger").root.hex()


KILLED = """
import os, signal, sys
from ledger.book import Ledger, moving
from commands.cli.lastseen import opener_of
source, target, count = sys.argv[1:]
moving.STRETCH = 5
def told(done, _):
    if done >= int(count):
        os.kill(os.getpid(), signal.SIGKILL)
with Ledger.open(source, read_only=True) as ledger:
    moving.move(source, target, opener_of(ledger), progress=told)
"""


@pytest.mark.parametrize("count", [1, 20])
def test_a_move_that_is_killed_goes_on(path: Path, tmp_path: Path, count: int) -> None:
    """Whoever pulls the plug in the middle of the move would have to know which half to throw away."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(tmp_path / "new.ledger"), str(count)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert -9 == done.returncode, done.stderr
    assert not (tmp_path / "new.ledger").exists()
    assert 0 < moved(path, tmp_path / "new.ledger").before
    assert rows(path) == rows(tmp_path / "new.ledger")


SPOILED = {
    "entry": ("entries", "raw", "leaf_index = 20", "cannot be read"),
    "checkpoint": ("checkpoints", "note", "size = 20", "does not hold"),
    "text": ("texts", "text", "leaf_index = (SELECT max(leaf_index) FROM texts)", "not the one that was signed"),
    "blob": ("blobs", "data", "rowid = 1", "not the one that was stored"),
}


@pytest.mark.parametrize("what", SPOILED)
def test_nothing_damaged_is_carried_over(path: Path, tmp_path: Path, what: str) -> None:
    """A damaged record would be given a clean place, and the damage a clean name."""
    table, column, where, said = SPOILED[what]
    with tampering(path) as file:
        reversed_bytes(file, table, column, where)
    with pytest.raises(IntegrityFailure, match=said) as caught:
        moved(path, tmp_path / "new.ledger")
    assert "doseledger verify" in caught.value.fix
    assert not (tmp_path / "new.ledger").exists()


@pytest.mark.parametrize("what", ["DELETE FROM entries WHERE leaf_index = 20", "DELETE FROM texts"])
def test_nothing_missing_is_passed_over(path: Path, tmp_path: Path, what: str) -> None:
    """An entry that somebody removed would be missing in the copy too, where nobody looks for it."""
    with tampering(path) as file:
        file.execute(what)
    with pytest.raises(IntegrityFailure, match="missing"):
        moved(path, tmp_path / "new.ledger")
    assert not (tmp_path / "new.ledger").exists()


def test_entries_without_their_checkpoint_are_not_moved(path: Path, tmp_path: Path) -> None:
    """What the log never sealed would look sealed."""
    with tampering(path) as file:
        file.execute("DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)")
    with pytest.raises(IntegrityFailure, match="No checkpoint covers"):
        moved(path, tmp_path / "new.ledger")


def test_words_that_were_redacted_stay_behind(path: Path, tmp_path: Path) -> None:
    """Words that two persons deleted, and somebody put back into the file, would travel with it."""
    with closing(sqlite3.connect(path)) as file:
        ((commitment,),) = file.execute("SELECT commitment FROM redactions").fetchall()
    with tampering(path) as file:
        file.execute("INSERT INTO texts VALUES (?, 3, ?, ?)", (commitment, bytes(32), b"put back"))
    moved(path, tmp_path / "new.ledger")
    with Ledger.open(tmp_path / "new.ledger", read_only=True) as new:
        assert new.text(commitment) is None
    assert judged(tmp_path / "new.ledger").findings == ()


def test_two_programs_do_not_make_one_copy(path: Path, tmp_path: Path) -> None:
    """Two colleagues who move the same ledger at the same time would write into one file."""
    with unfinished(str(tmp_path / "new.ledger"), 1, bytes(32)):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(path), str(tmp_path / "new.ledger"), "1"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "another program is writing it" in done.stderr


def test_a_moved_ledger_is_written_on(path: Path, tmp_path: Path) -> None:
    """At its new place the ledger would be a picture of the record, into which nobody can enter the next dose."""
    moved(path, tmp_path / "new.ledger")
    with closing(Ward.open(tmp_path / "new.ledger", now=AFTER)) as ward:
        before = ward.book.size
        ward.do("crc.1", "patient measure", patient=PATIENT, weight="71kg")
        assert before + 1 == ward.book.size
        assert ward.report().findings == ()


CHANGES = {
    "an entry": ("entries", "raw", "leaf_index = 3"),
    "a text": ("texts", "text", "commitment = (SELECT min(commitment) FROM texts)"),
    "a checkpoint": ("checkpoints", "note", "size = 3"),
    "a file": ("blobs", "data", "digest = (SELECT min(digest) FROM blobs)"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_an_unfinished_copy_that_somebody_changed_is_not_gone_on_with(path, tmp_path, what) -> None:
    """What is "the same bytes" by the program's own word would be what somebody put into the folder meanwhile."""
    new = tmp_path / "new.ledger"
    shutil.copyfile(path, tmp_path / "new.ledger.part")
    (tmp_path / "new.ledger.part").chmod(0o600)
    with tampering(tmp_path / "new.ledger.part") as hand:
        reversed_bytes(hand, *CHANGES[what])
    with pytest.raises(IntegrityFailure, match="was changed"):
        moved(path, new)
    assert not new.exists()


@pytest.mark.parametrize("how", ["open to all", "a link", "with a second name"])
def test_an_unfinished_copy_of_somebody_else_is_not_gone_on_with(path, tmp_path, how) -> None:
    """Whoever prepares the file keeps a hand in it: the new ledger of the site would be his to write."""
    part, there = tmp_path / "new.ledger.part", tmp_path / "his"
    shutil.copyfile(path, there)
    there.chmod(0o666 if how == "open to all" else 0o600)
    if how == "a link":
        part.symlink_to(there)
    elif how == "with a second name":
        part.hardlink_to(there)
    else:
        there.rename(part)
    with pytest.raises(Unavailable, match="not a file of your own"):
        moved(path, tmp_path / "new.ledger")
    assert not (tmp_path / "new.ledger").exists()
