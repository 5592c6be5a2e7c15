"""A standby that was not waited for takes over: what it lacks is noticed, said, and given up by registrars alone."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest
import replicas
import server

WEIGH = ("patient", "measure", "001-001", "--weight")
REGISTRARS = "reg.1+reg.2"


@pytest.fixture
def pair() -> Iterator[replicas.Pair]:
    """A primary and a standby to which it only sends."""
    found = replicas.Pair()
    try:
        yield found
    finally:
        found.remove()


def done(ran, code: int = 0):
    """A run that ended with this code."""
    assert code == ran.code, ran.err
    return ran


def test_a_loss_is_noticed_said_and_given_up(here, pair: replicas.Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two weights that were acknowledged are gone, and the next dose is worked out as if nobody had ever known them."""
    primary = pair.primary.url(replicas.DATABASE, server.APP)
    done(here.run("ledger", "copy", str(here.ledger), primary))
    for name, value in (("LEDGER", pair.url), ("LOG_KEY", "log-key"), ("DEVICE_KEY", "device-key")):
        here.env[f"DOSELEDGER_{name}"] = value if name == "LEDGER" else f"{here.ledger}.{value}"
        monkeypatch.setenv(f"DOSELEDGER_{name}", here.env[f"DOSELEDGER_{name}"])
    done(here.sign("nurse.1", *WEIGH, "70kg"))
    size = json.loads(done(here.run("checkpoint", "show", "--json")).out)["ledger"]["size"]
    pair.caught_up(size)
    pair.standby.stop(signal.SIGINT)
    for weight in ("71kg", "72kg"):
        done(here.sign("nurse.1", *WEIGH, weight))
    pair.kill_primary()
    pair.standby.start()
    pair.standby.promote()

    told = done(here.run("status", "001-001")).err
    assert f"{size + 2} entries were seen here before; only {size} are" in told
    refused = done(here.sign("nurse.1", *WEIGH, "73kg"), 8)
    assert "older than what was seen" in refused.err
    assert "doseledger ledger accept" in refused.err
    accepted = done(here.sign(REGISTRARS, "ledger", "accept", "--reason", "data-loss"))
    assert "entries that were acknowledged and are not here, at least 2" in accepted.err
    done(here.sign("nurse.1", *WEIGH, "73kg"))
    report = done(here.run("verify")).out
    assert f"acknowledged entries that are lost, from position {size} on: 2" in report
    head = json.loads(done(here.run("checkpoint", "show", "--json")).out)
    assert (size + 2, True) == (head["ledger"]["size"], head["data"]["origin"].endswith("/main.2"))
