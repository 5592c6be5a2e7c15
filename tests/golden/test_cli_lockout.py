"""Wrong passphrases at the command line: counted, reported, locked out; lifted by a registrar; alerts for cron."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta

import pytest

from commands.cli import clock

MEASURE = ("patient", "measure", "001-002", "--weight", "71kg", "--height", "172cm")
WRONG = "correct horse battery stable"


def guess(site, times=1, by="nurse.1"):
    """Try to sign with a wrong passphrase."""
    wrong = site.folder / "wrong"
    wrong.write_text(WRONG)
    runs = [site.run(*MEASURE, "--as", by, f"--passphrase-file={wrong}", "--yes") for _ in range(times)]
    return runs[-1]


def kinds(site, last):
    """What the newest entries are."""
    rows = json.loads(site.run("log", "--json", "--last", str(last)).out)["data"]["rows"]
    return [row["kind"] for row in rows]


def alerts(site, *args):
    """The reports, and the exit code."""
    ran = site.run("security", "alerts", "--json", *args)
    return ran.code, json.loads(ran.out)["data"]


@pytest.mark.req("P11-300d", "FQ11")
def test_guessing_ends_in_a_lockout_that_a_registrar_lifts(here) -> None:
    """Somebody tries passphrases at the ward's machine all night, and nobody ever hears of it."""
    assert 0 == alerts(here)[0]
    assert 4 == guess(here, 4).code
    assert ["security.raised/1", "entry.refused/1"] == kinds(here, 2)
    ran = guess(here)
    assert (4, True) == (ran.code, "passphrase" in ran.err)
    code, data = alerts(here)
    said = [(row["what"], row["person"], row["count"], row["open"]) for row in data["rows"]]
    failed = [("failed-passphrase", "nurse.1", n, True) for n in (1, 2, 3, 4, 5)]
    assert (1, [*failed, ("locked-out", "nurse.1", 5, True)]) == (code, said)
    right = here.sign("nurse.1", *MEASURE)
    assert 4 == right.code
    assert re.search(r"locked out until \d{4}-\d\d-\d\dT\d\d:\d\d[-+]\d\d:\d\d", right.err), (
        right.err
    )  # the ward's own time
    other = here.sign("nurse.2", *MEASURE)
    assert 0 == other.code, other.err
    lifted = here.sign("reg.1", "security", "lift", "nurse.1")
    assert 0 == lifted.code, lifted.err
    assert 0 == here.sign("nurse.1", *MEASURE).code
    entries = [f"#{row['entry']}" for row in alerts(here)[1]["rows"] if row["open"]]
    assert 5 == len(entries)
    assert 0 == here.sign("reg.2", "security", "acknowledge", *entries).code
    code, data = alerts(here)
    assert (0, 0) == (code, data["open"])
    assert {"reg.1", "reg.2"} == {row["by"] for row in data["rows"]}
    assert 0 == here.run("verify").code


@pytest.mark.req("P11-300d")
def test_a_right_passphrase_forgets_the_wrong_ones(here) -> None:
    """A nurse who mistypes once a week would be locked out in the fifth, in the middle of a shift."""
    for _ in range(2):
        assert 4 == guess(here, 4).code
        assert 0 == here.sign("nurse.1", *MEASURE).code
    assert {"failed-passphrase"} == {row["what"] for row in alerts(here)[1]["rows"]}


@pytest.mark.req("P11-10g")
def test_only_a_registrar_lifts_a_lockout(here) -> None:
    """Whoever guesses could have a friend on the ward let him guess on."""
    guess(here, 5)
    ran = here.sign("nurse.2", "security", "lift", "nurse.1")
    assert 4 == ran.code
    assert 2 == here.sign("reg.1", "security", "lift", "nurse.2").code


@pytest.mark.req("P11-300d", "FQ13")
def test_what_is_tried_over_and_over_is_counted_not_kept(here) -> None:
    """A stuck script would fill the record with a thousand refusals, or nothing would say how many there were."""
    order = ("dose", "order", "001-002", "alemtuzumab", "30mg", "--for", "now")
    runs = [here.sign("inv.1", *order) for _ in range(23)]
    kept = ["The attempt is kept" in ran.err for ran in runs]
    assert ({3}, [True] * 20 + [False] * 3) == ({ran.code for ran in runs}, kept)
    assert [False] * 20 + [True] * 3 == ["The attempt is counted" in ran.err for ran in runs]
    code, data = alerts(here)
    assert (1, [("attempt-throttled", "inv.1", 20)]) == (
        code,
        [(row["what"], row["person"], row["count"]) for row in data["rows"]],
    )
    files = [*(here.folder / "state" / "tallies").iterdir()]
    assert ([0o600], [3]) == (
        [file.stat().st_mode & 0o777 for file in files],
        [*json.loads(files[0].read_text()).values()],
    )


@pytest.mark.req("P11-300d")
def test_what_was_counted_is_told_when_it_stops(here, monkeypatch) -> None:
    """A script that stopped by itself would leave attempts that stand nowhere."""
    order = ("dose", "order", "001-002", "alemtuzumab", "30mg", "--for", "now")
    for _ in range(22):
        here.sign("inv.1", *order)
    later(monkeypatch, minutes=11)
    assert 0 == here.sign("nurse.1", *MEASURE).code
    assert [20, 2] == [row["count"] for row in alerts(here)[1]["rows"]]
    assert [] == [*(here.folder / "state" / "tallies").iterdir()]
    rows = json.loads(here.run("activity", "inv.1", "--json").out)["data"]["rows"]
    assert ["security.raised/1"] * 2 == [row["kind"] for row in rows if row["stream"] == "security/001"]


@pytest.mark.req("P11-300d")
def test_a_lockout_ends_by_itself(here, monkeypatch) -> None:
    """A nurse who is alone at night could give nothing until a registrar wakes up."""
    guess(here, 5)
    assert 4 == here.sign("nurse.1", *MEASURE).code
    later(monkeypatch, minutes=31)
    ran = here.sign("nurse.1", *MEASURE)
    assert 0 == ran.code, ran.err
    assert 4 == guess(here).code
    assert 1 == alerts(here)[1]["rows"][-1]["count"]
    since = here.run("security", "alerts", "--json", "--since", f"#{alerts(here)[1]['rows'][-1]['entry']}")
    assert (1, 1) == (since.code, len(json.loads(since.out)["data"]["rows"]))


def later(monkeypatch, minutes) -> None:
    """So much time goes by."""
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(minutes=minutes))
    monkeypatch.setattr(clock, "moment", lambda: None)


@pytest.mark.req("P11-300d")
def test_no_passphrase_is_left_anywhere(here) -> None:
    """A passphrase in the record, in a log file or in an error could be read by whoever reads those."""
    guess(here, 5)
    right, good = here.passphrase.read_text().strip(), os.memfd_create("pass")
    os.write(good, right.encode())
    os.lseek(good, 0, os.SEEK_SET)
    told = here.run(*MEASURE, "--as", "nurse.2", f"--passphrase-fd={good}", "--yes")
    os.close(good)
    assert 0 == told.code, told.err
    told = (told.out + told.err).encode()
    for path in here.folder.rglob("*"):
        if path.is_file() and path.name not in ("wrong", here.passphrase.name):
            told += path.read_bytes()
    assert [] == [secret for secret in (WRONG, right) if secret.encode() in told]
