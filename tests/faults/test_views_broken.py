"""Persisted views that are broken, tampered with, foreign or stopped: nobody is misled, and the others go on."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from acts import PATIENT, Ward, founded
from dosed import eventful

from commands.cli import keeping
from commands.cli.running import run as doseledger
from ledger.book import Ledger
from ledger.book.views import ViewStore, make_views, views_of
from ledger.errors import Conflict, Unavailable
from ledger.events import body
from ledger.events.entry import Entry
from ledger.storage.views.sqlite import ViewFile
from ledger.verify import verify_path
from projections.patient import overview
from projections.views import definition
from projections.views.comparing import compared, left_out
from projections.views.definition import BOOKS, PATIENTS, VIEWS, Definition, Place
from projections.views.keeper import Keeper
from projections.views.running import rebuild, take_on

US = "doseledger 0.1.0, build 0"
GRADE = "toxicity.graded/1"


@pytest.fixture(autouse=True)
def _apart(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen of other ledgers on this machine does not matter here."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture(scope="module")
def eventfully(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed ledger with views at its head."""
    folder = tmp_path_factory.mktemp("broken")
    with closing(Ward.copy(founded(folder / "site.ledger"), folder / "trial.ledger")) as ward:
        eventful(ward)
        ward.enrol("P-002")
    with Ledger.open(folder / "trial.ledger", read_only=True) as ledger, closing(make_views(ledger)) as store:
        for view in VIEWS:
            take_on(ledger, store, view, made_by=US)
    return folder / "trial.ledger"


@pytest.fixture
def path(eventfully: Path, tmp_path: Path) -> Path:
    """A copy of both files."""
    for suffix in ("", ".views"):
        shutil.copyfile(f"{eventfully}{suffix}", tmp_path / f"trial.ledger{suffix}")
    return tmp_path / "trial.ledger"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """The ledger, opened to read."""
    with Ledger.open(path, read_only=True) as opened:
        yield opened


@pytest.fixture
def store(ledger: Ledger) -> Iterator[ViewStore]:
    """Its views, opened to write."""
    with closing(make_views(ledger)) as opened:
        yield opened


def change(path: Path, statement: str, *values: object) -> None:
    """Do to the file of views what somebody with a database tool does."""
    with closing(sqlite3.connect(f"{path}.views")) as connection, connection:
        assert connection.execute(statement, values).rowcount


def told(path: Path) -> list[tuple[str, str, str]]:
    """What a verification says of the views."""
    report = verify_path(path, rebuilds=[lambda ledger: compared(ledger, US)], workers=1)
    return [(report.verdict, finding.level, finding.why) for finding in report.findings if finding.code == "view"]


def test_an_edited_row_is_found(path: Path) -> None:
    """Somebody raises the doses left in the list that everybody looks at, and the signed entries stay as they are."""
    assert [] == told(path)
    change(
        path,
        'UPDATE rows SET data = CAST(replace(CAST(data AS TEXT), \'"given_mg":"3"\', \'"given_mg":"2"\') AS BLOB)'
        " WHERE view = 'patients' AND key = ?",
        PATIENT,
    )
    ((verdict, level, why),) = told(path)
    assert ("failed", "L3") == (verdict, level)
    assert f"the row of {PATIENT} in the view patients" in why


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM rows WHERE view = 'books' AND key = 'P-002'", "lacks the row of P-002"),
        ("UPDATE rows SET key = 'P-003' WHERE view = 'patients' AND key = 'P-002'", "keeps a row of P-003"),
        ("UPDATE views SET size = size - 1 WHERE name = 'books'", "of another history"),
        ("UPDATE views SET root = upper(root) WHERE name = 'patients'", "of another history"),
    ],
)
def test_a_row_too_few_or_too_many_is_found(path: Path, statement: str, said: str) -> None:
    """A patient vanishes from the list, or one that nobody knows is in it."""
    change(path, statement)
    assert any(said in why for _, _, why in told(path))


def test_another_history_is_not_read(path: Path, ledger: Ledger) -> None:
    """After a restore the list would go on showing the entries that were lost."""
    change(path, "UPDATE views SET root = ? WHERE name = 'patients'", "0" * 64)
    views, now = Keeper(lambda: US), ledger.log_time(ledger.size - 1)
    assert overview(ledger, now=now) == overview(ledger, now=now, views=views)
    assert ["it stands for another history than this ledger has"] == [one.why_not for one in views.used]


def test_another_build_is_not_read_nor_judged(ledger: Ledger, store: ViewStore) -> None:
    """A rule was mended, and the list still shows what the old one said; or the new program accuses the old one."""
    views, now = Keeper(lambda: "doseledger 0.2.0, build 1"), ledger.log_time(ledger.size - 1)
    assert overview(ledger, now=now) == overview(ledger, now=now, views=views)
    assert ["another build of the program made it"] == [one.why_not for one in views.used]
    assert [] == list(compared(ledger, "doseledger 0.2.0, build 1"))
    assert 2 == len(left_out(ledger, lambda: "doseledger 0.2.0, build 1") or ())
    again = take_on(ledger, store, PATIENTS, made_by="doseledger 0.2.0, build 1")
    assert ("doseledger 0.2.0, build 1", 2) == (again.progress.made_by, again.rows)


@pytest.mark.parametrize("junk", [b"", b"not a database" * 99, b"SQLite format 3\x00" + b"\x00" * 4000])
def test_a_broken_file_misleads_nobody(path: Path, ledger: Ledger, junk: bytes) -> None:
    """The list would be empty because a disposable file is broken, and nobody would be treated that day."""
    Path(f"{path}.views").write_bytes(junk)
    views, now = Keeper(lambda: US), ledger.log_time(ledger.size - 1)
    assert overview(ledger, now=now) == overview(ledger, now=now, views=views)
    assert [] == told(path)
    assert left_out(ledger, lambda: US)
    assert all(one.why_not for one in views.used)


def failing(view: Definition, kind: str) -> Definition:
    """The view with a mistake in it: it cannot make a row of entries with this kind among them."""

    def row(place: Place, number: str, entries: Sequence[Entry]) -> bytes:
        if any(entry.kind == kind for entry in entries):
            raise ZeroDivisionError("a mistake")
        return view.row(place, number, entries)

    return replace(view, row=row)


def first(ledger: Ledger, kind: str) -> int:
    """Where the first entry of a kind stands."""
    return next(entry.position for entry in ledger.entries() if entry.kind == kind)


@pytest.mark.parametrize("make", [take_on, rebuild])
def test_a_mistake_stops_its_view_alone(path: Path, ledger: Ledger, make: type) -> None:
    """One entry that the list cannot take in would stop the drug books too, or be passed over in silence."""
    Path(f"{path}.views").unlink()
    with closing(make_views(ledger)) as store:
        ran = make(ledger, store, failing(PATIENTS, GRADE), made_by=US)
        at = first(ledger, GRADE)
        assert (at, at, 70) == (ran.progress.size, ran.progress.stopped_at, ran.code)
        assert "ZeroDivisionError: a mistake" == ran.progress.stopped
        assert ledger.root_at(at).hex() == ran.progress.root
        assert 0 == make(ledger, store, BOOKS, made_by=US).code
    views, now = Keeper(lambda: US), ledger.log_time(ledger.size - 1)
    assert overview(ledger, now=now) == overview(ledger, now=now, views=views)
    assert [f"#{at}: ZeroDivisionError: a mistake"] == [one.stopped for one in views.used]
    assert [] == list(compared(ledger, US))


def test_a_stopped_view_goes_on_once_the_mistake_is_mended(path: Path, ledger: Ledger) -> None:
    """The list stays where it stopped for ever, or takes the entry twice."""
    Path(f"{path}.views").unlink()
    with closing(make_views(ledger)) as store:
        take_on(ledger, store, failing(PATIENTS, GRADE), made_by=US)
        again = take_on(ledger, store, failing(PATIENTS, GRADE), made_by=US)
        assert (70, first(ledger, GRADE)) == (again.code, again.progress.stopped_at)
        mended = take_on(ledger, store, PATIENTS, made_by=US)
        assert (0, ledger.size, "") == (mended.code, mended.progress.size, mended.progress.stopped)
        whole = store.read("patients")
        rebuild(ledger, store, PATIENTS, made_by=US)
        assert whole == store.read("patients")


@pytest.mark.parametrize("make", [take_on, rebuild])
def test_an_unknown_kind_stops_the_view(path: Path, monkeypatch: pytest.MonkeyPatch, make: type) -> None:
    """A newer program writes what this one cannot read, and this one's list goes on as if nothing had been said."""
    with Ledger.open(path, read_only=True) as ledger:
        at = first(ledger, GRADE)
    Path(f"{path}.views").unlink()
    known = body._decoder
    monkeypatch.setattr(body, "_decoder", lambda kind: None if kind == GRADE else known(kind))
    with Ledger.open(path, read_only=True) as ledger, closing(make_views(ledger)) as store:
        for view in VIEWS:
            ran = make(ledger, store, view, made_by=US)
            assert (at, at, 8) == (ran.progress.size, ran.progress.stopped_at, ran.code)
            assert GRADE in ran.progress.stopped


def test_a_runner_that_dies_leaves_the_old_view(ledger: Ledger, store: ViewStore) -> None:
    """While a list is made anew people look at half of it."""
    before = store.read("patients")
    whole = before[0]._replace(made_by="another")

    def dying() -> Iterator[tuple[str, bytes]]:
        for number in range(200):
            yield f"P-{number}", b"{}"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.renew(whole, dying())
    assert before == store.read("patients")
    assert [] == list(compared(ledger, US))
    rebuild(ledger, store, PATIENTS, made_by=US)
    assert before == store.read("patients")


def test_two_runners_do_not_mix(ledger: Ledger, store: ViewStore) -> None:
    """Two programs take the same list along, and rows of one stand under the position of the other."""
    (before,) = (one for one in store.progress() if one.view == "books")
    with closing(make_views(ledger)) as other:
        other.advance(before, before._replace(made_by="other"), [])
    with pytest.raises(Conflict, match="Another program"):
        store.advance(before, before, [("P-001", None)])
    assert 2 == len(store.read("books")[1])


def test_two_that_make_a_view_anew_do_not_mix(ledger: Ledger, store: ViewStore) -> None:
    """Two builds of the program make the list at once, and half of it is judged by rules that were mended."""
    before = store.read("books")
    mine, theirs = (before[0]._replace(made_by=name) for name in ("mine", "theirs"))

    def slow() -> Iterator[tuple[str, bytes]]:
        yield "P-001", b"mine"
        with closing(make_views(ledger)) as other:
            other.renew(theirs, [("P-001", b"theirs"), ("P-002", b"theirs")])
        yield "P-002", b"mine"

    with pytest.raises(Conflict, match="Another program"):
        store.renew(mine, slow())
    assert (theirs, (("P-001", b"theirs"), ("P-002", b"theirs"))) == store.read("books")


def test_a_machine_that_dies_while_it_writes(path: Path, ledger: Ledger, store: ViewStore, tmp_path: Path) -> None:
    """After a power cut nobody could look at the list, or it would be half of two."""
    (before,) = (one for one in store.progress() if one.view == "books")
    dead = tmp_path / "dead.ledger"

    def dying() -> Iterator[tuple[str, bytes]]:
        for number in range(90):  # more than is kept in memory: the file itself is written, and its journal is hot
            yield f"P-{number}", bytes(50_000)
        for suffix in ("", ".views", ".views-journal"):
            shutil.copyfile(f"{path}{suffix}", f"{dead}{suffix}")

    store.advance(before, before._replace(made_by="lost"), dying())
    assert Path(f"{dead}.views").read_bytes() != Path(f"{path}.views").read_bytes()
    with Ledger.open(dead, read_only=True) as later:
        views, now = Keeper(lambda: US), later.log_time(later.size - 1)
        assert overview(later, now=now) == overview(later, now=now, views=views)
        with closing(make_views(later)) as again:
            assert before in again.progress()
            assert [] == list(compared(later, US))


def test_the_file_is_private_and_reading_makes_none(path: Path, tmp_path: Path) -> None:
    """Everybody on the machine reads the patients' courses; or looking at a ledger leaves a file beside it."""
    Path(f"{path}.views").unlink()
    before = sorted(tmp_path.iterdir())
    with Ledger.open(path, read_only=True) as ledger:
        overview(ledger, now=ledger.log_time(ledger.size - 1), views=Keeper(lambda: US))
        assert views_of(ledger) is None
        assert before == sorted(tmp_path.iterdir())
        make_views(ledger).close()
    assert 0o600 == stat.S_IMODE(Path(f"{path}.views").stat().st_mode)


def test_of_a_copy_no_views_are_kept(path: Path, tmp_path: Path) -> None:
    """An inspector's copy grows files beside it."""
    assert 0 == doseledger(["export", "jsonl", "-l", str(path), "--out", str(tmp_path / "copy")])
    with Ledger.open(tmp_path / "copy", read_only=True) as copy:
        assert views_of(copy) is None
        with pytest.raises(Unavailable, match="of a copy"):
            make_views(copy)


def test_the_command_tells_what_stopped(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The night's run fails and the morning's list does not say that it is of yesterday."""
    monkeypatch.setattr(keeping, "made_by", lambda: US)
    monkeypatch.setattr("commands.cli.viewing.made_by", lambda: US)
    monkeypatch.setattr(definition, "VIEWS", (failing(PATIENTS, GRADE), BOOKS))
    assert 70 == doseledger(["view", "rebuild", "-l", str(path)])
    said = capsys.readouterr()
    assert "The view patients has stopped: it cannot take in the entry #" in said.err
    assert "ZeroDivisionError: a mistake" in said.err
    assert "books: " in said.out
    assert 70 == doseledger(["view", "run", "-l", str(path), "--json"])
    assert '"stopped_at"' in capsys.readouterr().out
    assert 0 == doseledger(["status", "-l", str(path)])
    assert "The view patients has stopped before the entry #" in capsys.readouterr().err
    assert 1 == doseledger(["doctor", "-l", str(path)])
    doctor = capsys.readouterr().out
    assert "x view patients: it has stopped before #" in doctor
    assert "v view books: " in doctor


def test_verify_compares_and_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one command that an inspector runs would not look at the list that he was shown."""
    monkeypatch.setattr("commands.cli.views.made_by", lambda: US)
    assert 0 == doseledger(["verify", "-l", str(path)])
    assert "rebuilds" in capsys.readouterr().out
    change(path, "DELETE FROM rows WHERE view = 'books' AND key = 'P-002'")
    assert 8 == doseledger(["verify", "-l", str(path)])
    assert "L3 view: the view books lacks the row of P-002" in capsys.readouterr().out
    monkeypatch.setattr("commands.cli.views.made_by", lambda: "doseledger 0.2.0, build 1")
    assert 0 == doseledger(["verify", "-l", str(path)])
    assert f"the view books, made by {US}" in capsys.readouterr().out


def test_a_runner_follows_a_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list is as old as the last time that somebody thought of it."""
    sizes: list[int] = []

    def wait(self: ViewFile, seconds: float) -> None:
        assert 0 <= seconds <= 1
        if sizes:
            raise KeyboardInterrupt
        with closing(Ward.open(path)) as ward:
            ward.now = ward.book.log_time(ward.book.size - 1)
            ward.do("crc.1", "patient measure", patient=PATIENT, weight="70kg")
            sizes.append(ward.book.size)

    monkeypatch.setattr(ViewFile, "wait", wait)
    assert 130 == doseledger(["view", "run", "--follow", "-l", str(path)])
    assert f"patients: {sizes[0]} entries, 1 rows made" in capsys.readouterr().out


@pytest.mark.parametrize(
    "put",
    [
        "CREATE VIEW more AS SELECT 1",
        "CREATE TRIGGER again AFTER INSERT ON rows BEGIN DELETE FROM rows; END",
        "ALTER TABLE rows RENAME TO old; CREATE VIEW rows AS SELECT * FROM old",
    ],
)
def test_tables_that_are_not_ours_are_not_read(path: Path, put: str) -> None:
    """A view in the place of the rows could answer differently each time, or never end."""
    with closing(sqlite3.connect(f"{path}.views")) as connection:
        connection.executescript(put)
    with pytest.raises(Unavailable, match="holds no views"):
        ViewFile.look(f"{path}.views")
    with Ledger.open(path, read_only=True) as ledger:
        views = Keeper(lambda: US)
        assert overview(ledger, now=ledger.log_time(ledger.size - 1)) == overview(
            ledger, now=ledger.log_time(ledger.size - 1), views=views
        )
        assert "holds no views" in views.used[0].why_not
