"""A ledger that is moved to a server and back: equal rows and roots, and nobody writes into half of one."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import server
from acts import MONDAY, PATIENT, Ward, key

from commands.cli.lastseen import opener_of
from ledger.book import Ledger, moving
from ledger.book.keeping import back_up
from ledger.book.moving import Moved, move
from ledger.errors import Unavailable
from ledger.storage.opening import look_at
from ledger.verify import verify_path

AFTER = MONDAY + timedelta(days=2)
TABLES = ("entries", "signers", "nodes", "checkpoints", "texts", "redactions", "blobs")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with files, with texts, with one text that two persons deleted, and acts of several entries."""
    path = tmp_path_factory.mktemp("original") / "trial.ledger"
    with closing(Ward.founded(path)) as ward:
        ward.now = MONDAY
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


@pytest.fixture
def url() -> str:
    """Empty tables on a server."""
    found = server.shared()
    return found.url(found.fresh())


def moved(source: str | Path, target: str | Path) -> Moved:
    """Move a ledger as the command does."""
    with Ledger.open(source, read_only=True) as ledger:
        return move(source, target, opener_of(ledger))


def rows(place: str | Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    reader = look_at(str(place))
    try:
        return {table: sorted(map(tuple, reader.all(f"SELECT * FROM {table}")), key=repr) for table in TABLES}
    finally:
        reader.close()


@pytest.mark.req("EM-6.10")
def test_there_and_back(path: Path, url: str, tmp_path: Path) -> None:
    """A site that outgrows its file, or its server, would leave a dose, a text or a signed head behind."""
    there = moved(path, url)
    assert rows(path) == rows(url)
    back = moved(url, tmp_path / "back.ledger")
    assert there == back
    assert rows(path) == rows(tmp_path / "back.ledger")
    reports = [verify_path(str(place), workers=1) for place in (path, url, tmp_path / "back.ledger")]
    assert [()] * 3 == [report.findings for report in reports]
    assert 1 == len({(report.ledger, report.entries, report.root, report.verdict) for report in reports})


def test_a_moved_ledger_is_written_on(path: Path, url: str) -> None:
    """On the server the ledger would be a picture of the record, into which nobody can enter the next dose."""
    moved(path, url)
    ward = Ward(seed="there", now=AFTER)
    ward.book = Ledger.open(url, log_signer=key("log"))
    with closing(ward):
        before = ward.book.size
        ward.do("nurse.1", "patient measure", patient=PATIENT, weight="71kg")
        assert before + 1 == ward.book.size
        assert ward.report().findings == ()


@pytest.mark.parametrize("after", [0, 2])
def test_half_a_ledger_is_neither_read_nor_written(path: Path, url: str, monkeypatch, after: int) -> None:
    """Somebody would give a dose on the half of the record that has arrived, and begin a second history."""
    carry, left = moving.carry, [after]

    def interrupted(*args: object, **options: object) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        carry(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(moving, "STRETCH", 5)
        patch.setattr(moving, "carry", interrupted)
        with pytest.raises(KeyboardInterrupt):
            moved(path, url)
    for read_only in (True, False):
        with pytest.raises(Unavailable, match=r"not whole|no ledger"):
            Ledger.open(url, read_only=read_only, log_signer=None if read_only else key("log"))
    assert 8 == verify_path(url).exit_code
    found = moved(path, url)
    assert (after > 0) == (found.before > 0)
    assert rows(path) == rows(url)


def test_nothing_is_ever_written_over(path: Path, url: str) -> None:
    """The record of one trial would go on in that of another."""
    moved(path, url)
    with pytest.raises(Unavailable, match="already a ledger"):
        moved(path, url)
    assert rows(path) == rows(url)


def test_a_server_is_backed_up_into_one_file(path: Path, url: str, tmp_path: Path) -> None:
    """Who has a server would need another server to prove what was in it."""
    moved(path, url)
    with Ledger.open(url, read_only=True) as ledger:
        made = back_up(url, str(tmp_path / "b.backup"), opener_of(ledger))
        assert (ledger.size, ledger.root()) == (made.size, made.root)
    assert rows(path) == rows(tmp_path / "b.backup")
