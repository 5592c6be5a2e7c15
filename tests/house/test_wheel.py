"""What an installation contains: the three packages with their data, and nothing else."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGES = ("ledger", "commands", "projections")
WALK = """
import importlib, pkgutil, sys
names = [name for root in ("ledger", "commands", "projections")
         for name in (root, *(found.name for found in pkgutil.walk_packages([f"{sys.argv[1]}/{root}"], f"{root}.")))]
for name in names:
    module = importlib.import_module(name)
    assert module.__file__.startswith(sys.argv[1]), module.__file__
print(*names)
"""


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this working tree, freshly built."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=repository,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    """A test file or a demo key that reaches a hospital's machine is one more thing to validate there."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    metadata = {top for top in tops if top.endswith(".dist-info")}
    assert len(metadata) == 1
    assert set(PACKAGES) == tops - metadata


def test_the_wheel_holds_every_tracked_file_of_the_packages(
    wheel: zipfile.ZipFile, repository: Path, tracked: tuple[Path, ...]
) -> None:
    """A protocol pack left out of the wheel would leave an installed site without its trial."""
    kept = {path.relative_to(repository).as_posix() for path in tracked}
    expected = {name for name in kept if name.split("/")[0] in PACKAGES}
    assert expected - set(wheel.namelist()) == set()


def test_the_wheel_carries_the_specification(wheel: zipfile.ZipFile, repository: Path) -> None:
    """An inspection bundle made by an installed program would lack the format of the record it holds."""
    inside = {name: wheel.read(name) for name in wheel.namelist() if name.startswith("projections/export/bundle/spec/")}
    pages = {path.name: path.read_bytes() for path in (repository / "docs" / "spec").glob("*.md")}
    assert pages == {Path(name).name: data for name, data in inside.items()}


def test_the_wheel_carries_licence_command_and_version(wheel: zipfile.ZipFile) -> None:
    """An installation that cannot say what it is cannot be qualified."""
    (info,) = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
    metadata = email.message_from_bytes(wheel.read(f"{info}/METADATA"))
    assert (metadata["Name"], metadata["License-Expression"]) == ("doseledger", "Apache-2.0")
    assert b"Apache License" in wheel.read(f"{info}/licenses/LICENSE")
    assert b"doseledger = commands.cli:main" in wheel.read(f"{info}/entry_points.txt")


def test_every_module_of_the_installed_wheel_imports(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """A module that only imports inside the repository would fail at the bedside, after the audit of the source."""
    wheel.extractall(tmp_path)
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", WALK, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    modules = {
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in wheel.namelist()
        if name.endswith(".py")
    }
    assert modules == set(result.stdout.split())
