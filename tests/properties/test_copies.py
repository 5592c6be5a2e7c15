"""Copies: every form gives back the very bytes, verifies as what it is, and answers like the ledger it was made of."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from acts import PATIENT, Ward, founded, key
from copying import Forms, entries
from dosed import eventful
from minting import START, Site

from ledger.book import Ledger
from ledger.copies import form_of, open_copy
from ledger.copies.lines import stub
from ledger.errors import BadInput, DoseLedgerError, Refused, Unavailable
from ledger.events.patient import PatientMeasured
from ledger.merkle.note import VerifierKey
from ledger.merkle.tree import leaf_hash
from ledger.verify import Outside, verify, verify_path
from projections import patient
from projections.cohort import board
from projections.export import jsonl
from projections.export.scope import withheld

OTHER = "P-002"
FORMS = ("lines", "bag", "archive", "dossier")


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Two patients, one of them eventful; refused attempts on both; what is said of one beside the streams."""
    folder = tmp_path_factory.mktemp("ward")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as found:
        eventful(found)
        found.enrol(OTHER)
        found.given("3mg", number=OTHER)
        for number in (PATIENT, OTHER):
            with pytest.raises(Refused):
                found.ordered("30mg", number=number)
        found.do("pharm.1", "lot quarantine", lot="A1", agent="alemtuzumab", why=f"seen beside {OTHER}")
        yield found


@pytest.fixture(scope="module")
def whole(ward: Ward, tmp_path_factory: pytest.TempPathFactory) -> Forms:
    """The ledger in every form; nobody changes it."""
    return Forms.of(ward.book, tmp_path_factory.mktemp("copies") / "whole")


@pytest.fixture(scope="module")
def part(ward: Ward, tmp_path_factory: pytest.TempPathFactory) -> Forms:
    """The same for one patient."""
    return Forms.of(ward.book, tmp_path_factory.mktemp("copies") / "part", PATIENT)


def shown(book: Ledger, ward: Ward, number: str = PATIENT) -> bytes:
    """A patient's card as JSON, findings with it."""
    return msgspec.json.encode(patient.status(book, number, now=ward.local))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_back_the_bytes(form: str, whole: Forms, ward: Ward) -> None:
    """An inspector's copy of a signed order with one other byte is a copy of nothing."""
    book = ward.book
    with open_copy(getattr(whole, form)) as copy:
        assert [raw for _, raw in book.raws()] == copy.raws(0, copy.size)
        assert list(book.checkpoints(book.size)) == copy.notes(1, book.size + 1)
        assert [None] == copy.raws(copy.size, copy.size + 1)
        texts = list(copy.texts())
        assert texts
        assert [book.salted(one) for one in texts] == [copy.text(one) for one in texts]
        assert [book.blob(one) for one in jsonl.digests(book, book.size)] == [
            copy.blob(one) for one in jsonl.digests(book, book.size)
        ]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_verifies_as_a_copy(form: str, whole: Forms, ward: Ward) -> None:
    """A copy that passed as the ledger itself would promise what only something outside can show."""
    report = verify_path(getattr(whole, form))
    assert ("self-consistent", 0, ()) == (report.verdict, report.exit_code, report.findings)
    assert (ward.book.size, ward.book.root().hex(), ward.book.id) == (report.entries, report.root, report.ledger)
    around = {"lines": (), "dossier": ("the page around the record",)}.get(form, ("who signed the manifests",))
    assert ("outside anchors", "derived columns", *around) == report.not_checked
    assert report.anchor.startswith("not anchored: the ledger id")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_answers_like_the_ledger(form: str, whole: Forms, ward: Ward) -> None:
    """What the inspector reads from a stick must be what the ward reads from the ledger."""
    with Ledger.open(getattr(whole, form), read_only=True) as book:
        assert shown(ward.book, ward) == shown(book, ward)
        assert msgspec.json.encode(board(ward.book, now=ward.local)) == msgspec.json.encode(board(book, now=ward.local))
        assert (ward.book.head(), ward.book.checkpoint()) == (book.head(), book.checkpoint())
        assert ward.book.prove(7) == book.prove(7)
        assert "self-consistent" == verify(book).verdict
        with pytest.raises(Unavailable):
            book.append([ward.book.raw(3)], now=ward.now)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scope", ["whole", "part"])
def test_a_copy_of_a_copy_has_the_same_bytes(
    form: str, scope: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """What was handed on twice could no longer be compared with what was handed out."""
    forms = request.getfixturevalue(scope)
    with Ledger.open(getattr(forms, form), read_only=True) as book:
        jsonl.directory(book, tmp_path / "again")
    for name in ("entries.jsonl", "texts.jsonl", "checkpoints.jsonl"):
        assert (forms.lines / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_what_was_unpacked_is_removed(whole: Forms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A patient's record would stay behind on the inspector's borrowed machine."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for path in whole.all():
        verify_path(path)
        with Ledger.open(path, read_only=True) as book:
            assert [one.stat().st_mode & 0o777 for one in tmp_path.iterdir()] == [0o700]
            assert book.size
        assert [] == list(tmp_path.iterdir())


# --- what is known outside -----------------------------------------------------------------------------------


def vkey(ward: Ward, public: bytes | None = None) -> VerifierKey:
    """The log's verifier key, as it stands on paper."""
    return VerifierKey(name=ward.book.origin, public=public or key("log").public.raw)


def test_the_paper_makes_it_more_than_a_copy(whole: Forms, ward: Ward) -> None:
    """Without the id from the trial master file, a wholly invented ledger verifies as well as the real one."""
    for outside in (Outside(ledger=ward.book.id), Outside(log_key=vkey(ward))):
        report = verify_path(whole.lines, outside=outside)
        assert ("ok-unanchored", ()) == (report.verdict, report.findings)
    report = verify_path(whole.lines, trusted=ward.book.checkpoint_at(30))
    assert ("ok", 0) == (report.verdict, report.exit_code)
    assert "trusted checkpoint" in report.checked


def test_another_id_key_or_head_is_a_fork(whole: Forms, ward: Ward, tmp_path: Path) -> None:
    """The copy of another trial would be inspected in place of this one."""
    for outside in (Outside(ledger="0" * 64), Outside(log_key=vkey(ward, b"\x07" * 32))):
        report = verify_path(whole.lines, outside=outside)
        assert ("fork", 8, [None]) == (report.verdict, report.exit_code, [one.position for one in report.findings])
    jsonl.directory(ward.book, tmp_path / "early", size=30)
    assert "stale" == verify_path(tmp_path / "early", trusted=ward.book.checkpoint()).verdict


# --- lines alone, and what is no copy ------------------------------------------------------------------------


def test_lines_alone_are_not_failed_for_what_they_lack(whole: Forms, ward: Ward) -> None:
    """One file mailed to a sponsor is worth a verification, and must not claim what it cannot show."""
    report = verify_path(whole.lines / "entries.jsonl")
    assert ("self-consistent", ()) == (report.verdict, report.findings)
    assert {"texts", "blobs", "checkpoints", "derived columns"} <= set(report.not_checked)
    assert set() == set(report.checked) & {"texts", "blobs", "checkpoints"}
    with pytest.raises(Unavailable):
        Ledger.open(whole.lines / "entries.jsonl", read_only=True)


def test_what_is_no_copy_is_refused(tmp_path: Path) -> None:
    """A wrong path must not look like a record in which nothing is wrong."""
    (tmp_path / "note.txt").write_text("no ledger")
    (tmp_path / "empty").mkdir()
    for name in ("note.txt", "empty", "nothing"):
        assert form_of(str(tmp_path / name)) is None
        with pytest.raises(Unavailable):
            open_copy(tmp_path / name)
        assert "failed" == verify_path(tmp_path / name).verdict


def test_an_export_is_of_a_signed_head(tmp_path: Path) -> None:
    """A copy that ends within an act has no checkpoint of its end, and would fail at every verification."""
    with closing(Site(tmp_path / "trial.ledger").staffed().book) as book:
        site = Site(tmp_path / "trial.ledger", join=True, now=START + timedelta(days=1))
        weights = (PatientMeasured(weight_kg="70", height_cm=None), PatientMeasured(weight_kg="71", height_cm=None))
        site.store(*site.act("patient/001-001", *weights, by="nina"))
        site.book.close()
        with pytest.raises(BadInput):
            jsonl.directory(book, tmp_path / "out", size=book.size - 1)
        assert not (tmp_path / "out").exists()


# --- withheld entries ----------------------------------------------------------------------------------------


def about(ward: Ward, number: str) -> set[int]:
    """The positions of a patient's own entries."""
    return {entry.position for entry in ward.book.stream(f"patient/{number}")}


def test_the_others_are_withheld_wherever_they_are_named(ward: Ward) -> None:
    """A copy for one patient's monitor would carry another patient's refused order, or his number in a remark."""
    hidden = withheld(ward.book, [PATIENT], ward.book.size)
    assert about(ward, OTHER) <= hidden
    assert not hidden & about(ward, PATIENT)
    beside = [ward.book.entry(position) for position in sorted(hidden - about(ward, OTHER))]
    assert {"entry.refused/1": 1, "lot.quarantined/1": 1} == {
        kind: [one.kind for one in beside].count(kind) for kind in {one.kind for one in beside}
    }
    assert [f"patient/{OTHER}"] == [s for one in beside if one.kind == "entry.refused/1" for s in one.event.streams]
    assert frozenset() == withheld(ward.book, [], ward.book.size)
    with pytest.raises(BadInput):
        withheld(ward.book, ["P-099"], ward.book.size)


def test_nothing_of_the_others_is_in_the_copy(part: Forms, ward: Ward) -> None:
    """A withheld text that lies in the file all the same is not withheld."""
    hidden = withheld(ward.book, [PATIENT], ward.book.size)
    lines = entries(part.lines)
    assert [stub(ward.book.leaf(at)) for at in sorted(hidden)] == [lines[at] for at in sorted(hidden)]
    assert [ward.book.raw(at) for at in range(ward.book.size) if at not in hidden] == [
        line for at, line in enumerate(lines) if at not in hidden
    ]
    for path in part.lines.rglob("*"):
        assert not path.is_file() or OTHER.encode() not in path.read_bytes(), path
    with Ledger.open(part.dossier, read_only=True) as book:
        assert (f"patient/{PATIENT}",) == book.streams("patient/")


@pytest.mark.parametrize("form", FORMS)
def test_the_tree_holds_and_the_gaps_are_said(form: str, part: Forms, ward: Ward) -> None:
    """A gap that is passed over in silence hides the dose that was left out of the copy."""
    hidden = sorted(withheld(ward.book, [PATIENT], ward.book.size))
    report = verify_path(getattr(part, form), trusted=ward.book.checkpoint())
    assert ("ok", (), len(hidden)) == (report.verdict, report.findings, report.withheld)
    assert ward.book.root().hex() == report.root
    said = [line for line in report.not_checked if line.startswith(f"{len(hidden)} withheld entries")]
    assert 1 == len(said)
    assert f"(#{hidden[0]}-" in said[0]


@pytest.mark.parametrize("form", FORMS)
def test_a_part_answers_for_its_patient(form: str, part: Forms, ward: Ward) -> None:
    """The monitor of one patient must see the same course as the ward, and no sign of another's."""
    hidden = withheld(ward.book, [PATIENT], ward.book.size)
    with Ledger.open(getattr(part, form), read_only=True) as book:
        assert shown(ward.book, ward) == shown(book, ward)
        assert tuple(sorted(hidden)) == book.withheld()
        assert (ward.book.size, ward.book.root(), ward.book.checkpoint()) == (book.size, book.root(), book.checkpoint())
        assert [p for p in range(book.size) if p not in hidden] == [entry.position for entry in book.entries()]
        assert {ward.book.leaf(at) for at in hidden} == {book.leaf(at) for at in hidden}
        assert ward.book.prove(min(hidden)) == book.prove(min(hidden))
        assert ward.book.log_time(book.size - 1) >= book.log_time(book.size - 1)
        with pytest.raises(BadInput):
            book.entry(min(hidden))
        with pytest.raises(DoseLedgerError):
            patient.status(book, OTHER, now=ward.local)


def test_what_rests_on_a_withheld_entry_is_not_judged_and_is_said(whole: Forms, ward: Ward, tmp_path: Path) -> None:
    """Somebody who withholds an order could make its release look false, or look as if it had been checked."""
    jsonl.directory(ward.book, tmp_path / "copy")
    lines = entries(whole.lines)
    kinds = [entry.kind for entry in ward.book.entries()]
    fix = kinds.index("entry.corrected/1")
    target = ward.book.entry(fix).payload.corrects
    assert target is not None
    assert target.position is not None
    lines[target.position] = stub(leaf_hash(lines[target.position]))
    (tmp_path / "copy" / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    report = verify_path(tmp_path / "copy")
    assert ("self-consistent", ()) == (report.verdict, report.findings)
    said = next(line for line in report.not_checked if line.startswith("what "))
    assert f"#{fix}" in said


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_any_entry_may_be_withheld_but_the_first(at: int, whole: Forms, ward: Ward, tmp_path: Path) -> None:
    """Whatever a sponsor leaves out, the rest must not be called false for it; without its beginning it is nothing."""
    lines = entries(whole.lines)
    at = min(at, len(lines) - 1)
    authority = ward.book.entry(at).stream in {"study", "people"}
    jsonl.directory(ward.book, tmp_path / "copy")
    lines[at] = stub(leaf_hash(lines[at]))
    (tmp_path / "copy" / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    report = verify_path(tmp_path / "copy")
    if at == 0:
        assert ("failed", {"genesis"}) == (report.verdict, {one.code for one in report.findings})
    elif authority:
        assert {one.code for one in report.findings} <= {"signer", "key", "delegation", "protocol", "blob"}
    else:
        assert ("self-consistent", (), 1) == (report.verdict, report.findings, report.withheld)
