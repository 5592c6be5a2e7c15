"""The log's keys and a loss at the command line, beside what the how-to pages show: files, interruptions, refusals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ledger.book import Ledger
from ledger.errors import OutcomeUnknown

REGISTRARS = "reg.1+reg.2"
ROTATE, ACCEPT = ("log", "rotate-key"), ("ledger", "accept", "--reason", "data-loss")
WRITE = ("policy", "amend", "--lockout-after")
USED, OLD, NEXT = "site.ledger.log-key", "site.ledger.log-key.1.old", "site.ledger.next-log-key"
TAKEN, FRESH = f"{USED}.next", f"{NEXT}.new"


def entries(site) -> list[str]:
    """The kinds in the ledger, in order."""
    with Ledger.open(site.ledger, read_only=True) as ledger:
        return [entry.kind for entry in ledger.entries()]


def files(site) -> set[str]:
    """The key files of the log."""
    return {path.name for path in site.folder.glob("site.ledger.*log-key*")}


def done(ran, code: int = 0):
    """A run that ended with this code."""
    assert code == ran.code, ran.err
    return ran


def lost(site) -> int:
    """Put the ledger back to what it was before an entry that was acknowledged; gives how many entries it had."""
    shutil.copyfile(site.ledger, site.folder / "of-last-night")
    done(site.sign(REGISTRARS, *WRITE, "4"))
    had = len(entries(site))
    shutil.copyfile(site.folder / "of-last-night", site.ledger)
    return had


BACK = ((USED, TAKEN), (NEXT, FRESH), (OLD, USED))
"""A change of the files taken back, step by step from the last: what lies there, and where it lay."""


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_an_interrupted_change_is_finished_by_the_next_run(here, steps: int) -> None:
    """A machine that died between two files could never write again: no key beside the ledger would be the log's."""
    done(here.sign(REGISTRARS, *ROTATE))
    kept = {name: (here.folder / name).read_bytes() for name in (USED, OLD, NEXT)}
    size = len(entries(here))
    for now, before in BACK[:steps]:
        (here.folder / now).rename(here.folder / before)
    again = done(here.sign(REGISTRARS, *ROTATE))
    assert "its next key already" in again.err
    assert (size, kept) == (len(entries(here)), {name: (here.folder / name).read_bytes() for name in files(here)})
    done(here.sign(REGISTRARS, *WRITE, "4"))


def test_bytes_that_were_signed_before_a_crash_are_sealed_with_the_next_key(here, monkeypatch) -> None:
    """The rotation would be stored twice, or never, and the key that it names be thrown away."""
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "append", _fails)
        ran = here.sign(REGISTRARS, *ROTATE)
    assert 0 != ran.code
    assert {USED, NEXT, TAKEN, FRESH} == files(here)
    assert "! log key: it is being changed" in here.run("doctor").out
    done(here.sign(REGISTRARS, *WRITE, "4"))
    assert ["log.rotated/1", "policy.amended/1"] == entries(here)[-2:]
    told = done(here.sign(REGISTRARS, *WRITE, "6")).err
    assert "its new key is in its place now" in told
    assert {USED, OLD, NEXT} == files(here)
    assert 0 == here.run("verify").code


def test_the_same_command_again_finishes_what_it_began(here, monkeypatch) -> None:
    """Whoever runs it again after a crash would be told that the key is the wrong one, or change it twice."""
    for command, kind in ((ROTATE, "log.rotated/1"), (ACCEPT, "ledger.restored/1")):
        if command == ACCEPT:
            lost(here)
        size = len(entries(here))
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "append", _fails)
            assert 0 != here.sign(REGISTRARS, *command).code
        assert size == len(entries(here))
        again = done(here.sign(REGISTRARS, *command))
        assert "already" in again.err
        assert [kind] == entries(here)[size:]
        assert not {TAKEN, FRESH} & files(here)
    done(here.sign(REGISTRARS, *WRITE, "6"))


def _fails(*_: object, **__: object) -> None:
    raise OutcomeUnknown("the disk went away")


def test_a_rotation_that_is_refused_leaves_the_keys_alone(here) -> None:
    """The key that is committed to would be lost with a slip of the keyboard, and no other can follow it."""
    kept = {name: (here.folder / name).read_bytes() for name in files(here)}
    size = len(entries(here))
    shutil.copyfile(here.folder / "site.ledger.device-key", here.folder / "another")
    wrong = done(here.sign(REGISTRARS, *ROTATE, "--next", "another"), 2)
    assert "is not the next key of this log" in wrong.err
    done(here.sign(REGISTRARS, *ROTATE, "--next", "nothing"), 2)
    done(here.sign("nurse.1+nurse.2", *ROTATE), 4)
    done(here.sign("reg.1", *ROTATE), 4)
    done(here.sign(REGISTRARS, *ROTATE, "--dry-run"))
    assert kept == {name: (here.folder / name).read_bytes() for name in files(here)}
    assert {"entry.refused/1"} == set(entries(here)[size:])


def test_the_next_key_comes_from_the_safe(here) -> None:
    """The page says that the next key lies in a safe; who kept to it could not use it."""
    (here.folder / "safe").mkdir()
    (here.folder / NEXT).rename(here.folder / "safe" / "key")
    missing = done(here.sign(REGISTRARS, *ROTATE), 2)
    assert "--next FILE" in missing.err
    ran = done(here.sign(REGISTRARS, *ROTATE, "--next", "safe/key", "--json"))
    data = json.loads(ran.out)["data"]
    assert ("accepted", "log.rotated/1") == (data["outcome"], entries(here)[data["position"]])
    assert (here.folder / "safe" / "key").read_bytes() == (here.folder / USED).read_bytes()
    assert {USED, OLD, NEXT} == files(here)


def test_a_lost_key_is_followed_by_the_next_one(here) -> None:
    """A disk with one small file on it breaks, and the ward could never write into its record again."""
    (here.folder / USED).unlink()
    done(here.sign(REGISTRARS, *WRITE, "4"), 6)
    done(here.sign(REGISTRARS, *ROTATE))
    assert {USED, NEXT} == files(here)
    done(here.sign(REGISTRARS, *WRITE, "4"))
    assert 0 == here.run("verify").code


def test_only_the_quorum_accepts_a_loss_and_nothing_else_is_written(here) -> None:
    """Whoever puts an old file back could make it the record alone, or seal a second history by trying."""
    had = lost(here)
    size = len(entries(here))
    done(here.sign(REGISTRARS, *WRITE, "7"), 8)
    done(here.sign("reg.1", *ACCEPT), 4)
    done(here.sign("nurse.1+reg.1", *ACCEPT), 4)
    done(here.sign(REGISTRARS, "ledger", "accept"), 2)
    (here.folder / "wrong").write_text("wrong\n")
    (here.folder / "wrong").chmod(0o600)
    by = ("--as", "reg.1", "--witness", "reg.2", "--yes")
    done(here.run(*ACCEPT, *by, "--passphrase-file=reg.1=wrong", "--passphrase-file=reg.2=wrong"), 4)
    assert (size, {USED, NEXT}) == (len(entries(here)), files(here))
    ran = done(here.sign(REGISTRARS, *ACCEPT))
    assert f"Seen before were {had} entries" in ran.err
    assert "entries that were acknowledged and are not here, at least 1" in ran.err
    assert "ledger.restored/1" == entries(here)[size]
    done(here.sign(REGISTRARS, *WRITE, "7"))
    assert "acknowledged entries that are lost, from position" in done(here.run("verify")).out
    again = done(here.sign(REGISTRARS, *ACCEPT), 4)
    assert "Nothing is lost" in again.err


def test_another_history_is_accepted_in_the_place_of_the_one_that_was_seen(here) -> None:
    """Two machines went on with two copies after a failure: neither ward could ever write again."""
    shutil.copyfile(here.ledger, here.folder / "of-last-night")
    done(here.sign(REGISTRARS, *WRITE, "4"))
    shutil.copyfile(here.folder / "of-last-night", here.ledger)
    by = ("--as", "reg.1", "--witness", "reg.2", "--yes")
    opened = tuple(f"--passphrase-file={who}={here.passphrase}" for who in ("reg.1", "reg.2"))
    for number in ("6", "7"):
        done(here.run(*WRITE, number, *by, *opened, DOSELEDGER_STATE=str(here.folder / "theirs")))
    refused = done(here.sign(REGISTRARS, *WRITE, "8"), 8)
    assert "another history" in refused.err
    assert "It was another history" in done(here.sign(REGISTRARS, *ACCEPT)).err
    done(here.sign(REGISTRARS, *WRITE, "8"))
    assert "another history of" in done(here.run("verify")).out
    done(here.run(*WRITE, "9", *by, *opened, DOSELEDGER_STATE=str(here.folder / "theirs")))


def test_a_colleague_is_told_once_that_a_loss_was_accepted(here) -> None:
    """Every machine of the ward would stop writing, or none would ever say that entries are gone."""
    done(here.run("checkpoint", "show", "--out", "before.note"))
    lost(here)
    mine = Path(here.env["DOSELEDGER_STATE"])
    theirs = shutil.copytree(mine, here.folder / "theirs")
    done(here.sign(REGISTRARS, *ACCEPT))
    told = done(here.run("checkpoint", "show", DOSELEDGER_STATE=str(theirs))).err
    assert "registrars signed in #" in told
    assert "registrars signed" not in done(here.run("checkpoint", "show", DOSELEDGER_STATE=str(theirs))).err
    assert 0 == here.run("checkpoint", "compare", "before.note", str(len(entries(here)))).code


def test_a_loss_is_accepted_on_another_machine_by_the_note_that_somebody_kept(here) -> None:
    """The machine that saw the lost entries burnt with them: nobody could accept the loss."""
    shutil.copyfile(here.ledger, here.folder / "of-last-night")
    done(here.sign(REGISTRARS, *WRITE, "4"))
    done(here.run("checkpoint", "show", "--out", "lost.note"))
    shutil.copyfile(here.folder / "of-last-night", here.ledger)
    fresh = {"DOSELEDGER_STATE": str(here.folder / "fresh")}
    done(here.run("status", **fresh))
    by = ("--as", "reg.1", "--witness", "reg.2", "--yes")
    opened = tuple(f"--passphrase-file={who}={here.passphrase}" for who in ("reg.1", "reg.2"))
    done(here.run(*ACCEPT, *by, *opened, **fresh), 4)
    done(here.run(*ACCEPT, "--lost-note", str(here.passphrase), *by, *opened, **fresh), 2)
    done(here.run(*ACCEPT, "--lost-note", "lost.note", *by, *opened, **fresh))
    trusted = done(here.run("verify", "--trusted", "lost.note", **fresh))
    assert "was given up at position" in trusted.out


def test_an_inspection_reads_the_log_and_changes_no_key(here) -> None:
    """The entries could not be listed at an inspection, or its key be changed by whoever inspects."""
    done(here.run("inspect", str(here.ledger), "log"))
    for words in (ROTATE, ACCEPT):
        assert "is no command that only reads" in done(here.run("inspect", str(here.ledger), *words), 4).err
