"""The table of the inspector's questions: every command in it is one, and answers on a ledger and on a copy of it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from commands.cli.reads.finding import NAMES
from commands.cli.running import run
from ledger.book import Ledger
from projections.export import jsonl

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "inspectors-questions.md"
ROW = re.compile(r"^\| (?P<question>T[0-9]+) \|.*\| `doseledger (?P<command>[^`]+)` \|$", re.MULTILINE)
TABLE = {found["question"]: found["command"] for found in ROW.finditer(PAGE.read_text(encoding="utf-8"))}
PLAYED = {question: command for question, command in TABLE.items() if "COPY" not in command}


def test_the_table_has_every_question_of_find() -> None:
    """A question that can be asked and stands on no page is not asked at the inspection."""
    asked = [command.split()[1] for command in TABLE.values() if command.startswith("find ")]
    assert sorted(NAMES) == sorted(asked)


def test_every_command_of_the_table_answers(site, capsys: pytest.CaptureFixture[str]) -> None:
    """In the one hour that the inspector has, the page would lead to an error."""
    for question, command in PLAYED.items():
        code = run([*shlex.split(command), "-l", str(site.ledger), "--json"])
        said = capsys.readouterr()
        assert code in {0, 1}, (question, said.err)
        assert json.loads(said.out)["schema"].startswith("doseledger/")


def test_a_copy_is_asked_the_same(site, capsys: pytest.CaptureFixture[str]) -> None:
    """An inspector who is handed a copy would learn less than one who sits at the site."""
    copy = site.folder / "copy"
    with Ledger.open(site.ledger, read_only=True) as book:
        jsonl.directory(book, copy)
    for question in ("late --over 2h", "consent-order", "refusals", "dose-violations"):
        args = ["find", *shlex.split(question), "--format", "csv", "-l"]
        answers = [(run([*args, str(path)]), capsys.readouterr().out) for path in (site.ledger, copy)]
        assert answers[0] == answers[1]
    assert 1 == run(["find", "late", "--over", "2h", "-l", str(copy)])
