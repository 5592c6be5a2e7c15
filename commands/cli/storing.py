"""`doseledger storage migrate`: the tables of a ledger made on a PostgreSQL server, and who may use them."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.cli import console, envelope
from commands.cli.options import Shared
from ledger.book import is_url, servers, shown
from ledger.errors import BadInput


def storage_migrate(
    shared: Shared,
    url: Annotated[
        str,
        typer.Argument(metavar="URL", help="The database, for the role that is to own the tables: postgresql://..."),
    ],
    *,
    writer: Annotated[
        list[str] | None, typer.Option("--writer", metavar="ROLE", help="A role that may add entries; repeatable.")
    ] = None,
    reader: Annotated[
        list[str] | None, typer.Option("--reader", metavar="ROLE", help="A role that may only read; repeatable.")
    ] = None,
    script: Annotated[
        bool, typer.Option("--print", help="Print the statements for psql instead of running them.")
    ] = False,
) -> None:
    """Make the tables of a ledger on a server, and give the rights to the roles that use it; all of it or nothing.

    Run again, it makes nothing and gives the rights anew. The first entry is made with init, as a writer.
    """
    if not is_url(url):
        raise BadInput(f"{url!r} is no URL of a database", fix="postgresql://OWNER@HOST/DATABASE?schema=NAME")
    if script:
        console.answer(servers.script(url, writer or (), reader or ()).rstrip("\n"))
        return
    made = servers.migrate(url, writer or (), reader or ())
    if shared.json:
        envelope.bare("storage-migrate", made)
        return
    done = "The tables are made" if made.made else "The tables were there"
    console.answer(f"{done}: schema {made.schema} of {shown(url)}, owned by {made.owner}")
    for role in made.writers:
        console.say(f"  {role} may read and add")
    for role in made.readers:
        console.say(f"  {role} may read")
    if made.owner in made.writers:
        console.insist("! the role that owns the tables writes too: it could take the guards off", "warn")
    console.say("Next, as a role that may add: doseledger init URL")
