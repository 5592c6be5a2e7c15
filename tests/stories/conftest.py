"""Prints, after the stories were played, which rule each one shows and how it went (`make stories`)."""

from __future__ import annotations

from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "validation" / "stories.md"
HEAD = """\
# What the stories showed

Written by `make stories`, which plays every story with real signatures on a throw-away ledger, in process and as a
user does, and compares each step with what it must give. A line for each rule that a story shows.

| rule | story | result |
|---|---|---|
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--matrix` prints the table and writes the page."""
    parser.addoption("--matrix", action="store_true", help="print rule, story and result, and write the page")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each report say which rules its story is about; reports come back from other processes."""
    for item in items:
        item.user_properties += [("rule", mark.args[0]) for mark in item.iter_markers("rule")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table; write the page only from a run that played every story."""
    if not config.getoption("--matrix"):
        return
    rows = []
    for outcome, word in (("passed", "held"), ("failed", "NOT HELD"), ("error", "NOT PLAYED")):
        for report in terminalreporter.getreports(outcome):
            story = report.nodeid.partition("[")[2].rstrip("]")
            rows += [(str(rule), story, word) for name, rule in report.user_properties if name == "rule"]
    rows = sorted(set(rows))
    terminalreporter.section("rule -> story -> result")
    for rule, story, word in rows:
        terminalreporter.line(f"{rule:<16}{story:<20}{word}")
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows), encoding="utf-8")
