"""What holds for every file: no host, no path of somebody's machine, small modules with a purpose."""

from __future__ import annotations

import ast
import re
import statistics
from pathlib import Path

import pytest

LONGEST = 350
# Modules that are longer, each with the reason why it is still one thing.
LONGER_FOR_A_REASON: dict[str, str] = {
    "projections/export/carried/verify.py": "one file on a stick verifies a copy without anything else, table and all"
}

# Written in two halves, so that this file does not name them either.
HOSTS = tuple(
    ".".join(halves)
    for halves in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("anaconda", "org"),
        ("proxy.golang", "org"),
    )
)
HOMES = re.compile(r"(?<![\w.~-])/(?:home|Users)/[a-z][\w.-]*/|(?<![\w.~-])/root/\w|[A-Z]:\\Users\\")


def texts(tracked: tuple[Path, ...]) -> list[tuple[Path, str]]:
    """Every tracked file as text; bytes that are not UTF-8 do not hide a name."""
    return [(path, path.read_bytes().decode("utf-8", errors="replace")) for path in tracked]


def modules(repository: Path, tracked: tuple[Path, ...]) -> list[Path]:
    """The tracked modules of the three packages."""
    roots = {repository / package for package in ("ledger", "commands", "projections")}
    return [path for path in tracked if path.suffix == ".py" and roots & set(path.parents)]


def test_no_file_names_a_package_registry(tracked: tuple[Path, ...]) -> None:
    """A hospital installs from its own mirror; an address in a lock would quietly go around it."""
    named = [(path.name, host) for path, text in texts(tracked) for host in HOSTS if host in text]
    assert named == []


def test_no_file_names_a_path_of_somebodys_machine(repository: Path, tracked: tuple[Path, ...]) -> None:
    """A path that exists on one machine only works on that machine only."""
    here = f"{repository}/"
    named = [
        (path.name, found)
        for path, text in texts(tracked)
        for found in (*HOMES.findall(text), *([here] if here in text and here.count("/") > 2 else []))
    ]
    assert named == []


@pytest.mark.parametrize("planted", ["see /{}/ana/trial", "open('/{}/ana/key')", "C:\\{}\\ana"])
def test_a_planted_path_is_caught(planted: str) -> None:
    """A search that finds nothing because it cannot find anything protects nobody."""
    assert HOMES.search(planted.format("Users"))


def test_modules_are_small(repository: Path, tracked: tuple[Path, ...]) -> None:
    """A rule about a dose must be found by whoever questions it; in a long module it is not."""
    lengths = {
        path.relative_to(repository).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules(repository, tracked)
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > LONGEST and name not in LONGER_FOR_A_REASON}
    assert too_long == {}
    assert set(LONGER_FOR_A_REASON) - {name for name, lines in lengths.items() if lines > LONGEST} == set()
    assert statistics.median(lines for lines in lengths.values() if lines > 1) <= 200


def test_every_room_says_its_purpose(repository: Path, tracked: tuple[Path, ...]) -> None:
    """Whoever looks for the place where a dose is judged reads one sentence per room."""
    silent = [
        path.relative_to(repository).as_posix()
        for path in modules(repository, tracked)
        if path.name == "__init__.py"
        and not (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").strip()
    ]
    assert silent == []


def test_nothing_is_left_for_later(tracked: tuple[Path, ...]) -> None:
    """An unfinished branch in a dosing program is a branch that some patient will take."""
    later = re.compile("|".join((r"\bTO" + "DO\\b", r"\bFIX" + "ME\\b", r"\bXX" + "X\\b", "NotImplemented" + "Error")))
    left = [
        (path.name, found.group())
        for path, text in texts(tracked)
        if path.suffix in {".py", ".sh", ".toml", ".md"}
        for found in later.finditer(text)
    ]
    assert left == []
