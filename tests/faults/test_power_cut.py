"""The plug is pulled at any moment: every receipt that somebody took home is still true, and the ledger goes on."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random
from time import monotonic

import power
import pytest
from minting import Site
from power import Call, Disk, kept

from ledger.book import Ledger, Receipt
from ledger.errors import DoseLedgerError
from ledger.events.patient import PatientMeasured

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="NOT RUN: strace is not here")
ENTRIES = 12
CUTS = 48


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A staffed site, at rest."""
    path = tmp_path_factory.mktemp("before") / "trial.ledger"
    Site(path).staffed().book.close()
    return path


@pytest.fixture(scope="module")
def done(before: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """What a writer did to the disk while he wrote entries, and whom he told when."""
    path = Path(shutil.copyfile(before, tmp_path_factory.mktemp("done") / "trial.ledger"))
    calls = power.traced(path, ENTRIES)
    assert ENTRIES == sum(call.what == "say" for call in calls)
    return [Call(call.what, call.path.replace(str(path), str(before)), call.at, call.data) for call in calls]


def cut(before: Path, done: list[Call], moment: int, folder: Path, chance: Random) -> tuple[Path, list[Receipt]]:
    """The ledger after the power went at a moment, and the receipts that had been given out by then."""
    disk = Disk.of(before)
    for call in done[:moment]:
        disk.do(call)
    folder.mkdir()
    disk.image(folder, chance)
    said = [Receipt.from_json(call.data) for call in done[:moment] if call.what == "say"]
    return folder / before.name, said


def lost(path: Path, said: list[Receipt]) -> list[int]:
    """The receipts that are not true of the ledger at a path: their positions."""
    with Ledger.open(path, read_only=True) as book:
        assert [] == list(book.audit())
        return [one.position for one in said if not kept(book, one)]


def goes_on(path: Path) -> None:
    """The next entry is written as if nothing had been."""
    site = Site(path, seed=f"after {path.parent.name}", join=True)
    size = site.book.size
    site.write("patient/001-001", PatientMeasured(weight_kg="80", height_cm=None), by="norbert")
    assert size + 1 == site.book.size
    assert [] == list(site.book.audit())
    site.book.close()


def test_every_receipt_survives(before: Path, done: list[Call], tmp_path: Path) -> None:
    """A dose that was recorded, and whose receipt the nurse holds, would not have been given after all."""
    chance = Random(20260112)
    for number, moment in enumerate(sorted(chance.sample(range(len(done) + 1), CUTS))):
        path, said = cut(before, done, moment, tmp_path / str(number), chance)
        assert [] == lost(path, said), moment
        if number % 8 == 0:
            goes_on(path)


def test_a_disk_that_lies_is_noticed(before: Path, done: list[Call], tmp_path: Path) -> None:
    """A test that finds every receipt whatever the disk did would find them on a disk that keeps nothing, too."""
    chance = Random(1)
    unforced = [call for call in done if call.what != "sync"]
    missing = 0
    for number in range(20):
        path, said = cut(before, unforced, len(unforced) * (number + 1) // 20, tmp_path / str(number), chance)
        try:
            missing += bool(lost(path, said))
        except (DoseLedgerError, AssertionError):
            missing += 1
    assert missing > 10


@pytest.mark.soak
def test_every_receipt_survives_any_cut(before: Path, done: list[Call], tmp_path: Path, soak_seconds: float) -> None:
    """The one moment in a thousand at which the plug must not be pulled would be found by a cleaner."""
    until, number = monotonic() + soak_seconds, 0
    while monotonic() < until:
        chance = Random(number)
        path, said = cut(before, done, chance.randrange(len(done) + 1), tmp_path / str(number), chance)
        assert [] == lost(path, said), number
        goes_on(path)
        shutil.rmtree(path.parent)
        number += 1
    assert number > 0
