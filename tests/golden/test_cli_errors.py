"""Every refusal a user meets, as he meets it: the words, the exit code, and whether an attempt is kept."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "transcripts"
ORDER = ("dose", "order", "001-002", "alemtuzumab")
RECORD = ("dose", "record", "001-002", "alemtuzumab")

UNPARSED = {
    "wrong-unit": (*ORDER, "10ml", "--for", "now", "--as", "inv.1"),
    "no-unit": (*ORDER, "10", "--for", "now", "--as", "inv.1"),
    "comma": (*ORDER, "3,5mg", "--for", "now", "--as", "inv.1"),
    "negative": (*ORDER, "--for", "now", "--as", "inv.1", "--", "-3mg"),
    "unknown-patient": ("dose", "order", "001-009", "alemtuzumab", "10mg", "--for", "now", "--as", "inv.1"),
    "unknown-option": (*ORDER, "10mg", "--when", "now"),
    "unknown-command": ("dose", "ordr"),
    "hour-that-does-not-exist": (*RECORD, "10mg", "--at", "2010-03-14 02:30", "--as", "nurse.1"),
    "hour-that-exists-twice": (*RECORD, "10mg", "--at", "2010-11-07 01:30", "--as", "nurse.1"),
    "not-a-time": (*RECORD, "10mg", "--at", "10.30", "--as", "nurse.1"),
    "who-are-you": (*ORDER, "10mg", "--for", "now"),
    "no-terminal": (*ORDER, "10mg", "--for", "now", "--as", "inv.1"),
    "not-a-command-id": (*ORDER, "10mg", "--for", "now", "--as", "inv.1", "--command-id", "7"),
    "give-without-terminal": ("give", "--as", "nurse.1"),
}


@pytest.mark.parametrize("name", UNPARSED)
def test_what_does_not_parse_never_becomes_an_act(site, golden, name) -> None:
    """A dose read from '3,5' as 35, or a time guessed in the doubled hour, would be given to somebody."""
    before = site.ledger.stat().st_size
    ran = site.run(*UNPARSED[name])
    assert 2 == ran.code
    assert before == site.ledger.stat().st_size
    golden(HERE / f"error-{name}.txt", site.transcript(ran, *UNPARSED[name]))


REFUSED = {
    "wrong-step": (3, "inv.1", (*ORDER, "30mg", "--for", "now")),
    "over-maximum": (3, "inv.1", (*ORDER, "40mg", "--for", "now")),
    "future": (3, "nurse.1", (*RECORD, "10mg", "--at", "2126-01-05 10:00", "--until", "2126-01-05 12:00")),
    "no-role": (4, "crc.1", (*ORDER, "10mg", "--for", "now")),
    "stranger": (4, "nobody.1", (*ORDER, "10mg", "--for", "now")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why_and_is_kept(site, golden, name) -> None:
    """A refusal that nobody can look up later cannot be told from an order that was never tried."""
    code, by, args = REFUSED[name]
    ran = site.sign(by, *args)
    assert code == ran.code
    assert "The attempt is kept as #" in ran.err
    golden(HERE / f"error-{name}.txt", site.transcript(ran, *args, "--as", by))


def test_a_signer_whose_delegation_ended_is_refused(site, golden) -> None:
    """Somebody who left the team must not order a dose the week after."""
    rows = json.loads(site.run("log", "--kind", "delegation", "--json").out)["data"]["rows"]
    position = next(row["position"] for row in rows if "inv.1" in row["what"])
    assert 0 == site.sign("pi.1", "person", "undelegate", f"#{position}").code
    ran = site.sign("inv.1", *ORDER, "10mg", "--for", "now")
    assert 4 == ran.code
    golden(HERE / "error-no-delegation.txt", site.transcript(ran, *ORDER, "10mg", "--for", "now", "--as", "inv.1"))


def test_an_impossible_grade_is_refused_with_the_list(site, golden) -> None:
    """Tumour lysis syndrome has no grade 2; a grade that does not exist would decide the next dose."""
    assert 0 == site.sign("nurse.1", "toxicity", "report", "001-002", "TLS", "--onset", "now").code
    entry = json.loads(site.run("log", "--kind", "toxicity", "--json").out)["data"]["rows"][-1]["position"]
    args = ("toxicity", "grade", f"#{entry}", "2")
    ran = site.sign("inv.1", *args)
    assert 3 == ran.code
    golden(HERE / "error-impossible-grade.txt", site.transcript(ran, *args))


def test_a_wrong_passphrase_signs_nothing_and_is_kept(site, golden) -> None:
    """Somebody who guesses at another's key must leave a trace, and no dose."""
    site.passphrase.write_text("not the passphrase")
    ran = site.sign("inv.1", *ORDER, "10mg", "--for", "now")
    assert 4 == ran.code
    rows = json.loads(site.run("log", "--json", "--last", "1").out)["data"]["rows"]
    assert ["entry.refused/1"] == [row["kind"] for row in rows]
    golden(HERE / "error-wrong-passphrase.txt", site.transcript(ran, *ORDER, "10mg", "--for", "now"))


def test_the_same_person_cannot_verify_twice(site, golden, local_now) -> None:
    """Two signatures by one tired nurse are one check."""
    assert 0 == site.sign("inv.1", *ORDER, "10mg", "--for", "now").code
    order = json.loads(site.run("log", "--kind", "dose.ordered", "--json").out)["data"]["rows"][-1]["position"]
    assert 0 == site.sign("pharm.1", "dose", "pharmacy-check", f"#{order}").code
    released = site.sign(
        "pharm.1+pharm.2", "dose", "release", f"#{order}", "--lot", "A1", "--prepared", "9.9mg", "--waste", "20.1mg"
    )
    assert 0 == released.code
    at = (local_now - timedelta(minutes=45)).isoformat(timespec="minutes")
    assert 0 == site.sign("nurse.1", "premed", "give", f"#{order}", "--set", "--at", at).code
    args = ("dose", "start", f"#{order}", "--wristband", "001-002")
    ran = site.sign("nurse.1+nurse.1", *args)
    assert 3 == ran.code
    golden(HERE / "error-same-person-twice.txt", site.transcript(ran, *args, "--as", "nurse.1", "--witness", "nurse.1"))


def _truncated(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _text(path: Path) -> None:
    path.write_text("This is not a ledger.\n" * 400)


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE visits (day TEXT)")
        connection.commit()


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def _missing(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("name", "spoil"), [("not-a-database", _text), ("foreign", _foreign), ("newer", _newer), ("missing", _missing)]
)
def test_a_file_that_is_no_ledger_of_ours_is_named_as_that(site, golden, name, spoil) -> None:
    """A nurse who is told 'internal error' writes the dose on a napkin."""
    spoil(site.ledger)
    ran = site.run("status")
    assert 6 == ran.code
    golden(HERE / f"error-ledger-{name}.txt", site.transcript(ran, "status"))


def test_a_damaged_ledger_fails_verification_without_a_traceback(site) -> None:
    """Half a record must never look like a whole one."""
    _truncated(site.ledger)
    ran = site.run("verify", "--json")
    assert 8 == ran.code
    assert "failed" == json.loads(ran.out)["data"]["verdict"]
    assert "Traceback" not in ran.err


def test_errors_are_json_where_json_was_asked_for(site, clean, golden) -> None:
    """A program that reads a refusal as words takes it for an acceptance."""
    ran = site.sign("inv.1", *ORDER, "30mg", "--for", "now", "--json")
    assert 3 == ran.code
    error = json.loads(ran.err.splitlines()[-1])
    assert "doseledger/error/1" == error["schema"]
    assert ["A-LADDER"] == error["error"]["rules"]
    data = json.loads(ran.out)["data"]
    assert ("refused", "A-LADDER", None) == (data["outcome"], data["rule"], data["position"])
    assert error["error"]["attempt"] == data["attempt"]
    golden(HERE / "error-json.txt", clean(ran.out))


def test_a_dry_run_refuses_without_a_trace(site) -> None:
    """Asking what the rules would say must not look like having tried."""
    size = json.loads(site.run("status", "--json").out)["ledger"]["size"]
    ran = site.run(*ORDER, "30mg", "--for", "now", "--as", "inv.1", "--dry-run")
    assert 3 == ran.code
    assert size == json.loads(site.run("status", "--json").out)["ledger"]["size"]
