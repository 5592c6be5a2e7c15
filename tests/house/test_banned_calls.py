"""Reading the clock and importing by name are refused everywhere but behind their one door."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PLANTED = """
import datetime
import importlib
import time

A = importlib.import_module("ledger")
B = datetime.datetime.now(datetime.UTC)
C = datetime.datetime.utcnow()
D = datetime.datetime.today()
E = datetime.date.today()
F = time.time()
G = time.time_ns()
"""


def banned_in(root: Path, module: str) -> set[str]:
    """The banned calls that ruff names when the planted text is that module."""
    file = root / module
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PLANTED, encoding="utf-8")
    report = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "--select=TID251", module],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.returncode in {0, 1}, report.stderr
    return set(re.findall(r"TID251 `([^`]+)` is banned", report.stdout))


@pytest.mark.parametrize("module", ["ledger/rules/planted.py", "commands/perform.py", "projections/planted.py"])
def test_a_planted_call_is_caught(replica: Path, pyproject: dict[str, Any], module: str) -> None:
    """A rule that reads the clock would judge the same infusion differently at the inspection."""
    banned = set(pyproject["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"])
    assert banned == banned_in(replica, module)


def test_the_door_stays_open(replica: Path) -> None:
    """If the command line could not read the clock, no infusion could be recorded as happening now."""
    assert set() == banned_in(replica, "commands/cli/clock.py")
