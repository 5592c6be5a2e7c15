"""A dossier whose record is true and whose page is not: made again, and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from acts import PATIENT
from bundles import BUILD
from dossiers import SOFTWARE, altered, in_a_browser, line, member, running, whole

from ledger.errors import Malformed
from ledger.verify import Report, verify_path
from projections.export.dossier import making
from projections.export.dossier.replaying import maker, partly, replayed

AGAIN = partial(replayed, software=SOFTWARE, build=BUILD)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The dossier of a record, that of one of its patients, and the folder of all."""
    folder = tmp_path_factory.mktemp("remade")
    ward = whole(folder / "trial.ledger")
    made = partial(making.dossier, ward.book, software=SOFTWARE, build=BUILD)
    made(folder / "all.html")
    made(folder / "one.html", patient=PATIENT)
    making.folder(ward.book, folder / "each", software=SOFTWARE, build=BUILD)
    yield SimpleNamespace(all=folder / "all.html", one=folder / "one.html", index=folder / "each" / making.INDEX)
    ward.book.close()


def judged(path: Path) -> Report:
    """What a verification says that makes the page again."""
    return verify_path(path, rebuilds=[AGAIN])


@pytest.mark.parametrize("name", ["all", "one", "index"])
def test_a_page_as_it_was_made_holds(pages: SimpleNamespace, name: str) -> None:
    """An honest dossier would be called a forgery on the inspector's desk."""
    path = getattr(pages, name)
    assert ("self-consistent", ()) == (judged(path).verdict, judged(path).findings)
    assert (f"doseledger 0.1.0, build {BUILD}", name != "all") == (maker(str(path)), partly(str(path)))


def shell(text: str) -> str:
    """The page with a sentence more."""
    return text.replace("<body>", "<body><p>Inspected and approved.</p>", 1)


CHANGES: dict[str, tuple[str, Callable[[str], str], str]] = {
    "a sentence": ("all", shell, "the page around the record"),
    "a sentence beside one patient": ("one", shell, "the page around the record"),
    "what was computed": (
        "all",
        lambda text: altered(text, "state", line(0, lambda one: one.replace('"counted":0', '"counted":3', 1))),
        "what it computed",
    ),
    "a part that is all": ("one", lambda text: altered(text, "about", line(0, member("scope", "all"))), "dl-about"),
    "all that is a part": (
        "all",
        lambda text: altered(text, "about", line(0, member("scope", "index"))),
        "what it computed",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_page_that_says_something_else_is_found(pages: SimpleNamespace, tmp_path: Path, what: str) -> None:
    """A true record would lend its green verdict to doses counted by somebody else."""
    name, change, said = CHANGES[what]
    before = getattr(pages, name).read_text(encoding="utf-8")
    path = tmp_path / "page.html"
    path.write_text(change(before), encoding="utf-8")
    assert before != path.read_text(encoding="utf-8")
    (finding,) = judged(path).findings
    assert ("L3", "replay", True) == (finding.level, finding.code, finding.why.startswith(said))


@in_a_browser
def test_two_lines_about_itself_are_refused_by_both(pages: SimpleNamespace, tmp_path: Path) -> None:
    """The browser would show what stands in the first line, and the program read another dossier."""
    text = pages.all.read_text(encoding="utf-8")
    path = tmp_path / "page.html"
    path.write_text(altered(text, "about", lambda lines: [*lines, *lines]), encoding="utf-8")
    with pytest.raises(Malformed):
        maker(str(path))
    with running() as browser:
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector("main.wait .tile.bad")
        assert "dl-about" in page.inner_text("main")
