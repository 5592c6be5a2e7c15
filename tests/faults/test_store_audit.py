"""The tamper catalogue of the file: whatever is changed in it, the audit names the place, and never falls over."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from minting import Site, committed
from tampering import reversed_bytes, tampering

from ledger.book import Ledger
from ledger.events.base import Reason
from ledger.events.patient import PatientMeasured
from ledger.storage import schema

Change = Callable[[sqlite3.Connection], object]
SPOT = 17
"""The position that is tampered with, in the middle of the patient's entries."""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed ledger with a row in every table."""
    site = Site(tmp_path_factory.mktemp("audit") / "trial.ledger").staffed()
    commitment, pair = committed("as told by the patient")
    for i in range(10):
        weight = PatientMeasured(weight_kg=f"7{i}", height_cm=None)
        if i:
            site.write("patient/001-001", weight, by="nina")
        else:
            why = Reason(code="other", text=commitment)
            site.write("patient/001-001", weight, by="nina", reason=why, texts={commitment: pair})
    site.activate(b"[pack]\n", b"terms\n", id="demo", version="1", ctcae="5.0")
    site.book.close()
    return site.path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    """A copy of it to tamper with."""
    return Path(shutil.copy(original, tmp_path / "trial.ledger"))


def flaws(path: Path) -> set[tuple[int | None, str]]:
    """Where and of what kind the flaws are."""
    with Ledger.open(path, read_only=True) as book:
        return {(flaw.position, flaw.kind) for flaw in book.audit()}


def run(sql: str) -> Change:
    """A change in one statement."""
    return lambda connection: connection.execute(sql)


def called_private(connection: sqlite3.Connection) -> None:
    """Words go as if a redaction had named them."""
    connection.execute("INSERT INTO redactions SELECT commitment, 3 FROM texts")
    connection.execute("DELETE FROM texts")


def swapped(connection: sqlite3.Connection) -> None:
    """Two entries trade their bytes."""
    ((a, b),) = connection.execute(
        "SELECT (SELECT raw FROM entries WHERE leaf_index = ?), (SELECT raw FROM entries WHERE leaf_index = ?)",
        (SPOT, SPOT + 1),
    ).fetchall()
    connection.execute("UPDATE entries SET raw = ? WHERE leaf_index = ?", (b, SPOT))
    connection.execute("UPDATE entries SET raw = ? WHERE leaf_index = ?", (a, SPOT + 1))


def older_note(connection: sqlite3.Connection) -> None:
    """The newest checkpoint is that of an earlier size."""
    connection.execute(
        "UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = ?)"
        " WHERE size = (SELECT max(size) FROM checkpoints)",
        (SPOT,),
    )


def test_an_untouched_ledger_has_no_flaw(path: Path) -> None:
    """An inspector would be told of tampering where there is none."""
    assert set() == flaws(path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (run(f"UPDATE entries SET stream = 'patient/001-009' WHERE leaf_index = {SPOT}"), (SPOT, "column")),
        (run(f"UPDATE entries SET version = 99 WHERE leaf_index = {SPOT}"), (SPOT, "column")),
        (run(f"UPDATE entries SET kind = 'lab.measured/1' WHERE leaf_index = {SPOT}"), (SPOT, "column")),
        (run(f"UPDATE entries SET id = zeroblob(16) WHERE leaf_index = {SPOT}"), (SPOT, "column")),
        (run(f"UPDATE entries SET command_id = zeroblob(16) WHERE leaf_index = {SPOT}"), (SPOT, "column")),
        (run(f"UPDATE entries SET command_index = 1 WHERE leaf_index = {SPOT}"), (SPOT, "column")),
        (run(f"UPDATE entries SET occurred_at = occurred_at + 1 WHERE leaf_index = {SPOT}"), (SPOT, "column")),
        (run(f"UPDATE entries SET recorded_at = recorded_at + 1 WHERE leaf_index = {SPOT}"), (SPOT, "column")),
        (run(f"UPDATE entries SET log_time = log_time + 1 WHERE leaf_index = {SPOT}"), (SPOT, "column")),
        (run(f"UPDATE entries SET leaf = zeroblob(32) WHERE leaf_index = {SPOT}"), (SPOT, "column")),
        (run(f"UPDATE entries SET raw = CAST(raw || x'20' AS BLOB) WHERE leaf_index = {SPOT}"), (SPOT, "entry")),
        (run(f"UPDATE entries SET raw = x'' WHERE leaf_index = {SPOT}"), (SPOT, "entry")),
        (swapped, (SPOT, "column")),
        (run(f"DELETE FROM entries WHERE leaf_index = {SPOT}"), (SPOT, "gap")),
        (run("DELETE FROM entries WHERE leaf_index = (SELECT max(leaf_index) FROM entries)"), (None, "extra")),
        (run("DELETE FROM entries"), (None, "empty")),
        (run(f"UPDATE entries SET leaf_index = 1000 WHERE leaf_index = {SPOT}"), (SPOT, "gap")),
        (run(f"UPDATE entries SET leaf_index = -5 WHERE leaf_index = {SPOT}"), (0, "gap")),
        (run(f"UPDATE entries SET leaf_index = {(1 << 63) - 1} WHERE leaf_index = {SPOT}"), (SPOT, "gap")),
        (run(f"UPDATE entries SET leaf_index = {-1 << 63} WHERE leaf_index = {SPOT}"), (0, "gap")),
        (run("INSERT INTO signers VALUES ('x', 0, 3, 0, 'nobody')"), (None, "extra")),
        (run(f"DELETE FROM signers WHERE leaf_index = {SPOT}"), (SPOT, "signers")),
        (run(f"UPDATE signers SET person = 'norbert' WHERE leaf_index = {SPOT}"), (SPOT, "signers")),
        (run(f"UPDATE signers SET n = 500 WHERE leaf_index = {SPOT}"), (SPOT, "signers")),
        (run("UPDATE nodes SET hash = zeroblob(32) WHERE level = 1 AND idx = 8"), (17, "node")),
        (run("DELETE FROM nodes WHERE level = 4 AND idx = 0"), (15, "node")),
        (run("INSERT INTO nodes VALUES (40, 0, zeroblob(32))"), (None, "extra")),
        (run(f"DELETE FROM checkpoints WHERE size > {SPOT}"), (24, "checkpoint")),
        (older_note, (24, "checkpoint")),
        (run(f"UPDATE checkpoints SET note = x'00' WHERE size = {SPOT + 1}"), (SPOT, "checkpoint")),
        (run("INSERT INTO checkpoints VALUES (1000, x'00')"), (None, "extra")),
        (run("DELETE FROM texts"), (14, "text")),
        (run("UPDATE texts SET salt = zeroblob(32)"), (14, "text")),
        (run("UPDATE texts SET text = x'00'"), (14, "text")),
        (run("UPDATE texts SET leaf_index = 15"), (14, "text")),
        (run("UPDATE texts SET leaf_index = 3"), (None, "extra")),
        (run("INSERT INTO redactions VALUES ('sha256:00', 3)"), (None, "extra")),
        (called_private, (None, "extra")),
        (run("INSERT INTO redactions SELECT commitment, 3 FROM texts"), (14, "text")),
        (run("INSERT INTO texts VALUES ('sha256:00', 3, zeroblob(32), x'')"), (None, "extra")),
        (run("UPDATE blobs SET data = x'00'"), (None, "blob")),
        (run("DELETE FROM blobs"), (24, "blob")),
        (run("UPDATE meta SET value = 'side' WHERE key = 'log'"), (None, "meta")),
        (run("INSERT INTO meta VALUES ('note', 'kept')"), (None, "meta")),
        (run("CREATE TABLE diary (day TEXT)"), (None, "schema")),
        (run("CREATE VIEW doses AS SELECT * FROM entries"), (None, "schema")),
        (run("CREATE INDEX fast ON entries (kind)"), (None, "schema")),
        (run("DROP INDEX entries_id"), (None, "schema")),
        (run("ANALYZE"), (None, "schema")),
        (run("PRAGMA user_version = 1"), None),
    ],
)
def test_a_change_is_named(path: Path, change: Change, expected: tuple[int | None, str] | None) -> None:
    """A dose, a name or a time could be changed in the file, and the inspection would not see it."""
    with tampering(path) as connection:
        change(connection)
    found = flaws(path)
    assert expected in found if expected else found == set()


@pytest.mark.parametrize("name", [sql.split()[2] for sql in schema.DDL if sql.startswith("CREATE TRIGGER")])
def test_a_missing_trigger_is_named(path: Path, name: str) -> None:
    """The lock on the record could be taken off, and nobody would know since when."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"DROP TRIGGER {name}")
    assert {(None, "schema")} == flaws(path)


def test_a_blunted_trigger_is_named(path: Path) -> None:
    """A trigger that lets one kind of change pass looks like the real one in every list of names."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER entries_update")
        connection.execute("CREATE TRIGGER entries_update BEFORE UPDATE ON entries BEGIN SELECT 1; END")
    assert {(None, "schema")} == flaws(path)


def test_a_value_of_another_class_is_named(path: Path) -> None:
    """A number that became text sorts elsewhere: a query would no longer find the entry."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'entries'")
    with tampering(path) as connection:
        connection.execute(f"UPDATE entries SET raw = CAST(raw AS TEXT) WHERE leaf_index = {SPOT}")
    assert {(SPOT, "storage-class"), (None, "schema")} <= flaws(path)


def test_bytes_turned_around_are_named(path: Path) -> None:
    """A changed checkpoint of the same length would pass every count."""
    with tampering(path) as connection:
        reversed_bytes(connection, "checkpoints", "note", f"size = {SPOT}")
    assert {(SPOT - 1, "checkpoint")} == flaws(path)


@pytest.mark.parametrize("offset", range(16))
def test_a_page_of_noise_is_a_flaw(path: Path, offset: int) -> None:
    """A failing disk would end the inspection with a traceback instead of a verdict."""
    data = bytearray(path.read_bytes())
    page = offset % (len(data) // schema.PAGE_SIZE - 1) + 1
    data[page * schema.PAGE_SIZE : (page + 1) * schema.PAGE_SIZE] = bytes(range(256)) * (schema.PAGE_SIZE // 256)
    path.write_bytes(data)
    assert flaws(path) != set()


def test_the_first_flaw_is_the_place(path: Path) -> None:
    """The inspector would be sent to the wrong entry."""
    with tampering(path) as connection:
        connection.execute(f"UPDATE entries SET raw = CAST(replace(raw, 'e', 'f') AS BLOB) WHERE leaf_index = {SPOT}")
    assert SPOT == min(position for position, _ in flaws(path) if position is not None)
