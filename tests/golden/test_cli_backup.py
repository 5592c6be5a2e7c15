"""Backups, restores and moves as a person runs them: nothing is lost in silence, nothing is written over."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import server
from jsonschema import Draft202012Validator

from ledger.book import Ledger
from ledger.verify import verify_path

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "json"


def written(here, weight: str, **env: str) -> None:
    """A nurse enters something."""
    signed = ("--as", "nurse.1", f"--passphrase-file=nurse.1={here.passphrase}", "--yes")
    ran = here.run("patient", "measure", "001-001", "--weight", weight, *signed, **env)
    assert 0 == ran.code, ran.err


def head(path: Path) -> tuple[int, bytes]:
    """Size and root of a ledger."""
    with Ledger.open(path, read_only=True) as ledger:
        return ledger.size, ledger.root()


def keys(here, target: Path) -> None:
    """Put the keys of the log and of the machine where a restored ledger looks for them."""
    for name in ("log-key", "device-key"):
        shutil.copyfile(f"{here.ledger}.{name}", f"{target}.{name}")


def gone(here) -> None:
    """The disk of the ledger is lost."""
    here.ledger.rename(here.folder / "lost")


def data(ran) -> dict[str, object]:
    """What a run printed for programs, which is as its schema says."""
    assert 0 == ran.code, ran.err
    found = json.loads(ran.out)
    schema = SCHEMAS / f"{found['schema'].split('/')[1]}.schema.json"
    Draft202012Validator(json.loads(schema.read_text())).validate(found)
    return found["data"]


@pytest.fixture
def backed(here):
    """A site with a backup."""
    ran = here.run("backup", "make", "b.backup")
    assert 0 == ran.code, ran.err
    return here


@pytest.mark.req("FQ5")
def test_a_backup_is_the_ledger_and_an_entry_says_so(here) -> None:
    """Nobody could say which file on the shelf is the backup that was made on Tuesday, nor whether it is whole."""
    before = head(here.ledger)
    made = data(here.run("backup", "make", "b.backup", "--full", "--json"))
    assert ("b.backup", before[0], before[1].hex(), 38) == (made["file"], made["size"], made["root"], made["entry"])
    assert before == head(here.folder / "b.backup")
    assert 0o600 == (here.folder / "b.backup").stat().st_mode & 0o777
    shown = data(here.run("show", "#38", "--json"))
    assert ("backup.made/1", "archive/001") == (shown["kind"], shown["stream"])
    assert 0 == here.run("verify").code
    assert 0 == here.run("verify", "b.backup", "--state", str(here.folder / "fresh")).code
    assert ["b.backup", "b.backup.tail"] == sorted(one.name for one in here.folder.glob("b.*"))


@pytest.mark.req("P11-10c")
@pytest.mark.req("EM-6.8")
@pytest.mark.req("A11-7.2")
def test_a_backup_is_restored_and_nothing_is_missing(backed) -> None:
    """On the day on which the disk is gone the site would learn that its backups lack the newest entry."""
    before = head(backed.ledger)
    target = backed.folder / "again.ledger"
    keys(backed, target)
    gone(backed)
    made = data(backed.run("restore", "b.backup", "again.ledger", "--json"))
    assert (*before, 0, before[0]) == (made["size"], bytes.fromhex(str(made["root"])), made["lost"], made["entry"])
    env = {"DOSELEDGER_LEDGER": str(target)}
    written(backed, "70kg", **env)
    ran = backed.run("verify", **env)
    assert 0 == ran.code, ran.out
    assert "checkpoint last seen here" in ran.out
    assert "backup.restored/1" == data(backed.run("show", f"#{before[0]}", "--json", **env))["kind"]


def test_an_older_backup_is_refused_until_somebody_says_so(backed) -> None:
    """The dose that was entered after the backup would be gone, and nobody would know that it was ever there."""
    written(backed, "70kg")
    target = backed.folder / "again.ledger"
    keys(backed, target)
    gone(backed)
    ran = backed.run("restore", "b.backup", "again.ledger")
    assert 8 == ran.code
    assert "older than what was seen" in ran.err
    assert "1 that were written after them would be lost" in ran.err
    assert not target.exists()
    made = data(backed.run("restore", "b.backup", "again.ledger", "--accept-loss", "--json"))
    assert (1, None) == (made["lost"], made["entry"])
    ran = backed.sign("nurse.1", "patient", "measure", "001-001", "--weight", "71kg", "--ledger", str(target))
    assert 8 == ran.code
    assert "older than what was seen of it here" in ran.err


def test_a_folder_is_no_backup(here) -> None:
    """Half a restore would look like a whole one: the ledger there, and the command that made it failed."""
    target = here.folder / "again.ledger"
    keys(here, target)
    assert 0 == here.run("export", "jsonl", "--out", str(here.folder / "copy")).code
    ran = here.run("restore", "copy", "again.ledger")
    assert (6, False) == (ran.code, target.exists())
    assert "file copy cannot be read" in ran.err
    assert "file nosuch.backup cannot be read" in here.run("restore", "nosuch.backup", "other.ledger").err


def test_another_history_is_never_restored(backed) -> None:
    """A backup whose newest entries somebody wrote anew would take the place of what was signed."""
    other = backed.folder / "other" / "site.ledger"
    other.parent.mkdir()
    shutil.copyfile(backed.folder / "b.backup", other)
    keys(backed, other)
    elsewhere = {"DOSELEDGER_LEDGER": str(other), "DOSELEDGER_STATE": str(backed.folder / "elsewhere")}
    for weight in ("90kg", "91kg", "92kg"):
        written(backed, weight, **elsewhere)
    target = backed.folder / "again.ledger"
    keys(backed, target)
    ran = backed.run("restore", str(other), "again.ledger")
    assert 8 == ran.code
    assert "does not hold" in ran.err
    assert "two histories" in ran.err
    assert [] == list(backed.folder.glob("again.ledger*part*"))
    assert not target.exists()


@pytest.mark.parametrize("what", ["file", "tail"])
def test_a_damaged_backup_is_not_restored(backed, what) -> None:
    """A dose that was changed on the backup disk would come back as the record."""
    target = backed.folder / "again.ledger"
    keys(backed, target)
    if what == "tail":
        tail = json.loads((backed.folder / "b.backup.tail").read_text())
        tail["entries"][0] = tail["entries"][0][:-8] + "AAAA" + tail["entries"][0][-4:]
        (backed.folder / "b.backup.tail").write_text(json.dumps(tail, separators=(",", ":")))
    else:
        with closing(sqlite3.connect(backed.folder / "b.backup")) as file:
            for trigger in ("entries_update", "entries_delete"):
                file.execute(f"DROP TRIGGER {trigger}")
            file.execute(
                "UPDATE entries SET raw = CAST(replace(CAST(raw AS TEXT), 'A', 'B') AS BLOB) WHERE leaf_index = 20"
            )
            file.commit()
    ran = backed.run("restore", "b.backup", "again.ledger")
    assert 8 == ran.code, ran.err
    assert not target.exists()


def test_without_its_tail_a_backup_lacks_what_it_lacks(backed) -> None:
    """Whoever loses the small file beside the backup would be told that nothing is missing."""
    (backed.folder / "b.backup.tail").unlink()
    target = backed.folder / "again.ledger"
    keys(backed, target)
    ran = backed.run("restore", "b.backup", "again.ledger")
    assert 8 == ran.code
    assert "1 that were written after them" in ran.err


def test_on_a_new_machine_the_paper_is_what_vouches(backed) -> None:
    """Where nothing was seen before, an old backup looks like the newest one; whoever restores it must be told."""
    target = backed.folder / "again.ledger"
    keys(backed, target)
    ran = backed.run("restore", "b.backup", "again.ledger", DOSELEDGER_STATE=str(backed.folder / "new"))
    assert 0 == ran.code, ran.err
    assert "compare its root with the paper" in ran.err
    kept = backed.folder / "kept.note"
    assert 0 == backed.run("checkpoint", "show", "--out", str(kept)).code
    keys(backed, backed.folder / "third.ledger")
    (backed.folder / "b.backup.tail").unlink()
    args = ("restore", "b.backup", "third.ledger", "--expect", str(kept))
    assert 8 == backed.run(*args, DOSELEDGER_STATE=str(backed.folder / "newer")).code


def test_the_keys_must_be_there_before(backed) -> None:
    """The ledger would lie there, and nobody could say in it that it was restored, nor enter the next dose."""
    ran = backed.run("restore", "b.backup", "again.ledger")
    assert 6 == ran.code
    assert "again.ledger.log-key" in ran.err
    assert not (backed.folder / "again.ledger").exists()
    made = data(backed.run("restore", "b.backup", "again.ledger", "--without-keys", "--json"))
    assert made["entry"] is None
    assert verify_path(str(backed.folder / "again.ledger"), workers=1).exit_code == 0


@pytest.mark.parametrize("there", ["b.backup", "b.backup.tail", "again.ledger"])
def test_nothing_is_written_over(backed, there) -> None:
    """Last week's backup would be gone because this week's has the same name."""
    for name in ("b.backup", "b.backup.tail"):
        (backed.folder / name).rename(backed.folder / f"kept{name.removeprefix('b')}")
    (backed.folder / there).write_text("mine", encoding="utf-8")
    before = head(backed.ledger)
    args = ("backup", "make", "b.backup") if there != "again.ledger" else ("restore", "kept.backup", "again.ledger")
    assert 6 == backed.run(*args).code
    assert "mine" == (backed.folder / there).read_text(encoding="utf-8")
    assert before == head(backed.ledger)


def test_a_backup_without_keys_is_made_all_the_same(here) -> None:
    """On the machine of whoever is on call the keys are not; without a backup the night would be lost."""
    Path(f"{here.ledger}.device-key").unlink()
    before = head(here.ledger)
    ran = here.run("backup", "make", "b.backup")
    assert 0 == ran.code
    assert "not recorded in the ledger" in ran.err
    assert before == head(here.ledger) == head(here.folder / "b.backup")


def test_a_ledger_is_copied_as_its_schema_says(here) -> None:
    """A hospital's program that moves ledgers at night would wait for a field that is not there."""
    ran = here.run("ledger", "copy", str(here.ledger), "new.ledger", "--json")
    assert 38 == data(ran)["size"]
    assert head(here.ledger) == head(here.folder / "new.ledger")
    ran = here.run("ledger", "copy", str(here.ledger), "new.ledger")
    assert 6 == ran.code


def test_a_file_is_restored_onto_a_server_and_backed_up_from_there(backed) -> None:
    """A site whose machine burnt down could not go on, on the hospital's server, with the backup of its file."""
    found = server.shared()
    url = found.url(found.fresh())
    before = head(backed.ledger)
    gone(backed)
    lost = {name: f"{backed.ledger}.{name}-key" for name in ("log", "device")}
    env = {f"DOSELEDGER_{name.upper()}_KEY": path for name, path in lost.items()}
    made = data(backed.run("restore", "b.backup", url, "--json", **env))
    assert (*before, 0, before[0]) == (made["size"], bytes.fromhex(str(made["root"])), made["lost"], made["entry"])
    there = {**env, "DOSELEDGER_LEDGER": url}
    written(backed, "70kg", **there)
    made = data(backed.run("backup", "make", "c.backup", "--full", "--json", **there))
    assert before[0] + 2 == made["size"] == made["entry"]
    assert 0 == backed.run("verify", **there).code
    assert made["size"] == head(backed.folder / "c.backup")[0]
