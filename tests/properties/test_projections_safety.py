"""The views of safety: the toxicity table, the deviation log, the safety reports and the signature queue."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from acts import MONDAY, PATIENT, Ward, key
from dosed import eventful, recorded

from commands import people
from commands.cli import clock
from commands.cli.running import run as doseledger
from commands.post import Ids
from ledger.errors import NotAllowed, Refused
from projections.clocks import safety_reports
from projections.deviations import deviations
from projections.export import report
from projections.patient import status, todo
from projections.queue import queue
from projections.toxicity import toxicity_table

HOUR = timedelta(hours=1)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A founded site on a Monday, with a physician of the sponsor."""
    with closing(Ward.founded(tmp_path / "trial.ledger")) as found:
        request = people.key_request(
            "med.1", "Med.1", "Sponsor", key("med.1"), now=found.tick(), new_id=Ids(found.now, found.random)
        )
        found.do("reg.1", "person enrol", wit=("reg.2",), request=request, role=["sponsor-medical"])
        found.now = MONDAY
        yield found


def sick(ward: Ward, term: str, grade: int | None = None, *, number: str = PATIENT) -> str:
    """A toxicity that is graded as it is reported."""
    found = ward.do("nurse.1", "toxicity report", patient=number, term=term)
    if grade is not None:
        ward.do("inv.1", "toxicity grade", toxicity=found, grade=grade)
    return found


def test_each_patient_counts_once_at_the_worst_grade(ward: Ward) -> None:
    """Two episodes of one patient look like two patients, or the severe one hides behind the mild one."""
    ward.enrol("P-002")
    first = sick(ward, "fever", 1)
    ward.do("inv.1", "toxicity attribute", toxicity=first, drug="alemtuzumab", relation="possible")
    second = sick(ward, "fever", 3)
    ward.do("inv.1", "toxicity attribute", toxicity=second, drug="clofarabine", relation="unlikely")
    ward.do("inv.1", "toxicity serious", toxicity=second, serious=True)
    sick(ward, "fever", 2, number="P-002")
    sick(ward, "chills", number="P-002")
    data = toxicity_table(ward.book, now=ward.local)
    rows = {(row.printed, row.attribution): row for row in data.rows}
    whole = rows["Fever", "any"]
    assert (2, 0, 1, 1, 0, 1) == (
        whole.patients,
        whole.grade_1,
        whole.grade_2,
        whole.grade_3,
        whole.ungraded,
        whole.serious,
    )
    assert {
        ("Chills", "any"),
        ("Chills", "not assessed"),
        ("Fever", "any"),
        ("Fever", "possible"),
        ("Fever", "not assessed"),
    } == set(rows)
    assert ("General disorders and administration site conditions", 1) == (
        rows["Chills", "any"].organ_class,
        rows["Chills", "any"].ungraded,
    )
    one = toxicity_table(ward.book, now=ward.local, drug="clofarabine")
    assert "unlikely" in {row.attribution for row in one.rows}
    assert "possible" not in {row.attribution for row in one.rows}


def test_a_pending_lower_grade_does_not_lower_the_table(ward: Ward) -> None:
    """A severe reaction leaves the safety table before the principal investigator agreed."""
    found = sick(ward, "fever", 3)
    ward.do("inv.1", "toxicity regrade", toxicity=found, grade=1)
    (row,) = (row for row in toxicity_table(ward.book, now=ward.local).rows if row.attribution == "any")
    assert (0, 1) == (row.grade_1, row.grade_3)


def test_the_log_says_what_each_finding_is_and_what_was_done(ward: Ward) -> None:
    """A deviation that nobody answered looks answered, or a late judgement is counted as a deviation."""
    dose = recorded(ward, "30mg", MONDAY)
    ward.now += timedelta(hours=25)
    rows = {row.rule: row for row in deviations(ward.book, now=ward.local).rows}
    assert ("important", "deviation", "open", 24) == (
        rows["A-LADDER"].severity,
        rows["A-LADDER"].nature,
        rows["A-LADDER"].disposition,
        rows["A-LADDER"].open_h,
    )
    assert ("data query", "open", None) == (rows["D-QUERY"].nature, rows["D-QUERY"].disposition, rows["D-QUERY"].open_h)
    ward.now += timedelta(hours=48)
    assert 72 == {row.rule: row.open_h for row in deviations(ward.book, now=ward.local).rows}["A-LADDER"]
    ward.do("inv.1", "deviation acknowledge", finding=f"A-LADDER@{dose[1:]}")
    noted = {row.rule: row for row in deviations(ward.book, now=ward.local).rows}["A-LADDER"]
    assert ("acknowledged", None, None) == (noted.disposition, noted.open_h, noted.important)
    ward.do(
        "inv.1",
        "deviation classify",
        finding=f"A-LADDER@{dose[1:]}",
        important="yes",
        root_cause="paper order misread",
        action="double check of paper orders",
    )
    done = {row.rule: row for row in deviations(ward.book, now=ward.local).rows}["A-LADDER"]
    assert ("classified", True, "paper order misread", "double check of paper orders", "Inv.1") == (
        done.disposition,
        done.important,
        done.root_cause,
        done.action,
        done.by,
    )
    assert "A-LADDER" not in {row.rule for row in deviations(ward.book, now=ward.local, only_open=True).rows}


def test_a_dose_under_an_override_is_a_planned_deviation(ward: Ward) -> None:
    """What the principal investigator decided beforehand is reported as a slip of the ward."""
    ward.do("pi.1", "override grant", patient=PATIENT, rule="A-LADDER", drug="alemtuzumab", reason="clinical-judgement")
    order = ward.ordered("30mg")
    ward.prepared(order, "30mg")
    ward.do("nurse.1", "dose start", order=order, wristband=PATIENT, wit=("nurse.2",))
    assert ["planned deviation"] == [
        row.nature for row in deviations(ward.book, now=ward.local).rows if row.rule == "A-LADDER"
    ]


def test_what_was_right_when_done_is_no_deviation(ward: Ward) -> None:
    """A physician who judged rightly by what was known is put down for a deviation."""
    first = recorded(ward, "3mg", MONDAY)
    irr = ward.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", dose=first)
    ward.now += 2 * HOUR
    ward.do("inv.1", "tolerance assess", dose=first, ae=irr, grade=1)
    recorded(ward, "10mg", MONDAY + timedelta(days=1))
    ward.do("inv.1", "toxicity regrade", toxicity=irr, grade=3)
    rows = {row.rule: row.nature for row in deviations(ward.book, now=ward.local).rows}
    assert "no deviation" == rows["T-CONTRA"]
    assert "A-LADDER" not in {rule for rule, nature in rows.items() if nature == "deviation"}


def test_safety_reports_are_on_the_card_the_list_and_the_tasks(ward: Ward) -> None:
    """A report is owed and nobody is told."""
    found = sick(ward, "hepatic failure", 4)
    ward.do("inv.1", "toxicity serious", toxicity=found, criterion=["life-threatening"])
    card = status(ward.book, PATIENT, now=ward.local)
    assert ["7-day", "15-day", "sponsor"] == [one.report for one in card.clocks]
    assert ["sponsor", "7-day", "15-day"] == [one.report for one in safety_reports(ward.book, now=ward.local).clocks]
    assert 3 == sum("safety report" in task.what for task in todo(ward.book, now=ward.local).tasks)
    ward.do("med.1", "toxicity expected", toxicity=found, expected="yes", reference="brochure 6.2")
    assert ["sponsor"] == [one.report for one in status(ward.book, PATIENT, now=ward.local).clocks]
    ward.do("inv.1", "safety-report submitted", toxicity=found, report="sponsor", ref="case 7")
    assert () == status(ward.book, PATIENT, now=ward.local).clocks
    assert ["submitted"] == [one.state for one in safety_reports(ward.book, now=ward.local).clocks]


def test_only_the_sponsors_physician_says_what_is_expected(ward: Ward) -> None:
    """The site that caused a reaction declares it expected, and no report is sent."""
    found = sick(ward, "hepatic failure", 4)
    with pytest.raises(NotAllowed):
        ward.do("pi.1", "toxicity expected", toxicity=found, expected="yes")
    with pytest.raises(NotAllowed):
        ward.do("med.1", "toxicity grade", toxicity=found, grade=3)


def test_an_earlier_report_time_counts_as_awareness(ward: Ward) -> None:
    """The clock starts only when the physician comes, a day after the nurse knew."""
    found = ward.do("nurse.1", "toxicity report", patient=PATIENT, term="hepatic failure", aware="2010-03-01T09:00")
    ward.now += timedelta(days=1)
    ward.do("inv.1", "toxicity serious", toxicity=found, serious=True)
    assert {"2010-03-01T09:00-08:00"} == {one.since for one in status(ward.book, PATIENT, now=ward.local).clocks}


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"grade": 3, "lab_value": "300", "lab_unit": "/uL"}, "is grade 4, not 3"),
        ({"grade": 4, "lab_value": "0.7", "lab_unit": "10^9/L"}, "is grade 3, not 4"),
        ({"grade": 1, "lab_value": "5000", "lab_unit": "/uL", "lower_limit": "1800"}, "is no grade of"),
    ],
)
def test_a_grade_that_the_value_contradicts_is_refused(ward: Ward, said: dict[str, object], says: str) -> None:
    """A slip of the pen stops, or does not stop, a patient's treatment."""
    found = sick(ward, "neutropenia")
    with pytest.raises(Refused, match=says) as caught:
        ward.do("inv.1", "toxicity grade", toxicity=found, **said)
    assert ("T-GRADE",) == caught.value.rules


def test_a_liver_value_is_graded_by_its_own_limits(ward: Ward) -> None:
    """A patient whose values were high before is graded as if they had been normal."""
    found = sick(ward, "ALT")
    own = {"toxicity": found, "lab_value": "300", "lab_unit": "U/L", "upper_limit": "40"}
    with pytest.raises(Refused, match="is grade 3, not 2"):
        ward.do("inv.1", "toxicity grade", grade=2, **own)
    ward.do("inv.1", "toxicity grade", grade=2, baseline="90", **own)
    entry = ward.book.entry(ward.book.size - 1)
    assert ("300", "U/L", None, "40", "90") == (
        entry.event.lab.value,
        entry.event.lab.unit,
        entry.event.lab.lower_limit,
        entry.event.lab.upper_limit,
        entry.event.lab.baseline,
    )


def test_the_queue_names_every_missing_signature(ward: Ward) -> None:
    """A lowered grade waits for a signature that nobody knows is wanted, and lapses."""
    found = sick(ward, "fever", 3)
    regrade = ward.do("inv.1", "toxicity regrade", toxicity=found, grade=1)
    (row,) = queue(ward.book, now=ward.local).signatures
    assert (int(regrade[1:]), "pending", "principal-investigator", ("Inv.1",)) == (
        row.entry,
        row.state,
        row.role,
        row.signed_by,
    )
    assert row.lapses is not None
    assert () == queue(ward.book, now=ward.local, role="nurse").signatures
    ward.do("pi.1", "countersign", entry=regrade)
    assert () == queue(ward.book, now=ward.local).signatures


@pytest.mark.parametrize(
    "view", [deviations, safety_reports, toxicity_table, queue, report.of_trial, report.trial_picture]
)
def test_views_of_an_earlier_time_know_nothing_later(ward: Ward, view) -> None:
    """An inspector who asks what was known on a day is told what came afterwards."""
    eventful(ward)
    size, then = ward.book.size, ward.local
    before = view(ward.book, now=then)
    found = sick(ward, "hepatic failure", 4)
    ward.do("inv.1", "toxicity serious", toxicity=found, criterion=["death"])
    ward.do("inv.1", "patient end-treatment", patient=PATIENT, why="toxicity")
    assert before != view(ward.book, now=then)
    assert view(ward.book, now=then, known_at=size) == view(
        ward.book, now=ward.local + timedelta(days=9), known_at=size
    )


COMMANDS = {
    "toxicity table": [],
    "deviation list": ["--open"],
    "safety-report list": ["--patient", PATIENT],
    "todo": ["--signatures"],
    "report deviations": [],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_list_is_a_table_json_and_csv(ward: Ward, name: str, monkeypatch, capsys) -> None:
    """A monitor's program finds another list than the monitor sees."""
    eventful(ward)
    fever = sick(ward, "fever", 4)
    ward.do("inv.1", "toxicity serious", toxicity=fever, serious=True)
    ward.do("inv.1", "toxicity regrade", toxicity=fever, grade=3)
    monkeypatch.setattr(clock, "now", lambda: ward.now)
    path = str(ward.book.path)
    command = [*name.split(), *COMMANDS[name], "--ledger", path]
    assert 0 == doseledger([*command, "--json"])
    data = json.loads(capsys.readouterr().out)["data"]
    lists = next(data[key] for key in ("rows", "clocks", "signatures") if key in data)
    assert 0 == doseledger([*command, "--format", "csv"])
    head, *lines = capsys.readouterr().out.splitlines()
    assert [list(lists[0]), len(lists)] == [head.split(","), len(lines)]
    assert 0 == doseledger(command)
    assert len(capsys.readouterr().out.splitlines()) > len(lists)


def test_reports_draw_their_plots_and_overwrite_nothing(ward: Ward, tmp_path: Path, monkeypatch, capsys) -> None:
    """A plot goes over another file, or shows another patient than the report beside it."""
    eventful(ward)
    monkeypatch.setattr(clock, "now", lambda: ward.now)
    here = ["--ledger", str(ward.book.path)]
    for name in (["report", "patient", PATIENT], ["report", "trial"]):
        picture = tmp_path / f"{name[1]}.svg"
        assert 0 == doseledger([*name, *here, "--svg", str(picture)])
        assert PATIENT in capsys.readouterr().out
        drawn = ET.fromstring(picture.read_bytes())
        assert "img" == drawn.get("role")
        assert PATIENT in "".join(drawn.itertext())
        assert 6 == doseledger([*name, *here, "--svg", str(picture)])
        assert "already a file" in capsys.readouterr().err
        assert 0 == doseledger([*name, *here, "--json"])
        assert {"status", "overview"} & set(json.loads(capsys.readouterr().out)["data"])
