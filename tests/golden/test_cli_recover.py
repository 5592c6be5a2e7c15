"""A loss, from the broken disk to the last entry that came back, as the people of the site live through it."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from commands.cli.outbox import _written
from commands.post import Parcel
from ledger.book import Ledger

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "json"


def signed(here, by: str, *args: str, **env: str):
    """Run a command that these people sign."""
    first, *others = by.split("+")
    hands = [f"--passphrase-file={one}={here.passphrase}" for one in by.split("+")]
    return here.run(*args, "--as", first, *(f"--witness={one}" for one in others), *hands, "--yes", **env)


@pytest.fixture
def loss(here, local_now):
    """The disk broke: only a backup is there, older than two weights, a text and a dose; and the outbox of a nurse."""
    assert 0 == here.run("backup", "make", "b.backup").code
    for by, weight in (("nurse.1", "70kg"), ("nurse.2", "71kg")):
        measured = (
            "patient",
            "measure",
            "001-001",
            "--weight",
            weight,
            "--reason",
            "downtime",
            "--reason-text",
            "ward",
        )
        ran = signed(here, by, *measured)
        assert 0 == ran.code, ran.err
    given = (local_now - timedelta(hours=12)).isoformat(timespec="minutes")
    ran = signed(here, "nurse.1", "dose", "record", "001-002", "alemtuzumab", "10mg", "--at", given)
    assert 0 == ran.code, ran.err
    here.ledger.rename(here.folder / "lost")
    target = here.folder / "again.ledger"
    for name in ("log-key", "device-key", "next-log-key"):
        shutil.copyfile(f"{here.ledger}.{name}", f"{target}.{name}")
    ran = here.run("restore", "b.backup", "again.ledger", "--accept-loss")
    assert 0 == ran.code, ran.err
    assert "3 entries that were seen here are not in it" in ran.err
    here.env["DOSELEDGER_LEDGER"] = str(target)
    return {"DOSELEDGER_LEDGER": str(target)}


def counted(here, **env: str) -> int:
    """How many doses of the second patient count."""
    return json.loads(here.run("status", "001-002", "--json", **env).out)["data"]["alemtuzumab"]["counted"]


@pytest.mark.req("EM-6.9")
def test_what_was_lost_comes_back_and_counts(here, loss) -> None:
    """A dose that was given would be given again, because the disk with its record broke."""
    ran = signed(here, "nurse.1", "patient", "measure", "001-001", "--weight", "72kg", **loss)
    assert 8 == ran.code, "nothing is written before the loss is accepted"
    before = counted(here, **loss)
    accepted = signed(here, "reg.1+reg.2", "ledger", "accept", "--reason", "data-loss", **loss)
    assert 0 == accepted.code, accepted.err
    ran = signed(here, "nurse.1", "entry", "recover", "lost", "--json", **loss)
    assert 0 == ran.code, ran.err
    found = json.loads(ran.out)
    schema = json.loads((SCHEMAS / "entry-recover.schema.json").read_text())
    Draft202012Validator(schema).validate(found)
    assert ["patient.measured/1"] == [one["kind"] for one in found["data"]["recovered"]]
    assert ["nurse.1 signed it; another person attests it"] * 2 == [one["why"] for one in found["data"]["left"]]
    assert before == counted(here, **loss)
    ran = signed(here, "crc.1", "entry", "recover", "lost", "--reason-text", "the disk broke", **loss)
    assert 0 == ran.code, ran.err
    assert 2 == ran.out.count("recovered")
    assert before + 1 == counted(here, **loss)
    ran = signed(here, "crc.1", "entry", "recover", "lost", **loss)
    assert (0, "") == (ran.code, ran.out), "nothing comes back twice"
    ran = here.run("verify", **loss)
    assert 0 == ran.code, ran.out
    with Ledger.open(here.folder / "again.ledger", read_only=True) as ledger:
        back = [entry for entry in ledger.entries() if entry.attested]
    assert ["nurse.2", "nurse.1", "nurse.1"] == [entry.author.person for entry in back]
    assert ["nurse.1", "crc.1", "crc.1"] == [entry.attested[0].person for entry in back]


def test_it_is_said_wherever_it_is_read(here, loss) -> None:
    """An inspector would take the entry for one that was written when it happened, and never ask who vouches for it."""
    assert 0 == signed(here, "reg.1+reg.2", "ledger", "accept", "--reason", "data-loss", **loss).code
    assert 0 == signed(here, "crc.1", "entry", "recover", "lost", **loss).code
    size = json.loads(here.run("log", "--json", **loss).out)["data"]["rows"][-1]["position"]
    words = "recovered, attested by"
    for args in (
        ("timeline", "001-002"),
        ("show", f"#{size}"),
        ("log",),
        ("explain", f"#{size}"),
        ("activity", "crc.1"),
    ):
        ran = here.run(*args, **loss)
        assert 0 == ran.code, ran.err
        assert words in ran.out, args
    shown = json.loads(here.run("show", f"#{size}", "--json", **loss).out)["data"]
    assert ["performed", "verified"] == [one["meaning"] for one in shown["signatures"]]


def test_tails_and_lines_and_the_outbox_are_read(here, loss) -> None:
    """What a nurse's machine still holds of the lost hour would be typed again from memory."""
    assert 0 == signed(here, "reg.1+reg.2", "ledger", "accept", "--reason", "data-loss", **loss).code
    lost = {"DOSELEDGER_LEDGER": str(here.folder / "lost"), "DOSELEDGER_STATE": str(here.folder / "other")}
    lines = here.run("export", "jsonl", **lost).out
    (here.folder / "lines.jsonl").write_text(lines)
    ran = signed(here, "crc.1", "entry", "recover", "lines.jsonl", "--dry-run", **loss)
    assert (0, 1) == (ran.code, len(ran.out.splitlines())), ran.err
    assert "its words are not there" in ran.err
    box = next((here.folder / "state" / "outbox").iterdir()) if (here.folder / "state" / "outbox").exists() else None
    assert box is not None
    assert [] == list(box.glob("*.json")), "what was stored is not kept"
    ran = signed(here, "crc.1", "entry", "recover", "--outbox", **loss)
    assert (0, "") == (ran.code, ran.out)
    assert "every entry of a person stands in the ledger already" in ran.err
    with Ledger.open(here.folder / "lost", read_only=True) as ledger:
        position, weight = next((one.position, one) for one in ledger.entries(39) if one.payload.reason is not None)
        words = {name: ledger.salted(name) for name in (weight.payload.reason.text,)}
        parcel = Parcel(weight.payload.command.id, (ledger.raw(position),), words, {})
        (box / f"{parcel.command}.refused").write_bytes(_written(parcel))
    ran = signed(here, "crc.1", "entry", "recover", "--outbox", **loss)
    assert (0, 1) == (ran.code, ran.out.count("patient.measured/1")), ran.err
    assert 2 == here.run("entry", "recover", **loss).code


def test_an_epoch_is_copied_backed_up_and_restored(here, loss) -> None:
    """The site that lost its disk once could never back up again: two keys have sealed its heads."""
    assert 0 == signed(here, "reg.1+reg.2", "ledger", "accept", "--reason", "data-loss", **loss).code
    assert 0 == signed(here, "crc.1", "entry", "recover", "lost", **loss).code
    again = here.folder / "again.ledger"
    assert 0 == here.run("backup", "make", "c.backup", "--full", **loss).code
    assert 0 == here.run("ledger", "copy", str(again), "third.ledger").code
    for name in ("log-key", "device-key"):
        shutil.copyfile(f"{again}.{name}", here.folder / f"fourth.ledger.{name}")
    ran = here.run("restore", "c.backup", "fourth.ledger")
    assert 0 == ran.code, ran.err
    with Ledger.open(here.folder / "third.ledger", read_only=True) as third:
        size, root = third.size, third.root()
    with Ledger.open(here.folder / "fourth.ledger", read_only=True) as fourth:
        assert (root, size + 1) == (fourth.root_at(size), fourth.size)
        assert fourth.origin.endswith("/main.2")


def test_words_that_were_redacted_go_again(here) -> None:
    """The name that two persons deleted would be in the record again, for every export to take along."""
    said = ("--reason", "late-entry", "--reason-text", "Mrs Example's daughter called")
    assert 0 == signed(here, "nurse.1", "patient", "measure", "001-001", "--weight", "70kg", *said).code
    assert 0 == here.run("backup", "make", "b.backup").code
    assert 0 == signed(here, "pi.1+crc.1", "redact", "38", "--reason", "privacy").code
    here.ledger.rename(here.folder / "lost")
    env = {"DOSELEDGER_LEDGER": str(here.folder / "again.ledger")}
    for name in ("log-key", "device-key", "next-log-key"):
        shutil.copyfile(f"{here.ledger}.{name}", f"{env['DOSELEDGER_LEDGER']}.{name}")
    ran = here.run("restore", "b.backup", "again.ledger", "--accept-loss")
    assert "redacted" in ran.err
    assert 0 == signed(here, "reg.1+reg.2", "ledger", "accept", "--reason", "data-loss", **env).code
    with Ledger.open(env["DOSELEDGER_LEDGER"], read_only=True) as ledger:
        (name,) = (ledger.entry(38).payload.reason.text,)
        assert b"Mrs Example's daughter called" == ledger.text(name)
    ran = signed(here, "inv.1", "entry", "recover", "lost", **env)
    assert (0, 1) == (ran.code, ran.out.count("text.redacted/1")), ran.err
    with Ledger.open(env["DOSELEDGER_LEDGER"], read_only=True) as ledger:
        assert (None, ledger.size - 1) == (ledger.text(name), ledger.redacted(name))
        assert [] == list(ledger.audit())
    assert b"daughter called" not in Path(env["DOSELEDGER_LEDGER"]).read_bytes()
    ran = here.run("verify", **env)
    assert 0 == ran.code, ran.out
