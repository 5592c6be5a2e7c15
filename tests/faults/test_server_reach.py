"""What a superuser puts beside the tables on a server, and whom he lets act as their owner: the audit names it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import server
from changes import changed
from tampering import superuser

from ledger.book import Ledger
from ledger.storage.location import schema_of
from ledger.verify import verify_path


@pytest.fixture(scope="module")
def original() -> str:
    """A closed ledger."""
    return str(changed(server.place()))


@pytest.fixture
def place(original: str) -> Iterator[str]:
    """A copy of it; what was put beside it is taken away again."""
    found = server.place(original)
    yield found
    with superuser(found) as hand:
        for statement in (
            "SET allow_system_table_mods = on",
            "DROP VIEW IF EXISTS pg_catalog.entries",
            "DROP TABLE IF EXISTS pg_catalog.texts",
            f"REVOKE {server.OWNER}, postgres FROM {server.APP}",
            f"REVOKE pg_write_all_data FROM {server.INSPECT}",
            f"ALTER ROLE {server.APP} NOSUPERUSER",
            "DROP SCHEMA IF EXISTS beside CASCADE",
        ):
            hand.execute(statement)


BESIDE = {
    "a table whose rows are read as entries": (
        "CREATE SCHEMA beside; CREATE TABLE beside.more () INHERITS (entries)",
        "inheritance entries is not ours",
    ),
    "a view that is found before the table": (
        (
            "SET allow_system_table_mods = on; CREATE VIEW pg_catalog.entries AS SELECT * FROM entries;"
            "GRANT SELECT ON pg_catalog.entries TO PUBLIC"
        ),
        "relation pg_catalog.entries is not ours",
    ),
    "a table without triggers that is found before the table": (
        (
            "SET allow_system_table_mods = on; CREATE TABLE pg_catalog.texts AS SELECT * FROM texts;"
            "GRANT SELECT ON pg_catalog.texts TO PUBLIC"
        ),
        "relation pg_catalog.texts is not ours",
    ),
    "another order of letters under the same name": (
        """CREATE SCHEMA beside; CREATE COLLATION beside."C" (provider = libc, locale = 'POSIX');
        ALTER TABLE redactions ALTER COLUMN commitment TYPE text COLLATE beside."C" """,
        "column redactions.commitment is changed",
    ),
    "another meaning of a sign": (
        """CREATE SCHEMA beside; CREATE FUNCTION beside.never(text, text) RETURNS bool LANGUAGE sql AS 'SELECT false';
        CREATE OPERATOR {schema}.= (LEFTARG = text, RIGHTARG = text, FUNCTION = beside.never)""",
        "operator = is not ours",
    ),
}
ROLES = {
    "the writers act as the owner": (
        f"GRANT {server.OWNER} TO {server.APP} WITH INHERIT FALSE",
        f"{server.APP} may act as {server.OWNER}, who can take the triggers away",
    ),
    "the writers act as the superuser": (
        f"GRANT postgres TO {server.APP}",
        f"{server.APP} may act as postgres, who can take the triggers away",
    ),
    "the writers are superusers": (
        f"ALTER ROLE {server.APP} SUPERUSER",
        f"{server.APP} may act as {server.APP}, who can take the triggers away",
    ),
    "the inspectors write everywhere": (
        f"GRANT pg_write_all_data TO {server.INSPECT}",
        f"{server.INSPECT} may do DELETE, INSERT, UPDATE on the table entries by way of another role",
    ),
}


@pytest.mark.parametrize("what", [*BESIDE, *ROLES])
def test_what_lies_beside_the_tables_and_who_may_be_the_owner_is_named(place: str, what: str) -> None:
    """The tables look as they must, and what is read and written is something else, or by somebody else."""
    statements, why = (BESIDE | ROLES)[what]
    with superuser(place) as hand:
        for one in statements.format(schema=schema_of(place)).split(";"):
            hand.execute(one)
    with Ledger.open(server.by(place, server.INSPECT), read_only=True) as book:
        assert why in [flaw.why for flaw in book.audit()]
    assert "failed" == verify_path(place).verdict
