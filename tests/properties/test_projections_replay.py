"""The same record, read as of another time or in another order, says what it must."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from acts import DRUG, MONDAY, PATIENT, Ward, founded, key
from dosed import HOUR, eventful, recorded
from hypothesis import given
from hypothesis import strategies as st

from ledger import codec
from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.study import ProtocolActivated
from ledger.signing import jws
from projections.patient import card, status
from projections.replay import PatientAt, open_patient, window

ROOT = Path(__file__).parents[2]
ABOUT_OTHERS = (EntryCorrected, EntryCountersigned, EntryVoided)


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A ledger with an eventful patient; the tests only read it."""
    folder = tmp_path_factory.mktemp("ward")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as found:
        eventful(found)
        yield found


@pytest.fixture(scope="module")
def opened(ward: Ward) -> PatientAt:
    """The patient now."""
    return open_patient(ward.book, PATIENT, window(ward.book, now=ward.local))


def commitments(book: Ledger, start: int, stop: int) -> list[str]:
    """The texts that some entries name."""
    return [one for _, raw in book.raws(start, stop) for one in codec.commitments(jws.parse(raw).payload)]


def digests(entries: Sequence[Entry]) -> list[str]:
    """The files that some entries bring."""
    events = [entry.event for entry in entries if isinstance(entry.event, ProtocolActivated)]
    return [digest for event in events for digest in (event.pack.digest, event.dictionary.digest)]


def append_act(cut: Ledger, whole: Ledger, start: int, stop: int, ward: Ward) -> None:
    """Write the entries of one act into the cut ledger too."""
    new = {one for one in commitments(whole, start, stop) if cut.text(one) is None}
    cut.append(
        [raw for _, raw in whole.raws(start, stop)],
        now=ward.now,
        texts={one: found for one in new if (found := whole.salted(one)) is not None},
        blobs={one: whole.blob(one) for one in digests(list(whole.entries(start, stop)))},
    )


def test_known_at_shows_what_the_ledger_of_that_size_showed(ward: Ward, tmp_path: Path) -> None:
    """'What did you know when you gave it' would be answered with what is known today."""
    book, compared = ward.book, 0
    with closing(Ledger.create(tmp_path / "cut", book.raw(0), log_signer=key("log"), now=ward.now)) as cut:
        while cut.size < book.size:
            start = cut.size
            append_act(cut, book, start, start + book.entry(start).payload.command.of, ward)
            if cut.stream(f"patient/{PATIENT}"):
                known = window(book, now=ward.local, known_at=cut.size).at
                assert status(cut, PATIENT, now=known) == status(book, PATIENT, now=ward.local, known_at=cut.size)
                compared += 1
    assert compared > 15


def test_a_log_time_is_the_same_as_its_size(ward: Ward) -> None:
    """A monitor who asks by the hour and one who asks by number would see two histories."""
    for size in range(ward.book.size - 8, ward.book.size + 1):
        at = ward.book.log_time(size - 1)
        by_time = status(ward.book, PATIENT, now=ward.local, known_at=at)
        assert by_time == status(ward.book, PATIENT, now=ward.local, known_at=by_time.size)
        assert by_time.size >= size
        assert ward.book.log_time(by_time.size - 1) == at


def test_there_is_no_known_at_beyond_the_log(ward: Ward) -> None:
    """A number that was never reached would be answered as if it were known."""
    for size in (0, -1, ward.book.size + 1):
        with pytest.raises(BadInput):
            window(ward.book, now=ward.local, known_at=size)


@given(data=st.data())
def test_facts_read_in_any_order_give_the_same_card(opened: PatientAt, data: st.DataObject) -> None:
    """Two nurses who write at the same time would make another dose due, depending on whose entry came first."""
    facts = [entry for entry in opened.entries if not isinstance(entry.event, ABOUT_OTHERS)]
    others = [entry for entry in opened.entries if isinstance(entry.event, ABOUT_OTHERS)]
    shuffled = data.draw(st.permutations(facts))
    assert card(opened) == card(replace(opened, entries=(*shuffled, *others)))


def test_valid_at_leaves_out_what_happened_later(ward: Ward) -> None:
    """The state on the morning of a dose would show the reaction of its afternoon."""
    before = status(ward.book, PATIENT, now=ward.local, valid_at=MONDAY + 12 * HOUR)
    assert (1, "10", 1, ()) == (before.step_up.counted, before.step_up.protocol_step_mg, len(before.doses), before.aes)
    assert ward.book.size == before.size
    now = status(ward.book, PATIENT, now=ward.local)
    assert (2, None, 2, 1) == (now.step_up.counted, now.step_up.protocol_step_mg, len(now.doses), len(now.aes))


def test_valid_at_is_a_day_of_the_site_and_moves_the_gap(ward: Ward) -> None:
    """Seven days are counted in the hospital's calendar; judged in UTC the steps would start again a day early."""
    states = []
    for hours in (7 * 24 + 13.5, 7 * 24 + 14.5):
        at = MONDAY + timedelta(days=1, hours=hours - 24)
        states.append(status(ward.book, PATIENT, now=ward.local, valid_at=at).valid_at)
    assert ["2010-03-08T23:30-08:00", "2010-03-09T00:30-08:00"] == states


@pytest.mark.rule("A-GAP")
def test_the_course_lapses_at_midnight_of_the_site(tmp_path: Path) -> None:
    """Judged in UTC, a dose on the evening of the sixth day would be refused or start again at 3 mg."""
    with closing(Ward.copy(founded(tmp_path / "begun"), tmp_path / "trial")) as one:
        dose = recorded(one, "3mg", MONDAY)
        one.now += 2 * HOUR
        one.do("inv.1", "tolerance assess", dose=dose, worst=0)
        evening = MONDAY.replace(hour=23, minute=59) + timedelta(days=6)
        found = [status(one.book, PATIENT, now=one.local, valid_at=at).step_up for at in (evening, evening + HOUR)]
        assert [("ESCALATING", "10"), ("LAPSED", "3")] == [(course.state, course.protocol_step_mg) for course in found]
        assert ("A-GAP", f"entry {dose[1:]}") == found[1].because


def test_the_end_of_a_day_holds_what_is_known_only_to_the_day(tmp_path: Path) -> None:
    """A consent without its hour would be missing on the very day on which it was signed."""
    with closing(Ward.copy(founded(tmp_path / "begun"), tmp_path / "trial")) as one:
        one.do("crc.1", "patient register", patient="P-002", sex="F", birth_year=1970)
        one.do("inv.1", "patient consent", patient="P-002", form="v1", signed_on="2010-03-01")
        end = MONDAY.replace(hour=23, minute=59, second=59)
        assert "CONSENTED" == status(one.book, "P-002", now=one.local, valid_at=end).state
        assert "IDENTIFIED" == status(one.book, "P-002", now=one.local, valid_at=end - HOUR).state
        assert "CONSENTED" == status(one.book, "P-002", now=one.local).state


def test_a_dose_of_another_drug_is_not_counted_as_a_step(tmp_path: Path) -> None:
    """A dose of the second drug would use up one of the twelve of the first."""
    with closing(Ward.copy(founded(tmp_path / "begun"), tmp_path / "trial")) as one:
        recorded(one, "3mg", MONDAY)
        one.now += 24 * HOUR
        one.do("nurse.1", "dose record", patient=PATIENT, drug="clofarabine", given="36.4mg", at="10:00", until="12:00")
        found = status(one.book, PATIENT, now=one.local)
        assert (1, "3", [DRUG, "clofarabine"]) == (
            found.step_up.counted,
            found.step_up.cumulative_mg,
            [dose.drug for dose in found.doses],
        )
        assert [("pending", "3"), (None, None)] == [(dose.tolerance, dose.step_mg) for dose in found.doses]


@pytest.mark.parametrize("module", ["patient", "audit", "people", "replay"])
def test_a_look_at_a_patient_loads_no_keys_and_no_event_store(module: str) -> None:
    """At the bedside a card that takes seconds to appear is not looked at."""
    heavy = "{'eventsourcing', 'cryptography', 'bcrypt', 'typer', 'rich'}"
    program = f"import sys, projections.{module}; print(*sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert [] == found.stdout.split()
