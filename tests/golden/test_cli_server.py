"""Every command on a server says what it says on a file; and no password is printed, whatever happens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import server
from test_cli_json import READS

from ledger.book import Ledger, is_url

SECRET = "hunter2-and-more"
MORE = {
    "lot list": ("lot", "list"),
    "protocol show": ("protocol", "show"),
    "checkpoint show": ("checkpoint", "show"),
    "checkpoint list": ("checkpoint", "list"),
    "proof make": ("proof", "make", "#35"),
    "accountability": ("accountability",),
    "deviation list": ("deviation", "list"),
    "cohort show": ("cohort", "show"),
    "find consent-order": ("find", "consent-order"),
    "replay": ("replay",),
    "toxicity table": ("toxicity", "table"),
    "signoff status": ("signoff", "status"),
    "security alerts": ("security", "alerts"),
    "nobody": ("status", "001-099"),
    "nothing": ("show", "#999"),
}


@pytest.fixture
def url(here) -> str:
    """The ledger of the site, moved to the server; the URL has a password, for which the server does not ask."""
    found = server.place()
    moved = here.run("ledger", "copy", str(here.ledger), found)
    assert 0 == moved.code, moved.err
    keys = {"DOSELEDGER_LOG_KEY": "log-key", "DOSELEDGER_DEVICE_KEY": "device-key"}
    for name, key in keys.items():
        here.env[name] = f"{here.ledger}.{key}"
    return found.replace(f"//{server.APP}@", f"//{server.APP}:{SECRET}@")


@pytest.fixture
def told(here, clean: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """A run at one place, without the place itself; and never a password."""

    def run(place: str, *args: str) -> tuple[int, str, str]:
        for name, value in here.env.items():
            monkeypatch.setenv(name, value)
        ran = here.run(*args, DOSELEDGER_LEDGER=place)
        assert SECRET not in ran.out + ran.err
        said = [
            re.sub(r"postgresql://\S*schema=\w+|(<site>/)?site\.ledger", "<place>", clean(one))
            for one in (
                ran.out,
                ran.err,
            )
        ]
        return ran.code, *said

    return run


def test_every_reading_command_says_the_same(here, url: str, told: Callable[..., tuple[int, str, str]]) -> None:
    """A nurse would see another next dose on the server than her colleague on the file."""
    questions = {**READS, **MORE}
    del questions["inspect"]
    differ = [
        name
        for name, args in questions.items()
        for form in ((), ("--json",))
        if told(str(here.ledger), *args, *form) != told(url, *args, *form)
    ]
    assert [] == differ


def test_the_ledger_may_be_named_before_the_command(here, url: str, told: Callable[..., tuple[int, str, str]]) -> None:
    """Whoever has an alias for `doseledger -l URL` would be told that there is no such option."""
    after = told("nowhere.ledger", "status", "001-002", "-l", url)
    assert (0, after) == (after[0], told("nowhere.ledger", "-l", url, "status", "001-002"))
    assert after == told("nowhere.ledger", "--ledger", url, "status", "001-002")
    assert 2 == told("nowhere.ledger", "-l", url)[0]


def test_an_inspection_with_the_role_that_only_reads(here, url: str, told: Callable[..., tuple[int, str, str]]) -> None:
    """The inspector would need a password with which the record can be added to."""
    eyes = server.by(url.replace(f":{SECRET}@", "@"), server.INSPECT)
    code, out, err = told(str(here.ledger), "inspect", eyes)
    assert 0 == code, err
    assert "verdict      ok" in out
    for args in (("verify",), ("status", "001-002"), ("export", "jsonl", "--out", str(here.folder / "taken"))):
        assert 0 == told(str(here.ledger), "inspect", eyes, *args)[0]
    noted = (Path(here.env["DOSELEDGER_STATE"]) / "inspections.jsonl").read_text(encoding="utf-8")
    assert {"postgresql"} == {json.loads(line)["file"].partition("://")[0] for line in noted.splitlines()}
    with Ledger.open(eyes, read_only=True) as there, Ledger.open(here.ledger, read_only=True) as kept:
        assert kept.root() == there.root()


def test_writing_and_taking_out(here, url: str, told: Callable[..., tuple[int, str, str]]) -> None:
    """A ward that works on the server could give no dose, or could not hand its record to the inspector."""
    here.env["DOSELEDGER_LEDGER"] = url
    options = (f"--passphrase-file=nurse.1={here.passphrase}", "--as", "nurse.1", "--yes")
    code, out, err = told(url, "patient", "measure", "001-001", "--weight", "71kg", *options)
    assert 0 == code, err
    assert "#" in out + err
    assert 0 == told(url, "verify")[0]
    assert told(url, "status", "001-001")[1]
    for form, option in (("bundle", "--out"), ("dossier", "--out"), ("csv", "--out"), ("tiles", "--out")):
        code, out, err = told(url, "export", form, option, str(here.folder / form))
        assert 0 == code, err
    assert 0 == told(url, "verify", str(here.folder / "bundle"))[0]
    assert [] == [file for file in here.folder.rglob("*") if is_url(file.name) or "postgresql:" in str(file)]


def test_the_settings_say_where_the_keys_are_looked_for(here, url: str) -> None:
    """Whoever moves a ledger to a server would not know where to put the keys, and could not write."""
    here.env = {name: value for name, value in here.env.items() if not name.endswith("_KEY")}
    for place in (url, str(here.ledger)):
        ran = here.run("config", "show", "--json", DOSELEDGER_LEDGER=place)
        found = {row["name"]: row["value"] for row in json.loads(ran.out)["data"]["settings"]}
        missing = here.run("patient", "measure", "001-001", "--weight", "70kg", "--yes", DOSELEDGER_LEDGER=url).err
        assert SECRET not in ran.out + missing
        if place == url:
            assert f"{found['device-key']}: No such file" in missing
        else:
            assert (f"{place}.log-key", f"{place}.device-key") == (found["log-key"], found["device-key"])
    authority = {"DOSELEDGER_TIMESTAMP_AUTHORITIES": f"https://joe:{SECRET}@one.example/tsr https://two.example"}
    ran = here.run("config", "show", **authority)
    assert (True, False) == ("https://***@one.example/tsr https://two.example" in ran.out, SECRET in ran.out)


def test_no_state_holds_the_password(here, url: str, told: Callable[..., tuple[int, str, str]]) -> None:
    """The password would lie in a folder that is backed up, or in a report that is sent to somebody."""
    told(url, "doctor")
    told(url, "doctor", "--json")
    told(url, "config", "show", "--origin")
    told(url, "status", "--ledger", url.replace("schema=", "schema=9"))
    told(url.replace("host=/tmp", "host=/nowhere"), "status")
    told(url, "status", "001-001", url)
    told(str(here.ledger), "inspect", url)
    told(str(here.ledger), "inspect", url, "status", "--ledger", url + "0")
    told(str(here.ledger), "verify", url)
    told(str(here.ledger), "init", url, "--trial", "a", "--site", "1", "--zone", "UTC", "--purpose", "training")
    held = [file for file in here.folder.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    assert [] == held


def test_doctor_looks_at_the_server(here, url: str, told: Callable[..., tuple[int, str, str]]) -> None:
    """A server that forgets after a power cut, or a role that may do anything, would go unnoticed for years."""
    code, out, _ = told(url, "doctor")
    assert 1 == code
    assert f"v role: {server.APP} may read and add" in out
    assert "x disk: the server does not wait for its disk" in out
    _, out, _ = told(server.by(url.replace(f":{SECRET}@", "@"), server.OWNER), "doctor")
    assert f"! role: {server.OWNER} owns the tables and could take the guards off" in out


def test_the_tables_are_made_by_a_command(here, told: Callable[..., tuple[int, str, str]]) -> None:
    """Whoever sets the server up would not be told whose tables they are, and who may write."""
    found = server.shared()
    with found.admin() as connection:
        connection.execute(f"CREATE DATABASE commanded OWNER {server.OWNER} TEMPLATE template0 STRATEGY FILE_COPY")
    place = found.url("commanded", server.OWNER)
    roles = ("--writer", server.APP, "--reader", server.INSPECT)
    code, out, _ = told(str(here.ledger), "storage", "migrate", place, *roles, "--print")
    assert (0, True) == (code, out.startswith("BEGIN;") and "COMMIT;" in out)
    code, out, err = told(str(here.ledger), "storage", "migrate", place, *roles)
    assert (0, True) == (code, "The tables are made: schema doseledger" in out), err
    assert f"  {server.APP} may read and add" in out + err
    code, out, _ = told(str(here.ledger), "storage", "migrate", place, *roles, "--json")
    assert (0, False) == (code, json.loads(out)["data"]["made"])
    code, _, err = told(str(here.ledger), "storage", "migrate", "trial.ledger")
    assert (2, True) == (code, "is no URL of a database" in err)
    code, _, err = told(found.url("commanded", server.APP), "status")
    assert (6, True) == (code, "no entry in them" in err)
