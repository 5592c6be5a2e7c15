"""A ledger on a server, opened for reading alone: neither the keys nor the event store load for it."""

from __future__ import annotations

from ledger.errors import Unavailable
from ledger.storage import schema
from ledger.storage.postgres.refusals import absent
from ledger.storage.postgres.server import OnServer
from ledger.storage.postgres.session import Session
from ledger.storage.reader import Reader
from ledger.storage.whole import require_whole


def look(url: str, *, begun: bool) -> Reader:
    """Open the ledger at a URL for reading alone; raises Unavailable where there is none of this version.

    `begun` refuses tables without an entry too; without it, everything is seen as it stood at one moment.
    """
    session = Session(url, read_only=True, still=not begun)
    try:
        require_ours(session)
        reader = Reader(OnServer(session))
        if begun:
            require_begun(reader)
        require_whole(reader)
    except BaseException:
        session.close()
        raise
    return reader


def require_begun(reader: Reader) -> None:
    """Refuse (Unavailable) tables in which no entry stands."""
    if reader.size() == 0:
        raise absent(reader.path, "its tables are there, and no entry in them")


def require_ours(session: Session) -> None:
    """Refuse (Unavailable) a schema without the tables of a ledger, or with those of another version."""
    known = session.run("SELECT to_regclass(?)::text, to_regclass(?)::text", _named(session.schema))
    if None in known[0]:
        raise absent(session.name, f"the schema {session.schema} holds no tables of a ledger")
    found = dict(session.run("SELECT key, value FROM meta"))
    if found.get("format") != str(schema.FORMAT):
        raise Unavailable(
            f"The ledger has storage format {found.get('format')}; this program knows {schema.FORMAT}.",
            why=f"{session.name} was made by another version of the program",
            fix="Use the version that made it, or a newer one.",
        )


def _named(space: str) -> tuple[str, str]:
    return f"{space}.meta", f"{space}.entries"
