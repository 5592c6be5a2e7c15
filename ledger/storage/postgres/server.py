"""A schema on a server as a database that a reader reads and the audit judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg

from ledger.errors import DoseLedgerError
from ledger.storage.postgres import catalogue
from ledger.storage.postgres.session import Session


class OnServer:
    """The tables of one ledger, through one connection."""

    among = "= ANY(?)"

    def __init__(self, session: Session) -> None:
        """`session` is closed with it."""
        self.session = session
        self.unread: list[str] = []

    @property
    def name(self) -> str:
        """The URL, without its password."""
        return self.session.name

    def listed(self, values: Iterable[str | int]) -> object:
        """A list as one parameter: an array."""
        return list(values)

    def all(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The rows of one statement, all as they stood at one moment."""
        try:
            return self.session.run(sql, parameters)
        except DoseLedgerError as error:
            if isinstance(error.__cause__, psycopg.DataError) and error.__cause__.sqlstate is None:
                return []  # a text that no column can hold names nothing
            raise

    def shape(self) -> Iterator[tuple[str, str]]:
        """The encoding, the tables as the catalogue describes them, and who may do what with them."""
        ((encoding,),) = self.all(
            "SELECT pg_encoding_to_char(encoding)::text FROM pg_database WHERE datname = current_database()"
        )
        if encoding != "UTF8":
            yield "header", f"the encoding of the database is {encoding!r}, not 'UTF8'"
        for why in catalogue.differences(self.session):
            yield "schema", why
        for why in catalogue.grants(self.session):
            yield "grants", why

    def flaws(self) -> Iterator[tuple[str, str]]:
        """The same: what the server keeps in its pages is its own affair."""
        return self.shape()

    def close(self) -> None:
        """Let go of the server."""
        self.session.close()
