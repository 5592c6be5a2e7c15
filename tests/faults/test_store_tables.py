"""The tables of a ledger file refuse whatever is not one more row at the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from minting import Site, committed

from ledger.events.base import Reason
from ledger.events.patient import PatientMeasured
from ledger.events.review import TextRedacted
from ledger.storage import schema

COLUMNS = {
    "meta": "value",
    "entries": "kind",
    "signers": "person",
    "nodes": "hash",
    "checkpoints": "note",
    "texts": "text",
    "blobs": "data",
    "redactions": "commitment",
}


PRIVATE, PAIR = committed("a name")
"""Words that are redacted."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a row in every table."""
    site = Site(tmp_path_factory.mktemp("tables") / "trial.ledger").staffed()
    commitment, pair = committed("as told by the patient")
    weight = PatientMeasured(weight_kg="70", height_cm=None)
    stream = "patient/001-001"
    for words in (commitment, PRIVATE):
        entry = site.write(
            stream,
            weight,
            by="nina",
            reason=Reason(code="other", text=words),
            texts={words: pair if words == commitment else PAIR},
        )
    site.activate(b"[pack]\n", b"terms\n", id="demo", version="1", ctcae="5.0")
    two = (("petra", "approved"), ("clara", "approved"))
    why = Reason(code="privacy", text=None)
    site.write(stream, TextRedacted(commitments=(PRIVATE,)), by=two, causes=site.refs(entry), reason=why)
    site.book.close()
    return site.path


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """A plain connection, as any tool would open it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def test_the_catalogue_names_every_table() -> None:
    """A table that nobody tried could be changed by anybody."""
    assert set(schema.TABLES) == set(COLUMNS)


@pytest.mark.parametrize("table", COLUMNS)
def test_no_row_is_changed(raw: sqlite3.Connection, table: str) -> None:
    """A dose could be lowered after the fact with one line of SQL."""
    column = COLUMNS[table]
    with pytest.raises(sqlite3.IntegrityError, match=f"{table}: rows are never changed"):
        raw.execute(f"UPDATE {table} SET {column} = {column}")


@pytest.mark.parametrize("table", COLUMNS)
def test_no_row_is_deleted(raw: sqlite3.Connection, table: str) -> None:
    """A toxicity could disappear from the record."""
    with pytest.raises(sqlite3.IntegrityError, match=f"{table}: rows are never deleted"):
        raw.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "INSERT OR IGNORE", "INSERT OR ROLLBACK", "INSERT"])
@pytest.mark.parametrize("table", COLUMNS)
def test_no_row_is_replaced(raw: sqlite3.Connection, table: str, verb: str) -> None:
    """REPLACE deletes the old row without any delete trigger: a changed dose would look like a new one."""
    before = raw.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
    marks = ",".join("?" * len(before[0]))
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(f"{verb} INTO {table} VALUES ({marks})", before[0])
    assert before == raw.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


@pytest.mark.parametrize(
    ("column", "change", "why"),
    [
        ("leaf_index", 1, "not the next position"),
        ("leaf_index", None, "not the next position"),
        ("version", 1, "not the next version"),
        ("id", None, "the id is taken"),
        ("command_id", None, "the command is stored"),
    ],
)
def test_an_entry_is_the_next_one(raw: sqlite3.Connection, column: str, change: int | None, why: str) -> None:
    """A gap in the positions, or two entries with one id, would hide that something was taken out."""
    cursor = raw.execute("SELECT * FROM entries ORDER BY leaf_index DESC LIMIT 1")
    row = dict(zip([name for name, *_ in cursor.description], cursor.fetchone(), strict=True))
    taken = row[column]
    row |= {
        "leaf_index": row["leaf_index"] + 1,
        "version": row["version"] + 1,
        "id": bytes(16),
        "command_id": bytes(16),
    }
    row[column] = row[column] + change if change is not None else None if column == "leaf_index" else taken
    for verb in ("INSERT", "INSERT OR REPLACE"):
        with pytest.raises(sqlite3.IntegrityError, match=why):
            raw.execute(f"{verb} INTO entries VALUES ({','.join('?' * len(row))})", tuple(row.values()))


def test_the_columns_keep_their_classes(raw: sqlite3.Connection) -> None:
    """A number stored as text sorts elsewhere, and a query would miss the dose."""
    with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT value in INTEGER column"):
        raw.execute("INSERT INTO nodes VALUES ('one', 0, zeroblob(32))")


def test_the_file_says_what_it_is(raw: sqlite3.Connection) -> None:
    """Another program would open the ledger as its own, or an old version of this one would write into it."""
    assert [(schema.APPLICATION_ID,)] == raw.execute("PRAGMA application_id").fetchall()
    assert [(schema.FORMAT,)] == raw.execute("PRAGMA user_version").fetchall()
    assert [("wal",)] == raw.execute("PRAGMA journal_mode").fetchall()
    assert [("UTF-8",)] == raw.execute("PRAGMA encoding").fetchall()


def test_a_redacted_text_does_not_come_back(raw: sqlite3.Connection) -> None:
    """Whoever has the old words could put them into the file again."""
    salt, words = PAIR
    with pytest.raises(sqlite3.IntegrityError, match="texts: the text was redacted"):
        raw.execute("INSERT INTO texts VALUES (?,?,?,?)", (PRIVATE, 1, salt, words))


def test_a_text_goes_for_a_redaction_alone(raw: sqlite3.Connection) -> None:
    """A line of SQL could make any words deletable, by a redaction that nobody signed."""
    (kept,) = raw.execute("SELECT commitment FROM texts LIMIT 1").fetchone()
    with pytest.raises(sqlite3.IntegrityError, match="redactions: no redaction stands there"):
        raw.execute("INSERT INTO redactions VALUES (?, 1)", (kept,))


@pytest.mark.parametrize("left", ["file", "log beside it"])
def test_redacted_words_are_nowhere_in_the_file(path: Path, left: str) -> None:
    """The words would still lie in a page that nobody reads, for anybody who opens the file with an editor."""
    where = path if left == "file" else path.with_name(f"{path.name}-wal")
    assert b"a name" not in (where.read_bytes() if where.exists() else b"")
