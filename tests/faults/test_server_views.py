"""The views of a ledger on a server: whoever may write there can make them, and a password goes where it is needed."""

from __future__ import annotations

from contextlib import closing
from threading import Thread

import pytest
import server
from minting import Site

from ledger.book import Ledger
from ledger.book.views import make_views, views_of
from ledger.errors import DoseLedgerError
from ledger.storage.location import schema_of
from ledger.storage.postgres.views import ViewTables


@pytest.fixture(scope="module")
def original() -> str:
    """A staffed site, closed."""
    found = server.place()
    Site(found).staffed().book.close()
    return found


@pytest.fixture
def place(original: str) -> str:
    """A copy of it."""
    return server.place(original)


def test_a_superuser_alone_on_his_server_has_views(original: str) -> None:
    """Who tries the program on a server of his own, with its one role, would be told that the record is damaged."""
    name = schema_of(original)
    with server.shared().admin(server.TRIALS) as connection:
        connection.execute(f"REVOKE CREATE ON SCHEMA {name}_views FROM {server.APP}")
        connection.execute(f"ALTER SCHEMA {name}_views OWNER TO postgres")
    url = server.shared().url(server.TRIALS, schema=name)
    with Ledger.open(url, read_only=True) as ledger, closing(make_views(ledger)) as store:
        assert () == store.progress()


def test_two_who_make_the_views_at_once_both_have_them(place: str) -> None:
    """The second of two services that start together would say that the database is not as it was made."""
    said: list[DoseLedgerError] = []

    def make() -> None:
        try:
            ViewTables.make(place).close()
        except DoseLedgerError as error:
            said.append(error)

    runners = [Thread(target=make) for _ in range(4)]
    for one in runners:
        one.start()
    for one in runners:
        one.join()
    assert [] == said


def test_the_password_of_a_url_reaches_the_views(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a server that asks for a password every list would be made without the views, or not at all."""
    url = place.replace(f"{server.APP}@", f"{server.APP}:s3cr3t@")
    asked: list[str] = []

    def record(_: object, name: str) -> None:
        asked.append(name)

    with Ledger.open(url, read_only=True) as ledger:
        monkeypatch.setattr(ViewTables, "look", classmethod(record))
        views_of(ledger)
        monkeypatch.setattr(ViewTables, "make", classmethod(record))
        make_views(ledger)
    assert [url, url] == asked
