"""What was signed off, asked, locked, deleted and doubted, as the bundle and the dossier show it to an inspector."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import axe_playwright_python
import pytest
from acts import PATIENT, Ward, founded
from bundles import bundled
from dosed import reviewed
from dossiers import Opened, in_a_browser, made, opened, running
from playwright.sync_api import Browser

from projections.review.asked import locks, queries
from projections.review.signoff import status
from projections.review.trail import log

STATUSES = {"stands": "VALID", "stale": "STALE", "renewed": "RENEWED", "void": "VOID"}
MADE_STALE = re.compile(r"(#\d+) (corrected|voided|added late):")
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Everything of review and closing, a deletion, and a stolen key.

    A sign-off is made stale, signed again and made stale again, a third is void; a query stays open.
    """
    folder = tmp_path_factory.mktemp("reviewed")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as one:
        reviewed(one)
        said = {"reason": "transcription", "reason_text": "the neighbour's scale"}
        weight = one.do("nurse.1", "patient measure", patient=PATIENT, weight="71.5kg")
        fixed = one.do("nurse.1", "correct", entry=weight, set=["weight=71.6kg"], **said)
        one.do("mon.1", "query open", entry=fixed, question="whose scale?")
        one.do("pi.1", "redact", entry=fixed, reason="privacy", wit=("crc.1",))
        one.do("reg.1", "key revoke", person="nurse.1", reason="compromised", suspected_from=weight)
        one.do("pi.1", "signoff", patient=PATIENT)
        said = {"reason": "late-entry", "reason_text": "found on the chart"}
        one.do("crc.1", "patient measure", patient=PATIENT, weight="72.5kg", at="2010-03-01T09:00-08:00", **said)
        again = one.do("pi.1", "void", entry=one.do("pi.1", "signoff", patient=PATIENT), reason="duplicate")
        one.do("inv.1", "countersign", entry=again)
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
    assert ["STALE", "STALE", "VOID"] == [row["status"] for row in rows]
    by, late = status(ward.book, now=ward.local).rows[0].sign_offs[0].stale_by
    assert f"entry {by.entry} corrected, {by.name}" in rows[0]["stale_by"]
    assert f"entry {late.entry} added late, {late.name}" in rows[1]["stale_by"]
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
    assert ("3: 2 STALE, 1 VOID", "2: 1 closed, 1 open") == (lines["sign-offs"], lines["queries"])


# --- the dossier -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(ward: Ward, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its dossier."""
    return made(ward, tmp_path_factory.mktemp("dossier") / "dossier.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser."""
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def shown(browser: Browser, page: Path) -> Iterator[Opened]:
    """The dossier, opened."""
    with opened(browser, page) as found:
        yield found


def cells(shown: Opened, caption: str) -> list[list[str]]:
    """The cells of a table of the section, row by row; none where the table is not there."""
    rows = shown.page.locator(f"section.review table:has(caption:text-is('{caption}')) tbody tr").all()
    return [[" ".join(one.split()) for one in row.locator("td").all_inner_texts()] for row in rows]


@in_a_browser
def test_the_page_says_of_review_what_the_program_says(ward: Ward, shown: Opened) -> None:
    """An inspector who moves the slider to a decision must see what was signed off, asked and locked then, no more."""
    whole, first = ward.book.size, next(one for one in ward.book.entries() if one.kind == "entries.signed/1").position
    seen = set()
    for size in (whole, first + 1, first + 3, first, *range(first + 4, whole)):
        shown.known(size)
        shown.go(f"patient={PATIENT}")
        (row,) = status(ward.book, now=ward.local, known_at=size).rows
        text = " ".join(shown.text("section.review").split())
        assert f"{row.state} a sign-off covers {row.covered} of {row.entries} entr" in text.lower(), size
        assert [
            [f"#{one.entry}", f"#{one.since} to #{one.until - 1}", str(one.entries), STATUSES[one.state]]
            for one in row.sign_offs
        ] == [[*one[:3], one[3].split()[0]] for one in cells(shown, "Sign-offs")], size
        for one, found in zip(row.sign_offs, cells(shown, "Sign-offs"), strict=True):
            assert [(f"#{by.entry}", by.why) for by in one.stale_by] == MADE_STALE.findall(found[4]), size
            seen.add(one.state)
            for by in one.signed:
                words = (by.name, by.role, by.organisation, by.meaning, f"{by.at_utc[:10]} {by.at_utc[11:19]} UTC")
                assert all(word in found[5] for word in words), found[5]
        asked = queries(ward.book, patient=PATIENT, now=ward.local, known_at=size).rows
        assert [(f"#{one.entry}", f"#{one.target}", one.question, one.state) for one in asked] == [
            (found[0], found[1].split()[0], found[2].strip('"“”'), found[5].split()[0])
            for found in cells(shown, "Queries")
        ], size
        held = locks(ward.book, patient=PATIENT, now=ward.local, known_at=size).rows
        assert [(f"#{one.entry}", one.state) for one in held] == [
            (found[0], found[3].split()[0]) for found in cells(shown, "Locks")
        ], size
        (fallen,) = log(ward.book, now=ward.local, known_at=size).patients
        assert [(f"#{one.entry}", f"#{one.compared}", f"#{one.by}") for one in fallen.fell_off] == [
            (found[0], found[1], found[2].split()[0])
            for found in cells(shown, "Source verifications that no longer hold")
        ], size
        assert [] == shown.wrong
    shown.known(whole)
    assert {"stands", "stale", "renewed", "void"} == seen


@in_a_browser
def test_the_question_about_oversight_is_answered_on_the_page(ward: Ward, shown: Opened) -> None:
    """T19 would be asked of people instead of the record."""
    shown.go("answers")
    shown.page.evaluate("for (const one of document.querySelectorAll('.questions details')) one.open = true")
    (row,) = status(ward.book, now=ward.local).rows
    said = shown.page.locator("table", has=shown.page.locator("caption:text-is('Sign-offs of all patients')"))
    text = " ".join(said.inner_text().split())
    for words in (PATIENT, f"STALE {row.covered} of {row.entries} covered", "corrected", "Demo Site"):
        assert words in text


@in_a_browser
def test_an_entry_says_what_was_deleted_of_it_and_what_is_in_doubt(ward: Ward, shown: Opened) -> None:
    """Who opens one entry would see a gap without who made it, and a thief's signature as a nurse's."""
    entries = list(ward.book.entries())
    gone = next(one for one in entries if one.kind == "text.redacted/1")
    fixed = next(one for one in entries if one.payload.reason and one.payload.reason.text in gone.event.commitments)
    shown.go(f"entry={fixed.position}")
    assert f"redacted by #{gone.position}" in " ".join(shown.text("dialog").split())
    assert "DISPUTED" in shown.text("dialog p.signs")
    shown.go("patients")
    shown.known(next(one for one in entries if one.kind == "key.revoked/1").position)
    shown.go(f"entry={fixed.position}")
    assert "disputed" not in shown.text("dialog p.signs").lower()
    shown.known(ward.book.size)
    signed = next(one for one in entries if one.kind == "entries.signed/1")
    shown.go(f"entry={signed.position}")
    assert "STALE" in shown.text("dialog p.signs")
    shown.go("patients")


@in_a_browser
def test_the_section_has_no_barriers_and_fits_a_tablet(browser: Browser, page: Path) -> None:
    """Who made a sign-off stale would stand in a column that some readers never reach."""
    axe = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    with opened(browser, page, bypass_csp=True, viewport={"width": 768, "height": 1024}) as found:
        found.page.evaluate(axe)
        for view in (f"patient={PATIENT}", "answers"):
            found.go(view)
            found.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            assert (view, 768) == (view, found.page.evaluate("document.documentElement.scrollWidth"))
            result = found.page.evaluate("axe.run({ resultTypes: ['violations'] })")
            barriers = [(one["id"], one["nodes"][0]["html"][:200]) for one in result["violations"]]
            assert (view, []) == (view, barriers)
