"""The inspector's questions: exactly what was planted is found, in the ledger and in a copy of it, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from acts import MONDAY, ZONE, Ward, founded
from planted import planted, when

from commands.cli.reads.finding import NAMES
from commands.cli.running import run
from ledger.book import Ledger
from projections.export import jsonl
from projections.find.found import Ask
from projections.find.queries import QUERIES, Answer

NOW = datetime(2010, 4, 30, 10, tzinfo=ZONE)
SINCE = when("03-04 09:45")
FOUND = {
    "no-premed": {"no-dexamethasone", "too-soon"},
    "dose-violations": {
        "forty",
        "after-a-gap",
        "not-assessed",
        "assessed-after",
        "tolerance-voided",
        "thirteenth",
        "under-leave",
    },
    "unsupported-escalation": {
        "not-assessed",
        "recorded-after",
        "assessed-after",
        "not-tolerated",
        "tolerance-voided",
    },
    "late": {"c2.p", "c2", "c2.t", "late-set"},
    "outside-delegation": {"undelegated", "ended-later"},
    "post-signoff-changes": {"made-tolerated", "void-of-tolerance", "weight-corrected"},
    "favourable-changes": {"fix", "c2.t", "made-tolerated", "twin-void", "late-set"},
    "refusals": {"gap-order", "leave", "idle-leave", "order-13"},
    "dlt": {"ruled-dlt", "not-ruled"},
    "time-anomalies": set(),
    "consent-order": {"before-consent.p", "lab-9", "after-withdrawal"},
}
"""What was planted for each question. Everything else in the trial is a case that is nearly of the kind."""


@dataclass
class Trial:
    """The planted trial, open for reading, and where everything in it stands."""

    path: Path
    book: Ledger
    names: dict[str, int]

    def ask(self, query: str, **said: object) -> Answer:
        """Ask a question; of changes, those after the morning of 4 March."""
        beside = {"since": SINCE} if query == "post-signoff-changes" else {}
        return QUERIES[query].answer(self.book, Ask(now=NOW, **{**beside, **said}))

    def found(self, query: str, **said: object) -> set[str]:
        """The labels of what a question finds."""
        labels = {position: label for label, position in self.names.items()}
        return {labels.get(row.position, f"#{row.position}") for row in self.ask(query, **said).rows}

    def row(self, query: str, label: str, **said: object):
        """The row of one entry."""
        return next(row for row in self.ask(query, **said).rows if row.position == self.names[label])


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """The planted trial; the tests only read it."""
    path = tmp_path_factory.mktemp("planted") / "trial.ledger"
    names = planted(path)
    with Ledger.open(path, read_only=True) as book:
        yield Trial(path, book, names)


@pytest.fixture(scope="module")
def spotless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of one patient who was given three doses by the book."""
    folder = tmp_path_factory.mktemp("spotless")
    path = folder / "trial.ledger"
    with closing(Ward.copy(founded(folder / "begun.ledger"), path)) as ward:
        for day, amount in enumerate(("3mg", "10mg", "30mg")):
            ward.now = MONDAY + timedelta(days=day)
            ward.given(amount)
    return path


@pytest.mark.parametrize("query", FOUND)
def test_exactly_what_was_planted_is_found(trial: Trial, query: str) -> None:
    """An inspector would miss a patient at risk, or spend the hour on doses that were right."""
    assert FOUND[query] == trial.found(query)


@pytest.mark.parametrize("query", FOUND)
def test_a_copy_answers_as_the_ledger_does(trial: Trial, query: str, copied: Path) -> None:
    """The inspector has only the copy; what it hides could not be asked about."""
    with Ledger.open(copied, read_only=True) as book:
        assert trial.ask(query) == Trial(copied, book, trial.names).ask(query)


@pytest.fixture(scope="module")
def copied(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the planted trial as files."""
    folder = tmp_path_factory.mktemp("copy") / "out"
    jsonl.directory(trial.book, folder)
    return folder


@pytest.mark.parametrize("query", FOUND)
def test_a_spotless_ledger_has_nothing_to_find(spotless: Path, query: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A site that works by the book would have to defend itself against findings that are none."""
    assert 0 == run(["find", query, "-l", str(spotless), "--json"])
    assert [] == json.loads(capsys.readouterr().out)["data"]["rows"]


@pytest.mark.parametrize("query", [name for name in FOUND if FOUND[name]])
def test_the_exit_code_and_the_json_say_the_same(trial: Trial, query: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A monitor's script would pass a site by its exit code while the rows name the patient."""
    since = ["--since", f"{SINCE:%Y-%m-%dT%H:%M%z}"] if query == "post-signoff-changes" else []
    assert 1 == run(["find", query, *since, "-l", str(trial.path), "--json"])
    data = json.loads(capsys.readouterr().out)
    assert (f"doseledger/find-{query}/1", query) == (data["schema"], data["data"]["query"])
    assert {trial.names[label] for label in FOUND[query]} == {row["position"] for row in data["data"]["rows"]}
    for row in data["data"]["rows"]:
        assert trial.book.entry(row["position"]).id == row["entry"]
        assert "" not in (row["why"], row["name"], row["occurred"], row["recorded_at"])


def test_the_words_of_the_program_are_the_questions() -> None:
    """A question that the help does not name is asked by nobody."""
    assert NAMES == tuple(QUERIES)


@pytest.mark.parametrize("query", [name for name in FOUND if FOUND[name]])
def test_one_patient_is_asked_about_alone(trial: Trial, query: str) -> None:
    """At the bedside of one patient another one's fault would be read out."""
    rows = trial.ask(query).rows
    number = next(row.patient for row in rows if row.patient is not None)
    alone = trial.ask(query, patient=number)
    assert [row for row in rows if row.patient == number] == list(alone.rows)
    assert number == alone.patient


def test_what_was_known_earlier_is_found_as_it_was_known(trial: Trial) -> None:
    """A breach that a late entry took away would look as if it had never been seen by anybody."""
    before = trial.names["late-set"]
    assert {"no-dexamethasone", "too-soon", "set-entered-late"} == trial.found("no-premed", known_at=before)
    assert "typed-30" in trial.found("dose-violations", known_at=trial.names["fix-signed"])
    assert "fix" not in trial.found("favourable-changes", known_at=trial.names["fix-signed"])


def test_what_happened_later_is_left_out_at_an_earlier_time(trial: Trial) -> None:
    """The state of a day would be told with the faults of the weeks after it."""
    assert {"not-assessed", "tolerance-voided"} == trial.found("dose-violations", valid_at=when("03-02 23:00"))


@pytest.mark.parametrize(
    ("label", "lack", "dose", "assessed"),
    [
        ("not-assessed", "not-assessed", "b1", None),
        ("recorded-after", "recorded-after", "c2", "c2.t"),
        ("assessed-after", "assessed-after", "c5", "c5.t"),
        ("not-tolerated", "not-tolerated", "d2", "d2.t"),
        ("tolerance-voided", "not-assessed", "e1", None),
    ],
)
def test_an_escalation_says_what_it_lacked(
    trial: Trial, label: str, lack: str, dose: str, assessed: str | None
) -> None:
    """A tolerance that was written, corrected or voided afterwards would excuse the step that it came too late for."""
    row = trial.row("unsupported-escalation", label)
    named = trial.names[assessed] if assessed is not None else None
    assert (lack, trial.names[dose], named) == (row.lack, row.previous, row.assessment)


def test_a_dose_says_which_agents_and_which_rule(trial: Trial) -> None:
    """That premedication was wrong sends the inspector through three agents to find the one that was forgotten."""
    missing, soon = trial.row("no-premed", "no-dexamethasone"), trial.row("no-premed", "too-soon")
    assert (("dexamethasone",), ()) == (missing.missing, missing.untimely)
    assert ((), 3) == (soon.missing, len(soon.untimely))
    labels = ("forty", "after-a-gap", "thirteenth", "under-leave", "assessed-after")
    rows = [trial.row("dose-violations", label) for label in labels]
    assert [("maximum",), ("sequence",), ("count",), ("sequence",), ("sequence",)] == [row.violations for row in rows]
    assert [False, False, False, True, False] == [row.planned for row in rows]


def test_late_entries_over_a_time_are_counted_by_what_is_asked(trial: Trial) -> None:
    """One person who enters everything two days later is lost among many who are an hour late."""
    over = {"over": timedelta(hours=24), "by": ("user", "site")}
    answer = trial.ask("late", **over)
    ended = next(row for row in answer.rows if row.kind == "delegation.ended/1")
    assert FOUND["late"] | {f"#{ended.position}"} == trial.found("late", **over)
    counts = {one.by["user"]: (one.count, one.patients) for one in answer.clusters}
    assert {"nurse.1": (3, 2), "inv.1": (1, 1), "pi.1": (1, 0)} == counts
    assert {"c2.p"} == trial.found("late", over=timedelta(hours=46), patient="P-004")
    assert () == trial.ask("late").clusters


def test_delegation_then_and_since_are_told_apart(trial: Trial) -> None:
    """A delegation that was ended backwards makes a nurse's honest entry look like an intrusion."""
    rows = {label: trial.row("outside-delegation", label) for label in FOUND["outside-delegation"]}
    assert {"undelegated": "then", "ended-later": "since"} == {label: row.known for label, row in rows.items()}
    assert f"S-DELEG@{trial.names['undelegated']}" == rows["undelegated"].finding


def test_changes_are_counted_by_field_and_stand_under_their_moment(trial: Trial) -> None:
    """A field that is corrected in every second patient is a form that nobody can fill in."""
    answer = trial.ask("post-signoff-changes")
    counted = {(one.kind, one.field): one.changes for one in answer.fields}
    assert {
        ("tolerance.assessed/1", "tolerated"): 1,
        ("tolerance.assessed/1", "(the whole entry)"): 1,
        ("patient.measured/1", "weight_kg"): 1,
    } == counted
    weight = trial.row("post-signoff-changes", "weight-corrected")
    assert [("weight_kg", "70", "75", "kg")] == [(one.field, one.old, one.new, one.unit) for one in weight.fields]
    assert ["since"] == [one.moment for one in weight.after]
    before_it = {"fix", "void-of-tolerance", "weight-corrected"}
    assert before_it == trial.found("post-signoff-changes", since=trial.names["fix"])
    assert set() == trial.found("post-signoff-changes", since=None)


def test_a_favourable_change_says_what_it_took_away(trial: Trial) -> None:
    """Which breach a correction made vanish is the question; the correction alone is no answer."""
    rows = {label: trial.row("favourable-changes", label) for label in FOUND["favourable-changes"]}
    target = {"fix": "typed-30", "c2.t": "recorded-after", "made-tolerated": "not-tolerated"}
    for label, dose in target.items():
        assert (f"A-LADDER@{trial.names[dose]}",) == rows[label].cleared
    assert f"A-INTERVAL@{trial.names['twin']}" in rows["twin-void"].cleared
    assert (f"A-PREMED@{trial.names['set-entered-late']}",) == rows["late-set"].cleared
    assert trial.names["fix-signed"] == rows["fix"].took_effect
    assert {"correction", "void", "late entry"} == {row.change for row in rows.values()}


def test_a_refusal_has_its_input_its_rules_and_what_followed(trial: Trial) -> None:
    """An order that was refused and then given all the same reads like an order that was dropped."""
    rows = {label: trial.row("refusals", label) for label in FOUND["refusals"]}
    outcomes = {label: row.outcome for label, row in rows.items()}
    assert {
        "order-13": "recorded as given",
        "gap-order": "let pass",
        "leave": "used",
        "idle-leave": "not used",
    } == outcomes
    assert "A-COUNT" in rows["order-13"].rules
    assert "30" in rows["order-13"].input
    assert "12" in rows["order-13"].answer
    assert "inv.1" == rows["order-13"].claimed_by
    named = {one.position for one in rows["leave"].followed}
    assert {trial.names["leave.o"], trial.names["under-leave"]} == named


def test_a_dlt_says_what_happened_to_the_dose(trial: Trial) -> None:
    """Whether the next dose was lowered after a dose-limiting toxicity is what protected the patient."""
    ruled, still_open = trial.row("dlt", "ruled-dlt"), trial.row("dlt", "not-ruled")
    assert (trial.names["ruled-dlt.ruling"], None) == (ruled.ruling, still_open.ruling)
    assert (trial.names["less-given"], trial.names["stopped-early"]) == (ruled.before_dose, ruled.next_dose)
    assert ("unchanged", "no further dose") == (ruled.then, still_open.then)
    assert () == ruled.next
    after = trial.row("dlt", "ruled-dlt", followup=True).next
    assert [trial.names["stopped-early"]] == [one.position for one in after]


def test_consent_names_every_procedure_before_it(trial: Trial) -> None:
    """One premature sample and ten are different findings."""
    rows = {row.patient: row for row in trial.ask("consent-order").rows}
    assert {"P-008": "before consent", "P-009": "no consent", "P-011": "after withdrawal"} == {
        number: row.disorder for number, row in rows.items()
    }
    both = (trial.names["before-consent.p"], trial.names["before-consent"])
    assert both == rows["P-008"].procedures


@pytest.mark.parametrize(
    "args",
    [
        ["nothing"],
        ["dlt", "--over", "24h"],
        ["late", "--over", "soon"],
        ["late", "--by", "colour"],
        ["no-premed", "--patient", "P-999"],
        ["no-premed", "--since", "#3"],
    ],
)
def test_a_question_that_is_none_is_not_answered(
    trial: Trial, args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt question that is answered with "nothing found" clears a site by accident."""
    assert 2 == run(["find", *args, "-l", str(trial.path)])
    assert "" == capsys.readouterr().out


def test_tables_and_lists_show_the_counts(trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    """A spreadsheet of late entries without the counts that were asked for is the wrong sheet."""
    assert 1 == run(["find", "late", "--over", "24h", "--by", "user", "-l", str(trial.path)])
    assert "Counted" in capsys.readouterr().out
    assert 1 == run(["find", "late", "--over", "1d", "--by", "user", "--format", "jsonl", "-l", str(trial.path)])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [3, 1, 1] == [line["count"] for line in lines]
    assert 1 == run(["find", "dlt", "--followup", "-l", str(trial.path)])
    assert f"After #{trial.names['ruled-dlt']}" in capsys.readouterr().out
