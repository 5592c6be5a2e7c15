"""The clock of the machine at the command line: what moved is reported, found, and stands in the entries."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from commands.cli import clock

MEASURE = ("patient", "measure", "001-002", "--weight", "71kg", "--height", "172cm")


def alerts(here):
    """The exit code of the check, and what is reported."""
    ran = here.run("security", "alerts", "--json")
    return ran.code, [(row["what"], row["off_s"]) for row in json.loads(ran.out)["data"]["rows"]]


@pytest.mark.req("FQ14", "P11-10e")
def test_a_clock_that_is_set_back_is_reported_and_found(here, monkeypatch) -> None:
    """A late dose is entered with the clock set back, and the record looks as if it had been in time."""
    assert 0 == here.sign("nurse.1", *MEASURE).code
    assert (0, []) == alerts(here)
    real = clock.moment()
    assert real is not None
    back = type(real)(boot=real.boot, awake_s=real.awake_s, at=real.at - timedelta(hours=1))
    monkeypatch.setattr(clock, "moment", lambda: back)
    ran = here.sign("nurse.1", *MEASURE)
    assert (0, True) == (ran.code, "clock-backwards" in ran.err)
    ((what, off_s),) = alerts(here)[1]
    assert ("clock-backwards", True) == (what, 3595 <= off_s <= 3600)
    found = here.run("find", "time-anomalies", "--json")
    rows = [row for row in json.loads(found.out)["data"]["rows"] if row["anomaly"] == "clock moved"]
    assert [off_s] == [row["by_s"] for row in rows]
    assert "clock-backwards" not in here.sign("nurse.1", *MEASURE).err
    assert 0 == here.run("verify").code


@pytest.mark.req("FQ14", "EM-4.5")
def test_how_far_the_clock_is_from_true_time_stands_in_the_entry(here, monkeypatch) -> None:
    """Nobody could say in ten years whether the times of a site can be believed to the minute."""
    monkeypatch.setattr(clock, "offset_ms", lambda: Decimal("-1.500000"))
    assert 0 == here.sign("nurse.1", *MEASURE).code
    monkeypatch.setattr(clock, "offset_ms", lambda: None)
    assert 0 == here.sign("nurse.1", *MEASURE).code
    copied = here.run("export", "jsonl").out.splitlines()
    said = [json.loads(decoded(json.loads(line)["payload"]))["clock"] for line in copied[-2:]]
    assert [{"source": "system", "offset_ms": "-1.5"}, {"source": "system", "offset_ms": None}] == said


@pytest.mark.req("P11-10h", "P11-10d")
def test_a_machine_that_nobody_enrolled_is_reported(here) -> None:
    """A laptop is plugged into the ward's network and tries to write doses."""
    assert 0 == here.run("device", "create", "laptop", "--out", "laptop.device-key").code
    ran = here.run(*MEASURE, "--as", "nurse.1", "--yes", DOSELEDGER_DEVICE_KEY=str(here.folder / "laptop.device-key"))
    assert (4, True) == (ran.code, "not enrolled" in ran.err)
    assert (1, [("unknown-device", None)]) == alerts(here)


def decoded(text: str) -> bytes:
    """The bytes behind base64url without padding."""
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
