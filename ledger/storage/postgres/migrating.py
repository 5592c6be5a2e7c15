"""The tables of a ledger made on a server, and who may do what with them: the work of the role that owns them.

Three roles: the owner, who makes the tables and is used for nothing else; the one that writes, with SELECT and INSERT
alone (and DELETE on the texts, which a trigger allows for redacted ones); and the one that only reads.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from msgspec import Struct

from ledger.errors import BadInput, IntegrityFailure, Unavailable
from ledger.storage.location import require_name
from ledger.storage.postgres import catalogue, tables
from ledger.storage.postgres.refusals import sentence
from ledger.storage.postgres.session import Session
from ledger.storage.schema import TABLES

_NO_ROLES = frozenset({"public", "none", "current_role", "current_user", "session_user", "user"})
"""Words that stand for somebody else where SQL asks for a role."""


class Roles(Struct, frozen=True):
    """Who writes and who only reads, beside the owner."""

    writers: Sequence[str] = ()
    readers: Sequence[str] = ()


class Migrated(Struct, frozen=True):
    """What was done: whether the tables are new, in which schema, whose they are, and who got rights."""

    made: bool
    schema: str
    owner: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]


def script(schema: str, roles: Roles) -> tuple[str, ...]:
    """The statements that make everything in a new schema, in their order, for whoever runs them with psql."""
    return (f"CREATE SCHEMA {schema}", *tables.statements(schema), *_views(schema), *grants(schema, roles))


def _views(schema: str) -> tuple[str, ...]:
    """The statement for the schema beside it, in which the writers keep what can be made again at any time."""
    return (f"CREATE SCHEMA IF NOT EXISTS {tables.views_of(schema)}",)


def grants(schema: str, roles: Roles) -> tuple[str, ...]:
    """The statements that give the rights, and take every other away from these roles and from everybody."""
    listed = ", ".join(f"{schema}.{table}" for table in TABLES)
    views = tables.views_of(schema)
    found = [f"REVOKE ALL ON SCHEMA {schema}, {views} FROM PUBLIC", f"REVOKE ALL ON {listed} FROM PUBLIC"]
    for role in dict.fromkeys((*roles.writers, *roles.readers)):
        _require_role(role)
        rights = "SELECT, INSERT" if role in roles.writers else "SELECT"
        found += [
            f"GRANT USAGE ON SCHEMA {schema}, {views} TO {role}",
            f"REVOKE ALL ON {listed} FROM {role}",
            f"GRANT {rights} ON {listed} TO {role}",
        ]
        if role in roles.writers:
            found += [f"GRANT DELETE ON {schema}.texts TO {role}", f"GRANT CREATE ON SCHEMA {views} TO {role}"]
    return tuple(found)


def _require_role(name: str) -> None:
    """Refuse (BadInput) what is no name of one role: `public` is everybody, `current_user` whoever runs it."""
    if require_name(name, "role") in _NO_ROLES:
        raise BadInput(f"{name} is not a role that can be given rights.", fix="Name the role of one program or person.")


def migrate(url: str, roles: Roles) -> Migrated:
    """Make the tables where there are none, and give the rights; all of it or nothing. The URL is the owner's.

    Raises Unavailable where the owner cannot do that, or the database is not in UTF-8; IntegrityFailure where other
    things lie in the schema.
    """
    session = Session(url, read_only=False)
    try:
        found = catalogue.stored(session)
        changed = catalogue.differences(session) if found else []
        if changed:
            raise IntegrityFailure(
                f"The schema {session.schema} holds other things than the tables of a ledger.",
                why="; ".join(changed),
                fix="Choose another schema: ?schema=NAME at the end of the URL.",
            )
        ((encoding, owner),) = session.run(
            "SELECT pg_encoding_to_char(encoding)::text, current_user::text FROM pg_database"
            " WHERE datname = current_database()"
        )
        if encoding != "UTF8":
            raise Unavailable(
                f"The encoding of the database is {encoding}.", fix="Use a database made with: ENCODING 'UTF8'"
            )
        if found:
            owner = _owner(session)
        _run(session, [*(() if found else _made(session)), *grants(session.schema, roles)])
        return Migrated(not found, session.schema, owner, tuple(roles.writers), tuple(roles.readers))
    finally:
        session.close()


def _owner(session: Session) -> str:
    """Give whose the tables are that are there; Unavailable where this role may not act for him.

    The server itself only warns when somebody else gives rights, and gives none.
    """
    ((owner, acts),) = session.run(
        "SELECT pg_get_userbyid(nspowner)::text, pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = ?",
        (session.schema,),
    )
    if not acts:
        raise Unavailable(
            "The role of this URL may not do this in the database.",
            why=f"{session.name}: the tables are there, and {owner} owns them",
            fix=f"Use the URL of {owner}.",
        )
    return str(owner)


def _made(session: Session) -> tuple[str, ...]:
    ((there,),) = session.run("SELECT count(*) FROM pg_namespace WHERE nspname = ?", (session.schema,))
    new = () if there else (f"CREATE SCHEMA {session.schema}",)
    return (*new, *tables.statements(session.schema), *_views(session.schema))


def _run(session: Session, statements: Sequence[str]) -> None:
    connection = session.connection
    try:
        with connection.transaction():
            for statement in statements:
                connection.execute(statement)
    except psycopg.Error as error:
        raise sentence(error, session.name, writing=True) from error
