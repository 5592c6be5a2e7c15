"""The tamper catalogue of the file: whatever is changed in it, the audit names the place, and never falls over."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from changes import CHANGES, SPOT, Change, changed, run
from tampering import reversed_bytes, tampering

from ledger.book import Ledger
from ledger.storage import schema


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed ledger with a row in every table."""
    return changed(tmp_path_factory.mktemp("audit") / "trial.ledger")


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    """A copy of it to tamper with."""
    return Path(shutil.copy(original, tmp_path / "trial.ledger"))


def flaws(path: Path) -> set[tuple[int | None, str]]:
    """Where and of what kind the flaws are."""
    with Ledger.open(path, read_only=True) as book:
        return {(flaw.position, flaw.kind) for flaw in book.audit()}


def test_an_untouched_ledger_has_no_flaw(path: Path) -> None:
    """An inspector would be told of tampering where there is none."""
    assert set() == flaws(path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        *CHANGES,
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
