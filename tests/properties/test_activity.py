"""What one person did, and what came between two heads: complete, and nobody is given what he did not do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from acts import DRUG, PATIENT, Ward, founded
from dosed import HOUR, eventful
from minting import Site, committed

from ledger.errors import BadInput, IntegrityFailure, Refused
from ledger.events.exports import ExportMade
from ledger.events.record import EntryRefused
from projections.activity import Activity, activity
from projections.difference import difference


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """The eventful patient, a dose on order, and a refused order; the tests only read them."""
    folder = tmp_path_factory.mktemp("ward")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as found:
        eventful(found)
        with pytest.raises(Refused):
            found.ordered("30mg")
        found.now += 20 * HOUR
        said = {"patient": PATIENT, "drug": DRUG, "given": "3mg", "lot": "A1", "checked_by": "pharm.1"}
        found.do("nurse.1", "dose record", at="2010-03-02T20:00-08:00", until="2010-03-02T22:00-08:00", **said)
        yield found


def parts(found: Activity) -> dict[str, set[str]]:
    """The kinds of entries by the part taken in them."""
    told: dict[str, set[str]] = {}
    for row in found.rows:
        told.setdefault(row.part, set()).add(row.kind)
    return told


@pytest.mark.req("FQ11")
def test_everything_that_a_person_signed_is_there(ward: Ward) -> None:
    """T12: an act that is left out of a person's list is the one that nobody asks about."""
    for person in (*ward.book.roster().people, "ws1"):
        found = activity(ward.book, person)
        signed = [e.position for e in ward.book.entries() for s in e.signers if s.person == person]
        assert signed == [row.position for row in found.rows if row.part == "signed"]
        assert all(row.signature is not None and row.signature.person == person for row in found.rows if row.signature)
        assert dict(found.counts) == {part: sum(r.part == part for r in found.rows) for part in found.counts}


def test_what_was_only_said_of_a_person_is_not_shown_as_his_act(ward: Ward) -> None:
    """A refused order typed in the investigator's name would be held against her."""
    found = activity(ward.book, "inv.1")
    refused = [row for row in found.rows if row.kind == "entry.refused/1"]
    assert [("attempted", None)] == [(row.part, row.signature) for row in refused]
    assert "the step is" in str(refused[0].answer)
    assert {"infusion.recorded/1"} == parts(activity(ward.book, "pharm.1"))["named"]
    assert "named" not in parts(activity(ward.book, "pharm.2"))


def test_what_was_typed_in_somebodys_name_is_a_claim(tmp_path: Path) -> None:
    """Whoever sits at an open terminal can write any name; the trail must not turn that into a person's act."""
    site = Site(tmp_path / "trial.ledger").staffed()
    (asked, first), (answered, second) = (committed(words) for words in ("dose order 30 mg", "the step is 3 mg"))
    attempt = EntryRefused(
        act="dose-order",
        streams=("patient/001-001",),
        rules=("A-LADDER",),
        exit=3,
        claimed_by="ivan",
        proof="none",
        signature=None,
        input=asked,
        answer=answered,
        count=1,
    )
    site.write("attempts/001", attempt, by="ward-1", texts={asked: first, answered: second})
    made = ExportMade(
        form="odm",
        size=3,
        root=site.book.root_at(3).hex(),
        digest="11" * 32,
        streams=(),
        name=None,
        claimed_by="ivan",
        recipient=None,
    )
    site.write("exports/001", made, by="ward-1")
    found = activity(site.book, "ivan")
    assert [
        ("claimed", "entry.refused/1", None, "the step is 3 mg"),
        ("claimed", "export.made/1", None, None),
    ] == [(row.part, row.kind, row.signature, row.answer) for row in found.rows][-2:]
    assert {"claimed": 2} == found.counts
    assert {"signed": 2} == activity(site.book, "ward-1").counts
    site.book.close()


def test_activity_is_narrowed_by_time(ward: Ward) -> None:
    """A monitor asks what was done since her last visit, not since the beginning."""
    whole = activity(ward.book, "nurse.1")
    middle = whole.rows[3].position
    assert whole.rows[:3] == activity(ward.book, "nurse.1", until=middle).rows
    assert whole.rows[3:] == activity(ward.book, "nurse.1", since=middle).rows
    assert whole.rows == activity(ward.book, "nurse.1", until=ward.now + timedelta(days=1)).rows
    assert () == activity(ward.book, "nurse.9").rows[1:]
    with pytest.raises(BadInput):
        activity(ward.book, "nobody")


def test_a_signature_and_a_correction_name_what_they_are_about(ward: Ward) -> None:
    """'Countersigned' alone does not tell the inspector what was approved."""
    said = {row.kind: row.what for row in activity(ward.book, "pi.1", since=25).rows}
    assert said["entry.countersigned/1"].startswith("signs #")
    fix = next(row for row in activity(ward.book, "nurse.1").rows if row.kind == "entry.corrected/1")
    assert fix.what.endswith("(of #26)")


# --- between two heads -----------------------------------------------------------------------------------------------


@pytest.mark.req("P11-10a")
def test_the_difference_is_what_was_appended_and_what_it_changed(ward: Ward) -> None:
    """T22: the correction between two exports would be found only by reading both."""
    found = difference(ward.book, 30, 27, now=ward.local)
    assert (27, 30) == (found.first.size, found.second.size)
    assert [27, 28, 29] == [row.position for row in found.appended]
    assert ward.book.root_at(27).hex() == found.first.root
    assert [(PATIENT, "3", "10")] == [
        (one.patient, one.before, one.after) for one in found.patients if one.field == "protocol_step_mg"
    ]
    findings = next(one for one in found.patients if one.field == "findings")
    assert ("A-LADDER@26" in str(findings.before), "A-LADDER@26" in str(findings.after)) == (True, False)


def test_equal_heads_differ_in_nothing_and_the_beginning_is_a_head(ward: Ward) -> None:
    """A difference where there is none makes people look for a change that never was."""
    size = ward.book.size
    same = difference(ward.book, size, size, now=ward.local, roots={size: ward.book.root()})
    assert ((), ()) == (same.appended, same.patients)
    whole = difference(ward.book, 0, size, now=ward.local)
    assert (size, None) == (len(whole.appended), whole.first.at)
    assert (PATIENT, None, "ON_TREATMENT") in {
        (one.patient, one.before, one.after) for one in whole.patients if one.field == "state"
    }


@pytest.mark.req("EM-A4")
def test_a_head_that_was_seen_and_is_not_in_the_log_is_an_integrity_failure(ward: Ward) -> None:
    """Entries that were replaced between two visits would pass as 'appended'."""
    with pytest.raises(IntegrityFailure):
        difference(ward.book, 27, 30, now=ward.local, roots={27: ward.book.root_at(28)})
    with pytest.raises(IntegrityFailure):
        difference(ward.book, 27, 30, now=ward.local, roots={30: bytes(32)})
    with pytest.raises(IntegrityFailure):
        difference(ward.book, 27, 999, now=ward.local, roots={999: ward.book.root()})
    with pytest.raises(BadInput):
        difference(ward.book, 27, 999, now=ward.local)
