"""The audit trail: what was written, what became of it, in which clinical order, and why it was judged so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from acts import DRUG, MONDAY, PATIENT, Ward, founded
from dosed import HOUR, eventful, recorded

from ledger.errors import BadInput, Refused
from projections.audit import Explanation, LogRow, Shown, explain, log, show, timeline
from projections.people import people, who_may


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with one enrolled patient, closed."""
    return founded(tmp_path_factory.mktemp("ward") / "begun.ledger")


@pytest.fixture
def ward(begun: Path, tmp_path: Path) -> Iterator[Ward]:
    """A workstation on Monday morning."""
    with closing(Ward.copy(begun, tmp_path / "trial.ledger")) as found:
        yield found


@pytest.fixture(scope="module")
def past(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """The eventful patient; the tests only read him."""
    with closing(Ward.copy(begun, tmp_path_factory.mktemp("past") / "trial.ledger")) as found:
        eventful(found)
        yield found


def shown(ward: Ward, name: str) -> Shown:
    """One entry in full, now."""
    return show(ward.book, ward.book.find(name), now=ward.local)


def explained(ward: Ward, name: str) -> Explanation:
    """Why, now."""
    return explain(ward.book, ward.book.find(name), now=ward.local)


def given(ward: Ward) -> list[LogRow]:
    """The started infusions of the patient."""
    return list(log(ward.book, patient=PATIENT, given=True))


# --- the log -------------------------------------------------------------------------------------------------


def test_the_log_is_every_entry_once_in_its_order(past: Ward) -> None:
    """An entry that the log leaves out is one that nobody reviews."""
    rows = list(log(past.book))
    assert list(range(past.book.size)) == [row.position for row in rows]
    assert [entry.kind for entry in past.book.entries()] == [row.kind for row in rows]
    assert all(row.signatures for row in rows)


def test_the_started_infusions_of_a_patient_say_what_became_of_each(past: Ward) -> None:
    """A void duplicate that looks like a dose would be counted by hand as the thirteenth."""
    assert [("corrected", "alemtuzumab 3 mg given, completed"), ("stands", "alemtuzumab 10 mg given, completed")] == [
        (row.effect, row.what) for row in given(past) if row.effect != "void"
    ]
    assert 1 == sum(row.effect == "void" for row in given(past))
    effects = {row.kind: row.effect for row in log(past.book, patient=PATIENT)}
    assert ("correction", "signature") == (effects["entry.corrected/1"], effects["entry.countersigned/1"])


def test_the_log_is_narrowed_by_place_time_person_and_kind(past: Ward) -> None:
    """A monitor who asks for what is new since the last visit would read the whole ledger, or miss a part of it."""
    book, last = past.book, past.book.size - 1
    assert [last] == [row.position for row in log(book, since=last)]
    assert [0, 1] == [row.position for row in log(book, until=2)]
    at = book.log_time(last - 2)
    assert list(range(book.position_at(at), last + 1)) == [row.position for row in log(book, since=at)]
    countersigned = [row.position for row in log(book, person="pi.1", patient=PATIENT)]
    assert [row.position for row in log(book, kind="entry.countersigned")] == countersigned
    assert {"entry.corrected/1", "entry.voided/1", "entry.countersigned/1"} == {
        row.kind for row in log(book, kind="entry")
    }
    assert [] == list(log(book, kind="entry.countersigned/2"))
    with pytest.raises(BadInput):
        list(log(book, patient="P-999"))


# --- one entry -----------------------------------------------------------------------------------------------


def test_a_corrected_dose_shows_both_amounts_who_and_why(past: Ward) -> None:
    """An inspector who sees only the 3 mg would never learn that 30 stood there for two hours."""
    found = shown(past, f"#{given(past)[0].position}")
    body = found.payload["body"]
    restated = found.as_it_stands
    assert isinstance(body, dict)
    assert restated is not None
    assert isinstance(restated["body"], dict)
    assert ("30", "3", "corrected") == (body["given_mg"], restated["body"]["given_mg"], found.effect)
    assert [("corrects", "in force", "transcription", "Nurse.1"), ("signs", "in force", None, "Pi.1")] == [
        (one.does, one.state, one.reason, one.signatures[0].name) for one in found.amendments
    ]
    assert [] == [one.rule for one in found.findings if one.rule == "A-LADDER"]


def test_a_correction_shows_its_words_and_what_it_corrects(past: Ward) -> None:
    """'transcription' alone does not tell the inspector what was misread."""
    fix = next(row for row in log(past.book, kind="entry.corrected"))
    found = shown(past, f"#{fix.position}")
    assert [("reason.text", "present", "misread")] == [(one.field, one.state, one.text) for one in found.texts]
    assert found.corrects is not None
    assert given(past)[0].position == found.corrects.position
    assert "given 3 mg" in found.what


def test_a_void_names_its_reason_on_the_entry_it_strikes(past: Ward) -> None:
    """A dose struck without a visible reason looks like a dose hidden."""
    struck = next(row for row in given(past) if row.effect == "void")
    found = shown(past, f"#{struck.position}")
    assert [("voids", "in force", "duplicate"), ("signs", "in force", None)] == [
        (one.does, one.state, one.why) for one in found.amendments
    ]


def test_an_amendment_that_waits_says_whose_signature_it_waits_for(ward: Ward) -> None:
    """The principal investigator would not know that a correction waits for her, and it would lapse."""
    dose = recorded(ward, "30mg", MONDAY)
    fix = ward.do("nurse.1", "correct", entry=dose, set=["given=3mg"], reason="transcription")
    assert [("pending", "approved", "principal-investigator")] == [
        (one.state, one.needs[0].meaning, one.needs[0].role) for one in shown(ward, dose).amendments
    ]
    assert ("pending", "approved") == (shown(ward, fix).effect, shown(ward, fix).missing[0].meaning)
    ward.now += timedelta(days=31)
    ward.do("nurse.1", "patient measure", patient=PATIENT, weight="70kg")
    assert ("lapsed", ["lapsed"]) == (shown(ward, fix).effect, [one.state for one in shown(ward, dose).amendments])
    assert ["lapsed"] == [row.state for row in timeline(ward.book, PATIENT, now=ward.local).rows if row.needs]


def test_an_entry_is_shown_as_it_was_known(past: Ward) -> None:
    """The correction of tomorrow must not stand beside the dose on which today's decision was taken."""
    dose = past.book.entry(given(past)[0].position)
    then = show(past.book, dose, now=past.local, known_at=dose.position + 1)
    assert ("stands", (), None) == (then.effect, then.amendments, then.as_it_stands)
    assert "A-LADDER" in {one.rule for one in then.findings}
    with pytest.raises(BadInput):
        show(past.book, dose, now=past.local, known_at=dose.position)


def test_entries_about_people_are_shown_too(past: Ward) -> None:
    """Who enrolled a key is asked as often as who gave a dose."""
    found = shown(past, "#1")
    assert ("people", None, "note", 2, ()) == (
        found.stream,
        found.patient,
        found.effect,
        len(found.signatures),
        found.findings,
    )


# --- in clinical order ---------------------------------------------------------------------------------------


def test_the_timeline_is_in_clinical_order_with_what_was_struck(past: Ward) -> None:
    """Read in the order of writing, a premedication entered late seems to follow the infusion it preceded."""
    found = timeline(past.book, PATIENT, now=past.local)
    doses = [row for row in found.rows if row.kind == "infusion.recorded/1"]
    assert [
        ("2010-03-01T10:00-08:00", "superseded"),
        ("2010-03-01T10:00-08:00", "corrected"),
        ("2010-03-02T10:00-08:00", "stands"),
        ("2010-03-02T10:00-08:00", "void"),
    ] == sorted(((row.occurred, row.state) for row in doses), key=lambda one: (one[0], one[1] in ("corrected", "void")))
    corrected = next(row for row in doses if row.state == "corrected")
    assert ("transcription", "misread", "alemtuzumab 3 mg given, completed") == (
        corrected.reason,
        corrected.reason_text,
        corrected.what,
    )
    kinds = [row.kind for row in found.rows if row.occurred.startswith("2010-03-01T")]
    assert kinds.index("premedication.given/1") < kinds.index("infusion.recorded/1")


def test_a_late_entry_is_marked_as_late(ward: Ward) -> None:
    """A premedication written down two days later must not look like one charted at the bedside."""
    recorded(ward, "3mg", MONDAY)
    ward.now = MONDAY + timedelta(days=2)
    ward.do("nurse.1", "premed give", subject=PATIENT, set=True, at="2010-03-01T09:20-08:00", reason="late-entry")
    rows = [row for row in timeline(ward.book, PATIENT, now=ward.local).rows if row.kind == "premedication.given/1"]
    assert [(False, None), (True, "late-entry")] == [(row.late, row.reason) for row in rows]
    assert ["P-LATE"] == [name.partition("@")[0] for name in rows[1].findings]


# --- why -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("A-LADDER")
def test_a_refused_order_is_explained_with_rule_answer_and_state(ward: Ward) -> None:
    """'The computer said no' is what remains when the refusal cannot be looked up."""
    ward.given("3mg")
    with pytest.raises(Refused) as refusal:
        ward.ordered("30mg")
    found = explained(ward, f"#{refusal.value.attempt}")
    assert found.attempt is not None
    assert found.inputs is not None
    assert (PATIENT, ("A-LADDER", "A-INTERVAL"), "refused", "10", 1, "3") == (
        found.patient,
        found.attempt.rules,
        found.rules[0].outcome,
        found.inputs.step_due_mg,
        found.inputs.counted,
        found.inputs.week_given_mg,
    )
    assert "the step is 10 mg" in str(found.attempt.answer)
    assert "NCT00983528" in found.rules[0].source


def test_an_accepted_order_lists_the_rules_it_kept(ward: Ward) -> None:
    """An order that was right is defended by the same page as one that was wrong."""
    ward.given("3mg")
    ward.now += 20 * HOUR
    order = ward.ordered("10mg")
    found = explained(ward, order)
    assert {"kept"} == {one.outcome for one in found.rules}
    assert {"A-COUNT", "A-LADDER", "A-GAP", "A-WEEK", "A-TOLPEND", "P-CONSENT"} <= {one.rule for one in found.rules}
    assert found.inputs is not None
    assert found.inputs.last_dose is not None
    assert ("when it was signed", "10", 11, 0, "tolerated", "3") == (
        found.inputs.known,
        found.inputs.step_due_mg,
        found.inputs.remaining,
        found.inputs.open_orders,
        found.inputs.last_dose.tolerance,
        found.inputs.last_dose.given_mg,
    )
    assert found.pack is not None
    assert ("nct00983528-demo", ward.book.roster().protocol.pack.digest) == (found.pack.id, found.pack.digest)


def test_an_overridden_rule_is_shown_as_passed(ward: Ward) -> None:
    """A planned deviation that reads like a kept rule is one that the sponsor never hears of."""
    ward.given("3mg")
    ward.do(
        "pi.1",
        "override grant",
        patient=PATIENT,
        rule="A-LADDER",
        drug=DRUG,
        amount="30mg",
        reason="clinical-judgement",
    )
    ward.now += 20 * HOUR
    order = ward.ordered("30mg")
    assert [("A-LADDER", "passed")] == [
        (one.rule, one.outcome) for one in explained(ward, order).rules if one.outcome != "kept"
    ]


def test_a_deviation_is_explained_as_it_was_and_as_it_is(past: Ward) -> None:
    """A correction that clears a finding must not erase that it once stood."""
    found = explained(past, f"#{given(past)[0].position}")
    assert "A-LADDER" in {one.rule for one in found.findings_then}
    assert "A-LADDER" not in {one.rule for one in found.findings_now}
    assert found.inputs is not None
    assert ("now", "3", 45) == (
        found.inputs.known,
        found.inputs.step_due_mg,
        found.inputs.premedication[0].minutes_before,
    )
    broken = {one.rule: one.here for one in found.rules if one.outcome == "broken"}
    assert {one.rule for one in found.findings_now} == set(broken)


@pytest.mark.parametrize("kind", ["ledger.created/1", "key.enrolled/1", "protocol.activated/1", "lot.received/1"])
def test_what_no_rule_looks_at_is_explained_without_rules_of_the_course(past: Ward, kind: str) -> None:
    """An inspector who asks about a key must get an answer, not an error."""
    position = next(row.position for row in log(past.book, kind=kind))
    found = explained(past, f"#{position}")
    assert (None, None, set()) == (
        found.patient,
        found.inputs,
        {one.rule for one in found.rules} - {"S-DELEG", "D-QUERY"},
    )


def test_every_entry_can_be_shown_and_explained(past: Ward) -> None:
    """The one entry that cannot be opened is the one the inspector points at."""
    for entry in past.book.entries():
        assert entry.position == show(past.book, entry, now=past.local).position
        assert entry.position == explain(past.book, entry, now=past.local).entry


# --- people --------------------------------------------------------------------------------------------------


def test_people_are_listed_as_they_were_known(past: Ward) -> None:
    """A nurse enrolled last week must not seem to have held the key when an entry of last year was signed."""
    now = people(past.book, now=past.local)
    roles = {one.person: one.roles for one in now.persons}
    assert ("principal-investigator",) == roles["pi.1"]
    assert ["ws1"] == [one.person for one in now.devices]
    nurse = next(one for one in now.persons if one.person == "nurse.1")
    assert [(True, True)] == [(nurse.keys[0].active, one.holds) for one in nurse.delegations]
    assert nurse.keys[0].id.startswith(nurse.keys[0].short)
    first = people(past.book, now=past.local, known_at=1)
    assert {"reg.1", "reg.2"} == {one.person for one in first.persons}


def test_who_may_says_why_not(past: Ward) -> None:
    """A nurse without delegation would find out at the bedside, with the bag in her hand."""
    found = who_may(past.book, "infusion.started", now=past.local)
    performed = {one.person: (one.may, one.why) for one in found.signatures[0].persons}
    assert (True, None) == performed["nurse.1"]
    assert (False, "no delegation for administration") == performed["nurse.9"]
    assert "pi.1" not in performed
    early = who_may(past.book, "infusion.started/1", now=past.local, at=MONDAY - timedelta(days=400))
    assert not any(one.may for one in early.signatures[0].persons)
    assert {"pi.1"} == {
        one.person for one in who_may(past.book, "override.granted", now=past.local).signatures[0].persons
    }
    with pytest.raises(BadInput) as wrong:
        who_may(past.book, "infusion.begun", now=past.local)
    assert "infusion.started/1" in wrong.value.fix


def test_a_delegation_that_ended_does_not_hold(ward: Ward) -> None:
    """Somebody who has left the study would still be listed among those who may give a dose."""
    ward.now += HOUR
    ended = next(one for one in people(ward.book, now=ward.local).persons if one.person == "nurse.2").delegations[0]
    ward.do("pi.1", "person undelegate", delegation=f"#{ended.entry}")
    ward.now += HOUR
    rows = next(one for one in people(ward.book, now=ward.local).persons if one.person == "nurse.2").delegations
    assert [False] == [one.holds for one in rows]
    may = {one.person: one.may for one in who_may(ward.book, "infusion.started", now=ward.local).signatures[0].persons}
    assert (True, False) == (may["nurse.1"], may["nurse.2"])
