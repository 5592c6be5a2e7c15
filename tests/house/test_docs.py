"""The pages: links lead somewhere, every shelf is on the map, decisions and words keep their form."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

DOCS = Path(__file__).parents[2] / "docs"
DECISION = ["Question", "Options", "Choice", "What would change our mind"]


def pages(repository: Path, tracked: tuple[Path, ...]) -> list[Path]:
    """Every tracked page in Markdown."""
    return [path for path in tracked if path.suffix == ".md"]


def prose(page: Path) -> str:
    """A page without its code blocks, fenced or indented, where a bracket is not a link."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^ {4}.*$", "", text, flags=re.MULTILINE)


def links(page: Path) -> list[str]:
    """The targets of a page's links inside the repository, without their anchors."""
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    return [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]


def test_every_link_leads_somewhere(repository: Path, tracked: tuple[Path, ...]) -> None:
    """A nurse who follows a dead link to 'how to correct a dose' will guess."""
    dead = [
        (page.relative_to(repository).as_posix(), target)
        for page in pages(repository, tracked)
        for target in links(page)
        if not (page.parent / target).exists()
    ]
    assert dead == []


def test_every_shelf_is_on_the_map(repository: Path, tracked: tuple[Path, ...]) -> None:
    """A page that is not on the map is not read before the first dose."""
    on_the_map = {(DOCS / target).resolve() for target in links(DOCS / "README.md")}
    inside = [page for page in pages(repository, tracked) if DOCS in page.parents and page != DOCS / "README.md"]
    missing = [
        page.relative_to(DOCS).as_posix()
        for page in inside
        if page not in on_the_map and DOCS / page.relative_to(DOCS).parts[0] not in on_the_map
    ]
    assert missing == []


def test_every_how_to_is_on_the_map() -> None:
    """A task whose page only those find who know its name is done from memory."""
    assert set() == {path.name for path in (DOCS / "how-to").glob("*.md")} - {
        Path(target).name for target in links(DOCS / "README.md") if target.startswith("how-to/")
    }


def test_decisions_are_numbered_and_complete() -> None:
    """A decision without its alternatives is repeated by everybody who doubts it."""
    decisions = sorted((DOCS / "decisions").glob("*.md"))
    assert list(range(1, len(decisions) + 1)) == [int(page.name[:4]) for page in decisions]
    for page in decisions:
        assert re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE) == DECISION, page.name


def test_the_glossary_has_one_row_per_word() -> None:
    """If 'cohort' had two meanings, two people would count two numbers of patients."""
    words = re.findall(
        r"^\| ([^|]+?) \| [^|]+ \| ?[^|]*\|$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    entries = [word for word in words if word != "word" and not word.startswith("-")]
    assert len(entries) > 30
    assert [word for word, count in Counter(entries).items() if count > 1] == []


def test_the_changelog_says_what_happened_to_kinds_and_rules(repository: Path) -> None:
    """A site that upgrades must see at once whether the same record is now judged differently."""
    text = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert releases[0].startswith("[Unreleased]")
    for release in releases:
        assert {"Entry kinds", "Rules"} <= set(re.findall(r"^### (.+)$", release, flags=re.MULTILINE))
