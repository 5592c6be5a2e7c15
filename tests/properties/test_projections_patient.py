"""The patient card, the overview and what is due: said of histories that were really written and signed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from acts import DRUG, MONDAY, PATIENT, Ward, founded, key
from dosed import HOUR, eventful, recorded

from ledger.errors import BadInput
from projections.card import Status
from projections.patient import overview, status, todo


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with one enrolled patient, closed."""
    return founded(tmp_path_factory.mktemp("ward") / "begun.ledger")


@pytest.fixture
def ward(begun: Path, tmp_path: Path) -> Iterator[Ward]:
    """A workstation on Monday morning."""
    with closing(Ward.copy(begun, tmp_path / "trial.ledger")) as found:
        yield found


def read(ward: Ward, number: str = PATIENT, **times: int | datetime) -> Status:
    """The card now, or at other times."""
    return status(ward.book, number, now=ward.local, **times)


def rules_due(found: Status) -> list[str | None]:
    """The rules of what is due, but for prophylaxis, which is due all the time."""
    return sorted(task.rule or "" for task in found.due if task.rule != "A-PROPH")


# --- the card ------------------------------------------------------------------------------------------------


def test_a_dose_given_by_the_book_is_on_the_card_in_full(ward: Ward) -> None:
    """The nurse of the night shift would have to add up milligrams and minutes from the log."""
    started = ward.given("3mg")
    found = read(ward)
    course, dose = found.step_up, found.doses[0]
    assert ("ON_TREATMENT", "ESCALATING", "10", 1, 11, 11, 0, "3") == (
        found.state,
        course.state,
        course.protocol_step_mg,
        course.counted,
        course.remaining,
        course.orderable,
        course.over,
        course.cumulative_mg,
    )
    assert ("A-LADDER", f"entry {dose.entry}") == course.because
    assert ("1", "3", "90") == (str(course.week.n), course.week.given_mg, course.week.cap_mg)
    assert ("2010-03-01T10:45-08:00", "2010-03-08") == (course.last_started, course.lapses_on)
    assert (started, "3", "3", "3", 120, 120, 0, True, True, False, "tolerated", "completed", ()) == (
        f"#{dose.entry}",
        dose.step_mg,
        dose.prepared_mg,
        dose.given_mg,
        dose.running_min,
        dose.wall_min,
        dose.interruptions,
        dose.counted,
        dose.step_passed,
        dose.late,
        dose.tolerance,
        dose.status,
        dose.overridden,
    )
    assert () == found.findings
    assert "level_minus_1" in found.pack.fictional_parameters
    assert "Not an order; the investigator decides." == found.notice


def test_every_signature_is_printed_as_the_law_wants_it(ward: Ward) -> None:
    """An inspector must see who signed, as what, meaning what, and when, without asking for a code book."""
    ward.given("3mg")
    nurse, second = read(ward).doses[0].signatures
    assert ("Nurse.1", "nurse", "performed", "2010-03-01T10:45:", "-08:00", "2010-03-01T18:45:", "Z") == (
        nurse.name,
        nurse.role,
        nurse.meaning,
        nurse.at[:17],
        nurse.at[-6:],
        nurse.at_utc[:17],
        nurse.at_utc[-1],
    )
    assert ("nurse.2", "verified", key("nurse.2").public.kid[:8]) == (second.person, second.meaning, second.key)
    assert second.statement.startswith("I checked this myself")


def test_an_infusion_shows_its_pauses_and_where_it_stands(ward: Ward) -> None:
    """Whoever takes over must see that a bag is hanging, that it is paused, and for how long it has run."""
    order = ward.ordered("3mg")
    ward.prepared(order, "3mg")
    dose = ward.do("nurse.1", "dose start", order=order, wristband=PATIENT, wit=("nurse.2",))
    ward.now += timedelta(minutes=40)
    running = read(ward)
    assert ("in-progress", 40, ["A-INF"]) == (running.doses[0].status, running.doses[0].running_min, rules_due(running))
    ward.do("nurse.1", "dose interrupt", dose=dose, why="reaction")
    ward.now += timedelta(minutes=30)
    paused = read(ward).doses[0]
    assert ("on-hold", 40, 70, 1, None) == (
        paused.status,
        paused.running_min,
        paused.wall_min,
        paused.interruptions,
        paused.pauses[0].until,
    )
    ward.do("nurse.1", "dose resume", dose=dose)
    ward.now += timedelta(minutes=80)
    ward.do("nurse.1", "dose complete", dose=dose, given="all")
    ended = read(ward).doses[0]
    assert ("completed", 120, 150, 1) == (ended.status, ended.running_min, ended.wall_min, ended.interruptions)


def test_the_body_surface_is_that_of_the_newest_measurements(ward: Ward) -> None:
    """A surface from last month's weight would be the wrong dose."""
    assert None is read(ward).bsa_m2
    ward.do("nurse.1", "patient measure", patient=PATIENT, weight="77kg", height="170cm")
    ward.do("nurse.1", "patient measure", patient=PATIENT, weight="70kg")
    found = read(ward)
    assert ("170", "70", "1.82") == (found.height_cm, found.weight_kg, found.bsa_m2)


def test_the_state_follows_the_patient_through_the_study(ward: Ward) -> None:
    """A patient who has left treatment must not look like one who waits for his next dose."""
    seen = []
    ward.do("crc.1", "patient register", patient="P-002", sex="M", birth_year=1980)
    seen.append(read(ward, "P-002").state)
    ward.do("inv.1", "patient consent", patient="P-002", form="v1", signed_on="2010-03-01")
    seen.append(read(ward, "P-002").state)
    ward.do("inv.1", "patient screen", patient="P-002")
    seen.append(read(ward, "P-002").state)
    ward.do("inv.1", "patient enrol", patient="P-002")
    seen.append(read(ward, "P-002").state)
    ward.given("3mg", number="P-002")
    seen.append(read(ward, "P-002").state)
    ward.do("inv.1", "patient end-treatment", patient="P-002", why="investigator")
    seen.append(read(ward, "P-002").state)
    ward.do("inv.1", "patient death", patient="P-002")
    seen.append(read(ward, "P-002").state)
    assert ["IDENTIFIED", "CONSENTED", "ELIGIBLE", "ENROLLED", "ON_TREATMENT", "OFF_TREATMENT", "DIED"] == seen


def test_nobody_is_made_up(ward: Ward) -> None:
    """A card for a number nobody bears would be read as that of somebody else."""
    with pytest.raises(BadInput):
        read(ward, "P-999")
    ward.do("crc.1", "patient register", patient="P-002", sex="M", birth_year=1980)
    with pytest.raises(BadInput):
        read(ward, "P-002", known_at=ward.book.size - 1)


# --- two readings --------------------------------------------------------------------------------------------


@pytest.mark.rule("A-LADDER")
def test_while_a_correction_is_pending_the_stricter_reading_counts(ward: Ward) -> None:
    """A 3 mg typed as 30 would let the next 30 mg pass before anybody had approved either number."""
    dose = recorded(ward, "30mg", MONDAY)
    ward.now += 2 * HOUR
    ward.do("inv.1", "tolerance assess", dose=dose, worst=0)
    typed = ward.book.size
    fix = ward.do("nurse.1", "correct", entry=dose, set=["given=3mg"], reason="transcription")
    waiting = read(ward)
    before = read(ward, known_at=typed)
    assert ("AT_TARGET", "30", "30") == (
        before.step_up.state,
        before.step_up.protocol_step_mg,
        before.step_up.cumulative_mg,
    )
    assert ("ESCALATING", "10", 1, "30") == (
        waiting.step_up.state,
        waiting.step_up.protocol_step_mg,
        waiting.step_up.counted,
        waiting.step_up.cumulative_mg,
    )
    assert [(fix, "entry.corrected/1", dose, "approved", "principal-investigator")] == [
        (f"#{one.entry}", one.kind, f"#{one.target}", one.needs[0].meaning, one.needs[0].role)
        for one in waiting.pending
    ]
    ward.do("pi.1", "countersign", entry=fix)
    after = read(ward)
    assert ("ESCALATING", "10", "3", ()) == (
        after.step_up.state,
        after.step_up.protocol_step_mg,
        after.step_up.cumulative_mg,
        after.pending,
    )
    assert "A-LADDER" in {one.rule for one in before.findings}
    assert "A-LADDER" not in {one.rule for one in after.findings}


@pytest.mark.rule("A-COUNT")
def test_a_dose_counts_until_its_void_is_signed_by_two(ward: Ward) -> None:
    """One person alone could make room for a thirteenth dose."""
    recorded(ward, "3mg", MONDAY)
    twice = recorded(ward, "3mg", MONDAY)
    void = ward.do("nurse.1", "void", entry=twice, reason="duplicate")
    assert (2, 10, 2) == (read(ward).step_up.counted, read(ward).step_up.remaining, len(read(ward).doses))
    ward.do("pi.1", "countersign", entry=void)
    assert (1, 11, 1) == (read(ward).step_up.counted, read(ward).step_up.remaining, len(read(ward).doses))


@pytest.mark.rule("A-G34")
def test_a_hold_stands_while_the_word_that_would_lift_it_is_pending(ward: Ward) -> None:
    """A reaction regraded by one person would release the drug that the reaction holds."""
    dose = recorded(ward, "3mg", MONDAY)
    reaction = ward.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", dose=dose)
    ward.do("inv.1", "toxicity grade", toxicity=reaction, grade=3)
    regrade = ward.do("inv.1", "toxicity regrade", toxicity=reaction, grade=1)
    held = read(ward)
    assert ("ON_HOLD", None, ["A-G34"]) == (
        held.step_up.state,
        held.step_up.protocol_step_mg,
        [one.rule for one in held.holds],
    )
    assert "A-G34" in held.step_up.because
    assert (3, [regrade]) == (held.aes[0].grade, [f"#{one.entry}" for one in held.pending])
    ward.do("pi.1", "countersign", entry=regrade)
    lifted = read(ward)
    assert ("ESCALATING", (), 1) == (lifted.step_up.state, lifted.holds, lifted.aes[0].grade)
    assert ["5.0"] == [one.dictionary for one in lifted.aes]


# --- what is due ---------------------------------------------------------------------------------------------


@pytest.mark.rule("A-TOLPEND")
def test_a_dose_without_tolerance_is_due_and_no_finding(ward: Ward) -> None:
    """A forgotten assessment would stop the next order without anybody having been told."""
    dose = recorded(ward, "3mg", MONDAY)
    found = read(ward)
    task = next(one for one in found.due if one.rule == "A-TOLPEND")
    assert (dose, "2010-03-01T12:00-08:00", "2010-03-02T12:00-08:00") == (f"#{task.entry}", task.since, task.due)
    assert "A-TOLPEND" not in {one.rule for one in found.findings}
    ward.now += 2 * HOUR
    ward.do("inv.1", "tolerance assess", dose=dose, worst=0)
    assert "A-TOLPEND" not in rules_due(read(ward))


def test_an_order_says_what_it_still_needs(ward: Ward) -> None:
    """The pharmacy would learn of an order when the nurse asks for the bag, and nobody that the bag is waiting."""
    order = ward.ordered("3mg")
    assert ["A-PREMED", "S-ORDER", "S-ORDER"] == rules_due(read(ward))
    ward.do("pharm.1", "dose pharmacy-check", order=order)
    ward.do("pharm.1", "dose release", order=order, lot="A1", prepared="3mg", wit=("pharm.2",))
    assert ["A-PREMED"] == rules_due(read(ward))
    ward.do("nurse.1", "premed give", subject=order, set=True)
    found = read(ward)
    ready = [(one.what.split(" for ")[0], one.what.split(" is ")[1], f"#{one.entry}") for one in found.due]
    assert [("order of alemtuzumab", "ready and not started", order)] == ready
    assert [(order, True, True, True)] == [
        (f"#{one.entry}", one.checked, one.released, one.premedicated) for one in found.orders
    ]
    ward.now += timedelta(days=2)
    assert () == read(ward).orders


@pytest.mark.rule("A-PROPH")
def test_prophylaxis_is_due_until_every_agent_is_on(ward: Ward) -> None:
    """A patient on alemtuzumab without prophylaxis can die of an infection that a tablet prevents."""
    recorded(ward, "3mg", MONDAY)
    for agent, left in (("trimethoprim-sulfamethoxazole", ["famciclovir"]), ("famciclovir", [])):
        assert agent in next(one.what for one in read(ward).due if one.rule == "A-PROPH")
        ward.do("inv.1", "prophylaxis record", patient=PATIENT, agent=agent, **{"from": "2010-03-01"})
        assert left == [name for one in read(ward).due if one.rule == "A-PROPH" for name in left if name in one.what]
    assert "A-PROPH" not in {one.rule for one in read(ward).due}


def test_an_important_finding_is_named_again_until_somebody_answers(ward: Ward) -> None:
    """A deviation nobody looks at for three days is one that the sponsor reads of at the end."""
    dose = recorded(ward, "30mg", MONDAY)

    def named() -> list[str]:
        return [one.what[:40] for one in read(ward).due if one.rule == "A-LADDER"]

    assert [] == named()
    ward.now += timedelta(hours=25)
    assert [f"A-LADDER@{dose[1:]} has been open for 24 h or more"[:40]] == named()
    ward.now += timedelta(hours=48)
    assert [f"A-LADDER@{dose[1:]} has been open for 72 h or more"[:40]] == named()
    ward.do("inv.1", "deviation acknowledge", finding=f"A-LADDER@{dose[1:]}")
    assert [] == named()


@pytest.mark.rule("P-CONSENT")
def test_a_dose_before_consent_alerts_the_principal_investigator(ward: Ward) -> None:
    """A patient treated without consent is a matter for that hour, not for the monitor's next visit."""
    ward.do("crc.1", "patient register", patient="P-002", sex="M", birth_year=1980)
    at = MONDAY.isoformat(timespec="minutes")
    ward.now = MONDAY + 3 * HOUR
    dose = ward.do("nurse.1", "dose record", patient="P-002", drug=DRUG, given="3mg", at=at)
    assert [("P-CONSENT", dose), ("P-ENROLLED", dose)] == [
        (one.rule, f"#{one.entry}") for one in read(ward, "P-002").alerts
    ]


def test_a_transcribed_dose_waits_for_the_performer(ward: Ward) -> None:
    """A dose on paper that nobody who gave it has ever confirmed would look as good as one signed at the bedside."""
    ward.now = MONDAY + 3 * HOUR
    at = MONDAY.isoformat(timespec="minutes")
    said = {"source": "paper", "source_ref": "chart page 12", "performed_by": "nurse.1"}
    dose = ward.do("crc.1", "dose record", patient=PATIENT, drug=DRUG, given="3mg", at=at, **said)
    lacking = [one for one in read(ward).due if one.rule is None]
    assert [(dose, True)] == [(f"#{one.entry}", "performed by nurse" in one.what) for one in lacking]
    ward.do("nurse.1", "countersign", entry=dose)
    assert [] == [one for one in read(ward).due if one.rule is None]


# --- everybody -----------------------------------------------------------------------------------------------


def test_the_overview_agrees_with_every_card(ward: Ward) -> None:
    """A list that says 11 where the card says 10 is one of two truths."""
    ward.enrol("P-002")
    eventful(ward)
    found = overview(ward.book, now=ward.local)
    assert [PATIENT, "P-002"] == [row.patient for row in found.patients]
    for row in found.patients:
        whole = read(ward, row.patient)
        assert (whole.state, whole.step_up.state, whole.step_up.protocol_step_mg, whole.step_up.counted) == (
            row.state,
            row.course,
            row.protocol_step_mg,
            row.counted,
        )
        assert (len(whole.due), len(whole.pending), len(whole.holds)) == (row.due, row.pending, row.holds)
    assert [PATIENT] == [row.patient for row in overview(ward.book, now=ward.local, known_at=ward.book.size).patients][
        :1
    ]


def test_what_is_due_is_listed_for_all_patients_by_its_time(ward: Ward) -> None:
    """The charge nurse would open every card to find the one infusion that should have ended an hour ago."""
    ward.enrol("P-002")
    recorded(ward, "3mg", MONDAY)
    ward.do("inv.1", "dose order", patient="P-002", drug=DRUG, amount="3mg", **{"for": "2010-03-02 08:00"})
    found = todo(ward.book, now=ward.local)
    expected = sorted((task.rule or "", number) for number in (PATIENT, "P-002") for task in read(ward, number).due)
    assert expected == sorted((task.rule or "", task.patient) for task in found.tasks)
    times = [task.due for task in found.tasks if task.due is not None]
    assert sorted(times, key=datetime.fromisoformat) == times
    late = todo(ward.book, now=ward.local + timedelta(days=3)).tasks
    assert all(task.overdue for task in late if task.due is not None)
    assert not any(task.overdue for task in found.tasks)


def test_an_empty_ledger_has_no_patients_and_nothing_due(ward: Ward) -> None:
    """The first look at a new ledger would end in an error."""
    assert () == overview(ward.book, now=ward.local, known_at=1).patients
    assert () == todo(ward.book, now=ward.local, known_at=1).tasks
