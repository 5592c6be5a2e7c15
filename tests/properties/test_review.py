"""Review and closing through the commands: what is due, stale, asked, locked and deleted, as people read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from acts import PATIENT, Ward, founded
from msgspec.structs import asdict

from commands.cli import beforehand, outbox
from commands.post import Parcel
from commands.review import QUESTIONS
from ledger.errors import BadInput, Conflict, NotAllowed, Refused
from ledger.events.registry import KINDS
from projections.export import jsonl
from projections.find.found import Ask
from projections.find.queries import QUERIES
from projections.find.signoff import post_signoff_changes
from projections.queue import queue
from projections.relied import relied
from projections.review import asked, signoff, trail

SECRET = "Maria Musterfrau of 12 Example Street"
SECOND = "P-002"


class Clinic(Ward):
    """A ward with a monitor, and what was written on the way by its name."""

    names: dict[str, str]

    def of(self, number: str = PATIENT) -> signoff.PatientSignOff:
        """The sign-offs of a patient now."""
        (row,) = signoff.status(self.book, now=self.local, patient=number).rows
        return row

    def place(self, name: str) -> int:
        """The position of what was written under this name."""
        return int(self.names[name].removeprefix("#"))


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """A patient who was signed off, corrected, signed off again; queries; source verification; a review; locks."""
    folder = tmp_path_factory.mktemp("clinic")
    ward = Clinic.copy(founded(folder / "founded.ledger"), folder / "trial.ledger")
    assert isinstance(ward, Clinic)
    ward.do("reg.1", "person enrol", wit=("reg.2",), request=ward.request("mon.1"), role=["monitor"])
    ward.enrol(SECOND)
    names = ward.names = {}
    names["weight"] = ward.do("crc.1", "patient measure", patient=PATIENT, weight="70kg")
    names["other"] = ward.do("crc.1", "patient measure", patient=PATIENT, weight="69kg", at="09:00")
    names["first"] = ward.do("pi.1", "signoff", patient=PATIENT)
    ward.now += timedelta(days=1)
    names["query"] = ward.do("mon.1", "query open", entry=names["weight"], question="70 or 71?", field="weight")
    names["answer"] = ward.do("crc.1", "query answer", query=names["query"], answer="71, see the chart")
    said = {"entry": names["weight"], "set": ["weight=71kg"], "reason": "query-answer", "query": names["query"]}
    names["fix"] = ward.do("crc.1", "correct", **said)
    names["closed"] = ward.do("mon.1", "query close", query=names["query"], outcome="corrected")
    at = {"at": "2010-02-28", "reason": "late-entry", "reason_text": SECRET}
    names["late"] = ward.do("crc.1", "patient measure", patient=PATIENT, weight="68kg", **at)
    names["compared"] = ward.do("mon.1", "review source", entries=[names["weight"], names["other"]])
    said = {"entry": names["other"], "set": ["weight=67kg"], "reason": "transcription"}
    names["second fix"] = ward.do("crc.1", "correct", **said)
    names["review"] = ward.do("mon.1", "review run", findings="two weights", query=[names["query"]])
    names["open"] = ward.do("inv.1", "query open", entry=names["late"], question="which scale?")
    yield ward
    ward.close()


# --- sign-off


@pytest.mark.req("P11-50b")
def test_a_sign_off_is_stale_from_the_first_change_on(clinic: Clinic) -> None:
    """The principal investigator would answer for values that were changed behind his back (T19)."""
    row = clinic.of()
    (signed,) = row.sign_offs
    assert ("stale", "stale", "Pi.1") == (row.state, signed.state, row.last_by)
    late = [("fix", "corrected"), ("late", "added late"), ("second fix", "corrected")]
    assert [(clinic.place(name), why) for name, why in late] == [(one.entry, one.why) for one in signed.stale_by]
    assert tuple(clinic.place(name) for name, _ in late) == row.stale
    (by,) = signed.signed
    assert ("Pi.1", "responsibility") == (by.name, by.meaning)
    assert by.at.endswith("-08:00")


def test_before_the_change_it_stood(clinic: Clinic) -> None:
    """A replay of an earlier day would show a doubt that nobody could have had."""
    (row,) = signoff.status(clinic.book, now=clinic.local, patient=PATIENT, known_at=clinic.place("first") + 1).rows
    assert ("signed off", 0, ()) == (row.state, row.due, row.gaps)
    assert row.entries == row.covered


def test_who_was_never_signed_off_is_due(clinic: Clinic) -> None:
    """A whole patient could be without oversight, and the list would not say so."""
    row = clinic.of(SECOND)
    assert ("never signed", 4, 0, 4, ()) == (row.state, row.entries, row.covered, row.due, row.gaps)


def test_only_the_delta_is_signed_again(clinic: Clinic, tmp_path: Path) -> None:
    """The principal investigator would sign a year's record anew for one corrected weight, or leave it stale."""
    with closing(again(clinic, tmp_path)) as ward:
        ward.do("pi.1", "signoff", patient=PATIENT)
        row = ward.of()
        assert ("signed off", ["renewed", "stands"]) == (row.state, [one.state for one in row.sign_offs])
        assert row.sign_offs[0].until == row.sign_offs[1].since
        assert () == row.stale
        with pytest.raises(BadInput, match="nothing"):
            ward.do("pi.1", "signoff", patient=PATIENT)
        undo = ward.do("pi.1", "void", entry=f"#{ward.book.size - 1}", reason="entered-in-error")
        ward.do("inv.1", "countersign", entry=undo)
        row = ward.of()
        assert ("stale", "void") == (row.state, row.sign_offs[1].state)
        assert () == ward.report().findings


def test_a_part_can_be_signed_and_the_gap_is_shown(clinic: Clinic, tmp_path: Path) -> None:
    """A sign-off of the newest entries would hide that older ones were never looked at."""
    with closing(again(clinic, tmp_path)) as ward:
        consent, weight = (entry.position for entry in ward.book.stream(f"patient/{SECOND}")[1:3])
        ward.do("pi.1", "signoff", patient=SECOND, since=f"#{weight}", through=f"#{weight}")
        row = ward.of(SECOND)
        assert ("due", 1, 1) == (row.state, row.covered, row.due)
        assert [(consent - 1, consent)] == [(gap.first, gap.last) for gap in row.gaps]
        with pytest.raises(BadInput, match="not about"):
            ward.do("pi.1", "signoff", patient=SECOND, since=clinic.names["weight"])


def test_nobody_but_the_principal_investigator_signs_off(clinic: Clinic) -> None:
    """A sub-investigator's signature would stand for the oversight that the law asks of one person."""
    with pytest.raises(NotAllowed):
        clinic.plan("inv.1", "signoff", patient=PATIENT)


# --- queries


@pytest.mark.req("EM-6.2.1e")
def test_queries_are_listed_with_what_they_led_to(clinic: Clinic) -> None:
    """The monitor's question would be answered, and nobody could see by which correction."""
    closed, left = asked.queries(clinic.book, now=clinic.local, patient=PATIENT).rows
    assert ("closed", "corrected", "70 or 71?", "71, see the chart", "weight_kg") == (
        closed.state,
        closed.outcome,
        closed.question,
        closed.answer,
        closed.field,
    )
    assert clinic.place("weight") == closed.target
    fix = clinic.book.find(clinic.names["fix"])
    assert clinic.book.find(clinic.names["query"]).id in {ref.id for ref in fix.payload.causes}
    assert ("open", clinic.place("open")) == (left.state, left.entry)
    assert (left,) == asked.queries(clinic.book, now=clinic.local, only_open=True).rows


def test_a_closed_query_is_not_answered_again(clinic: Clinic) -> None:
    """An answer would come after the monitor has drawn his conclusion, unseen."""
    with pytest.raises(Conflict):
        clinic.plan("crc.1", "query answer", query=clinic.names["query"], answer="no, 72")
    with pytest.raises(BadInput, match="no query"):
        clinic.plan("crc.1", "query answer", query=clinic.names["weight"], answer="yes")
    with pytest.raises(BadInput, match="no statement"):
        clinic.plan("mon.1", "query open", entry=clinic.names["query"], question="why?")
    with pytest.raises(BadInput, match="no field"):
        clinic.plan("mon.1", "query open", entry=clinic.names["weight"], question="why?", field="dose")


# --- review of the trail, and comparison with the source


@pytest.mark.req("E6-4.2.3")
def test_the_log_of_reviews_says_who_saw_what_and_what_nobody_saw(clinic: Clinic) -> None:
    """An inspector asks what the audit-trail review found, and would be shown a procedure instead (T23)."""
    log = trail.log(clinic.book, now=clinic.local)
    (row,) = log.reviews
    review = clinic.place("review")
    assert (0, review, "two weights", (clinic.place("query"),)) == (row.since, row.until, row.findings, row.queries)
    assert tuple(sorted(QUERIES)) == row.questions == tuple(sorted(QUESTIONS))
    assert [(review, clinic.book.size)] == [(gap.since, gap.until) for gap in log.gaps]
    first, _ = log.patients
    assert [(clinic.place("open"), clinic.place("open") + 1)] == [(gap.since, gap.until) for gap in first.gaps]
    (fallen,) = first.fell_off
    assert [clinic.place(name) for name in ("other", "compared", "second fix")] == [
        fallen.entry,
        fallen.compared,
        fallen.by,
    ]
    assert 1 == first.compared
    assert clinic.place("second fix") in first.not_compared
    assert clinic.place("fix") not in first.not_compared


def test_a_review_begins_where_the_last_one_ended(clinic: Clinic, tmp_path: Path) -> None:
    """Days between two reviews would be looked at by nobody."""
    with closing(again(clinic, tmp_path)) as ward:
        ward.do("pi.1", "review run", ask=["late"])
        rows = trail.log(ward.book, now=ward.local).reviews
        assert [(0, clinic.place("review")), (clinic.place("review"), clinic.book.size)] == [
            (row.since, row.until) for row in rows
        ]
        ward.do("mon.1", "review run", patient=[SECOND], ask=["late"])
        (one,) = trail.log(ward.book, now=ward.local, patient=SECOND).patients
        assert () == one.gaps


def test_only_what_stands_is_compared(clinic: Clinic) -> None:
    """A monitor could tick off the value that was struck out."""
    (draft,) = clinic.plan("mon.1", "review source", entries=[clinic.names["weight"]]).drafts
    assert (clinic.book.find(clinic.names["fix"]).id,) == asdict(draft.event)["targets"]
    with pytest.raises(BadInput, match="no source"):
        clinic.plan("mon.1", "review source", entries=[clinic.names["query"]])
    other = clinic.book.stream(f"patient/{SECOND}")[0]
    with pytest.raises(BadInput, match="2 entries were named"):
        clinic.plan("mon.1", "review source", entries=[clinic.names["late"], f"#{other.position}"])


def test_changes_after_real_moments_are_found(clinic: Clinic) -> None:
    """A correction after sign-off or after the monitor's visit would look like any other (T13)."""
    rows = post_signoff_changes(clinic.book, Ask(now=clinic.local)).rows
    assert {clinic.place("fix"): ["sign-off"], clinic.place("second fix"): ["sign-off", "source verification"]} == {
        row.position: [one.moment for one in row.after] for row in rows
    }


# --- locks


@pytest.mark.req("E6-4.2.6")
def test_a_locked_record_refuses_and_keeps_the_attempt(clinic: Clinic, tmp_path: Path) -> None:
    """Data would change after the database was closed for analysis (compare OpenClinica's PR 1219)."""
    with closing(again(clinic, tmp_path)) as ward:
        lock = ward.do("pi.1", "lock", patient=PATIENT, until="2010-03-01", wit=("crc.1",))
        size = ward.book.size
        for verb, said in (
            ("patient measure", {"patient": PATIENT, "weight": "72kg", "at": "2010-03-01"}),
            ("correct", {"entry": clinic.names["late"], "set": ["weight=66kg"], "reason": "transcription"}),
            ("void", {"entry": clinic.names["late"], "reason": "duplicate"}),
        ):
            with pytest.raises(Refused) as refused:
                ward.do("crc.1", verb, **said)
            assert ("P-LOCK",) == refused.value.rules
        assert ["entry.refused/1"] * 3 == [entry.kind for entry in ward.book.entries(size)]
        ward.do("crc.1", "patient measure", patient=PATIENT, weight="72kg")
        ward.do("mon.1", "query open", entry=clinic.names["late"], question="and now?")
        with pytest.raises(BadInput, match="reason"):
            ward.do("pi.1", "unlock", lock=PATIENT, wit=("crc.1",))
        with pytest.raises(NotAllowed):
            ward.do("pi.1", "unlock", lock=PATIENT, reason="other")
        ward.do("pi.1", "unlock", lock=PATIENT, reason="new-information", wit=("crc.1",))
        ward.do("crc.1", "void", entry=clinic.names["late"], reason="duplicate")
        (row,) = asked.locks(ward.book, now=ward.local).rows
        assert (int(lock[1:]), "ended", ("Pi.1", "Crc.1"), "new-information") == (
            row.entry,
            row.state,
            row.ended_by,
            row.reason,
        )
        assert () == ward.report().findings


def test_a_lock_of_the_site_closes_every_record(clinic: Clinic, tmp_path: Path) -> None:
    """One patient's record would stay open when the data of the trial are frozen."""
    with closing(again(clinic, tmp_path)) as ward:
        lock = ward.do("pi.1", "lock", site=True, wit=("crc.1",))
        for number in (PATIENT, SECOND):
            with pytest.raises(Refused):
                ward.do("crc.1", "patient measure", patient=number, weight="72kg")
        with pytest.raises(BadInput, match="name a patient"):
            ward.do("pi.1", "lock", wit=("crc.1",))
        ward.do("pi.1", "unlock", lock=lock, reason="other", wit=("crc.1",))
        ward.do("crc.1", "patient measure", patient=SECOND, weight="72kg")
        with pytest.raises(Conflict):
            ward.do("pi.1", "unlock", lock=lock, reason="other", wit=("crc.1",))


# --- redaction


@pytest.mark.req("E6-4.2.2b")
def test_redacted_words_leave_the_file_and_every_export(clinic: Clinic, tmp_path: Path) -> None:
    """A name that got into the record could never be taken out of it, or not without breaking the proof."""
    with closing(again(clinic, tmp_path)) as ward:
        path, late = tmp_path / "again.ledger", clinic.names["late"]
        assert SECRET.encode() in path.read_bytes()
        plan = ward.plan("pi.1", "redact", entry=late, reason="privacy", wit=("crc.1",))
        assert any(SECRET in line for line in beforehand.lines(plan.drafts[0], ward.book))
        with pytest.raises(NotAllowed):
            ward.do("pi.1", "redact", entry=late, reason="privacy")
        with pytest.raises(BadInput, match="one reason"):
            ward.do("pi.1", "redact", entry=late, reason="other", wit=("crc.1",))
        head = ward.book.size, ward.book.root()
        ward.do("pi.1", "redact", entry=late, reason="privacy", wit=("crc.1",))
        wal = path.with_name(f"{path.name}-wal")
        assert not [name for name in (path, wal) if name.exists() and SECRET.encode() in name.read_bytes()]
        assert head[1] == ward.book.root_at(head[0])
        report = ward.report()
        assert () == report.findings
        assert ["redacted"] == [notice.code for notice in report.notices if notice.position == head[0]]
        made = jsonl.directory(ward.book, tmp_path / "out")
        assert () == made.missing  # the copy says who deleted it
        with pytest.raises(BadInput, match="deleted later"):
            jsonl.directory(ward.book, tmp_path / "before", size=head[0])
        assert not (tmp_path / "before").exists()
        assert not [name for name in (tmp_path / "out").rglob("*") if name.is_file() and SECRET in name.read_text()]
        with pytest.raises(BadInput, match="no text is left"):
            ward.do("pi.1", "redact", entry=late, reason="privacy", wit=("crc.1",))


@pytest.mark.req("E6-4.2.2b")
def test_the_outbox_forgets_redacted_words(clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words would be sent again from the machine that once could not deliver them."""
    monkeypatch.setenv("DOSELEDGER_STATE", str(tmp_path))
    gone, stays = (f"sha256:{digit * 64}" for digit in "ab")
    texts = {gone: (bytes(32), SECRET.encode()), stays: (bytes(32), b"harmless")}
    outbox.keeper(clinic.book.id)(Parcel(clinic.command(), (b"{}",), texts, {}))
    outbox.set_aside(clinic.book.id, outbox.waiting(clinic.book.id)[0])
    outbox.keeper(clinic.book.id)(Parcel(clinic.command(), (b"{}",), texts, {}))
    outbox.forget(clinic.book.id, (gone,))
    left = [json.loads(path.read_bytes())["texts"] for path in sorted(outbox.folder(clinic.book.id).iterdir())]
    assert [{stays}, {stays}] == [set(one) for one in left]


# --- what a signer sees, and what relied on a value


def test_a_corrected_value_names_the_decisions_that_rest_on_it(clinic: Clinic, tmp_path: Path) -> None:
    """A dose that was worked out from a wrong weight would not be looked at again."""
    with closing(again(clinic, tmp_path)) as ward:
        order = ward.ordered("3mg")
        rows = relied(ward.book, ward.book.find(clinic.names["weight"]))
        assert [int(order[1:])] == [row.entry for row in rows]
        said = {"entry": clinic.names["weight"], "set": ["weight=60kg"], "reason": "transcription"}
        plan = ward.plan("crc.1", "correct", **said)
        assert "    1 later act relied on this:" == beforehand.lines(plan.drafts[0], ward.book)[0]


def test_a_signer_sees_what_a_sign_off_and_a_review_cover(clinic: Clinic) -> None:
    """A signature would be under positions and a digest, which nobody can read."""
    (draft,) = clinic.plan("pi.1", "signoff", patient=PATIENT).drafts
    lines = "\n".join(beforehand.lines(draft, clinic.book))
    assert "weight 67 kg" in lines
    (draft,) = clinic.plan("mon.1", "review run", since="#0").drafts
    lines = "\n".join(beforehand.lines(draft, clinic.book))
    assert "post-signoff-changes: 2 found" in lines
    (draft,) = clinic.plan("pi.1", "lock", patient=PATIENT, wit=("crc.1",)).drafts
    lines = "\n".join(beforehand.lines(draft, clinic.book))
    assert f"query #{clinic.place('open')}" in lines
    assert "P-001 is stale" in lines


def test_the_queue_is_that_of_one_person(clinic: Clinic, tmp_path: Path) -> None:
    """The principal investigator would look through everybody's missing signatures for his own."""
    with closing(again(clinic, tmp_path)) as ward:
        void = ward.do("crc.1", "void", entry=clinic.names["late"], reason="duplicate")
        found = {name: queue(ward.book, now=ward.local, person=name).signatures for name in ("pi.1", "crc.1", "mon.1")}
        assert [int(void[1:])] == [row.entry for row in found["pi.1"]]
        assert () == found["crc.1"] == found["mon.1"]


def test_reviews_are_no_facts_of_the_patient(clinic: Clinic) -> None:
    """A question would count as an observation, or move one of the same day."""
    kinds = {fact.kind for fact in clinic.file().history.facts}
    assert not [kind for kind in kinds if KINDS[kind].rank >= 60]


def again(clinic: Clinic, folder: Path) -> Clinic:
    """The same clinic on a copy of its ledger, to go on from."""
    path = Path(clinic.book.path)
    clinic.close()  # what was written is in the file then, and in none beside it
    ward = Clinic.copy(path, folder / "again.ledger", seed="again", now=clinic.now)
    clinic.book = Clinic.open(path).book
    assert isinstance(ward, Clinic)
    return ward
