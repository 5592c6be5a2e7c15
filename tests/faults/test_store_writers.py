"""Several writers of one ledger: everybody gets a turn, nobody forks the log."""

from __future__ import annotations

import fcntl
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import psycopg
import pytest
import writer
from minting import Site

from ledger.book import Ledger
from ledger.book.keeping import digest_of
from ledger.copies import form_of
from ledger.errors import Conflict, DoseLedgerError, Unavailable
from ledger.events.patient import PatientMeasured
from ledger.merkle import proof
from ledger.merkle.checkpoint import parse
from ledger.storage.location import conninfo, is_url, schema_of
from ledger.storage.postgres import locks

WEIGHT = PatientMeasured(weight_kg="70", height_cm=None)
EACH = 12


@pytest.fixture
def site(place: str) -> Site:
    """A staffed site."""
    return Site(place).staffed()


def started(site: Site, name: str, seed: int = 0) -> subprocess.Popen[str]:
    """A process in which somebody writes; `seed` makes its ids new."""
    command = [sys.executable, writer.__file__, str(site.path), name, str(EACH), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_three_processes_write_about_one_patient(site: Site) -> None:
    """Two nurses and a coordinator at one bedside would lose an entry, or see the error of a lock."""
    start = site.book.size
    names = ("nina", "norbert", "clara")
    running = [started(site, name) for name in names]
    outputs = [process.communicate(timeout=120) for process in running]
    assert [("", 0)] * 3 == [(err, process.returncode) for (_, err), process in zip(outputs, running, strict=True)]
    told = sorted(int(position) for out, _ in outputs for position in out.split())
    assert list(range(start, start + 3 * EACH)) == told
    assert list(site.book.audit()) == []
    entries = site.book.stream(writer.PATIENT)
    assert told == [entry.position for entry in entries]
    assert [EACH] * 3 == [sum(entry.author.person == name for entry in entries) for name in names]


def test_a_look_at_the_file_takes_no_lock_away(site: Site) -> None:
    """A look that opens the file beside SQLite, and closes it, would let the next writer fold what is still written."""
    for seed, look in enumerate((form_of, digest_of, lambda path: list(site.book.audit()))):
        with suppress(Unavailable):  # there is no file of a ledger on a server
            look(str(site.path))
        before = site.book.size
        told = started(site, "nina", seed).communicate(timeout=120)[0].split()
        assert [str(before + i) for i in range(EACH)] == told
        assert before + EACH == site.book.size
        own = site.write(writer.PATIENT, WEIGHT, by="norbert").position
        fresh = started(site, "clara", seed).communicate(timeout=120)[0].split()
        assert [str(own + 1 + i) for i in range(EACH)] == fresh
    assert [] == list(site.book.audit())


@pytest.mark.soak
def test_writers_are_killed_while_they_write(site: Site, soak_seconds: float) -> None:
    """Of three workstations one loses its power: what the others record would be lost, or they would wait for ever."""
    rounds, until = 0, monotonic() + soak_seconds
    chance = random.Random(20260112)
    while rounds == 0 or monotonic() < until:
        before = site.book.size
        running = [started(site, name, rounds) for name in ("nina", "norbert", "clara")]
        victim = running[0]
        assert victim.stdout is not None
        for _ in range(chance.randrange(EACH)):
            victim.stdout.readline()
        victim.kill()
        victim.communicate()
        told = [process.communicate(timeout=120)[0].split() for process in running[1:]]
        assert [EACH, EACH] == [len(positions) for positions in told]
        assert before + 2 * EACH <= site.book.size <= before + 3 * EACH
        assert list(site.book.audit()) == []
        rounds += 1
    assert rounds > 0


def test_another_writer_is_noticed(site: Site) -> None:
    """What this workstation has read would hide the dose that another one recorded a second ago."""
    other = Site(site.path, seed="other", join=True)
    site.write("patient/001-001", WEIGHT, by="nina")
    assert site.book.stream("patient/001-001") == other.book.stream("patient/001-001")
    other.enrol("nora", "Nora Neu", "nurse")
    other.write("patient/001-001", WEIGHT, by="nora")
    assert site.book.size == other.book.size
    assert site.book.stream("patient/001-001") == other.book.stream("patient/001-001")
    assert site.book.roster() == other.book.roster()
    site.write("patient/001-001", WEIGHT, by="nina")
    assert site.book.root() == other.book.root()
    other.book.close()


def test_two_enrolments_of_one_person_race(site: Site) -> None:
    """A decision taken on what was true a minute ago would stand beside the one that made it untrue."""
    other = Site(site.path, seed="other", join=True)
    late = other.draft("people", other.enrolment(other.add("nora", "Nora Neu", "nurse")), by=("rita", "rolf"))
    winner = site.enrol("nils", "Nils Nord", "nurse").position
    other.tick()
    with pytest.raises(Conflict) as caught:
        other.store(late)
    assert winner == caught.value.winner
    assert list(other.book.audit()) == []
    other.book.close()


def test_the_turn_is_taken_again_by_who_has_it(site: Site) -> None:
    """The act that reads, decides and appends in one turn would wait for itself for ever."""
    with site.book.turn(), site.book.turn(timeout=1):
        before = site.book.size
        site.write("patient/001-001", WEIGHT, by="nina")
        assert before + 1 == site.book.size


def test_two_books_of_one_process_share_the_turn(site: Site) -> None:
    """A window that is open beside the ward list would block the nurse who types in the ward list."""
    with Ledger.open(site.path, log_signer=site.log_key) as other, site.book.turn():
        raw = site.draft("patient/001-001", WEIGHT, by="nina")
        assert site.book.size == other.append([raw], now=site.now)[0].position


@contextmanager
def held_elsewhere(place: str) -> Iterator[None]:
    """The turn, as another program holds it."""
    if is_url(place):
        with psycopg.connect(conninfo(place)) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (locks.turn_key(schema_of(place)),))
            yield
        return
    with Path(f"{place}.lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_a_turn_that_does_not_come(site: Site) -> None:
    """A program that hangs in its turn would stop every dose from being recorded, without a word why."""
    with held_elsewhere(str(site.path)):
        with pytest.raises(Unavailable, match=r"more than 0\.05 seconds") as caught, site.book.turn(timeout=0.05):
            raise AssertionError("the turn belongs to another program")
        assert "end it if it hangs" in caught.value.fix
    with site.book.turn(timeout=1):
        assert site.book.size > 0


def test_a_turn_that_another_thread_has(site: Site) -> None:
    """Two threads would both believe that nothing changes under their decision."""
    found: list[DoseLedgerError] = []

    def wait() -> None:
        try:
            with site.book.turn(timeout=0.05):
                found.clear()
        except Unavailable as error:
            found.append(error)

    with site.book.turn():
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
    assert ["Somebody else has been writing for more than 0.05 seconds."] == [error.what for error in found]


def test_a_writer_that_waited_gets_what_is_true(site: Site) -> None:
    """A writer that waited would append behind a head that is no longer the head."""
    raw = site.draft("patient/001-001", WEIGHT, by="nina")
    site.write("patient/001-002", WEIGHT, by="norbert")
    receipt = site.store(raw)[0]
    assert site.book.size - 1 == receipt.position
    head, _ = parse(receipt.checkpoint)
    proof.check_inclusion(bytes.fromhex(receipt.leaf), receipt.position, head.size, receipt.proof, head.root)
