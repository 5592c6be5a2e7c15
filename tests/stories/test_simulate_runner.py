"""The runner of scenarios itself: what differs is said, what is not understood is refused, nothing is passed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from commands.cli.simulating import READS
from commands.simulate import Result, expand, run
from commands.simulate.compare import differences
from commands.simulate.result import Done
from ledger.errors import BadInput
from ledger.rules.finding import Finding

HERE = Path(__file__).parent

DOSE = """
[[steps]]
clock = "2010-03-01T12:10"
by = "nurse.1"
do = "dose record"
patient = "P-001"
drug = "alemtuzumab"
given = "3mg"
at = "10:00"
until = "12:00"
premeds = "09:15"
label = "d1"
"""
FORK = "fork = 'what if'"
ORDER = """
[[steps]]
clock = "2010-03-01T08:00"
race = "r"
by = "{}"
do = "dose order"
patient = "P-001"
drug = "alemtuzumab"
amount = "3mg"
for = "{}"
"""
FACT = """
[[steps]]
clock = "2010-03-01T08:00"
race = "r"
by = "{}"
do = "toxicity report"
patient = "P-001"
term = "headache"
"""
READ = """
[[steps]]
do = "read"
command = "status"
patient = "P-001"
"""
LADDER = Finding("A-LADDER", "id", 7, "important", "the step is 3 mg, not 10 mg")
QUERY = Finding("D-QUERY", "id", 7, "query", "no lot is named")

Play = Callable[[str], Result]


def beside(name: str) -> bytes:
    """A file that a scenario names."""
    return (HERE / name).read_bytes()


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Play steps on the fixture of the acceptance scenarios."""

    def played(steps: str, *, before: str = "TRIAL.toml") -> Result:
        script = f'before = ["{before}"]\n{steps}'
        return run(script.encode(), read_file=beside, reads=READS, work=tmp_path)

    return played


def test_the_example_of_the_how_to_page_is_met(tmp_path: Path) -> None:
    """The first scenario that a site copies from the page does not run."""
    page = (HERE.parents[1] / "docs" / "how-to" / "simulate.md").read_text(encoding="utf-8")
    script = page.split("```toml\n")[1].split("```")[0]
    result = run(script.encode(), read_file=beside, reads=READS, work=tmp_path)
    assert () == result.differences
    assert 3 == len(result.steps)


@pytest.mark.parametrize(
    ("step", "expect", "said"),
    [
        (DOSE, 'expect = { outcome = "refused" }', "outcome: expected refused, got accepted"),
        (DOSE, "expect = { exit = 3 }", "exit: expected 3, got 0"),
        (DOSE, 'expect = { rule = "A-COUNT" }', "rule: expected A-COUNT, got null"),
        (DOSE, "expect = { findings = [] }", "findings: unexpected D-QUERY (query) on entry"),
        (DOSE, 'expect = { findings = [{ rule = "D-QUERY", count = 2 }] }', 'findings: expected {"rule": "D-QUERY"'),
        (DOSE, 'expect = { findings = ["D-QUERY", "A-GAP"] }', 'findings: expected {"rule": "A-GAP"}, found 0'),
        (DOSE, "expect = { attempt_kept = true, outcome = 'accepted' }", "attempt_kept: expected true, got false"),
        (DOSE, "expect = { entries_added = 1 }", "entries_added: expected 1, got 2"),
        (DOSE, "expect = { says = ['override'] }", "says: 'override' is not said"),
        (DOSE, "expect = { absent = ['D-QUERY'] }", "absent: 'D-QUERY' is there"),
        (DOSE, "expect = { cleared = ['D-QUERY'] }", 'cleared: expected {"rule": "D-QUERY"}, found 0'),
        (DOSE + READ, "expect = { 'alemtuzumab.counted' = 2 }", "alemtuzumab.counted: expected 2, got 1"),
        (DOSE + READ, "expect = { 'alemtuzumab.dose' = 2 }", "alemtuzumab.dose: expected 2, but it is not there"),
        (DOSE + READ, "expect = { due = ['A-GAP'] }", "due: A-GAP is not among"),
        (DOSE + READ, "expect = { pending = ['@d1'] }", "pending: #22 is not among"),
        (DOSE + READ, "expect = { weeks = [] }", "weeks: expected [], got"),
        (DOSE, "[steps.expect]\nfindings = [{ rule = 'D-QUERY', severity = 'minor' }]", "findings: unexpected D-QUERY"),
    ],
)
def test_every_difference_is_said(play: Play, step: str, expect: str, said: str) -> None:
    """A protocol configuration is released as tested although the test had failed."""
    result = play(step + expect)
    assert not result.ok
    assert [] == [text for text in result.differences if "expected outcome" in text]
    assert any(said in text for text in result.differences), result.differences


def test_a_step_that_expects_nothing_must_be_accepted(play: Play) -> None:
    """A dummy patient's dose is refused and the script goes on as if it had been given."""
    result = play(DOSE.replace("10:00", "13:00").replace("12:00", "14:00"))
    assert ["step 1 (dose record): expected outcome accepted, got refused (exit 3)"] == [
        text.partition(": ")[0] + ": " + text.partition(": ")[2].split(":")[0] for text in result.differences
    ]


def test_a_step_on_an_entry_that_was_not_written_is_a_difference(play: Play) -> None:
    """The first failure hides every later one behind a message about the script."""
    failing = DOSE.replace('"3mg"', '"3,5mg"')
    result = play(f'{failing}\n[[steps]]\nby = "inv.1"\ndo = "tolerance assess"\ndose = "@d1"\nworst = 0\n')
    assert ["unparsed", "failed"] == [step.done.outcome for step in result.steps]
    assert 2 == len(result.differences)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("surprise = 1", "surprise"),
        ("[[patients]]\nid = 'P-001'\nweight = '70'", "weight"),
        ("[[patients]]\nid = 'P-001'\n[[patients]]\nid = 'P-001'\nsex = 'M'", "stands twice"),
        ("[[lots]]\nlot = 'A1'", "agent"),
        ("[people]\n'nurse.1' = 'surgeon'", "surgeon"),
        ("[people]\n'nurse.1' = { role = 'nurse', until = 2010 }", "until"),
        ("[parameters]\nlevel_zero = '20'", "level_zero"),
        ("unset = ['level_zero']", "level_zero"),
        ("[[steps]]\nby = 'nurse.1'", "do"),
        ("[[steps]]\ndo = 'dose drink'\nby = 'nurse.1'", "dose drink"),
        ("[[steps]]\ndo = 'dose record'\npatient = 'P-001'\ndrug = 'alemtuzumab'", "nobody does it"),
        (DOSE + "amount = '3mg'", "amount"),
        (DOSE + "expect = { outcom = 'accepted' }", "outcom"),
        (DOSE + "expect_race = { won = 1 }", "won"),
        (DOSE + "race = 'r'", "outside a race"),
        (READ + "colour = 'red'", "colour"),
        (READ.replace("status", "fortune"), "fortune"),
        (READ + "with = ['pi.1']", "signers"),
        (DOSE.replace("d1", "1d"), "'1d'"),
        (DOSE + DOSE, "stands twice"),
        ("[[steps]]\ndo = 'tolerance assess'\nby = 'inv.1'\ndose = '@d9'", "'d9'"),
        (READ + "expect = { pending = ['@d9'] }", "'d9'"),
        (DOSE + "expect = { findings = [{ regel = 'A-GAP' }] }", "regel"),
        (DOSE + READ + 'clock = "2010-02-28T12:00"', "backwards"),
        ("[[steps]]\ndo = 'history'\nuse = 'ESC5'\npatient = 'P-001'", "ESC4"),
        ("[[steps]]\ndo = 'history'\nuse = 'ESC4'\npatient = 'P-001'\ndoses = 5", "4 doses"),
        ("[[steps]]\ndo = 'history'\nuse = 'ESC4'\npatient = 'P-001'\nspeed = 2", "speed"),
        ("[[steps]]\ndo = 'history'\nuse = 'ESC4'\npatient = 'P-001'\nclock = '2010-04-01T08:00'", "begins"),
        ("steps = 3", "[[steps]]"),
        ("title = ", "not TOML"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, script: str, said: str) -> None:
    """A misspelt expectation is passed over, and the validation of a site tests nothing."""
    before = "" if "[[patients]]" in script or "[[lots]]" in script else 'before = ["TRIAL.toml"]\n'
    with pytest.raises(BadInput) as error:
        run(f"{before}{script}".encode(), read_file=beside, reads=READS, work=tmp_path)
    assert said in f"{error.value.what} {error.value.why} {error.value.fix}"


def test_files_that_name_each_other_are_refused(tmp_path: Path) -> None:
    """A slip in `before` hangs the machine of whoever validates the protocol."""
    with pytest.raises(BadInput) as error:
        run(b'before = ["me"]', read_file=lambda _: b'before = ["me"]', reads=READS, work=tmp_path)
    assert "without end" in error.value.what


def test_the_same_script_gives_the_same_ledger(play: Play, tmp_path: Path) -> None:
    """Two people run one validation and cannot compare what they got."""
    first = play(DOSE)
    again = tmp_path / "again"
    again.mkdir()
    second = run(f'before = ["TRIAL.toml"]\n{DOSE}'.encode(), read_file=beside, reads=READS, work=again)
    assert first.data() == second.data()
    assert first.steps[0].done.data == second.steps[0].done.data


def test_a_fork_does_not_touch_the_ledger_it_left(play: Play) -> None:
    """A what-if of one dose changes the patient it was tried on."""
    here = f"{READ}expect = {{ 'alemtuzumab.counted' = 0 }}\n"
    there = f"{READ}{FORK}\nexpect = {{ 'alemtuzumab.counted' = 1 }}\n"
    result = play(f"{DOSE}{FORK}\n{here}{there}")
    assert () == result.differences
    assert ["what if", None, "what if"] == [step.branch for step in result.steps]


def test_a_race_is_tried_in_every_order(play: Play) -> None:
    """Whether two orders of the last dose can both stand depends on who was faster in the test."""
    ends = (
        "expect_race = { accepted = 1, conflict = 1, exit = 5, names_winner = true, gap_free = true }\nexpect.exit = 5"
    )
    result = play(ORDER.format("inv.1", "10:00") + ORDER.format("pi.1", "11:00") + ends)
    assert () == result.differences
    assert ["conflict", "accepted", "accepted", "conflict"] == [step.done.outcome for step in result.steps]


def test_a_race_that_ends_otherwise_is_said(tmp_path: Path, play: Play) -> None:
    """Two commuting facts were expected to collide, and nobody hears that they do not."""
    result = play(FACT.format("nurse.1") + FACT.format("nurse.2") + "expect_race = { accepted = 1, conflict = 1 }")
    assert 4 == len(result.differences)
    assert all("expect_race" in text for text in result.differences)


def test_people_who_are_left_out_are_played_by_stand_ins(tmp_path: Path) -> None:
    """A script of three lines needs thirty of staff before it runs."""
    script = b"[[patients]]\nid = 'P-001'\n[[steps]]\ndo = 'history'\nuse = 'ESC4'\nexpect = { entries_added = 28 }\n"
    result = run(script, read_file=beside, reads=READS, work=tmp_path)
    assert () == result.differences
    assert "sim.nurse.2" in expand(script, read_file=beside)


def test_a_history_that_differs_as_a_whole_is_said(play: Play) -> None:
    """What is expected of a whole course is read and then forgotten."""
    result = play(
        "[[steps]]\ndo = 'history'\nuse = 'ESC4'\ndoses = 1\nexpect = { entries_added = 6, findings = ['A-GAP'] }"
    )
    assert 2 == len(result.differences)
    assert all("all of ESC4-P-001" in text for text in result.differences)


def test_whoever_has_no_part_in_the_script_is_not_enrolled(play: Play) -> None:
    """A stranger's act is taken for that of a member of the staff."""
    result = play(
        DOSE.replace("nurse.1", "stranger.1") + "expect = { outcome = 'refused', exit = 4, attempt_kept = true }"
    )
    assert () == result.differences


@pytest.mark.parametrize(
    ("expect", "done", "expected"),
    [
        ({"findings": ["A-LADDER"]}, Done(raised=(LADDER,)), 0),
        ({"findings": ["A-LADDER"]}, Done(raised=(LADDER, LADDER)), 0),
        ({"findings": [{"rule": "A-LADDER", "count": 1}]}, Done(raised=(LADDER, LADDER)), 1),
        ({"findings": [{"rule": "A-LADDER", "target": "#7"}]}, Done(raised=(LADDER,)), 0),
        ({"findings": [{"rule": "A-LADDER", "target": "#8"}]}, Done(raised=(LADDER,)), 2),
        ({"findings": ["A-LADDER", {"rule": "D-QUERY", "count": 0}]}, Done(raised=(LADDER, QUERY)), 1),
        ({"findings": ["A-LADDER", "D-QUERY"]}, Done(raised=(QUERY, LADDER)), 0),
        ({"rules": ["B", "A"]}, Done(outcome="refused", exit=3, rules=("A", "B")), 0),
        ({"rules": ["A"]}, Done(outcome="refused", exit=3, rules=("A", "B")), 1),
        ({"rows": []}, Done(data={"rows": []}), 0),
        ({"rows": []}, Done(data={"rows": [{"position": 4}]}), 1),
        ({"rows": [{"position": "#4"}]}, Done(data={"rows": [{"position": 3}, {"position": 4, "why": "late"}]}), 0),
        ({"rows": [{"position": 4}, {"position": 4}]}, Done(data={"rows": [{"position": 4}]}), 1),
        ({"pending": [3]}, Done(data={"pending": [{"entry": 3}, {"entry": 4}]}), 1),
        ({"a.b": "null"}, Done(data={"a": None}), 0),
        ({"a.0.b": "true"}, Done(data={"a": [{"b": True}]}), 0),
        ({"a": 5.94}, Done(data={"a": "5.94"}), 0),
        ({}, Done(outcome="failed", exit=8, says="bytes"), 1),
    ],
)
def test_how_an_expectation_is_compared(expect: Mapping[str, object], done: Done, expected: int) -> None:
    """A finding too many, or one on the wrong dose, counts as expected."""
    assert expected == len(differences(expect, done))
