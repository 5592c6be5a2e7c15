"""What was signed off, asked, locked, deleted and doubted, as the bundle and the dossier show it to an inspector."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from acts import PATIENT, Ward, founded
from bundles import bundled
from dosed import reviewed

from projections.review.asked import queries
from projections.review.signoff import status

STATUSES = {"stands": "VALID", "stale": "STALE", "renewed": "RENEWED", "void": "VOID"}
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A sign-off made stale, queries closed and open, locks, a comparison that fell off, a deletion, a stolen key."""
    folder = tmp_path_factory.mktemp("reviewed")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as one:
        reviewed(one)
        said = {"reason": "transcription", "reason_text": "the neighbour's scale"}
        weight = one.do("nurse.1", "patient measure", patient=PATIENT, weight="71.5kg")
        fixed = one.do("nurse.1", "correct", entry=weight, set=["weight=71.6kg"], **said)
        one.do("mon.1", "query open", entry=fixed, question="whose scale?")
        one.do("pi.1", "redact", entry=fixed, reason="privacy", wit=("crc.1",))
        one.do("reg.1", "key revoke", person="nurse.1", reason="compromised", suspected_from=weight)
        yield one


@pytest.fixture(scope="module")
def bag(ward: Ward, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its bundle."""
    return Path(bundled(ward.book, tmp_path_factory.mktemp("bundle") / "whole").path)


def table(bag: Path, name: str) -> Rows:
    """A table of the bundle."""
    with (bag / "data" / "02-audit" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_bundle_says_which_sign_off_no_longer_stands_and_why(ward: Ward, bag: Path) -> None:
    """An inspector who reads the copy would take a signature for one over what was corrected afterwards."""
    expected = [
        (str(one.entry), row.patient, str(one.since), str(one.until), STATUSES[one.state], signed.name, signed.at_utc)
        for row in status(ward.book, now=ward.local).rows
        for one in row.sign_offs
        for signed in one.signed
    ]
    columns = ("entry", "patient", "since", "until", "status", "name", "at_utc")
    rows = table(bag, "sign-offs.csv")
    assert expected == [tuple(row[one] for one in columns) for row in rows]
    assert ["STALE"] == [row["status"] for row in rows]
    (by,) = status(ward.book, now=ward.local).rows[0].sign_offs[0].stale_by
    assert f"entry {by.entry} corrected, {by.name}" in rows[0]["stale_by"]
    assert ("principal-investigator", "Demo Site", "responsibility") == tuple(
        rows[0][one] for one in ("role", "organisation", "meaning")
    )


def test_the_bundle_has_every_step_of_every_query(ward: Ward, bag: Path) -> None:
    """A question that stays open, or an answer without who gave it, is the first thing an inspector asks for."""
    found = {row.entry: row for row in queries(ward.book, now=ward.local).rows}
    rows = table(bag, "queries.csv")
    steps = [(row["step"], row["text"], row["outcome"], row["status"]) for row in rows]
    assert [
        ("asked", "70 or 71?", "", "closed"),
        ("answered", "71", "", "closed"),
        ("closed", "", "corrected", "closed"),
        ("asked", "whose scale?", "", "open"),
    ] == steps
    assert {str(one) for one in found} == {row["query"] for row in rows}
    for row in rows:
        signer = ward.book.entry(int(row["entry"])).author
        said = tuple(row[one] for one in ("name", "role", "organisation", "meaning", "at"))
        assert (signer.name, signer.role, signer.organisation, signer.meaning, signer.at) == said
        assert row["at_utc"].endswith("Z")


def test_the_first_page_of_the_bundle_counts_them(bag: Path) -> None:
    """Whoever opens the copy would have to look for what is stale or open, and would not."""
    text = (bag / "data" / "00-READ-ME-FIRST.txt").read_text(encoding="utf-8")
    lines = {line.partition("  ")[0]: line.partition("  ")[2].strip() for line in text.splitlines()}
    assert ("1: 1 STALE", "2: 1 closed, 1 open") == (lines["sign-offs"], lines["queries"])
