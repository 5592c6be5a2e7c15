"""The servers of ledgers, for whoever runs one: tables made, rights given, and what a server says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ledger.storage.location import schema_of
from ledger.storage.postgres import driver

if TYPE_CHECKING:  # the driver loads for a URL alone
    from ledger.storage.postgres.facts import Facts
    from ledger.storage.postgres.migrating import Migrated


def migrate(url: str, writers: Sequence[str], readers: Sequence[str]) -> Migrated:
    """Make the tables of a ledger where there are none, and give the rights of these roles; all of it or nothing.

    Raises Unavailable where the role of the URL cannot do that, IntegrityFailure where other things lie in the schema,
    BadInput for a name that no role can have here.
    """
    driver.require()
    from ledger.storage.postgres import migrating  # noqa: PLC0415

    return migrating.migrate(url, migrating.Roles(writers, readers))


def script(url: str, writers: Sequence[str], readers: Sequence[str]) -> str:
    """What `migrate` runs for a new ledger, as a file for psql: for whoever lets no other program make tables."""
    driver.require()
    from ledger.storage.postgres import migrating  # noqa: PLC0415

    found = migrating.script(schema_of(url), migrating.Roles(writers, readers))
    return "BEGIN;\n" + "".join(f"{statement};\n" for statement in found) + "COMMIT;\n"


def facts(url: str) -> Facts:
    """Look at the server of a ledger; raises Unavailable where there is none, or no tables."""
    driver.require()
    from ledger.storage.postgres import facts as looking  # noqa: PLC0415

    return looking.facts(url)
