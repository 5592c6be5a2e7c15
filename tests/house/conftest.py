"""What the tests of the house look at: the tracked files, the configuration, a copy to break."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ("ledger", "commands", "projections")


@pytest.fixture(scope="session")
def tracked(repository: Path) -> tuple[Path, ...]:
    """Every file under version control that exists, by its full path."""
    listing = subprocess.run(
        ["git", "-C", str(repository), "ls-files", "-z"], check=True, capture_output=True, text=True
    ).stdout
    return tuple(repository / name for name in listing.split("\0") if name and (repository / name).is_file())


@pytest.fixture(scope="session")
def pyproject(repository: Path) -> dict[str, Any]:
    """The parsed pyproject.toml."""
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture
def replica(repository: Path, tmp_path: Path) -> Path:
    """A copy of the three packages and their configuration, to plant violations in."""
    root = tmp_path / "replica"
    for package in PACKAGES:
        shutil.copytree(repository / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(repository / name, root / name)
    return root
