"""Every step of an append breaks in every way; afterwards nothing or everything is stored, and the audit is clean."""

from __future__ import annotations

import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import faulty
import pytest
from faulty import STEPS, FaultyConnection, Packed, Plan
from minting import Site, committed, key_of

from ledger.book import Ledger
from ledger.errors import DoseLedgerError, OutcomeUnknown, Unavailable
from ledger.events.base import DictionaryRef, ProtocolRef, Reason
from ledger.events.patient import PatientMeasured
from ledger.events.study import ProtocolActivated


def batch(site: Site) -> Packed:
    """Two versions of a protocol brought into force in one act, with a text and the files that they name."""
    commitment, pair = committed("typed from the paper chart")
    files = {sha256(data).hexdigest(): data for data in (b"[pack 1]\n", b"[pack 2]\n", b"terms\n")}
    first, second, terms = files
    events = [
        ProtocolActivated(
            pack=ProtocolRef(id="demo", version=version, digest=digest),
            dictionary=DictionaryRef(ctcae="5.0", digest=terms),
            fictional=(),
        )
        for version, digest in (("1", first), ("2", second))
    ]
    raws = site.act("study", *events, by="petra", reason=Reason(code="downtime", text=commitment))
    return Packed(raws, site.now, {commitment: pair}, files)


@pytest.fixture
def site(place: str) -> Site:
    """A staffed site with one entry of the patient."""
    found = Site(place).staffed()
    found.write("patient/001-001", PatientMeasured(weight_kg="70", height_cm=None), by="nina")
    return found


def checked(path: str, before: int, packed: Packed) -> int:
    """The one oracle: the file is whole, holds all or nothing, and running the same act again completes it."""
    with Ledger.open(path, read_only=True) as book:
        assert list(book.audit()) == []
        found = book.size
    assert found in {before, before + 2}
    with Ledger.open(path, log_signer=key_of("the log")) as book:
        receipts = packed.append(book)
        assert (before, before + 1) == tuple(receipt.position for receipt in receipts)
        assert before + 2 == book.size
        assert receipts == packed.append(book)
        assert list(book.audit()) == []
    return found


@pytest.mark.parametrize("after", [False, True], ids=["fails", "persists"])
@pytest.mark.parametrize("step", STEPS)
def test_a_disk_that_fails(site: Site, monkeypatch: pytest.MonkeyPatch, step: str, after: bool) -> None:
    """A write error would leave half an administration, or a dose given twice because nobody knows of the first."""
    faulty.install(monkeypatch.setattr)
    packed = batch(site)
    before = site.book.size
    site.book.close()
    with Ledger.open(site.path, log_signer=site.log_key) as book:
        monkeypatch.setattr(FaultyConnection, "plan", Plan(step, after, faulty.broken_disk))
        with pytest.raises(OutcomeUnknown if step == "COMMIT" else Unavailable):
            packed.append(book)
        assert FaultyConnection.plan is None
        stored = before + 2 if (step, after) == ("COMMIT", True) else before
        assert stored == book.size
    assert stored == checked(site.path, before, packed)


@pytest.mark.parametrize("step", STEPS)
def test_the_same_ledger_goes_on_after_a_fault(site: Site, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """After one failed write the ward would have to restart the program before the next dose can be recorded."""
    faulty.install(monkeypatch.setattr)
    packed = batch(site)
    site.book.close()
    with Ledger.open(site.path, log_signer=site.log_key) as book:
        before = book.size
        monkeypatch.setattr(FaultyConnection, "plan", Plan(step, after=False, how=faulty.broken_disk))
        with pytest.raises(DoseLedgerError):
            packed.append(book)
        packed.append(book)
        assert before + 2 == book.size
        assert list(book.audit()) == []


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_killed_writer(site: Site, tmp_path: Path, step: str, moment: str) -> None:
    """A power cut while a dose is signed would leave a ledger that nobody can open, or an entry without its proof."""
    packed = batch(site)
    before = site.book.size
    site.book.close()
    packed.save(tmp_path / "batch.json")
    command = [sys.executable, faulty.__file__, str(site.path), str(tmp_path / "batch.json"), step, moment]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert -signal.SIGKILL == done.returncode, done.stderr
    expected = before + 2 if (step, moment) == ("COMMIT", "after") else before
    assert expected == checked(site.path, before, packed)


@pytest.mark.parametrize("place", ["file"], indirect=True)
def test_a_full_disk(site: Site) -> None:
    """On a full disk a dose would look recorded, or the ledger would be damaged by the attempt."""
    before = site.book.size
    connection = site.book._reader.database.connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages}")
    weight = PatientMeasured(weight_kg="72", height_cm=None)

    def fill() -> None:
        nonlocal before
        for _ in range(100):
            site.write("patient/001-001", weight, by="nina")
            before += 1

    with pytest.raises(Unavailable, match="disk is full") as caught:
        fill()
    assert "Free some space" in caught.value.fix
    assert before == site.book.size
    connection.execute("PRAGMA max_page_count=1000000")
    site.write("patient/001-001", PatientMeasured(weight_kg="73", height_cm=None), by="nina")
    assert list(site.book.audit()) == []
