"""The traceability matrix: every rule with the stories that show it, printed from the stories themselves."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.rules.finding import RULES

pytestmark = pytest.mark.docs

HERE = Path(__file__).parent
HEAD = """\
# Rules and the stories that show them

Printed from `tests/stories/*.toml` by `make docs`; do not edit. Each story is a scenario file that is played with real
signatures on a throw-away ledger (`doseledger simulate`), and each of its expectations is known to be able to fail.

| rule | what it says | stories |
|---|---|---|
"""


def stories() -> dict[str, tuple[str, list[str]]]:
    """The title and the rules of each story, by its name."""
    read = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))}
    return {name: (file["title"], file["rules"]) for name, file in read.items() if "title" in file}


def test_the_matrix_is_fresh(golden: Callable[[Path, str], None], repository: Path) -> None:
    """An inspector asks which test shows A-GAP, and the page names a test that is gone."""
    told = stories()
    rows = []
    for rule in RULES.values():
        names = [name for name, (_, rules) in told.items() if rule.id in rules]
        rows.append(f"| {rule.id} | {rule.text} | {', '.join(names)} |\n")
    titles = [f"| [{name}](../../tests/stories/{name}.toml) | {title} |\n" for name, (title, _) in told.items()]
    page = f"{HEAD}{''.join(rows)}\n## The stories\n\n| story | what it tells |\n|---|---|\n{''.join(titles)}"
    golden(repository / "docs" / "spec" / "traceability.md", page)


def test_every_rule_is_shown_by_a_story() -> None:
    """A rule about a dose that no story tells may have stopped working, and nobody would notice."""
    shown = {rule for _, rules in stories().values() for rule in rules}
    assert [] == [rule for rule in RULES if rule not in shown]


def test_the_results_are_of_these_stories(repository: Path) -> None:
    """A validation page that leaves a story out, or keeps one that did not hold, is signed as if all had held."""
    page = (repository / "docs" / "validation" / "stories.md").read_text(encoding="utf-8")
    shown = {
        tuple(line.strip("| \n").split(" | ")) for line in page.splitlines() if line.startswith("| ") and "-" in line
    }
    expected = {(rule, name, "held") for name, (_, rules) in stories().items() for rule in rules}
    assert expected == shown
