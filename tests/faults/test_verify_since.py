"""A verification that goes on from a checkpoint which was verified before: what came since is judged like ever."""

from __future__ import annotations

import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest
import server
from acts import Ward, founded
from dosed import eventful
from forging import Forged, copied, edited
from minting import Site, committed
from tampering import tampering
from test_tamper_file import found
from turned import Turned

from ledger.book import Ledger
from ledger.events.base import Reason
from ledger.events.patient import PatientMeasured
from ledger.verify import Report, Verified, examine, verify_path

WHEN = "on 2026-01-12"
"""How the report says when the first part was verified."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A ledger with a protocol in force, a patient, and texts before and behind the middle."""
    found = Site(tmp_path_factory.mktemp("since") / "trial.ledger").staffed()
    found.activate(b"[pack]\n", b"terms\n", id="demo", version="1", ctcae="5.0")
    for i in range(9):
        commitment, pair = committed(f"as told by the patient, {i}")
        reason = Reason(code="other", text=commitment)
        weight = PatientMeasured(weight_kg=f"7{i}", height_cm=None)
        found.write("patient/001-001", weight, by="nina", reason=reason, texts={commitment: pair})
    found.book.close()
    return found


@pytest.fixture
def path(site: Site, tmp_path: Path) -> Path:
    """A copy of it to tamper with."""
    return Path(shutil.copy(site.path, tmp_path / "trial.ledger"))


def note(path: Path, size: int) -> bytes:
    """The checkpoint of so many entries."""
    with Ledger.open(path, read_only=True) as book:
        return book.checkpoint_at(size)


def since(path: Path, size: int, **more: object) -> Report:
    """The verification from the checkpoint of `size` entries on."""
    return verify_path(path, since=Verified(note(path, size), WHEN), **more)


def sized(path: Path) -> int:
    """How many entries there are."""
    with Ledger.open(path, read_only=True) as book:
        return book.size


def test_wherever_it_goes_on_it_says_what_the_whole_verification_says(path: Path) -> None:
    """A morning's short verification would call good, or bad, what the long one calls otherwise."""
    whole, size = verify_path(path), sized(path)
    for start in range(1, size + 1):
        report = since(path, start)
        assert ("continued", 0, (), whole.root, size) == (
            report.verdict,
            report.exit_code,
            report.findings,
            report.root,
            report.entries,
        )
        assert whole.notices == report.notices
        assert report.anchor.startswith(f"entries 0 to {start - 1} were verified {WHEN}, and are taken from the check")
        assert report.not_checked[0].startswith(f"entries 0 to {start - 1} and the rows derived from them")


@pytest.mark.parametrize("behind", [1, 4, 8])
def test_what_came_since_is_judged(path: Path, behind: int) -> None:
    """What was changed behind the checkpoint last night would be passed over this morning."""
    spot = sized(path) - 1
    with tampering(path) as connection:
        ((raw,),) = connection.execute("SELECT raw FROM entries WHERE leaf_index = ?", (spot,)).fetchall()
        changed = edited(raw, b'"78"', b'"87"')
        connection.execute("UPDATE entries SET raw = ? WHERE leaf_index = ?", (changed, spot))
    report = since(path, spot + 1 - behind)
    assert "failed" == report.verdict
    assert {(spot, "signature"), (spot, "root"), (spot, "column")} <= found(report)
    assert spot == report.first_bad.position


SINCE: dict[str, tuple[str, str]] = {
    "a column": ("UPDATE entries SET recorded_at = 0 WHERE leaf_index = {spot}", "column"),
    "a version": ("UPDATE entries SET version = 99 WHERE leaf_index = {spot}", "column"),
    "a signer": ("UPDATE signers SET person = 'x' WHERE leaf_index = {spot}", "signers"),
    "a text": ("UPDATE texts SET text = x'00' WHERE leaf_index = {spot}", "text"),
    "a checkpoint": ("DELETE FROM checkpoints WHERE size = {spot}", "checkpoint"),
    "a trigger": ("CREATE TABLE diary (day TEXT)", "schema"),
}


@pytest.mark.parametrize("name", SINCE)
def test_what_hangs_on_it_is_compared(path: Path, name: str) -> None:
    """The lists of the day would show other times than the entries that were signed."""
    statement, code = SINCE[name]
    spot = sized(path) - 2
    head = note(path, spot - 3)
    with tampering(path) as connection:
        connection.execute(statement.format(spot=spot))
    report = verify_path(path, since=Verified(head, WHEN))
    assert ("failed", True) == (report.verdict, code in {one for _, one in found(report)}), report.findings


def test_an_entry_that_later_ones_lean_on_is_proved(path: Path) -> None:
    """Who enrols himself in the part that is not looked at again would sign what comes behind it."""
    head = note(path, sized(path) - 2)
    with tampering(path) as connection:
        ((raw,),) = connection.execute("SELECT raw FROM entries WHERE leaf_index = 3").fetchall()
        connection.execute("UPDATE entries SET raw = ? WHERE leaf_index = 3", (edited(raw, b"Paula", b"Pauli"),))
    report = verify_path(path, since=Verified(head, WHEN))
    assert ("failed", 3) == (report.verdict, report.first_bad.position)
    assert "continued" not in report.anchor


def test_a_checkpoint_of_another_history_vouches_for_nothing(path: Path, tmp_path: Path) -> None:
    """A ledger restored from an old backup, or another one, would be taken for the one that was verified."""
    other = Site(tmp_path / "other.ledger", seed="other")
    other.book.close()
    report = verify_path(path, since=Verified(note(other.path, 1), WHEN))
    assert ("fork", 8, True) == (report.verdict, report.exit_code, "derived columns" in report.checked)
    assert "fork" == verify_path(path, since=Verified(b"no note", WHEN)).verdict
    size = sized(path)
    newest = note(path, size)
    with tampering(path) as connection:
        connection.execute("DELETE FROM entries WHERE leaf_index = ?", (size - 1,))
        for table in ("signers", "texts"):
            connection.execute(f"DELETE FROM {table} WHERE leaf_index = ?", (size - 1,))
        connection.execute("DELETE FROM checkpoints WHERE size = ?", (size,))
    report = verify_path(path, since=Verified(newest, WHEN))
    assert (None, "stale") in found(report)


def test_it_goes_on_in_the_tables_of_a_server(path: Path) -> None:
    """Where all sites write to one server, the morning's verification would be the long one, or none."""
    place, size = server.mirror(path), sized(path)
    whole = verify_path(place)
    report = verify_path(place, since=Verified(note(path, size - 4), WHEN))
    assert ("continued", whole.root, (), whole.findings) == (report.verdict, report.root, report.findings, ())


def test_a_copy_is_always_judged_whole(site: Site) -> None:
    """Of a copy nothing was verified here before; the inspector's report must not say so."""
    with Ledger.open(site.path, read_only=True) as book:
        source: Forged = copied(book)
    report = examine(source, since=Verified(source.note(4), WHEN))
    assert ("ok", ()) == (report.verdict, report.findings)


def test_how_far_it_is(path: Path) -> None:
    """Nobody would know whether a long verification still runs."""
    told: list[tuple[int, int]] = []
    size = sized(path)
    verify_path(path, progress=lambda done, of: told.append((done, of)))
    assert [(size, size)] == told


def test_an_interrupt_ends_it(path: Path) -> None:
    """Whoever ends a long verification would wait for it all the same, or find a report that looks complete."""

    def interrupted(done: int, of: int) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        verify_path(path, progress=interrupted)
    assert before == threading.active_count()


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A log whose keys turned and that went on after a loss, and a ward with corrections, a hold and reactions."""
    folder = tmp_path_factory.mktemp("rich")
    log = Turned(folder / "turned.ledger")
    log.book.close()
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "ward.ledger")) as ward:
        eventful(ward)
    return [folder / "turned.ledger", folder / "ward.ledger"]


@pytest.mark.parametrize("which", [0, 1], ids=["turned keys", "an eventful ward"])
def test_whatever_happened_before_is_known(rich: list[Path], which: int) -> None:
    """What leans on an order, a lock, a revoked key or a new key of the log would be called wrong each morning."""
    path = rich[which]
    whole, size = verify_path(path), sized(path)
    found = {}
    for start in range(1, size, 3):
        report = since(path, start)
        if (report.verdict, report.findings, report.root) != ("continued", (), whole.root):
            found[start] = report.verdict, report.findings[:2]
    assert (0, {}) == (whole.exit_code, found)
