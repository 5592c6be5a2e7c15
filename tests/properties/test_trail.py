"""The audit trail field by field: what stood there, what stands there since, who, when and why; nothing is lost."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from acts import MONDAY, PATIENT, Ward, founded
from dosed import HOUR, recorded, reviewed
from trailed import amended, standing

from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.events.registry import KINDS
from projections.export import jsonl
from projections.logbook import log
from projections.trail import TrailRow, rows
from projections.trail.fields import ENVELOPE, MISSING, Words
from projections.trail.history import Past, history, named
from projections.trail.rows import AMENDS
from projections.trail.then import then

Short = tuple[str, int, str, str | None, str | None, str | None, int | None]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with one enrolled patient, closed."""
    return founded(tmp_path_factory.mktemp("trail") / "begun.ledger")


@pytest.fixture
def ward(begun: Path, tmp_path: Path) -> Iterator[Ward]:
    """A workstation on Monday morning."""
    with closing(Ward.copy(begun, tmp_path / "trial.ledger")) as found:
        yield found


@pytest.fixture(scope="module")
def past(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A ledger in which everything was amended that can be; the tests only read it."""
    with closing(Ward.copy(begun, tmp_path_factory.mktemp("past") / "trial.ledger")) as found:
        amended(found, random.Random(7), 90)
        yield found


def trail(ward: Ward, start: int = 0) -> list[Short]:
    """The rows of the patient from an entry on, in short."""
    return [short(row) for row in rows(ward.book, patient=PATIENT, start=start)]


def short(row: TrailRow) -> Short:
    """What changed in a row."""
    return row.transaction, row.record, row.field, row.old, row.new, row.unit, row.in_force


def at(entry: str) -> int:
    """The position that an entry's name says."""
    return int(entry.removeprefix("#"))


def changed(found: list[Short]) -> list[Short]:
    """The rows without those that say when something was said."""
    return [row for row in found if row[2] not in ENVELOPE]


# --- one amendment after the other -----------------------------------------------------------------------------------


@pytest.mark.req("P11-10e")
@pytest.mark.req("EM-6.2.1d")
def test_a_correction_shows_what_stood_there(ward: Ward) -> None:
    """An inspector who sees 3 mg alone would never learn that 30 mg stood there when the next dose was decided."""
    dose = at(recorded(ward, "30mg", MONDAY))
    ward.now += HOUR
    fix = at(ward.do("nurse.1", "correct", entry=f"#{dose}", set=["given=3mg"], reason="transcription"))
    assert [("correct", dose, "given_mg", "30", "3", "mg", None)] == trail(ward, fix)
    signed = at(ward.do("pi.1", "countersign", entry=f"#{fix}"))
    assert ("correct", dose, "given_mg", "30", "3", "mg", signed) == trail(ward, fix)[0]
    assert [("context", signed, "target", None, f"#{fix}", None, signed)] == changed(trail(ward, signed))
    assert [dose] == [row.about for row in rows(ward.book, start=signed)][:1]


def test_a_correction_is_told_as_it_was_known(ward: Ward) -> None:
    """A correction that waits for its second signature would be read as one on which a decision could rest."""
    dose = at(recorded(ward, "30mg", MONDAY))
    fix = at(ward.do("nurse.1", "correct", entry=f"#{dose}", set=["given=3mg"], reason="transcription", wit=("pi.1",)))
    assert [("correct", dose, "given_mg", "30", "3", "mg", fix)] == trail(ward, fix)
    late = at(ward.do("nurse.1", "correct", entry=f"#{dose}", set=["given=5mg"], reason="transcription"))
    ward.do("pi.1", "countersign", entry=f"#{late}")
    (row,) = rows(ward.book, patient=PATIENT, start=late, size=late + 1)
    assert ("3", "5", None) == (row.old, row.new, row.in_force)


def test_a_void_takes_every_field_out_and_its_own_void_brings_them_back(ward: Ward) -> None:
    """A dose struck without what it said looks like a dose that never was."""
    dose = at(recorded(ward, "10mg", MONDAY))
    stood = trail(ward, dose)
    void = at(ward.do("nurse.1", "void", entry=f"#{dose}", reason="duplicate", wit=("pi.1",)))
    gone = [("void", record, field, new, None, unit, void) for _, record, field, _, new, unit, _ in stood]
    assert gone == trail(ward, void)
    assert {("duplicate", None)} == {(row.reason, row.reason_text) for row in rows(ward.book, start=void)}
    back = at(ward.do("nurse.1", "void", entry=f"#{void}", reason="entered-in-error", wit=("pi.1",)))
    assert [("void", dose, field, None, new, unit, back) for _, _, field, _, new, unit, _ in stood] == trail(ward, back)


def test_the_void_of_a_correction_brings_back_what_it_had_replaced(ward: Ward) -> None:
    """The amount on which the next dose rests would be the one that somebody took back."""
    dose = at(recorded(ward, "10mg", MONDAY))
    fix = ward.do("nurse.1", "correct", entry=f"#{dose}", set=["given=3mg"], reason="transcription", wit=("pi.1",))
    void = at(ward.do("nurse.1", "void", entry=fix, reason="entered-in-error", wit=("pi.1",)))
    assert [("void", dose, "given_mg", "3", "10", "mg", void)] == trail(ward, void)


def test_the_void_of_a_signature_undoes_what_it_had_completed(ward: Ward) -> None:
    """A correction would stay in force after the approval that it rests on was taken back."""
    dose = at(recorded(ward, "10mg", MONDAY))
    fix = ward.do("nurse.1", "correct", entry=f"#{dose}", set=["given=3mg"], reason="transcription")
    signed = at(ward.do("pi.1", "countersign", entry=fix))
    void = at(ward.do("pi.1", "void", entry=f"#{signed}", reason="entered-in-error", wit=("inv.1",)))
    assert [
        ("void", dose, "given_mg", "3", "10", "mg", void),
        ("void", signed, "target", fix, None, None, void),
    ] == changed(trail(ward, void))


def test_the_void_of_an_amendment_that_never_held_changes_no_field(ward: Ward) -> None:
    """An entry without a row is one that the reviewer of the trail never sees."""
    dose = at(recorded(ward, "10mg", MONDAY))
    fix = at(ward.do("nurse.1", "correct", entry=f"#{dose}", set=["given=3mg"], reason="transcription"))
    ward.now += timedelta(days=31)
    void = at(ward.do("nurse.1", "void", entry=f"#{fix}", reason="entered-in-error", wit=("pi.1",)))
    assert [("correct", dose, "given_mg", "10", "3", "mg", None)] == trail(ward, fix)[:1]
    assert [("void", dose, AMENDS, None, f"#{fix}", None, void)] == trail(ward, void)


def test_a_changed_text_shows_both_texts(ward: Ward) -> None:
    """What the patient was first said to have had would be lost behind a digest."""
    seen = at(ward.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", words="rigors", onset="09:00"))
    said = {"set": ["verbatim=rigors and rash"], "reason": "source-corrected", "reason_text": "chart, page 4"}
    fix = at(ward.do("nurse.1", "correct", entry=f"#{seen}", **said))
    assert [("correct", seen, "verbatim", "rigors", "rigors and rash", None, fix)] == trail(ward, fix)
    (row,) = rows(ward.book, start=fix)
    assert ("source-corrected", "chart, page 4") == (row.reason, row.reason_text)


def test_a_text_that_is_not_here_is_said_to_be_missing(ward: Ward) -> None:
    """A blank where words are lacking reads as if nothing had been written."""
    commitment = "sha256:" + "a" * 64
    assert f"{MISSING}{commitment}" == Words(ward.book).show(commitment)


def test_a_late_entry_is_marked(ward: Ward) -> None:
    """A premedication written down two days later must not look like one charted at the bedside."""
    ward.now = MONDAY + timedelta(days=2)
    said = {"set": True, "at": "2010-03-01T09:20-08:00", "reason": "late-entry", "reason_text": "found on the chart"}
    late = at(ward.do("nurse.1", "premed give", subject=PATIENT, **said))
    found = list(rows(ward.book, start=late))
    assert {("late", "late-entry", "found on the chart")} == {
        (row.transaction, row.reason, row.reason_text) for row in found
    }
    assert {2 * 24 * 60 + 40} == {row.delay_min for row in found}
    again = at(ward.do("nurse.1", "patient measure", patient=PATIENT, weight="70kg"))
    assert {"insert"} == {row.transaction for row in rows(ward.book, start=again)}


def test_a_regrade_is_an_entry_of_its_own_that_shows_the_grade_it_changes(ward: Ward) -> None:
    """A grade 3 that became a 2 is a judgement that changed, and the trail is where one looks for it."""
    sick = ward.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR")
    grade = at(ward.do("inv.1", "toxicity grade", toxicity=sick, grade=3))
    up = at(ward.do("inv.1", "toxicity regrade", toxicity=sick, grade=4))
    assert [("context", up, "toxicity", sick, sick), ("context", up, "graded", None, f"#{grade}")] == [
        row[:5] for row in changed(trail(ward, up))
    ][:2]
    assert ("context", up, "grade", "3", "4", None, up) in trail(ward, up)
    assert {grade} == {row.about for row in rows(ward.book, start=up)}
    down = at(ward.do("inv.1", "toxicity regrade", toxicity=sick, grade=2))
    assert ("context", down, "grade", "4", "2", None, None) in trail(ward, down)
    signed = at(ward.do("pi.1", "countersign", entry=f"#{down}"))
    assert ("context", down, "grade", "4", "2", None, signed) in trail(ward, down)


def test_what_an_answer_rests_on_is_not_taken_for_its_query(ward: Ward) -> None:
    """A change would seem to have been asked for by whoever recorded the dose (EMA 6.2.1)."""
    dose = recorded(ward, "3mg", MONDAY)
    ward.now += 2 * HOUR
    judged = ward.do("inv.1", "tolerance assess", dose=dose, worst=0)
    fix = at(ward.do("inv.1", "correct", entry=judged, set=["worst_grade=1"], reason="query-answer"))
    (row,) = rows(ward.book, start=fix)
    assert [at(dose)] == [ref.position for ref in ward.book.entry(fix).payload.causes]
    assert ("0", "1", "query-answer", None) == (row.old, row.new, row.reason, row.query)


# --- every row -------------------------------------------------------------------------------------------------------


@pytest.mark.req("FQ12")
def test_every_entry_has_rows_and_every_row_says_who_when_and_in_which_role(past: Ward) -> None:
    """A change without its author's role and organisation is no audit trail (EMA 6.2.1; FDA 2024, question 12)."""
    found = list(rows(past.book))
    assert list(range(past.book.size)) == sorted({row.position for row in found})
    assert [row.position for row in found] == sorted(row.position for row in found)
    for row in found:
        entry = past.book.entry(row.position)
        assert all((row.person, row.name, row.role, row.organisation, row.meaning, row.key, row.device, row.field))
        assert entry.recorded_at == datetime.fromisoformat(row.recorded_at_utc)
        assert 0 == (datetime.fromisoformat(row.recorded_at) - entry.recorded_at.replace(microsecond=0)).total_seconds()
        assert datetime.fromisoformat(row.signed_at) == datetime.fromisoformat(row.signed_at_utc)
        assert (entry.leaf, entry.id, len(entry.signers)) == (row.leaf, row.entry_id, len(row.signatures))
        assert row.old is not None or row.new is not None
        if row.transaction in ("correct", "void"):
            assert row.reason is not None


def test_no_field_of_a_body_is_called_like_one_of_the_envelope() -> None:
    """Two values under one name would hide each other."""
    names = {name for row in KINDS.values() for name in row.struct.__struct_fields__}
    corrected = set(KINDS["entry.corrected/1"].struct.__struct_fields__)
    assert corrected & {"kind", "occurred"} == names & {*ENVELOPE, AMENDS, "kind", "occurred"}


def applied(found: Iterator[TrailRow]) -> dict[int, dict[str, str]]:
    """The records that the rows lead to, taken in the order in which they hold."""
    state: dict[int, dict[str, str]] = {}
    holding = [row for row in found if row.in_force is not None and row.field != AMENDS]
    for row in sorted(holding, key=lambda row: (row.in_force, row.position)):
        record = state.setdefault(row.record, {})
        if row.transaction != "context":
            assert record.get(row.field) == row.old, (row.position, row.field)
        if row.new is None:
            del record[row.field]
        else:
            record[row.field] = row.new
    return {record: fields for record, fields in state.items() if fields}


@pytest.mark.req("P11-10e")
@pytest.mark.parametrize("seed", range(4))
def test_the_rows_in_their_order_give_the_record_as_it_stands(begun: Path, tmp_path: Path, seed: int) -> None:
    """A trail from which the present record does not follow leaves something out, or adds something."""
    with closing(Ward.copy(begun, tmp_path / "trial.ledger")) as one:
        amended(one, random.Random(seed), 90)
        kinds = {entry.kind for entry in one.book.entries()}
        assert {"entry.corrected/1", "entry.voided/1", "entry.countersigned/1"} <= kinds
        for size in (*range(22, one.book.size, 9), one.book.size):
            assert standing(one.book, size, PATIENT) == applied(rows(one.book, patient=PATIENT, size=size)), size


def test_a_copy_gives_the_same_rows(past: Ward, tmp_path: Path) -> None:
    """An inspector who reads the copy at her own desk would read another trail than the site."""
    jsonl.directory(past.book, tmp_path / "copy")
    with closing(Ledger.open(tmp_path / "copy", read_only=True)) as copy:
        assert list(rows(past.book)) == list(rows(copy))


# --- history ---------------------------------------------------------------------------------------------------------


def told(ward: Ward, **asked: object) -> Past:
    """A history, now."""
    return history(ward.book, now=ward.local, **asked)


@pytest.mark.req("E6-2.12.2")
def test_the_history_of_a_dose_is_everything_that_belongs_to_it(ward: Ward) -> None:
    """T3: the order, the release and the judgement of a dose are what one asks for with the dose."""
    ward.given("3mg")
    ward.now += 20 * HOUR
    start = at(ward.given("10mg"))
    end = ward.do("nurse.1", "correct", entry=f"#{start + 1}", set=["given=9mg"], reason="transcription")
    found = told(ward, patient=PATIENT, record="dose:2")
    kinds = ["dose.ordered/1", "order.checked/1", "dose.released/1", "premedication.given/1", "infusion.started/1"]
    assert [*kinds, "infusion.completed/1", "tolerance.assessed/1"] == list(
        dict.fromkeys(row.record_kind for row in found.rows)
    )
    assert at(end) in {row.position for row in found.rows}
    assert start == found.record
    assert {start} == {row.record for row in told(ward, record=f"#{start}").rows}
    amounts = told(ward, patient=PATIENT, record="dose:2", field="given_mg").rows
    assert [(None, "10"), ("10", "9")] == [(row.old, row.new) for row in amounts]


def test_a_record_is_found_by_its_correction_too(ward: Ward) -> None:
    """Whoever points at the correction wants to see what it corrects."""
    dose = at(recorded(ward, "30mg", MONDAY))
    fix = ward.do("nurse.1", "correct", entry=f"#{dose}", set=["given=3mg"], reason="transcription")
    signed = ward.do("pi.1", "countersign", entry=fix)
    for name in (f"#{dose}", fix, signed):
        assert dose == told(ward, record=name).record
        assert {dose, at(fix), at(signed)} == {row.position for row in told(ward, record=name).rows}
    assert {"pi.1"} == {row.person for row in told(ward, record=fix, person="pi.1").rows}
    assert [None] == [row.in_force for row in told(ward, record=fix, known_at=at(fix) + 1).rows][-1:]


def test_a_record_that_is_not_there_is_an_error(ward: Ward) -> None:
    """An empty answer would read as 'never changed'."""
    recorded(ward, "3mg", MONDAY)
    for record, patient in (("dose:2", PATIENT), ("dose:1", None), ("toxicity:1", PATIENT), ("dose:1", "P-9")):
        with pytest.raises(BadInput):
            named(ward.book, record, patient=patient, now=ward.local)
    ward.enrol("P-002")
    with pytest.raises(BadInput):
        named(ward.book, f"#{ward.book.size - 1}", patient=PATIENT, now=ward.local)


def test_what_was_known_then_stands_apart_from_what_was_changed_since(ward: Ward) -> None:
    """T4: a decision is judged by what its author could know, not by what was corrected a day later."""
    first = recorded(ward, "30mg", MONDAY)
    second = at(recorded(ward, "10mg", MONDAY + timedelta(days=1)))
    ward.do("nurse.1", "correct", entry=first, set=["given=3mg"], reason="transcription", wit=("pi.1",))
    ward.do("nurse.1", "correct", entry=f"#{second}", set=["given=9mg"], reason="transcription", wit=("pi.1",))
    found = then(ward.book, ward.book.entry(second), now=ward.local)
    assert (second, second, "30") == (found.entry, found.status.size, found.status.doses[0].given_mg)
    assert [(at(first), "30", "3")] == [(row.record, row.old, row.new) for row in found.later]
    with pytest.raises(BadInput):
        then(ward.book, ward.book.entry(1), now=ward.local)


def test_the_history_of_everything_is_the_whole_trail(past: Ward) -> None:
    """A pattern across patients is seen only where no patient is left out."""
    assert list(rows(past.book)) == list(told(past).rows)
    assert {row.position for row in log(past.book)} == {row.position for row in told(past).rows}


def test_a_correction_takes_no_query_sign_off_or_lock_out(ward: Ward) -> None:
    """An inspector would read that the sign-off, the query and the lock were taken back when a weight was corrected."""
    reviewed(ward)
    amends = [row for row in rows(ward.book, patient=PATIENT) if row.transaction in ("correct", "void")]
    assert [("weight_kg", "70", "71", "kg")] == [(row.field, row.old, row.new, row.unit) for row in amends]
