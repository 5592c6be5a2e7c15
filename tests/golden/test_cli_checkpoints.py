"""Checkpoints, proofs and tiles as a person runs them: on the ledger, far from it, and behind inspect."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest


def key_of(site) -> str:
    """The verifier key of the log, as it is printed for the paper."""
    return json.loads(site.run("checkpoint", "show", "--json").out)["data"]["log_key"]


def forked(site) -> Path:
    """The ledger as it went on somewhere else, on a machine with a memory of its own; the site's went on too."""
    other = site.folder / "other" / "site.ledger"
    other.parent.mkdir()
    for name in ("", ".log-key", ".device-key"):
        shutil.copyfile(f"{site.ledger}{name}", f"{other}{name}")
    for ledger, weight, state in ((site.ledger, "70kg", "state"), (other, "90kg", "elsewhere")):
        env = {"DOSELEDGER_LEDGER": str(ledger), "DOSELEDGER_STATE": str(site.folder / state)}
        ran = replace(site, env=env).sign("nurse.1", "patient", "measure", "001-001", "--weight", weight)
        assert 0 == ran.code, ran.err
    return other


def test_two_checkpoints_of_one_history(site) -> None:
    """A monitor who compares the head on his paper with today's must be told whether anything was changed since."""
    assert 0 == site.run("checkpoint", "show", "--size", "30", "--out", "kept.note").code
    ran = site.run("checkpoint", "compare", "kept.note", "38")
    assert (0, "v B goes on from A: one history.") == (ran.code, ran.out.splitlines()[0])
    assert 1 == site.run("checkpoint", "compare", "38", "kept.note").code
    assert 0 == site.run("checkpoint", "compare", "kept.note", "30").code
    note = site.run("checkpoint", "show", "--size", "30", "--quiet")
    assert (site.folder / "kept.note").read_text() == note.out
    rows = json.loads(site.run("checkpoint", "list", "--json").out)["data"]["rows"]
    assert [30] == [row["size"] for row in rows if row["size"] == 30]


def test_a_fork_is_found_proved_and_checked_without_the_ledger(site, tmp_path) -> None:
    """Two readers were shown two histories: whoever holds both heads proves it, and nobody can talk it away."""
    other = forked(site)
    there = {"DOSELEDGER_LEDGER": str(other), "DOSELEDGER_STATE": str(site.folder / "elsewhere")}
    assert 0 == site.run("checkpoint", "show", "--out", "theirs.note", **there).code
    key = key_of(site)
    ran = site.run("checkpoint", "compare", "30", "theirs.note", "--proof", "fork.json")
    assert (8, "x FORK: the log signed two histories.") == (ran.code, ran.out.splitlines()[0])
    far = {"DOSELEDGER_LEDGER": "", "HOME": str(tmp_path), "DOSELEDGER_STATE": str(tmp_path / "none")}
    site.ledger.rename(site.folder / "gone")
    ran = site.run("proof", "check", "fork.json", "--log-key", key, **far)
    assert (0, "x It holds: the log signed two histories.") == (ran.code, ran.out.splitlines()[0])
    ran = site.run("proof", "check", "fork.json", "--log-key", key, "--ledger-id", "0" * 64, **far)
    assert (8, "x It proves nothing.") == (ran.code, ran.out.splitlines()[0])
    assert not (tmp_path / "none").exists()


def test_an_entry_is_proved_far_from_the_ledger(site) -> None:
    """A nurse leaves the hospital with the proof of what she signed; years later no ledger is there to ask."""
    assert 0 == site.run("proof", "make", "35", "--out", "35.tlog-proof").code
    key = key_of(site)
    ledger = json.loads(site.run("verify", "--json").out)["ledger"]["id"]
    lines = site.run("export", "jsonl").out.splitlines(keepends=True)
    ran = site.run("verify", "35.tlog-proof", "--log-key", key)
    assert (0, "v The entry #35 stood in the log of 38 entries.") == (
        ran.code,
        ran.out.splitlines()[0],
    )
    ran = site.run("verify", "35.tlog-proof", "--ledger", "0" * 64)
    assert (8, "x It proves nothing.") == (ran.code, ran.out.splitlines()[0])
    (site.folder / "35.json").write_text(lines[35])
    (site.folder / "34.json").write_text(lines[34])
    site.ledger.rename(site.folder / "gone")
    asked = ("proof", "check", "35.tlog-proof", "--log-key", key)
    ran = site.run(*asked, "--entry", "35.json", "--ledger-id", ledger)
    assert (0, "v The entry #35 (infusion.started/1) stood in the log of 38 entries.") == (
        ran.code,
        ran.out.splitlines()[0],
    )
    for changed in (("--entry", "34.json"), ("--entry", "35.json", "--ledger-id", "0" * 64)):
        assert 8 == site.run(*asked, *changed).code
    assert 2 == site.run(*asked, "--entry", "35.json", "--ledger-id", "mine").code
    assert 2 == site.run(*asked[:4], key[:-8], "--entry", "35.json").code


@pytest.mark.parametrize("form", ["ledger", "bundle"])
def test_an_inspector_makes_and_checks_proofs_himself(site, form) -> None:
    """Who needs an account to have an entry proved to him is no independent inspector."""
    path = "site.ledger"
    if form == "bundle":
        path = "bundle.zip"
        assert 0 == site.run("export", "bundle", "--out", path).code
    made = site.run("inspect", path, "proof", "make", "35", "--out", "35.tlog-proof")
    assert 0 == made.code
    ran = site.run("inspect", path, "proof", "check", "35.tlog-proof")
    assert (0, "v The entry #35 stood in the log of 38 entries.") == (ran.code, ran.out.splitlines()[0])
    assert 0 == site.run("inspect", path, "checkpoint", "compare", "30", "38").code


def test_tiles_are_made_recorded_and_verified(site) -> None:
    """A sponsor's own reader takes the log in the form it knows; what leaves the ledger is an entry of it."""
    ran = site.run("export", "tiles", "--out", "tiles", "--json")
    assert 0 == ran.code, ran.err
    shown = json.loads(site.run("show", "#38", "--json").out)["data"]
    assert "export.made/1" == shown["kind"]
    ran = site.run("verify", "tiles", "--json")
    data = json.loads(ran.out)["data"]
    assert (0, "self-consistent", 38) == (ran.code, data["verdict"], data["entries"])
    assert 2 == site.run("export", "tiles", "--out", "tiles").code
    assert 6 == site.run("inspect", "tiles", "status").code


def test_a_ledger_that_was_rolled_back_is_read_with_a_warning_and_not_written(site) -> None:
    """The backup of last week is put back at night: nobody may sign on top of it as if nothing were missing."""
    shutil.copyfile(site.ledger, site.folder / "backup")
    measure = ("patient", "measure", "001-001", "--weight", "70kg")
    done = site.sign("nurse.1", *measure)
    assert 0 == done.code, done.err
    site.ledger.unlink()
    (site.folder / "backup").rename(site.ledger)
    ran = site.run("status", "--json")
    assert 0 == ran.code
    assert "! this ledger is older than what was seen of it here" in ran.err
    refused = site.sign("nurse.1", *measure)
    assert 8 == refused.code
    assert "39 entries were seen here before; only 38 are in this ledger" in refused.err
    ran = site.run("verify", "--json")
    assert (8, "stale") == (ran.code, json.loads(ran.out)["data"]["verdict"])
    checks = {one["what"]: one["state"] for one in json.loads(site.run("doctor", "--json").out)["data"]["checks"]}
    assert "bad" == checks["last seen"]
