"""The inspector's questions at their edges: changed grades, changed stock, days without a time, lowered doses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from acts import DRUG, MONDAY, PATIENT, ZONE, Ward
from dosed import recorded
from planted import planted

from commands.cli.simulating import READS
from commands.simulate import run
from ledger.book import Ledger
from projections.find.dlt import dlt
from projections.find.doses import no_premed
from projections.find.escalation import unsupported_escalation
from projections.find.favourable import favourable_changes
from projections.find.found import Ask
from projections.find.signoff import AfterRow, most_changed, post_signoff_changes

STORIES = Path(__file__).parents[1] / "stories"
DAY = timedelta(days=1)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A site with one enrolled patient."""
    with closing(Ward.founded(tmp_path / "trial.ledger")) as found:
        yield found


def asked(ward: Ward) -> Ask:
    """Everything, now."""
    return Ask(now=ward.local)


def test_a_grade_that_was_lowered_is_a_favourable_change(ward: Ward) -> None:
    """A reaction of grade 3 that becomes a grade 2 after the next step was given would excuse the step in silence."""
    first = recorded(ward, "3mg", MONDAY)
    ward.now += timedelta(hours=2)
    ward.do("inv.1", "tolerance assess", dose=first, worst=0)
    recorded(ward, "10mg", MONDAY + DAY)
    reaction = ward.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", dose=first)
    ward.do("inv.1", "toxicity grade", toxicity=reaction, grade=3)
    assert () == favourable_changes(ward.book, asked(ward)).rows
    lower = ward.do("inv.1", "toxicity regrade", toxicity=reaction, grade=1)
    assert () == favourable_changes(ward.book, asked(ward)).rows
    signed = ward.do("pi.1", "countersign", entry=lower)
    (row,) = favourable_changes(ward.book, asked(ward)).rows
    assert ("regrade", int(lower[1:]), int(signed[1:])) == (row.change, row.position, row.took_effect)
    assert (f"T-CONTRA@{first[1:]}",) == row.cleared
    assert () == unsupported_escalation(ward.book, asked(ward)).rows


def test_a_lot_whose_expiry_was_changed_is_a_favourable_change(ward: Ward) -> None:
    """An expired lot that is given a later date in the books would never have been given to anybody."""
    old = ward.do("pharm.1", "lot receive", agent=DRUG, lot="OLD", strength="30mg", vials=5, expiry="2010-02-28")
    dose = recorded(ward, "3mg", MONDAY, lot="OLD")
    fix = ward.do("pharm.1", "correct", entry=old, set=["expiry=2011-02-28"], reason="transcription")
    (row,) = favourable_changes(ward.book, asked(ward)).rows
    assert (int(fix[1:]), PATIENT, (f"S-LOT@{dose[1:]}",)) == (row.position, row.patient, row.cleared)
    assert int(old[1:]) == row.record


def test_a_lot_that_is_entered_after_its_use_is_a_favourable_change(ward: Ward) -> None:
    """Drug from nowhere would turn into drug from the shelf by one entry of the evening."""
    dose = recorded(ward, "3mg", MONDAY, lot="B7")
    said = {"agent": DRUG, "lot": "B7", "strength": "30mg", "vials": 5, "expiry": "2011-02-28"}
    late = ward.do("pharm.1", "lot receive", at="2010-02-28T09:00", reason="late-entry", **said)
    (row,) = favourable_changes(ward.book, asked(ward)).rows
    assert ("late entry", int(late[1:]), (f"S-LOT@{dose[1:]}",)) == (row.change, row.position, row.cleared)


def test_an_amendment_that_waits_has_changed_nothing(ward: Ward) -> None:
    """A correction that the principal investigator never signed would be counted as one that hid a breach."""
    dose = recorded(ward, "30mg", MONDAY)
    fix = ward.do("nurse.1", "correct", entry=dose, set=["given=3mg"], reason="transcription")
    assert () == favourable_changes(ward.book, asked(ward)).rows
    (row,) = post_signoff_changes(ward.book, Ask(now=ward.local, since=int(dose[1:]) + 1)).rows
    assert (int(fix[1:]), None) == (row.position, row.in_force)
    assert "lacks a signature" in row.why


def test_a_dose_known_to_its_day_wants_any_premedication_at_all(ward: Ward) -> None:
    """A dose without a time would escape the question that matters most for it."""
    ward.now = MONDAY + timedelta(hours=30)
    bare = ward.do(
        "nurse.1", "dose record", patient=PATIENT, drug=DRUG, given="3mg", at="2010-03-01", reason="late-entry"
    )
    (row,) = no_premed(ward.book, asked(ward)).rows
    assert (int(bare[1:]), 3, ()) == (row.position, len(row.missing), row.untimely)
    ward.do("nurse.1", "premed give", subject=PATIENT, set=True, at="2010-03-01T09:15", reason="late-entry")
    assert () == no_premed(ward.book, asked(ward)).rows


def test_a_first_dose_above_the_first_step_is_an_escalation(ward: Ward) -> None:
    """A patient who began at the target was never shown to tolerate anything."""
    dose = recorded(ward, "30mg", MONDAY)
    (row,) = unsupported_escalation(ward.book, asked(ward)).rows
    assert (int(dose[1:]), "no-dose-before", None) == (row.position, row.lack, row.previous)


def test_a_step_that_was_skipped_is_not_supported_by_the_step_before_it(ward: Ward) -> None:
    """A tolerated 3 mg says nothing of 30 mg."""
    first = recorded(ward, "3mg", MONDAY)
    ward.now += timedelta(hours=2)
    ward.do("inv.1", "tolerance assess", dose=first, worst=0)
    dose = recorded(ward, "30mg", MONDAY + DAY)
    (row,) = unsupported_escalation(ward.book, asked(ward)).rows
    assert (int(dose[1:]), "step-skipped", "3", "30") == (row.position, row.lack, row.from_mg, row.to_mg)


def test_a_dose_that_was_lowered_after_a_dlt_is_told_as_lowered(tmp_path: Path) -> None:
    """The patient who was protected and the one who was not would look alike."""
    script = (STORIES / "S31.toml").read_bytes()
    result = run(script, read_file=lambda name: (STORIES / name).read_bytes(), reads=READS, work=tmp_path)
    with Ledger.open(result.path, read_only=True) as book:
        found = dlt(book, Ask(now=datetime(2010, 6, 1, tzinfo=ZONE), followup=True))
        assert ["lowered", "no further dose"] == [row.then for row in found.rows]
        first = found.rows[0]
        assert ("20", "15") == (first.before_mg_m2, first.next_mg_m2)
        kinds = [one.kind for one in first.next]
        assert ["cycle.stopped/1", "cycle.closed/1", "cycle.opened/1", "infusion.recorded/1"] == kinds


def test_the_fields_that_change_most_come_first(tmp_path: Path) -> None:
    """The one form that everybody corrects would be lost among single slips."""
    names = planted(tmp_path / "trial.ledger")
    with Ledger.open(tmp_path / "trial.ledger", read_only=True) as book:
        rows = post_signoff_changes(book, Ask(now=datetime(2010, 6, 1, tzinfo=ZONE), since=names["e1"])).rows
    twice = most_changed((*rows, *(row for row in rows if row.record_kind == "patient.measured/1")))
    assert ("weight_kg", 2, 1) == (twice[0].field, twice[0].changes, twice[0].patients)
    assert all(isinstance(one, AfterRow) for row in rows for one in row.after)
