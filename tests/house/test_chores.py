"""The chores: make lists them, and .ci/run runs everything that can say no."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

NEEDED = {
    "help",
    "setup",
    "demo",
    "test",
    "soak",
    "bench",
    "lint",
    "types",
    "contracts",
    "docs-check",
    "check",
    "clean",
}


def targets(repository: Path) -> set[str]:
    """The targets of the Makefile that a person may call."""
    return set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_make_alone_lists_every_target(repository: Path) -> None:
    """Whoever sets up a site starts with `make`; a chore it does not list is not done."""
    listing = subprocess.run(["make", "-s"], cwd=repository, capture_output=True, text=True, check=True).stdout
    assert targets(repository) == set(re.findall(r"make ([a-z-]+)", listing))
    assert NEEDED - targets(repository) == set()


def test_ci_runs_every_check(repository: Path) -> None:
    """A check that only runs on somebody's desk lets the next change pass without it."""
    script = repository / ".ci" / "run"
    steps = re.findall(r"^step \S+ make ([a-z-]+)", script.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert steps == ["test", "lint", "types", "contracts", "docs-check", "soak"]
    assert os.access(script, os.X_OK)


def test_ci_ends_inside_the_hour(repository: Path) -> None:
    """A hanging check must end as a failure, not as a change that waits for ever."""
    limits = re.findall(r"^step (\d+)m ", (repository / ".ci" / "run").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert 0 < sum(map(int, limits)) < 60


def test_shell_scripts_parse(repository: Path) -> None:
    """A set-up script with a slip of the pen is found by the first site that installs."""
    scripts = [repository / ".ci" / "run", *sorted((repository / "tools").glob("*.sh"))]
    broken = [s.name for s in scripts if subprocess.run(["bash", "-n", str(s)], check=False).returncode]
    assert broken == []
