"""Backups and moves of a ledger into which somebody writes all the time: each is the whole of one moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import power
import pytest
import server
from minting import Site
from tampering import reversed_bytes, tampering

from commands.cli.lastseen import opener_of
from ledger.book import Ledger
from ledger.book.keeping import back_up
from ledger.book.moving import move
from ledger.errors import IntegrityFailure, Unavailable
from ledger.events.patient import PatientMeasured

ROUNDS = 3


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A staffed site, in a file or on a server."""
    path = tmp_path / "trial.ledger"
    Site(path).staffed().book.close()
    if request.param == "file":
        return str(path)
    found = server.shared()
    url = found.url(found.fresh())
    with Ledger.open(path, read_only=True) as ledger:
        move(path, url, opener_of(ledger))
    return url


@pytest.fixture
def written(place: str) -> Iterator[subprocess.Popen[bytes]]:
    """Somebody who writes into it without a pause, and prints each receipt."""
    process = subprocess.Popen(power.writer(place, 100_000), stdout=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_every_backup_is_whole(place: str, written: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """The one backup that is needed would be half of Tuesday and half of Wednesday."""
    assert written.stdout is not None
    sizes = []
    for number in range(ROUNDS):
        receipt = power.told(written.stdout.readline())
        assert receipt is not None
        for name, make in (("backup", back_up), ("copy", move)):
            target = tmp_path / f"{number}.{name}"
            with Ledger.open(place, read_only=True) as ledger:
                made = make(place, str(target), opener_of(ledger))
            with Ledger.open(target, read_only=True) as found:
                assert (made.size, made.root) == (found.size, found.root())
                assert [] == list(found.audit())
                assert power.kept(found, receipt)
            sizes.append(made.size)
    assert sorted(sizes) == sizes
    assert sizes[0] < sizes[-1]
    assert None is written.poll(), "whoever writes is not disturbed"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A staffed site, at rest."""
    found = tmp_path / "trial.ledger"
    site = Site(found).staffed()
    site.write("patient/001-001", PatientMeasured(weight_kg="70", height_cm=None), by="nina")
    site.book.close()
    return found


def test_a_damaged_ledger_is_no_backup(path: Path, tmp_path: Path) -> None:
    """A year of backups would all hold the same broken entry, and none the good one."""
    with tampering(path) as file:
        reversed_bytes(file, "entries", "raw", "leaf_index = 5")
    with Ledger.open(path, read_only=True) as ledger, pytest.raises(IntegrityFailure, match="not those that the log"):
        back_up(str(path), str(tmp_path / "b.backup"), opener_of(ledger))
    assert [] == list(tmp_path.glob("b.backup*"))


def test_no_place_for_a_backup(path: Path, tmp_path: Path) -> None:
    """Half a backup under the right name is worse than none."""
    with Ledger.open(path, read_only=True) as ledger:
        for target in (tmp_path / "nowhere" / "b.backup", path):
            with pytest.raises(Unavailable):
                back_up(str(path), str(target), opener_of(ledger))
    assert ["trial.ledger"] == [one.name for one in tmp_path.iterdir() if one.suffix != ".lock"]


LIMITED = """
import resource, sys
from commands.cli.lastseen import opener_of
from ledger.book import Ledger
from ledger.book.keeping import back_up
from ledger.errors import DoseLedgerError
source, target, limit = sys.argv[1:]
with Ledger.open(source, read_only=True) as ledger:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    try:
        back_up(source, target, opener_of(ledger))
    except DoseLedgerError as error:
        print(type(error).__name__, error.exit_code, error.what)
"""


def test_a_disk_too_small_for_it(path: Path, tmp_path: Path) -> None:
    """The backup disk is full since March, and nobody was told."""
    target = tmp_path / "b.backup"
    half = str(path.stat().st_size // 2)
    command = [sys.executable, "-c", LIMITED, str(path), str(target), half]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kind, code, words = done.stdout.strip().split(" ", 2)
    assert ("Unavailable", "6") == (kind, code), done.stdout
    assert "disk" in words
    assert [] == list(tmp_path.glob("b.backup*"))
