"""The clinical histories once more, on a server: every one goes as on a file, and gives the same log."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import server

from commands.cli.simulating import READS
from commands.simulate import run
from ledger.book import Ledger

HERE = Path(__file__).parent
STORIES = [path for path in sorted(HERE.glob("*.toml")) if "title" in tomllib.loads(path.read_text(encoding="utf-8"))]


def beside(name: str) -> bytes:
    """A file that a story names."""
    return (HERE / name).read_bytes()


def head(place: str) -> tuple[int, bytes]:
    """Size and root of a ledger."""
    with Ledger.open(place, read_only=True) as book:
        return book.size, book.root()


THIRD = 3
"""Every third story is played in each run of the suite, the others in the soak."""


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.soak] if number % THIRD else [])
        for number, path in enumerate(STORIES)
    ],
)
def test_the_story_goes_on_a_server_as_on_a_file(story: Path) -> None:
    """A dose that a ward's file refuses would be given where several sites share a server."""
    result = run(story.read_bytes(), read_file=beside, reads=READS, work=server.Home())
    assert () == result.differences


@pytest.mark.parametrize("name", ["DAY1", "S45", "redacted"])
def test_the_log_is_the_same_byte_for_byte(name: str, tmp_path: Path) -> None:
    """A trial that moves from a ward's file to a server would have two histories, and no paper would fit both."""
    script = beside(f"{name}.toml")
    there = run(script, read_file=beside, reads=READS, work=server.Home())
    here = run(script, read_file=beside, reads=READS, work=tmp_path)
    assert here.data() == there.data()
    assert head(here.path) == head(there.path)
