"""A dossier whose data and programs are as they were made, and whose shell was changed so that it shows otherwise."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from acts import PATIENT
from dossiers import altered, in_a_browser, line, made, member, opened, running, whole
from playwright.sync_api import Browser

Change = Callable[[str], str]
FORGED = '<p title="FORGED">12 doses of 10 mg</p>'


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The dossier of a whole record, and that of one patient."""
    folder = tmp_path_factory.mktemp("good")
    ward = whole(folder / "trial.ledger")
    all_of_it = made(ward, folder / "all.html").read_text(encoding="utf-8")
    one = made(ward, folder / "one.html", patient=PATIENT).read_text(encoding="utf-8")
    ward.book.close()
    return all_of_it, one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser."""
    with running() as found:
        yield found


def housed(mode: str) -> Change:
    """The body with a shadow tree, which a browser shows instead of what is in the body."""
    tree = f'<template shadowrootmode="{mode}">{FORGED}<slot></slot></template>'
    return lambda text: text.replace("<body>", f"<body>{tree}", 1)


def styled(text: str) -> str:
    """Another style, under a policy that allows it: both programs are the ones that were published."""
    found = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert found is not None
    old = found[1]
    new = f"{old}\n.verdict::after {{ content: 'FORGED'; }}\n.faults {{ display: none; }}\n"
    return text.replace(digest(old), digest(new), 1).replace(f"<style>{old}", f"<style>{new}", 1)


def digest(text: str) -> str:
    """How a policy names a style."""
    return base64.b64encode(sha256(text.encode()).digest()).decode()


REFERRER = '<meta name="referrer" content="no-referrer">'
CHANGES: dict[str, tuple[Change, str]] = {
    "an open shadow tree": (housed("open"), "a shadow tree"),
    "a closed shadow tree": (housed("closed"), "a shadow tree"),
    "another style": (styled, "another style"),
    "a style for paper only": (lambda text: text.replace("<style>", '<style media="print">', 1), "another style"),
    "a way to another page": (
        lambda text: text.replace(REFERRER, '<meta http-equiv="refresh" content="60;url=other.html">', 1),
        "another <meta>",
    ),
    "a looser policy": (
        lambda text: text.replace("style-src ", "style-src 'unsafe-inline' ", 1),
        "another <meta>",
    ),
}


@in_a_browser
@pytest.mark.parametrize("what", CHANGES)
def test_a_page_that_was_dressed_otherwise_says_so(
    pages: tuple[str, str], browser: Browser, tmp_path: Path, what: str
) -> None:
    """Words that are in no signed byte would stand under a green verdict, of programs that are genuine."""
    change, named = CHANGES[what]
    changed = change(pages[0])
    assert changed != pages[0]
    path = tmp_path / "dossier.html"
    path.write_text(changed, encoding="utf-8")
    with opened(browser, path) as found:
        assert f"was removed: {named}" in found.text(".verdict [role=status] >> nth=0")
        assert 0 == found.page.locator(".tile.good, [title=FORGED]").count()
        after = "getComputedStyle(document.querySelector('.verdict'), '::after').content"
        assert "FORGED" not in found.page.evaluate(after)


@in_a_browser
def test_a_part_never_calls_itself_the_whole(pages: tuple[str, str], browser: Browser, tmp_path: Path) -> None:
    """A copy without the correction of a dose would say on top that it is the whole record."""
    path = tmp_path / "dossier.html"
    path.write_text(altered(pages[1], "about", line(0, member("scope", "all"))), encoding="utf-8")
    with opened(browser, path) as found:
        assert "part of the record" in found.text("header.title")
        assert "a correction of what is shown may be among it" in found.text(".verdict [role=status] >> nth=0")


@in_a_browser
def test_what_a_dossier_is_about_are_no_words_of_a_forger(
    pages: tuple[str, str], browser: Browser, tmp_path: Path
) -> None:
    """The title of the page would say that an authority approved it, beside a green verdict."""
    path = tmp_path / "dossier.html"
    words = altered(pages[0], "about", line(0, member("scope", "all, inspected and approved")))
    path.write_text(words, encoding="utf-8")
    with opened(browser, path) as found:
        assert ("failed", 0) == (found.verdict, found.page.locator(".tile.good").count())
        assert "approved" not in found.text("header.title")
