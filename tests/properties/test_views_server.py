"""Persisted views on a server: the same rows as beside a file, in a schema where the writing role may change them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Thread
from time import monotonic

import psycopg
import pytest
import server
from acts import MONDAY, PATIENT, Ward
from dosed import eventful

from commands.cli.lastseen import opener_of
from commands.cli.running import run as doseledger
from ledger.book import Ledger
from ledger.book.moving import move
from ledger.book.views import make_views, views_of
from ledger.errors import Conflict, Unavailable
from ledger.storage.location import schema_of
from projections.accountability import accountability
from projections.patient import overview
from projections.views.comparing import compared
from projections.views.definition import VIEWS
from projections.views.keeper import Keeper
from projections.views.running import rebuild, take_on

US = "doseledger 0.1.0, build 0"


@pytest.fixture(autouse=True)
def _apart(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen of other ledgers on this machine does not matter here."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A ledger on a server to which everything happened, as its owner prepared it."""
    place = server.place()
    with closing(Ward.founded(place)) as ward:
        eventful(ward)
    return place


def made(ledger: Ledger) -> dict[str, object]:
    """Make every view anew, and give what is stored."""
    with closing(make_views(ledger)) as store:
        for view in VIEWS:
            rebuild(ledger, store, view, made_by=US)
        return {view.name: store.read(view.name) for view in VIEWS}


def test_the_rows_are_those_beside_a_file(url: str, tmp_path: Path) -> None:
    """The list on the server is another than that of the same ledger taken home on a file."""
    with Ledger.open(url, read_only=True) as there:
        move(url, tmp_path / "home.ledger", opener_of(there))
        with Ledger.open(tmp_path / "home.ledger", read_only=True) as here:
            assert made(here) == made(there)
        views, now = Keeper(lambda: US), there.log_time(there.size - 1) + timedelta(days=1)
        for reader in (overview, accountability):
            assert reader(there, now=now) == reader(there, now=now, views=views)
        assert ["patients", "books"] == [one.view for one in views.used if not one.why_not]
        assert [] == list(compared(there, US))


def test_an_edited_row_is_found_there_too(url: str) -> None:
    """Whoever administers the server edits the list, and nobody compares it."""
    with Ledger.open(url, read_only=True) as ledger:
        made(ledger)
        with psycopg.connect(url.partition("&schema")[0], autocommit=True) as writer:
            writer.execute(f"DELETE FROM {schema_of(url)}_views.rows WHERE view = 'books'")
        assert [f"the view books lacks the row of {PATIENT}"] == [one.why for one in compared(ledger, US)]


def test_an_inspector_reads_views_and_changes_none(url: str) -> None:
    """Whoever may only look writes the list that others look at."""
    with Ledger.open(url, read_only=True) as ledger:
        kept = made(ledger)
    with Ledger.open(server.by(url, server.INSPECT), read_only=True) as ledger:
        with closing(views_of(ledger)) as store:
            assert kept == {view.name: store.read(view.name) for view in VIEWS}
        with closing(make_views(ledger)) as store, pytest.raises(Unavailable, match="may not"):
            rebuild(ledger, store, VIEWS[0], made_by=US)


def test_without_a_place_nothing_is_kept() -> None:
    """A program that may add entries alone makes tables of its own among them."""
    place = server.place()
    with psycopg.connect(server.by(place.partition("&schema")[0], server.OWNER), autocommit=True) as owner:
        owner.execute(f"DROP SCHEMA {schema_of(place)}_views")
    with closing(Ward.founded(place)) as ward:
        assert views_of(ward.book) is None
        with pytest.raises(Unavailable, match="no place for views"):
            make_views(ward.book)


def test_whoever_only_reads_makes_no_place() -> None:
    """An inspector's look leaves tables on the server of the site."""
    place = server.place()
    with closing(Ward.founded(place)) as ward, Ledger.open(server.by(place, server.INSPECT), read_only=True) as ledger:
        with pytest.raises(Unavailable, match="no place for views"):
            make_views(ledger)
        assert views_of(ward.book) is None


def test_two_runners_do_not_mix_there_either(url: str) -> None:
    """Rows of one program stand under the position of another."""
    with Ledger.open(url, read_only=True) as ledger:
        made(ledger)
        with closing(make_views(ledger)) as store:
            before = store.progress()[0]
            store.advance(before, before._replace(made_by="other"), [("P-009", b"{}"), ("P-009", None)])
            with pytest.raises(Conflict, match="Another program"):
                store.advance(before, before, [])
            assert [PATIENT] == [key for key, _ in store.read(before.view)[1]]


def test_two_that_make_a_view_anew_do_not_mix_either(url: str) -> None:
    """Half of the list is judged by rules that were mended, because two builds of the program made it at once."""
    with Ledger.open(url, read_only=True) as ledger:
        made(ledger)
        with closing(make_views(ledger)) as store, closing(make_views(ledger)) as other:
            mine, theirs = (store.progress()[0]._replace(made_by=name) for name in ("mine", "theirs"))

            def slow() -> Iterator[tuple[str, bytes]]:
                yield "P-001", b"mine"
                other.renew(theirs, [("P-001", b"theirs")])
                yield "P-002", b"mine"

            with pytest.raises(Conflict, match="Another program"):
                store.renew(mine, slow())
            assert (theirs, (("P-001", b"theirs"),)) == store.read(mine.view)


def test_a_commit_wakes_who_follows(url: str) -> None:
    """The list of the whole site is old for as long as somebody chose to sleep."""
    woken: list[float] = []
    with Ledger.open(url, read_only=True) as ledger, closing(make_views(ledger)) as store:
        store.wait(60)  # the first look is not waited for

        def follow() -> None:
            store.wait(60)
            woken.append(monotonic())

        thread = Thread(target=follow)
        thread.start()
        with closing(Ward.open(url, now=MONDAY + timedelta(days=9))) as ward:
            ward.do("crc.1", "patient measure", patient=PATIENT, weight="70kg")
        began = monotonic()
        thread.join(30)
        assert [True] == [moment - began < 30 for moment in woken]
        for view in VIEWS:
            assert (ledger.size, 0) == (take_on(ledger, store, view, made_by=US).progress.size, 0)
        assert [] == list(compared(ledger, US))


def test_the_command_runs_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Only who knows SQL could have views on a server."""
    place = server.place()
    with closing(Ward.founded(place)) as ward:
        assert 0 == doseledger(["view", "run", "-l", place])
        with closing(make_views(ward.book)) as store:
            assert ["books", "patients"] == [one.view for one in store.progress()]
        assert 0 == doseledger(["verify", "-l", place])
        assert "rebuilds" in capsys.readouterr().out
