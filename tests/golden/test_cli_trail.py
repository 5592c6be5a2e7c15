"""The audit trail at the command line: answers, exit codes, files, and what the ledger keeps of an export."""

from __future__ import annotations

import csv
import io
import json
from hashlib import sha256
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ledger.book import Ledger

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "json"


@pytest.fixture
def checkpoint(site) -> Path:
    """The checkpoint of 37 entries, as a monitor took it away."""
    with Ledger.open(site.ledger, read_only=True) as ledger:
        path = site.folder / "kept.txt"
        path.write_bytes(ledger.checkpoint_at(37))
    return path


@pytest.mark.parametrize(
    ("name", "code", "args"),
    [
        ("history", 0, ("history", "001-002", "--record", "dose:1")),
        ("diff", 1, ("diff", "36", "38")),
        ("status-at", 0, ("replay", "--at", "#37")),
        ("export-odm", 0, ("export", "odm", "--out", "record.xml", "--patient", "001-002")),
    ],
)
def test_an_answer_is_one_object_of_its_schema(site, name, code, args) -> None:
    """A hospital's program that reads a field which is not there shows an empty trail to the reviewer."""
    ran = site.run(*args, "--json")
    assert code == ran.code, ran.err
    data = json.loads(ran.out)
    assert f"doseledger/{name}/1" == data["schema"]
    Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text())).validate(data)


@pytest.mark.req("P11-10a")
def test_a_checkpoint_that_was_kept_shows_that_only_something_was_appended(site, checkpoint) -> None:
    """T22: a monitor holds the paper of her last visit against the ledger; another history must not pass."""
    ran = site.run("diff", str(checkpoint), "38")
    assert 1 == ran.code, ran.err
    assert "37 entries" in ran.out.splitlines()[0]
    assert "tolerance.assessed/1" in ran.out
    forged = checkpoint.read_text().replace("\n37\n", "\n36\n")
    assert forged != checkpoint.read_text()
    checkpoint.write_text(forged)
    assert 8 == site.run("diff", str(checkpoint), "38").code
    assert 2 == site.run("diff", "37", "999").code


def test_reading_the_trail_changes_no_file(site) -> None:
    """An inspection that leaves a mark in the record has changed what it was to inspect."""
    before = {path: path.read_bytes() for path in site.folder.iterdir() if path.is_file()}
    assert (0, 0) == (site.run("history").code, site.run("diff", "38", "#37").code)
    assert before == {path: path.read_bytes() for path in site.folder.iterdir() if path.is_file()}


@pytest.mark.req("E6-4.2.2a-iii")
def test_an_export_is_an_entry_with_the_digest_of_the_file(site) -> None:
    """Nobody could say which copy left the site, or that one did."""
    ran = site.run("export", "csv", "--signatures", "--out", "signatures.csv", "--patient", "001-002", "--as", "mon.1")
    assert 0 == ran.code, ran.err
    assert "recorded in the ledger as #38" in ran.err
    shown = json.loads(site.run("show", "#38", "--json").out)["data"]
    body = shown["payload"]["body"]
    whole = (site.folder / "signatures.csv").read_bytes()
    assert ("export.made/1", "signatures-csv", 38, sha256(whole).hexdigest(), ["patient/001-002"], "mon.1") == (
        shown["kind"],
        body["form"],
        body["size"],
        body["digest"],
        body["streams"],
        body["claimed_by"],
    )
    assert {"001-002"} == {row["patient"] for row in csv.DictReader(io.StringIO(whole.decode(), newline=""))}
    assert 2 == site.run("export", "csv", "--out", "signatures.csv").code
    assert ["claimed"] == [
        row["part"] for row in json.loads(site.run("activity", "mon.1", "--json", "--since", "38").out)["data"]["rows"]
    ]


def test_an_export_without_the_keys_is_made_and_says_that_it_is_not_recorded(site) -> None:
    """An inspector without keys would get no copy, or one of which nobody knows."""
    (site.folder / "site.ledger.device-key").unlink()
    once = site.run("export", "odm", "--out", "once.xml", TZ="Asia/Tokyo", PYTHONHASHSEED="1")
    again = site.run("export", "odm", "--out", "again.xml", TZ="America/Lima", PYTHONHASHSEED="2")
    assert (0, 0) == (once.code, again.code), once.err
    assert "not recorded in the ledger" in once.err
    assert (site.folder / "once.xml").read_bytes() == (site.folder / "again.xml").read_bytes()


def test_what_cannot_be_answered_is_said(site) -> None:
    """An empty answer would read as 'nothing was changed'."""
    for args in (
        ("history", "001-002", "--record", "dose:2"),
        ("status", "001-002", "--at", "#35", "--known-at", "12"),
        ("export", "audit-html", "--out", "page.html", "--patient", "001-009"),
        ("export", "odm", "--out", "record.xml", "--sign", "none.pem", "none.key"),
    ):
        assert 2 == site.run(*args).code, args
    assert not (site.folder / "page.html").exists()
    assert not (site.folder / "record.xml").exists()


def test_the_trail_is_sorted_and_searched(site) -> None:
    """FQ12: a trail that can only be read from the front is not reviewed."""
    ran = site.run("history", "--field", "given_mg", "--sort", "person", "--format", "csv")
    assert ["nurse.1"] == [row["person"] for row in csv.DictReader(io.StringIO(ran.out))]
    kinds = [
        json.loads(line)["kind"] for line in site.run("log", "--sort", "kind", "--format", "jsonl").out.splitlines()
    ]
    assert sorted(kinds) == kinds
