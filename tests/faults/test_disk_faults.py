"""A disk that fails while it is written, and a file whose pages were damaged: one sentence, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import power
import pytest
from minting import Site

from ledger.book import Ledger
from ledger.errors import DoseLedgerError
from ledger.events.patient import PatientMeasured
from ledger.storage.schema import PAGE_SIZE
from ledger.verify import verify_path

traced = pytest.mark.skipif(shutil.which("strace") is None, reason="NOT RUN: strace is not here")
FAULTS = {
    "killed in fdatasync": ("fdatasync:signal=SIGKILL:when=3", ()),
    "killed while it folds": ("fdatasync:signal=SIGKILL:when=9", ()),
    "killed while it writes": ("pwrite64:signal=SIGKILL:when=40", ()),
    "the disk fails in fdatasync": ("fdatasync:error=EIO:when=4", ("OutcomeUnknown 9", "did not confirm")),
    "the disk fails for good": ("fdatasync:error=EIO:when=4+", ("OutcomeUnknown 9", "did not confirm")),
    "the disk is full": ("pwrite64:error=ENOSPC:when=40+", ("Unavailable 6", "disk is full; nothing was stored")),
    "the disk does not take it": ("pwrite64:error=EIO:when=40+", ("OutcomeUnknown 9", "did not confirm")),
}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A staffed site with some entries of a patient, at rest."""
    path = tmp_path_factory.mktemp("before") / "trial.ledger"
    site = Site(path).staffed()
    for i in range(12):
        site.write("patient/001-001", PatientMeasured(weight_kg=str(60 + i), height_cm=None), by="nina")
    site.book.close()
    return path


@pytest.fixture
def path(before: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copyfile(before, tmp_path / "trial.ledger"))


@traced
@pytest.mark.parametrize("fault", FAULTS)
def test_a_disk_that_fails(path: Path, fault: str) -> None:
    """The nurse would hold a receipt for a dose that the disk never kept, or read a page of numbers."""
    inject, words = FAULTS[fault]
    with Ledger.open(path, read_only=True) as book:
        size = book.size
    command = ["strace", "-o", os.devnull, "-e", "trace=fdatasync,pwrite64", "-e", f"inject={inject}"]
    ran = subprocess.run([*command, *power.writer(path, 12)], capture_output=True, text=True, check=False)
    assert "Traceback" not in ran.stderr
    lines = ran.stdout.splitlines()
    said = [receipt for receipt in map(power.told, lines) if receipt is not None]
    refusals = lines[len(said) :]
    assert bool(words) == bool(refusals), refusals
    assert all(word in refusals[0] for word in words), refusals
    assert len(said) < 12
    with Ledger.open(path, read_only=True) as book:
        assert list(range(size, size + len(said))) == [receipt.position for receipt in said]
        assert [] == [receipt.position for receipt in said if not power.kept(book, receipt)]
        assert book.size - size - len(said) in {0, 1}
        assert [] == list(book.audit())
    site = Site(path, seed="later", join=True)
    grown = site.book.size
    site.write("patient/001-001", PatientMeasured(weight_kg="80", height_cm=None), by="norbert")
    assert grown + 1 == site.book.size
    site.book.close()


def pages(path: Path) -> list[int]:
    """Some pages of a file, the first among them."""
    count = path.stat().st_size // PAGE_SIZE
    return sorted({0, *range(1, count, max(1, count // 10))})


def read_through(path: Path) -> None:
    """Read a ledger from one end to the other, and ask it what commands ask."""
    with Ledger.open(path, read_only=True) as book:
        for entry in book.entries():
            book.prove(entry.position)
        for name in book.streams():
            book.stream(name)
        book.roster()
        book.kinds()


def damaged(path: Path, page: int, how: bytes) -> None:
    """Write other bytes over the second half of a page."""
    with path.open("r+b") as file:
        file.seek(page * PAGE_SIZE + PAGE_SIZE // 2)
        file.write(how)


@pytest.mark.parametrize("how", [os.urandom, bytes], ids=["noise", "zeros"])
def test_damaged_pages(before: Path, tmp_path: Path, how) -> None:
    """One bad sector would look like an empty record, keep the program for ever, or show a trace to a nurse."""
    found = 0
    for page in pages(before):
        path = Path(shutil.copyfile(before, tmp_path / f"{page}.ledger"))
        damaged(path, page, how(PAGE_SIZE // 2))
        if path.read_bytes() == before.read_bytes():
            continue  # the half was empty already
        found += verify_path(path, workers=1).exit_code == 8
        with suppress(DoseLedgerError):  # one of ours, or nothing that was asked lay on that page
            read_through(path)
    assert found >= 5


def test_a_file_that_was_cut_off(before: Path, tmp_path: Path) -> None:
    """A copy that was interrupted would open, and lack the newest doses without a word."""
    for pages_left in (1, 5, before.stat().st_size // PAGE_SIZE - 1):
        path = Path(shutil.copyfile(before, tmp_path / f"{pages_left}.ledger"))
        os.truncate(path, pages_left * PAGE_SIZE)
        assert 8 == verify_path(path, workers=1).exit_code
