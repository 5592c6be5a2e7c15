"""Opening a ledger: what cannot be opened says why and what to do, and a look never changes a file."""

from __future__ import annotations

import gc
import shutil
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from minting import Mint, Site, key_of

from ledger.book import Ledger
from ledger.errors import BadInput, DoseLedgerError, IntegrityFailure, NotAllowed, Unavailable
from ledger.events.patient import PatientMeasured
from ledger.storage import files

WEIGHT = PatientMeasured(weight_kg="70", height_cm=None)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A staffed site."""
    return Site(tmp_path / "trial.ledger").staffed()


def listing(path: Path) -> dict[str, bytes]:
    """Every file beside the ledger, with its bytes."""
    return {file.name: file.read_bytes() for file in path.parent.iterdir()}


def missing(path: Path) -> None:
    """No file at all."""
    path.unlink()


def a_letter(path: Path) -> None:
    """A file that is no database."""
    path.write_text("Dear colleague, " * 300, encoding="utf-8")


def an_empty_file(path: Path) -> None:
    """A file that was just touched."""
    path.write_bytes(b"")


def a_foreign_database(path: Path) -> None:
    """The database of another program."""
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE dose (mg REAL)")


def a_newer_one(path: Path) -> None:
    """A ledger of a version to come."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=2")


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (missing, "There is no ledger at"),
        (a_letter, "This file is not a ledger."),
        (an_empty_file, "This file is not a ledger."),
        (a_foreign_database, "This file is not a ledger."),
        (a_newer_one, "The ledger has storage format 2; this program knows 1."),
    ],
)
def test_what_is_not_our_ledger(site: Site, spoil: Callable[[Path], None], what: str, read_only: bool) -> None:
    """A mistyped path would silently become a new, empty record, or a traceback at the bedside."""
    site.book.close()
    spoil(site.path)
    before = listing(site.path)
    with pytest.raises(Unavailable) as caught:
        Ledger.open(site.path, read_only=read_only)
    assert caught.value.what.startswith(what)
    assert caught.value.fix
    assert before == listing(site.path)


def test_a_damaged_file_says_so(site: Site) -> None:
    """A page lost by the disk would show a patient without his last dose, and nobody would notice."""
    for _ in range(40):
        site.write("patient/001-001", WEIGHT, by="nina")
    site.book.close()
    data = bytearray(site.path.read_bytes())
    data[8192:] = b"\xa5" * (len(data) - 8192)
    site.path.write_bytes(data)
    with Ledger.open(site.path, read_only=True) as book:
        with pytest.raises(IntegrityFailure, match="damaged") as caught:
            list(book.entries())
        assert "backup" in caught.value.fix
        assert "unreadable" in {flaw.kind for flaw in book.audit()}


def test_a_file_that_cannot_be_written(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that became read-only a nurse would believe that her entry was stored."""
    site.book.close()
    connect = files.connect
    monkeypatch.setattr("ledger.storage.store.files.connect", lambda path, *, mode: connect(path, mode="ro"))
    with Ledger.open(site.path, log_signer=site.log_key) as site.book:
        with pytest.raises(Unavailable, match="cannot be written") as caught:
            site.write("patient/001-001", WEIGHT, by="nina")
        assert "read-only" in caught.value.fix


def test_another_program_holds_the_file(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup tool with the file open would make the program hang, or lose the entry."""
    before = site.book.size
    site.book._reader.database.connection.execute("PRAGMA busy_timeout=1")
    with closing(sqlite3.connect(site.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="in use by another program") as caught:
            site.write("patient/001-001", WEIGHT, by="nina")
        assert "Close the other program" in caught.value.fix
        other.execute("ROLLBACK")
    assert before == site.write("patient/001-001", WEIGHT, by="nina").position


def test_a_new_ledger_is_its_owners_alone(site: Site) -> None:
    """Anybody on the ward's computer could read the names of the staff and the course of every patient."""
    site.write("patient/001-001", WEIGHT, by="nina")
    modes = {file.name: stat.filemode(file.stat().st_mode) for file in site.path.parent.iterdir()}
    assert {"-rw-------"} == set(modes.values())
    assert {"trial.ledger", "trial.ledger-wal", "trial.ledger-shm", "trial.ledger.lock"} == set(modes)


def test_a_ledger_is_never_overwritten(site: Site) -> None:
    """Running the set-up twice would end the first record of the trial."""
    site.book.close()
    before = listing(site.path)
    mint = Mint()
    with pytest.raises(Unavailable, match="already a file"):
        Ledger.create(site.path, mint.genesis(), log_signer=mint.log_key, now=mint.now)
    assert before == listing(site.path)


def test_a_refused_first_entry_leaves_nothing(tmp_path: Path) -> None:
    """A ledger that one registrar alone has signed would stand there and look like the trial's."""
    mint = Mint()
    half = mint.genesis().replace(b'"signatures":[{', b'"signatures":[{', 1)
    first, _, _ = half.rpartition(b',{"protected"')
    with pytest.raises(NotAllowed):
        Ledger.create(tmp_path / "trial.ledger", first + b"]}", log_signer=mint.log_key, now=mint.now)
    assert [] == list(tmp_path.iterdir())


def test_the_key_of_another_log_is_refused(site: Site) -> None:
    """Checkpoints under a wrong key would make every later proof of a dose worthless."""
    site.book.close()
    with pytest.raises(BadInput, match="not the key of this log"):
        Ledger.open(site.path, log_signer=key_of("another log"))


def test_a_look_makes_no_file(site: Site) -> None:
    """An inspector's look would change the evidence, and fail on a disk that he may only read."""
    site.book.close()
    before = listing(site.path)
    with Ledger.open(site.path, read_only=True) as book:
        assert list(book.audit()) == []
        assert book.size == len(list(book.entries()))
        with pytest.raises(Unavailable, match="for reading only"):
            book.append([book.raw(0)], now=datetime(2026, 1, 12, tzinfo=UTC))
        with pytest.raises(Unavailable, match="for reading only"):
            book.turn()
    assert before == listing(site.path)


def test_a_look_sees_what_is_written_meanwhile(site: Site) -> None:
    """The monitor's open window would show the state of this morning, or bytes torn in two by a later write."""
    site.book.close()
    with Ledger.open(site.path, read_only=True) as look:
        before = look.size
        with Ledger.open(site.path, log_signer=site.log_key) as site.book:
            site.write("patient/001-001", WEIGHT, by="nina")
            assert before + 1 == look.size
        assert ["patient.measured/1"] == [entry.kind for entry in look.stream("patient/001-001")]
    with Ledger.open(site.path, read_only=True) as look:
        scan = look.entries()
        assert "ledger.created/1" == next(scan).kind
        for _ in range(3):
            with Ledger.open(site.path, log_signer=site.log_key) as site.book:
                site.write("patient/001-001", WEIGHT, by="nina")
        assert before == sum(1 for _ in scan)
        assert before + 4 == look.size
        assert list(look.audit()) == []


def test_a_look_does_not_survive_another_ledger_in_its_place(site: Site, tmp_path: Path) -> None:
    """A look at a file that somebody replaced would go on with the pages of the old one."""
    site.book.close()
    shorter = Site(tmp_path / "other.ledger", seed="other")
    shorter.book.close()
    with Ledger.open(site.path, read_only=True) as look:
        assert look.size > 1
        shutil.copy(shorter.path, tmp_path / "copy")
        (tmp_path / "copy").replace(site.path)
        assert 1 == look.size


def test_a_link_to_the_file_shows_what_was_just_written(site: Site, tmp_path: Path) -> None:
    """Through a link on the desktop the last doses would be missing until the other window is closed."""
    link = tmp_path / "desktop" / "trial.ledger"
    link.parent.mkdir()
    link.symlink_to(site.path)
    with Ledger.open(link, read_only=True) as look:
        site.write("patient/001-001", WEIGHT, by="nina")
        assert site.book.size == look.size
    assert [link] == list(link.parent.iterdir())


def test_a_file_that_went_away(site: Site) -> None:
    """When the disk is pulled out, the open list of patients would end in a traceback."""
    site.book.close()
    with Ledger.open(site.path, read_only=True) as look:
        site.path.unlink()
        with pytest.raises(Unavailable, match="There is no ledger"):
            list(look.entries())


def test_what_a_dead_set_up_left_behind(site: Site, tmp_path: Path) -> None:
    """The remains of a set-up that was killed would flow into the new ledger."""
    site.book.close()
    new = tmp_path / "new.ledger"
    remains = files.reserve(str(new))
    shutil.copy(site.path, remains)
    connection = files.connect(remains, mode="rw")
    connection.execute("INSERT INTO blobs VALUES ('old', x'00')")
    shutil.copy(f"{remains}-wal", tmp_path / "kept")
    connection.close()
    shutil.move(tmp_path / "kept", f"{remains}-wal")
    fresh = Site(new, seed="new")
    assert list(fresh.book.audit()) == []
    assert 1 == fresh.book.size
    fresh.book.close()
    assert {"trial.ledger", "trial.ledger.lock", "new.ledger"} == {file.name for file in tmp_path.iterdir()}


MOUNTS = (
    "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "40 21 0:35 / /mnt/ward\\040share rw,relatime shared:2 - {kind} //server/ward rw\n"
    "41 40 0:36 / /mnt/ward\\040share/local rw,relatime shared:2 - xfs /dev/vdb rw\n"
)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"])
def test_a_network_share_is_refused(kind: str) -> None:
    """On a share two wards would write at once, and the file would be damaged without a word."""
    mounts = MOUNTS.format(kind=kind)
    with pytest.raises(Unavailable, match="network share") as caught:
        files.require_local("/mnt/ward share/trial.ledger", mounts)
    assert "disk of this machine" in caught.value.fix


@pytest.mark.parametrize("path", ["/srv/trial.ledger", "/mnt/ward share/local/trial.ledger", "/mnt/wards/trial.ledger"])
def test_a_disk_of_this_machine_is_not(path: str) -> None:
    """A site could not begin its record on its own disk."""
    refusals: list[DoseLedgerError] = []
    try:
        files.require_local(path, MOUNTS.format(kind="nfs4"))
    except DoseLedgerError as error:
        refusals.append(error)
    assert refusals == []


def test_an_old_sqlite_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An SQLite without strict tables would fail in the middle of the set-up with words nobody understands."""
    site.book.close()
    monkeypatch.setattr(files, "OLDEST", (99, 0))
    with pytest.raises(Unavailable, match="too old"):
        Ledger.open(site.path, read_only=True)


def test_a_forgotten_ledger_may_be_collected_by_any_thread(site: Site) -> None:
    """A check in the background would end in a warning about a ledger that somebody left open."""
    forgotten = [site.__dict__.pop("book")]
    forgotten.append(forgotten)
    complaints: list[object] = []
    before, sys.unraisablehook = sys.unraisablehook, lambda args: complaints.append(args.exc_value)
    try:
        del forgotten
        collector = threading.Thread(target=gc.collect)
        collector.start()
        collector.join()
    finally:
        sys.unraisablehook = before
    assert [] == complaints


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER entries_update",
        "CREATE TRIGGER quiet BEFORE INSERT ON entries WHEN 0 BEGIN SELECT 1; END",
        "CREATE TABLE notes (said TEXT)",
    ],
)
def test_nothing_is_written_where_the_guards_were_changed(site: Site, statement: str) -> None:
    """Somebody took the guards off the file at night; the ward would go on signing doses into it for weeks."""
    site.book.close()
    with closing(sqlite3.connect(site.path)) as connection:
        connection.execute(statement)
    named = statement.split()[2]
    with pytest.raises(IntegrityFailure) as caught:
        Ledger.open(site.path)
    assert f"changed, missing or added: {named}" == caught.value.why
    with Ledger.open(site.path, read_only=True) as ledger:
        assert site_size(ledger) == ledger.size


def site_size(ledger: Ledger) -> int:
    """The entries that can be read, one by one."""
    return sum(1 for _ in ledger.entries())
