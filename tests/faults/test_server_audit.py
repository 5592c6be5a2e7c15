"""The tamper catalogue of a superuser: whatever is changed in the tables on a server, the audit names the place."""

from __future__ import annotations

import pytest
import server
from changes import CHANGES, SPOT, Change, changed
from tampering import reversed_bytes, superuser, tampering

from ledger.book import Ledger
from ledger.errors import IntegrityFailure
from ledger.storage.postgres import tables
from ledger.verify import verify_path


@pytest.fixture(scope="module")
def original() -> str:
    """A closed ledger with a row in every table."""
    return str(changed(server.place()))


@pytest.fixture
def place(original: str) -> str:
    """A copy of it to tamper with."""
    return server.place(original)


def flaws(place: str) -> set[tuple[int | None, str]]:
    """Where and of what kind the flaws are, as the role finds them that may only read."""
    with Ledger.open(server.by(place, server.INSPECT), read_only=True) as book:
        return {(flaw.position, flaw.kind) for flaw in book.audit()}


def reasons(place: str) -> str:
    """What is said of the flaws."""
    with Ledger.open(place, read_only=True) as book:
        return "; ".join(flaw.why for flaw in book.audit())


def test_an_untouched_ledger_has_no_flaw(place: str) -> None:
    """An inspector would be told of tampering where there is none."""
    assert set() == flaws(place)


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_a_change_is_named(place: str, change: Change, expected: tuple[int | None, str] | None) -> None:
    """A superuser could change a dose, a name or a time, and the inspection would not see it."""
    with tampering(place) as connection:
        change(connection)
    if expected == (None, "empty"):
        assert "failed" == verify_path(place).verdict
        return
    assert expected in flaws(place)


def test_bytes_turned_around_are_named(place: str) -> None:
    """A changed checkpoint of the same length would pass every count."""
    with tampering(place) as connection:
        reversed_bytes(connection, "checkpoints", "note", f"size = {SPOT}")
    assert {(SPOT - 1, "checkpoint")} == flaws(place)


GUARDS = {
    "a trigger is gone": ("DROP TRIGGER entries_update ON entries", "trigger entries.entries_update is missing"),
    "a trigger sleeps": (
        "ALTER TABLE entries DISABLE TRIGGER entries_delete",
        "trigger entries.entries_delete is changed",
    ),
    "a trigger can be told to sleep": (
        "ALTER TABLE texts ENABLE TRIGGER texts_update",
        "trigger texts.texts_update is changed",
    ),
    "a trigger lets one kind pass": (
        (
            "CREATE OR REPLACE TRIGGER entries_insert BEFORE INSERT ON entries FOR EACH ROW WHEN (NEW.version = 1)"
            " EXECUTE FUNCTION next_entry()"
        ),
        "trigger entries.entries_insert is changed",
    ),
    "a function does nothing": (
        "CREATE OR REPLACE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "function never() is changed",
    ),
    "a function looks elsewhere": (
        "ALTER FUNCTION next_entry() SET search_path TO pg_temp, pg_catalog",
        "function next_entry() is changed",
    ),
    "a rule swallows": (
        "CREATE RULE quiet AS ON INSERT TO texts DO INSTEAD NOTHING",
        "rule texts.quiet is not ours",
    ),
    "a policy waits": ("CREATE POLICY half ON entries USING (leaf_index < 9)", "policy entries.half is not ours"),
    "a column sorts otherwise": (
        'ALTER TABLE entries ALTER COLUMN stream TYPE text COLLATE pg_catalog."default"',
        "column entries.stream is changed",
    ),
    "a column may be empty": (
        "ALTER TABLE entries ALTER COLUMN log_time DROP NOT NULL",
        "column entries.log_time is changed",
    ),
    "a column fills itself": ("ALTER TABLE entries ALTER COLUMN version SET DEFAULT 1", "column entries.version"),
    "a column more": ("ALTER TABLE entries ADD COLUMN note text", "column entries.note is not ours"),
    "a check is gone": ("ALTER TABLE nodes DROP CONSTRAINT nodes_hash_length", "nodes.nodes_hash_length is missing"),
    "a key is gone": ("ALTER TABLE signers DROP CONSTRAINT signers_pkey", "signers.signers_pkey is missing"),
    "a table that others fill": ("CREATE TABLE more () INHERITS (entries)", "table more is not ours"),
    "a table on which a crash counts": ("ALTER TABLE blobs SET UNLOGGED", "table blobs is changed"),
    "a table elsewhere in its place": (
        "CREATE SEQUENCE entries_leaf_index_seq",
        "relation entries_leaf_index_seq is not ours",
    ),
    "a type": ("CREATE TYPE dose AS ENUM ('full')", "type dose is not ours"),
}


@pytest.mark.parametrize("name", GUARDS)
def test_a_changed_guard_is_named_and_nothing_is_written(place: str, name: str) -> None:
    """The lock on the record could be taken off, and the ward would go on signing doses into it for weeks."""
    statement, said = GUARDS[name]
    with superuser(place) as hand:
        hand.execute(statement)
    assert (None, "schema") in flaws(place)
    assert said in reasons(place)
    with pytest.raises(IntegrityFailure, match="nothing is written into it") as caught:
        Ledger.open(place)
    assert said in caught.value.why


def test_hidden_rows_are_named(place: str) -> None:
    """A rule of the server would leave a patient's last doses out of every answer, and nobody would miss them."""
    with superuser(place) as hand:
        hand.execute("ALTER TABLE entries ENABLE ROW LEVEL SECURITY")
        hand.execute("CREATE POLICY half ON entries USING (leaf_index < 9)")
    with pytest.raises(IntegrityFailure, match="hide rows"):
        Ledger.open(server.by(place, server.INSPECT), read_only=True)
    report = verify_path(place)
    assert "failed" == report.verdict
    assert any("hide rows" in finding.why for finding in report.findings)


@pytest.mark.parametrize("trigger", [one.name for one in tables.TRIGGERS])
def test_every_trigger_is_looked_at(place: str, trigger: str) -> None:
    """One guard of many would be gone, and nobody would know since when."""
    with superuser(place) as hand:
        hand.execute(f"DROP TRIGGER {trigger} ON {trigger.rpartition('_')[0]}")
    assert {(None, "schema")} == flaws(place)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (f"GRANT UPDATE ON entries TO {server.APP}", f"{server.APP} may do UPDATE on the table entries"),
        (f"GRANT DELETE ON entries TO {server.APP}", f"{server.APP} may do DELETE on the table entries"),
        (f"GRANT TRUNCATE ON nodes TO {server.INSPECT}", f"{server.INSPECT} may do TRUNCATE on the table nodes"),
        ("GRANT SELECT ON texts TO PUBLIC", "PUBLIC may do SELECT on the table texts"),
        (f"GRANT INSERT ON entries TO {server.APP} WITH GRANT OPTION", "on the table entries and pass it on"),
        (f"ALTER TABLE entries OWNER TO {server.APP}", "the tables belong to several roles"),
        ("GRANT UPDATE (raw) ON entries TO PUBLIC", "column entries.raw is changed"),
        ("GRANT EXECUTE ON FUNCTION never() TO PUBLIC", "PUBLIC may do EXECUTE on the function never"),
    ],
)
def test_rights_that_were_given_away_are_named(place: str, statement: str, said: str) -> None:
    """A workstation's password would be enough to change the record, and no inspection would ask why."""
    with superuser(place) as hand:
        hand.execute(statement)
    assert said in reasons(place)
    report = verify_path(place)
    assert "failed" == report.verdict
    assert any(said in finding.why for finding in report.findings)
