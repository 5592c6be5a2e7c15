"""`inspect` and `verify` at the terminal: an inspector's machine reads everything and changes nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from commands.cli import main
from ledger.book import Ledger
from ledger.merkle.note import VerifierKey
from ledger.signing import base64url

PATIENT = "001-002"


@dataclass
class Ran:
    """What one run printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass
class Here:
    """A person in the folder of the site, running the program in this process: many runs in little time."""

    folder: Path
    ledger: Path
    state: Path
    printed: Callable[[], tuple[str, str]]

    def run(self, *args: str) -> Ran:
        """Run a command."""
        code = main(args)
        return Ran(code, *self.printed())


@pytest.fixture
def here(site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The site's own folder and settings."""
    for name, value in site.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(site.folder)
    return Here(site.folder, site.ledger, site.folder / "state", capsys.readouterr)


def folded(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file under a folder with its mode and its bytes."""
    return {
        place.relative_to(folder).as_posix(): (place.stat().st_mode, sha256(place.read_bytes()).hexdigest())
        for place in sorted(folder.rglob("*"))
        if place.is_file()
    }


@pytest.fixture
def stick(here: Here, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The ledger file alone on a stick, for somebody with no key, no account and no setting."""
    folder = tmp_path / "stick"
    folder.mkdir()
    (folder / "trial.ledger").write_bytes(here.ledger.read_bytes())
    for name in ("DOSELEDGER_LEDGER", "DOSELEDGER_KEYS"):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_file_is_looked_at_and_stays_as_it_is(here: Here, stick: Path) -> None:
    """A record that changed while it was inspected is no evidence any more."""
    path = str(stick / "trial.ledger")
    stick.chmod(0o555)
    (stick / "trial.ledger").chmod(0o444)
    before = folded(stick)
    for args in ((), ("status",), ("status", PATIENT), ("log",), ("verify",), ("show", "#31"), ("todo",)):
        ran = here.run("inspect", path, *args)
        assert (0, False) == (ran.code, "!" in ran.err), ran.err
    assert before == folded(stick)
    stick.chmod(0o755)


def test_a_log_left_beside_the_file_is_read_without_a_write(here: Here, stick: Path) -> None:
    """A stick that was filled while somebody wrote has its newest doses in the second file alone."""
    with closing(sqlite3.connect(stick / "trial.ledger")) as writer:
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("CREATE TABLE other (a)")
        writer.execute("DROP TABLE other")
        writer.execute("COMMIT")
        left = {name: (stick / name).read_bytes() for name in ("trial.ledger", "trial.ledger-wal")}
    for place in stick.iterdir():
        place.unlink()
    for name, data in left.items():
        (stick / name).write_bytes(data)
    assert left["trial.ledger-wal"]
    before = folded(stick)
    ran = here.run("inspect", str(stick / "trial.ledger"), "status", PATIENT)
    assert (0, "") == (ran.code, ran.err)
    assert before == folded(stick)
    noted = [json.loads(line) for line in (here.state / "inspections.jsonl").read_text().splitlines()]
    assert [sha256(left["trial.ledger-wal"]).hexdigest()] == [one["wal_sha256"] for one in noted]


def test_every_form_answers_like_the_ledger(here: Here, stick: Path) -> None:
    """The monitor's laptop must show the step that the ward's machine shows."""
    path = str(stick / "trial.ledger")
    at = ("--known-at", "36")
    expected = json.loads(here.run("status", PATIENT, "--json", "--ledger", path, *at).out)
    assert 0 == here.run("export", "jsonl", "--ledger", path, "--out", "lines").code
    assert 0 == here.run("export", "bundle", "--ledger", path, "--out", "bag.zip").code
    for copy in (path, "lines", "bag.zip"):
        ran = here.run("inspect", copy, "status", PATIENT, "--json", *at)
        assert 0 == ran.code, ran.err
        found = json.loads(ran.out)
        assert (expected["ledger"], expected["data"]) == (found["ledger"], found["data"])
    report = json.loads(here.run("verify", "bag.zip", "--json").out)["data"]
    assert (0, "self-consistent", True) == (len(report["findings"]), report["verdict"], "rebuilds" in report["checked"])
    assert "self-consistent" == json.loads(here.run("inspect", "bag.zip", "--json").out)["data"]["verdict"]
    assert "archive" == json.loads(here.run("inspect", "--json", "bag.zip").out)["data"]["form"]


@pytest.mark.parametrize(
    "args",
    [
        ("dose", "order", PATIENT, "alemtuzumab", "10mg"),
        ("correct", "#31"),
        ("give",),
        ("init",),
        ("key", "create"),
        ("key", "list"),
        ("demo",),
        ("simulate", "x.toml"),
        ("doctor",),
        ("inspect", "site.ledger"),
    ],
)
def test_nothing_is_written_behind_inspect(here: Here, args: tuple[str, ...]) -> None:
    """One slip of an inspector's hand, and the record has an entry that nobody at the site made."""
    before = folded(here.folder)
    ran = here.run("inspect", "site.ledger", *args)
    assert (4, "") == (ran.code, ran.out)
    assert "only reads" in ran.err
    assert before == folded(here.folder)


def test_an_export_behind_inspect_is_made_and_not_recorded(here: Here) -> None:
    """The inspector takes his copy; the keys beside the ledger are not his to sign with."""
    size = json.loads(here.run("log", "--json").out)["ledger"]["size"]
    ran = here.run("inspect", "site.ledger", "export", "jsonl", "--out", "out")
    assert 0 == ran.code, ran.err
    assert "not recorded in the ledger: an inspection writes nothing" in ran.err
    assert size == json.loads(here.run("log", "--json").out)["ledger"]["size"]
    assert size == len((here.folder / "out" / "entries.jsonl").read_text().splitlines())


def test_inspect_reads_one_record(here: Here) -> None:
    """A command that reads another ledger than the one inspected would answer for the wrong trial."""
    (here.folder / "other.ledger").write_bytes(here.ledger.read_bytes())
    for args in (("status", "--ledger", "other.ledger"), ("verify", "other.ledger"), ("status", "-lother.ledger")):
        ran = here.run("inspect", "site.ledger", *args)
        assert (2, "") == (ran.code, ran.out), args
        assert "inspect reads" in ran.err.lower()
    assert 2 == here.run("inspect", "--ledger", "other.ledger", "site.ledger").code
    assert 2 == here.run("inspect", "site.ledger", "no-such").code
    assert 2 == here.run("inspect", "site.ledger", "dose").code
    assert 6 == here.run("inspect", "nothing.ledger", "status").code


def test_each_look_is_noted_outside_the_ledger(here: Here) -> None:
    """21 CFR 11 asks who saw what; a look must be known afterwards, and not from the record itself."""
    digest = sha256(here.ledger.read_bytes()).hexdigest()
    here.run("inspect", "site.ledger", "status", PATIENT)
    here.run("inspect", "site.ledger")
    book = here.state / "inspections.jsonl"
    assert 0o600 == book.stat().st_mode & 0o777
    noted = [json.loads(line) for line in book.read_text().splitlines()]
    assert [["status", PATIENT], []] == [one["command"] for one in noted]
    assert {(str(here.ledger), digest)} == {(one["file"], one["sha256"]) for one in noted}


def test_a_look_that_cannot_be_noted_is_taken_all_the_same(here: Here) -> None:
    """A locked-down machine at the authority must still show the record."""
    shutil.rmtree(here.state)
    here.state.write_text("no folder")
    ran = here.run("inspect", "site.ledger", "status")
    assert 0 == ran.code
    assert "not noted" in ran.err


def test_a_changed_copy_is_named_before_it_is_read(here: Here) -> None:
    """An inspector who reads a changed copy without a word writes down a dose that was never given."""
    here.run("inspect", "site.ledger", "export", "jsonl", "--out", "out")
    place = here.folder / "out" / "entries.jsonl"
    lines = place.read_bytes().split(b"\n")
    lines[30], lines[31] = lines[31], lines[30]
    place.write_bytes(b"\n".join(lines))
    ran = here.run("inspect", "out")
    assert 8 == ran.code
    assert "first bad entry: #30" in ran.out
    assert "doseledger verify" in ran.err
    assert 8 == here.run("inspect", "out", "status").code
    ran = here.run("verify", "out", "--json")
    assert (8, 30) == (ran.code, json.loads(ran.out)["data"]["first_bad"]["position"])


def test_a_mistyped_name_is_no_verdict(here: Here) -> None:
    """An inspector who mistypes the name of the stick would read that the record must not be trusted."""
    ran = here.run("inspect", "nosuch.zip")
    assert (6, "") == (ran.code, ran.out)
    assert ran.err.startswith("x There is no ledger at "), ran.err


def test_what_is_held_outside_is_compared(here: Here) -> None:
    """The id on paper in the trial master file is worth nothing if no command asks for it."""
    here.run("inspect", "site.ledger", "export", "jsonl", "--out", "out")
    known = json.loads(here.run("verify", "--json").out)["ledger"]["id"]
    note = json.loads((here.folder / "out" / "checkpoints.jsonl").read_bytes().splitlines()[-1])["note"]
    (here.folder / "kept").write_text(note)
    verdicts = {
        ("out",): (0, "self-consistent"),
        ("out", "--ledger", known): (0, "ok-unanchored"),
        ("out", "--ledger", "0" * 64): (8, "fork"),
        ("out", "--trusted", "kept"): (0, "ok"),
        ("out", "--expect", "kept"): (0, "ok"),
        ("site.ledger", "--ledger", known): (0, "ok"),  # by what was last seen here
        ("site.ledger", "--state", "nowhere"): (0, "ok-unanchored"),
        ("--ledger", "0" * 64): (8, "fork"),
    }
    for args, expected in verdicts.items():
        ran = here.run("verify", *args, "--json")
        assert expected == (ran.code, json.loads(ran.out)["data"]["verdict"]), args
    assert 2 == here.run("verify", "out", "--log-key", "no+key").code


def test_a_mistyped_id_is_never_passed_over(here: Here) -> None:
    """An inspector who leaves out a digit of the id on paper would read that all is well; nothing was compared."""
    here.run("inspect", "site.ledger", "export", "jsonl", "--out", "lines")
    known = json.loads(here.run("verify", "--json").out)["ledger"]["id"]
    grouped = " ".join(known[at : at + 8] for at in range(0, 64, 8)).upper()
    assert 0 == here.run("verify", "lines", "--ledger", grouped).code
    for wrong in (known[:-1], "site.ledger", "00"):
        for args in (("verify", "lines"), ("certify-copy", "check", "lines")):
            assert 2 == here.run(*args, "--ledger", wrong).code, (args, wrong)


def test_the_log_key_is_compared(here: Here) -> None:
    """Whoever has made up a ledger has made up its log key; the sponsor holds the true one."""
    with Ledger.open(here.ledger, read_only=True) as book:
        event = book.entry(0).event
        true = VerifierKey(name=book.origin, public=base64url.decode(event.log_key.x.encode())).text()
        other = VerifierKey(name=book.origin, public=b"\x07" * 32).text()
    (here.folder / "key.txt").write_text(f"{true}\n")
    assert 0 == here.run("inspect", "site.ledger", "export", "jsonl", "--out", "out").code
    for said, expected in ((true, (0, "ok-unanchored")), ("key.txt", (0, "ok-unanchored")), (other, (8, "fork"))):
        ran = here.run("verify", "out", "--log-key", said, "--json")
        assert expected == (ran.code, json.loads(ran.out)["data"]["verdict"])
