"""The clinical histories: each scenario file beside this one is played, in process and as a user plays it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from commands.cli.running import run as doseledger
from commands.cli.simulating import READS
from commands.simulate import StepResult, expand, run
from commands.simulate.compare import differences
from ledger.rules.finding import RULES

HERE = Path(__file__).parent
FILES = {path: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))}
STORIES = {path: file for path, file in FILES.items() if "title" in file}
PARAMETERS = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.rule(rule) for rule in file["rules"]])
    for path, file in STORIES.items()
]
ACCEPTANCE = range(1, 61)


def beside(name: str) -> bytes:
    """A file that a story names."""
    return (HERE / name).read_bytes()


def without(value: object) -> object:
    """An expectation that the same outcome cannot meet."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case list():
            return [*value, "nothing of the kind"]
        case _:
            return f"{value} and more"


def spoilt(step: StepResult, key: str) -> dict[str, object]:
    """The expectations of a step with one of them made wrong."""
    wrong = without(step.expect[key]) if key != "absent" else [step.done.rules[0] if step.done.rules else "alemtuzumab"]
    return {**step.expect, key: wrong}


@pytest.mark.parametrize("story", PARAMETERS)
def test_the_story_goes_as_the_protocol_says(story: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A patient is given a dose that the protocol forbids, or refused one that it allows."""
    result = run(story.read_bytes(), read_file=beside, reads=READS, work=tmp_path)
    assert () == result.differences
    assert 0 == doseledger(["simulate", str(story), "--json"])
    assert json.loads(json.dumps(result.data())) == json.loads(capsys.readouterr().out)["data"]

    own = STORIES[story]
    seen = json.dumps(
        [[step.done.rules, step.done.says, step.done.data, [f.rule for f in step.done.raised]] for step in result.steps]
    )
    assert [] == [rule for rule in own["rules"] if not re.search(rf"\b{rule}\b(?!-)", seen)]
    unable = [
        (step.n, key) for step in result.steps for key in step.expect if not differences(spoilt(step, key), step.done)
    ]
    assert [] == unable
    assert any(step.expect for step in result.steps)


@pytest.mark.parametrize("name", ["S15", "S45", "two-patients"])
def test_an_expanded_story_goes_the_same_way(name: str, tmp_path: Path) -> None:
    """What a site reads with --expand is not what was tested, so its validation validates nothing."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    story = beside(f"{name}.toml")
    whole = expand(story, read_file=beside)
    as_written = run(story, read_file=beside, reads=READS, work=tmp_path / "a")
    expanded = run(whole.encode(), read_file=beside, reads=READS, work=tmp_path / "b")
    assert "history" not in whole
    assert () == expanded.differences
    assert as_written.entries == expanded.entries
    assert [step.data() for step in as_written.steps] == [step.data() for step in expanded.steps]


def test_every_acceptance_scenario_has_its_story() -> None:
    """A scenario that was agreed with the sponsor is tested by nobody."""
    assert {f"S{n:02}" for n in ACCEPTANCE} == {path.stem for path in STORIES if path.stem.startswith("S")}


def test_stories_name_only_rules_that_there_are() -> None:
    """The matrix shows a rule as tested that the program does not know."""
    assert [] == [(path.stem, rule) for path, file in STORIES.items() for rule in file["rules"] if rule not in RULES]
