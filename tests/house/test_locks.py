"""The locks: everything pyproject.toml asks for is pinned, hashed, and consistent."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PYTHONS = ("3.11", "3.12", "3.13")


def pinned(file: Path, python: str) -> dict[str, str]:
    """Name and version of every package that the lock installs on Linux with this Python."""
    here = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    found: dict[str, str] = {}
    for name, version, marker in re.findall(
        r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.+?))? \\$", file.read_text(encoding="utf-8"), flags=re.MULTILINE
    ):
        if not marker or Marker(marker).evaluate(here):
            found[canonicalize_name(name)] = version
    return found


def wanted(pyproject: dict[str, Any], lock: str) -> list[Requirement]:
    """What pyproject.toml asks for: to run, and for the dev lock also every group and the build itself."""
    groups = pyproject["dependency-groups"]
    asked = list(pyproject["project"]["dependencies"])
    if lock == "dev":
        asked += pyproject["build-system"]["requires"]
        asked += [one for group in groups.values() for one in group if isinstance(one, str)]
    return [Requirement(one) for one in asked]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", ["run", "dev"])
def test_the_lock_satisfies_the_project(repository: Path, pyproject: dict[str, Any], lock: str, python: str) -> None:
    """A lock older than the project installs a program that nobody has tested."""
    versions = pinned(repository / "requirements" / f"{lock}.txt", python)
    unmet = [
        str(asked)
        for asked in wanted(pyproject, lock)
        if not asked.specifier.contains(Version(versions.get(canonicalize_name(asked.name), "0")))
    ]
    assert unmet == []


@pytest.mark.parametrize("lock", ["run", "dev"])
def test_the_lock_is_closed(repository: Path, pyproject: dict[str, Any], lock: str) -> None:
    """A dependency of a dependency that is not pinned may change between two sites of one trial."""
    versions = pinned(repository / "requirements" / f"{lock}.txt", "3.11")
    open_ends: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = wanted(pyproject, lock)
    while todo:
        asked = todo.pop()
        name = canonicalize_name(asked.name)
        if (name, frozenset(asked.extras)) in seen:
            continue
        seen.add((name, frozenset(asked.extras)))
        if name not in versions:
            open_ends.add(name)
            continue
        for line in metadata.requires(name) or ():
            further = Requirement(line)
            extras = asked.extras or {""}
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append(further)
    assert open_ends == set()


def test_the_two_locks_agree(repository: Path) -> None:
    """If the tests ran with another version than the ward, they would have shown nothing about the ward."""
    run = pinned(repository / "requirements" / "run.txt", "3.11")
    dev = pinned(repository / "requirements" / "dev.txt", "3.11")
    assert run == {name: version for name, version in dev.items() if name in run}


@pytest.mark.parametrize("lock", ["run", "dev"])
def test_every_pin_is_hashed(repository: Path, lock: str) -> None:
    """A package swapped on its way to the hospital must not install."""
    text = (repository / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    naked = [
        block.split()[0] for block in blocks if block.strip() and not re.search(r"--hash=sha256:[0-9a-f]{64}\b", block)
    ]
    assert naked == []
