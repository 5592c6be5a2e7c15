"""`export bundle` and `certify-copy` as they are typed: what they print, what the ledger keeps, what is refused."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

HERE = Path(__file__).parent / "transcripts"
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "json"


def last(site):
    """The newest row of the log."""
    return json.loads(site.run("log", "--json", "--last", "1").out)["data"]["rows"][0]


def valid(ran, name):
    """The data that a run printed, by its schema."""
    assert ran.out, ran.err
    whole = json.loads(ran.out)
    Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text())).validate(whole)
    return whole["data"]


def settled(text):
    """A transcript without the number of files, which grows with the program."""
    return re.sub(r"\d+ files;", "<number> files;", text)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Where the site with an attested bundle is kept between tests."""
    return tmp_path_factory.mktemp("attested") / "site"


@pytest.fixture
def attested(site, kept, tmp_path):
    """A fresh copy of a site where a bundle was made and attested."""
    if not kept.exists():
        assert 0 == site.run("export", "bundle", "--out", "bundle").code
        ran = site.sign("crc.1", "certify-copy", "make", "bundle", "--json")
        assert "bundle.certificate.json" == valid(ran, "certify-copy-make")["path"]
        shutil.copytree(site.folder, kept)
    return type(site)(Path(shutil.copytree(kept, tmp_path / "attested")))


@pytest.mark.req("P11-10b")
def test_a_bundle_is_made_recorded_attested_and_checked(site, clean, golden) -> None:
    """A copy would leave the site without a trace, or nobody could say whether it is complete and true."""
    parts = []

    def played(*args, by="", code=0):
        ran = site.sign(by, *args) if by else site.run(*args)
        assert code == ran.code, ran.err
        parts.append(site.transcript(ran, *args))

    played("export", "bundle", "--out", "bundle.zip", "--as", "crc.1", "--recipient", "a fictional inspector")
    made = last(site)
    assert ("export.made/1", "exports/001") == (made["kind"], made["stream"])
    played("certify-copy", "check", "bundle.zip", code=1)
    played("certify-copy", "make", "bundle.zip", by="crc.1")
    assert "copy.certified/1" == last(site)["kind"]
    played("certify-copy", "check", "bundle.zip")
    parts.append(f"$ cat bundle.zip.certificate.txt\n{(site.folder / 'bundle.zip.certificate.txt').read_text()}")
    golden(HERE / "bundle.txt", settled(clean("\n".join(parts))))


def test_a_machine_without_the_ledger_checks_the_copy(attested) -> None:
    """An inspector would have to believe the site's own machine."""
    for name in ("site.ledger", "site.ledger.device-key", "site.ledger.log-key"):
        (attested.folder / name).unlink()
    ran = attested.run("certify-copy", "check", "bundle", "--json")
    assert 0 == ran.code, ran.err
    found = valid(ran, "certify-copy-check")
    assert ("certified", 0, "crc.1") == (found["answer"], found["copy"]["missing"], found["certified_by"]["person"])
    assert 0 == attested.run("inspect", "bundle", "certify-copy", "check").code
    paper = shutil.move(attested.folder / "bundle.certificate.json", attested.folder / "paper.json")
    assert 8 == attested.run("certify-copy", "check", "bundle", str(paper), "--ledger", "0" * 64).code


def test_a_changed_copy_is_refused_by_both(attested) -> None:
    """A person would attest a copy in which somebody changed a table."""
    table = attested.folder / "bundle/data/02-audit/audit-trail.csv"
    table.write_bytes(table.read_bytes() + b"one row more\r\n")
    ran = attested.run("certify-copy", "check", "bundle")
    assert 8 == ran.code
    assert "data/02-audit/audit-trail.csv" in ran.out
    size = last(attested)["position"]
    ran = attested.sign("crc.1", "certify-copy", "make", "bundle", "--out", "again")
    assert 8 == ran.code
    assert "data/02-audit/audit-trail.csv" in ran.err
    assert size == last(attested)["position"]
    assert not (attested.folder / "again.certificate.json").exists()


def test_a_certificate_is_tried_first_and_never_written_over(attested) -> None:
    """A certificate that was handed over would be replaced by another under the same name."""
    before = (attested.folder / "bundle.certificate.json").read_bytes()
    assert 2 == attested.sign("crc.1", "certify-copy", "make", "bundle").code
    assert 0 == attested.sign("crc.1", "certify-copy", "make", "bundle", "--out", "other", "--dry-run").code
    assert before == (attested.folder / "bundle.certificate.json").read_bytes()
    assert "copy.certified/1" == last(attested)["kind"]


def test_a_copy_that_was_never_recorded_is_not_attested(attested) -> None:
    """A person would attest a file of which the ledger knows nothing."""
    assert 0 == attested.run("export", "bundle", "--ledger", "bundle", "--out", "other.zip", "--known-at", "20").code
    ran = attested.sign("crc.1", "certify-copy", "make", "other.zip")
    assert 2 == ran.code
    assert "No entry records that other.zip was made" in ran.err
    assert 0 == attested.run("export", "bundle", "--out", "first.zip", "--known-at", "3").code
    ran = attested.sign("crc.1", "certify-copy", "make", "first.zip")
    assert 2 == ran.code
    assert "The key of crc.1 is not active in the copy" in ran.err


def test_an_export_without_the_keys_is_made_and_said_not_to_be_recorded(site) -> None:
    """An inspector with the file alone would get no copy, or believe that the ledger knows of it."""
    before = last(site)["position"]
    assert 0 == site.run("inspect", "site.ledger", "export", "bundle", "--out", "inspected").code
    (site.folder / "site.ledger.device-key").unlink()
    ran = site.run("export", "bundle", "--out", "bundle", "--patient", "001-002", "--json")
    assert 0 == ran.code, ran.err
    found = valid(ran, "export-bundle")
    assert (None, False, ["001-002"]) == (found["recorded"], found["signed"], found["patients"])
    assert "not recorded in the ledger" in ran.err
    assert before == last(site)["position"]
    assert 0 == site.run("verify", "bundle").code
    assert ["bundle", "inspected"] == sorted(path.parent.name for path in site.folder.glob("*/bagit.txt"))
    assert not (site.folder / "inspected" / "signatures").exists()


def test_a_bundle_goes_over_nothing_that_stands(site) -> None:
    """An export into the wrong folder would mix with, or replace, what somebody keeps there."""
    (site.folder / "kept").mkdir()
    (site.folder / "kept" / "notes.txt").write_text("kept")
    (site.folder / "kept.zip").write_text("kept")
    for name in ("kept", "kept.zip"):
        assert 2 == site.run("export", "bundle", "--out", name).code
    assert 6 == site.run("export", "bundle", "--out", "no/such/folder/bundle.zip").code
    assert ["notes.txt"] == [path.name for path in (site.folder / "kept").iterdir()]
    assert "kept" == (site.folder / "kept.zip").read_text()
