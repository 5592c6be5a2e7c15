"""The tables of a ledger on a server refuse whatever is not one more row at the end, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import psycopg
import pytest
import server
from minting import Site, committed

from ledger.events.base import Reason
from ledger.events.patient import PatientMeasured
from ledger.events.review import TextRedacted
from ledger.storage import schema
from ledger.storage.location import schema_of
from ledger.storage.postgres import tables

STREAM = "patient/001-001"
WEIGHT = PatientMeasured(weight_kg="70", height_cm=None)
PRIVATE, PAIR = committed("a name")
"""Words that are redacted."""
ROLES = (server.OWNER, "postgres", server.APP)
KEYS = {table.name: table.key for table in tables.LAYOUT}
REFUSED = (psycopg.errors.RaiseException, psycopg.errors.InsufficientPrivilege)


@pytest.fixture(scope="module")
def place() -> str:
    """A ledger with a row in every table."""
    found = server.place()
    site = Site(found).staffed()
    site.activate(b"[pack]\n", b"terms\n", id="demo", version="1", ctcae="5.0")
    commitment, pair = committed("as told by the patient")
    for words, texts in ((commitment, pair), (PRIVATE, PAIR)):
        entry = site.write(STREAM, WEIGHT, by="nina", reason=Reason(code="other", text=words), texts={words: texts})
    two = (("petra", "approved"), ("clara", "approved"))
    why = Reason(code="privacy", text=None)
    site.write(STREAM, TextRedacted(commitments=(PRIVATE,)), by=two, causes=site.refs(entry), reason=why)
    assert site.book.salted(PRIVATE) is None
    site.book.close()
    return found


@pytest.fixture(params=ROLES)
def raw(request: pytest.FixtureRequest, place: str) -> Iterator[psycopg.Connection]:
    """A plain connection of a role, as any tool would open it; what it did is undone."""
    url = server.by(place, request.param).partition("&schema=")[0]
    with psycopg.connect(url) as connection:
        connection.execute(f"SET search_path TO {schema_of(place)}")
        yield connection
        connection.rollback()


@pytest.mark.parametrize("table", schema.TABLES)
def test_no_row_is_changed_or_deleted(raw: psycopg.Connection, table: str) -> None:
    """A dose could be lowered, or a toxicity taken away, with one line of SQL."""
    column = {"meta": "value"}.get(table) or raw.execute(f"SELECT * FROM {table} LIMIT 1").description[0].name
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        raw.execute("SAVEPOINT before")
        with pytest.raises(REFUSED):
            raw.execute(statement)
        raw.execute("ROLLBACK TO before")


@pytest.mark.parametrize("table", schema.TABLES)
def test_no_row_is_replaced(raw: psycopg.Connection, table: str) -> None:
    """A second row for a dose that stands would change it without changing it."""
    row = raw.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()
    key = KEYS[table]
    marks = ",".join(["%s"] * len(row))
    for more in ("", f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {key[0]} = excluded.{key[0]}"):
        raw.execute("SAVEPOINT before")
        with pytest.raises((*REFUSED, psycopg.errors.UniqueViolation)):
            raw.execute(f"INSERT INTO {table} VALUES ({marks}){more}", row)
        raw.execute("ROLLBACK TO before")


@pytest.mark.parametrize(
    ("column", "change", "why"),
    [
        ("leaf_index", 1, "not the next position"),
        ("leaf_index", -1, "not the next position"),
        ("version", 1, "not the next version"),
        ("id", None, "entries_id"),
        ("command_id", None, "entries_command"),
    ],
)
def test_an_entry_is_the_next_one(raw: psycopg.Connection, column: str, change: int | None, why: str) -> None:
    """A gap in the positions, or two entries with one id, would hide that something was taken out."""
    cursor = raw.execute("SELECT * FROM entries ORDER BY leaf_index DESC LIMIT 1")
    row = dict(zip([one.name for one in cursor.description], cursor.fetchone(), strict=True))
    taken = row[column]
    row |= {"leaf_index": row["leaf_index"] + 1, "version": row["version"] + 1}
    row |= {"id": bytes(16), "command_id": bytes(16)}
    row[column] = taken if change is None else row[column] + change
    with pytest.raises((psycopg.errors.RaiseException, psycopg.errors.UniqueViolation), match=why):
        raw.execute(f"INSERT INTO entries VALUES ({','.join(['%s'] * len(row))})", list(row.values()))


def test_a_redacted_text_does_not_come_back(raw: psycopg.Connection) -> None:
    """Whoever has the old words could put them into the record again."""
    with pytest.raises(psycopg.errors.RaiseException, match="texts: the text was redacted"):
        raw.execute("INSERT INTO texts VALUES (%s, 1, %s, %s)", (PRIVATE, *PAIR))


def test_a_text_goes_for_a_redaction_alone(raw: psycopg.Connection) -> None:
    """A line of SQL could make any words deletable, by a redaction that nobody signed."""
    (kept,) = raw.execute("SELECT commitment FROM texts LIMIT 1").fetchone()
    with pytest.raises(psycopg.errors.RaiseException, match="redactions: no redaction stands there"):
        raw.execute("INSERT INTO redactions VALUES (%s, 1)", (kept,))


@pytest.mark.parametrize("raw", ["postgres"], indirect=True)
def test_a_session_that_skips_triggers_skips_none_of_these(raw: psycopg.Connection) -> None:
    """An administrator's import mode would take the guards off without leaving a trace."""
    raw.execute("SET session_replication_role TO replica")
    with pytest.raises(psycopg.errors.RaiseException, match="entries: rows are never deleted"):
        raw.execute("DELETE FROM entries")


def rights(place: str, role: str) -> dict[str, str]:
    """What a role may do with each table, in the letters of the server's own lists."""
    words = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    with psycopg.connect(server.shared().url(server.TRIALS)) as connection:
        return {
            table: " ".join(
                word
                for word in words
                if connection.execute(
                    "SELECT has_table_privilege(%s, %s, %s)", (role, f"{schema_of(place)}.{table}", word)
                ).fetchone()
                == (True,)
            )
            for table in schema.TABLES
        }


def test_each_role_may_do_its_own_work_and_no_more(place: str) -> None:
    """The password of a ward's workstation would be enough to rewrite the record of the whole trial."""
    adding = dict.fromkeys(schema.TABLES, "SELECT INSERT") | {"texts": "SELECT INSERT DELETE"}
    assert adding == rights(place, server.APP)
    assert dict.fromkeys(schema.TABLES, "SELECT") == rights(place, server.INSPECT)


def test_what_the_database_is_told_of_the_record_is_bounded(place: str) -> None:
    """A number that became text, or an id of another length, would sort elsewhere, and a dose would not be found."""
    with psycopg.connect(server.by(place, server.OWNER).partition("&schema=")[0]) as connection:
        for row in ("('one', 0, %s)", "(90, 0, substr(%s, 2))"):
            with pytest.raises((psycopg.errors.InvalidTextRepresentation, psycopg.errors.CheckViolation)):
                connection.execute(f"INSERT INTO {schema_of(place)}.nodes VALUES {row}", (sha256(b"").digest(),))
            connection.rollback()
