"""`give` at a terminal: pick, read back, start with a witness, and the stop key that waits for nobody."""

from __future__ import annotations

import json
import signal
from datetime import timedelta

import pexpect
import pytest

from commands.cli.demo.staff import PASSPHRASE

SECRET = PASSPHRASE.decode()


@pytest.fixture
def ready(site, local_now):
    """A site with one dose ordered, checked, released and premedicated."""
    premed = (local_now - timedelta(minutes=45)).isoformat(timespec="minutes")
    for by, args in (
        ("inv.1", ("dose", "order", "001-002", "alemtuzumab", "10mg", "--for", "now")),
        ("pharm.1", ("dose", "pharmacy-check", "#38")),
        ("pharm.1+pharm.2", ("dose", "release", "#38", "--lot", "A1", "--prepared", "9.9mg", "--waste", "20.1mg")),
        ("nurse.1", ("premed", "give", "#38", "--set", "--at", premed)),
    ):
        assert 0 == site.sign(by, *args).code
    return site


def interruptible() -> None:
    """Ctrl-C works at a terminal, also where the tests themselves were started in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def bedside(site) -> pexpect.spawn:
    """The nurse's terminal."""
    return pexpect.spawn(
        "doseledger",
        ["give", "--as", "nurse.1"],
        env=site.env,
        encoding="utf-8",
        timeout=30,
        cwd=str(site.folder),
        preexec_fn=interruptible,
    )


def started(site) -> pexpect.spawn:
    """A dose picked, read back and started with a witness."""
    child = bedside(site)
    child.expect(r"1  001-002  alemtuzumab 10 mg, .*prepared 9\.9 mg of lot A1")
    child.expect("Which")
    child.sendline("1")
    child.expect("wristband:")
    child.sendline("001-002")
    child.expect("Second identifier")
    child.sendline("1")
    child.expect(r"Niko Nurse \(fictional\) \(nurse\.2\)")
    child.expect("Who checks")
    child.sendline("1")
    child.expect("I performed this act myself")
    for name in ("nurse.1", "nurse.2"):
        child.expect(f"Passphrase of {name}")
        child.sendline(SECRET)
    child.expect("STOP for good")
    return child


def kinds(site) -> list[str]:
    """The kinds of the newest entries."""
    return [row["kind"] for row in json.loads(site.run("log", "--json", "--since", "42").out)["data"]["rows"]]


def test_a_dose_is_started_interrupted_resumed_and_completed(ready) -> None:
    """At three in the morning nothing is typed but a wristband and two passphrases."""
    child = started(ready)
    for key, answers in (("i", ["Why", "1"]), ("r", []), ("c", ["all of it", "y"])):
        child.send(key)
        if answers:
            child.expect(answers[0])
            child.sendline(answers[1])
        child.expect("Passphrase of nurse.1")
        child.sendline(SECRET)
        child.expect("DONE" if key == "c" else "STOP for good")
    child.expect("next: tolerance")
    child.expect(pexpect.EOF)
    child.close()
    assert 0 == child.exitstatus
    assert ["infusion.started/1", "infusion.interrupted/1", "infusion.resumed/1", "infusion.completed/1"] == kinds(
        ready
    )


def test_the_stop_key_saves_the_time_before_anything_is_asked(ready) -> None:
    """A reaction: the infusion stops now; the time in the record must not be that of the paperwork."""
    child = started(ready)
    child.send("s")
    child.expect(r"abort at (\S+): saved\.")
    at = child.match.group(1)
    child.sendcontrol("c")
    child.expect(pexpect.EOF)
    child.close()
    assert 130 == child.exitstatus
    assert ["infusion.started/1"] == kinds(ready)
    child = bedside(ready)
    child.expect("in-progress since")
    child.expect("Which")
    child.sendline("1")
    child.expect(f"abort at {at} is saved and not yet signed".replace("+", r"\+"))
    child.expect("Why")
    child.sendline("1")
    child.expect("How much")
    child.sendline("60%")
    child.expect("Passphrase of nurse.1")
    child.sendline(SECRET)
    child.expect("DONE")
    child.expect(pexpect.EOF)
    rows = json.loads(ready.run("log", "--kind", "infusion.aborted", "--json").out)["data"]["rows"]
    assert [at] == [row["occurred"] for row in rows]


def test_a_dose_that_is_not_ready_cannot_be_picked(site) -> None:
    """An order that no pharmacist has checked must not be one key away from the patient."""
    assert 0 == site.sign("inv.1", "dose", "order", "001-002", "alemtuzumab", "10mg", "--for", "now").code
    child = bedside(site)
    child.expect("not yet checked, released, premedicated")
    child.expect("No ordered dose can be given now")
    child.expect(pexpect.EOF)
    child.close()
    assert 0 == child.exitstatus
