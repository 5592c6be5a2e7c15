"""`doseledger export dossier` as a person runs it: a file, one patient, an earlier time, a folder; nothing replaced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.cli.running import run as doseledger
from ledger.book import Ledger
from projections.export.dossier import making


def exports(ledger: Path) -> list[tuple[str, int, tuple[str, ...]]]:
    """What the ledger says left it as a dossier: its digest, its size, and whom it is limited to."""
    with Ledger.open(ledger, read_only=True) as book:
        found = [entry.event for entry in book.entries() if entry.kind == "export.made/1"]
    return [(one.digest, one.size, one.streams) for one in found if one.form == "dossier"]


def test_a_dossier_is_made_recorded_and_verified(site) -> None:
    """What was handed over must be in the record, under the digest of the very file, or nobody can say what left."""
    ran = site.run("export", "dossier", "--out", "dossier.html", "--json")
    assert 0 == ran.code, ran.err
    (one,) = json.loads(ran.out)["data"]["made"]
    assert [(one["digest"], one["size"], ())] == exports(site.ledger)
    assert 0 == site.run("verify", "dossier.html").code
    again = site.run("export", "dossier", "--out", "dossier.html")
    assert (2, True) == (again.code, "never replaces" in again.err)


def test_one_patient_at_an_earlier_time_has_a_name_that_says_so(site) -> None:
    """A file that does not say whom and when it is about is taken for the whole record."""
    ran = site.run("export", "dossier", "--patient", "001-002", "--known-at", "30", "--json")
    assert 0 == ran.code, ran.err
    (one,) = json.loads(ran.out)["data"]["made"]
    assert f"dossier-nct00983528-001-002-30-{one['root'][:8]}.html" == one["file"]
    assert one["withheld"] > 0
    assert [(one["digest"], 30, ("patient/001-002",))] == exports(site.ledger)
    assert 0 == site.run("verify", one["file"]).code


def test_a_patient_who_is_not_there_has_no_dossier(site) -> None:
    """An empty dossier under a mistyped number would be read as a patient who was never treated."""
    ran = site.run("export", "dossier", "--patient", "001-009", "--out", "nobody.html")
    assert (2, False) == (ran.code, (site.folder / "nobody.html").exists())


def test_a_long_record_becomes_a_folder(
    site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each patient's pages must be there, under an index that leads to them, and each file recorded."""
    monkeypatch.setattr(making, "LIMIT", 10)
    for name, value in site.env.items():
        monkeypatch.setenv(name, value)
    out = site.folder / "all"
    assert 0 == doseledger(["export", "dossier", "--out", str(out), "--json"])
    made = json.loads(capsys.readouterr().out)["data"]["made"]
    assert ["index.html", "dossier-001-001.html", "dossier-001-002.html"] == [Path(one["file"]).name for one in made]
    assert {one["digest"] for one in made} == {digest for digest, _, _ in exports(site.ledger)}
    assert {path.name for path in out.iterdir()} == {Path(one["file"]).name for one in made}
