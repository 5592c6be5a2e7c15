"""Every `--json` output: one object in the envelope, as its schema says, and nothing else on stdout."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "json"
READS = {
    "overview": ("status",),
    "status": ("status", "001-002"),
    "patient-list": ("patient", "list"),
    "todo": ("todo",),
    "log": ("log", "--patient", "001-002"),
    "show": ("show", "#35"),
    "timeline": ("timeline", "001-002"),
    "explain": ("explain", "#31"),
    "person-list": ("person", "list"),
    "who-may": ("who-may", "dose", "start"),
    "review-log": ("review", "log"),
    "query-list": ("query", "list"),
    "lock-list": ("lock", "list"),
    "countersign-queue": ("countersign", "queue", "--as", "pi.1"),
    "verify": ("verify",),
    "witness-list": ("witness", "list"),
    "inspect": ("inspect", "site.ledger"),
}


@pytest.mark.parametrize("name", READS)
def test_a_read_is_one_object_of_its_schema(site, name) -> None:
    """A hospital's program that reads a field which is not there shows an empty step to the nurse."""
    ran = site.run(*READS[name], "--json")
    assert 0 == ran.code, ran.err
    data = json.loads(ran.out)
    assert f"doseledger/{name}/1" == data["schema"]
    Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text())).validate(data)


def test_what_is_not_signed_off_is_an_exit_code(site) -> None:
    """A nightly check would stay quiet while nobody oversees a patient (T19)."""
    ran = site.run("signoff", "status", "--json")
    assert 1 == ran.code, ran.err
    data = json.loads(ran.out)
    Draft202012Validator(json.loads((SCHEMAS / "signoff-status.schema.json").read_text())).validate(data)
    assert {"never signed"} == {row["state"] for row in data["data"]["rows"]}
    assert 0 == site.sign("pi.1", "signoff", "001-002").code
    assert 0 == site.run("signoff", "status", "--patient", "001-002").code


@pytest.mark.parametrize(
    "args",
    [
        ("protocol", "show"),
        ("protocol", "check", "nct00983528-demo"),
        ("dictionary", "show", "IRR"),
        ("lot", "list"),
        ("key", "list"),
        ("doctor",),
        ("config", "show", "--origin"),
        ("about",),
        ("help", "times"),
        ("completion", "bash"),
        ("dose", "order", "001-002", "alemtuzumab", "10mg", "--for", "now", "--as", "inv.1", "--dry-run"),
    ],
)
def test_every_other_answer_is_one_object_too(site, args) -> None:
    """A program must not have to know which commands speak JSON."""
    ran = site.run(*args, "--json")
    assert 0 == ran.code, ran.err
    data = json.loads(ran.out)
    assert ["schema", "ledger", "valid_at", "known_at", "data"] == list(data)


def test_lists_are_csv_and_json_lines_too(site) -> None:
    """A monitor opens the log in a spreadsheet; a name that begins with '=' must not run there."""
    rows = list(csv.DictReader(io.StringIO(site.run("log", "--patient", "001-002", "--format", "csv").out)))
    lines = [json.loads(line) for line in site.run("log", "--patient", "001-002", "--format", "jsonl").out.splitlines()]
    assert [row["position"] for row in rows] == [str(line["position"]) for line in lines]
    assert 2 == site.run("log", "--format", "xml").code


def test_the_export_is_the_stored_bytes(site) -> None:
    """Whoever checks the signatures elsewhere needs the very bytes that were signed."""
    whole = site.run("export", "jsonl").out
    assert 0 == site.run("export", "jsonl", "--out", str(site.folder / "out")).code
    assert whole == (site.folder / "out" / "entries.jsonl").read_text()
    assert 38 == len(whole.splitlines())
    assert "export.made/1" == json.loads(site.run("show", "#38", "--json").out)["data"]["kind"]
    assert all(set(json.loads(line)) == {"payload", "signatures"} for line in whole.splitlines())


def test_two_times_are_answered(site) -> None:
    """What was known before the dose, and what was true before it, are two questions."""
    known = json.loads(site.run("status", "001-002", "--json", "--known-at", "#34").out)["data"]
    assert (0, 35) == (known["alemtuzumab"]["counted"], known["size"])
    started = json.loads(site.run("show", "#35", "--json").out)["data"]["occurred"]
    before = started.replace("T10:00", "T09:00")
    valid = json.loads(site.run("status", "001-002", "--json", "--valid-at", before).out)["data"]
    assert (0, 38) == (valid["alemtuzumab"]["counted"], valid["size"])


def test_a_scenario_is_played_and_compared(site) -> None:
    """A site tries its own configuration with dummy patients; a difference must be a failure, not a remark."""
    story = Path(__file__).parents[1] / "stories" / "S03.toml"
    ran = site.run("simulate", str(story), "--json")
    assert 0 == ran.code, ran.err
    assert json.loads(ran.out)["data"]["ok"]
    wrong = story.read_text().replace("alemtuzumab.counted = 13", "alemtuzumab.counted = 12")
    assert wrong != story.read_text()
    changed = site.folder / "wrong.toml"
    for name in story.parent.glob("*.toml"):
        (site.folder / name.name).write_text(name.read_text())
    changed.write_text(wrong)
    assert 1 == site.run("simulate", str(changed)).code
