"""NCI's workbook as a dictionary: what is taken over, what is left behind, and what is said of a file that differs."""

from __future__ import annotations

import zipfile
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from acts import MONDAY, PATIENT, ZONE, Ward, key
from workbooks import CARDIAC, HEAD, ROWS, workbook

from commands import study
from commands.draft import Circumstances
from commands.perform import perform
from commands.sealing import Hand
from commands.verbs import Reading, build
from ledger.errors import BadInput, Question, Refused
from ledger.protocol.bundled import bundled
from ledger.protocol.dictionary import load_dictionary
from ledger.protocol.model import load as protocol
from ledger.protocol.workbook import PUBLISHED, read_workbook

FILE = workbook()
OWN = {version: load_dictionary(bundled(f"ctcae-{version}")) for version in PUBLISHED}


def load(ward: Ward, data: bytes, *, accept: bool = True, by: str = "crc.1") -> int:
    """Load a workbook, and give the position of its entry."""
    act = study.LoadDictionary(publisher="ctcae", workbook=data, accept_differences=accept)
    hands = [Hand(by, key(by))]
    return perform(act, ward.book, ward.post, hands, Circumstances(), command=ward.command()).receipts[0].position


def test_terms_classes_and_grades_are_taken_over() -> None:
    """A toxicity that only the full table has cannot be graded, or is given a grade that it does not have."""
    found = read_workbook(FILE, OWN)
    terms = found.dictionary.terms
    assert (4, sha256(FILE).hexdigest()) == (found.terms, found.workbook)
    assert ("5.0", 4) == (found.dictionary.version, len(terms))
    assert [(CARDIAC, (2, 3)), (CARDIAC, (1,))] == [
        (terms[name].organ_class, terms[name].grades)
        for name in ("made-up-for-this-test-with-a-comma", "made-up-for-this-test-with-a-comma-2")
    ]


def test_our_own_terms_keep_their_tokens_words_and_limits() -> None:
    """Loading the full table turns off the check of a neutrophil grade against its count."""
    found = read_workbook(FILE, OWN).dictionary
    ours = OWN["5.0"].term("neutrophil-count-decreased")
    assert ours == found.term("Neutrophil count decreased")
    assert ours.limits is not None


def test_no_codes_and_no_texts_of_the_publisher_are_kept() -> None:
    """The record passes on licensed codes that the site may not pass on."""
    kept = read_workbook(FILE, OWN).dictionary.data
    assert [] == [secret for secret in (b"1000227", b"10029366", b"publisher's") if secret in kept]


def test_what_differs_from_the_published_table_is_said() -> None:
    """A cut-off download becomes the dictionary of the trial, and nobody knows."""
    rows = (("1", "Investigations", "Neutrophil count decreased", (1, 2)),)
    said = read_workbook(workbook(rows), OWN).differences
    assert "it holds 1 terms, the published CTCAE 5.0 837" == said[0]
    assert "it lacks Anemia" in said
    assert "Neutrophil count decreased has grades 1,2 there, here 1,2,3,4" in said


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a workbook"),
        (b"PK\x03\x04 nothing of the kind", "not a workbook"),
        (workbook(title="Something else"), "no sheet"),
        (workbook(title="CTCAE v4.0 Clean Copy"), "CTCAE 4.0"),
        (workbook(head=[name for name in HEAD if name != "CTCAE Term"]), "does not name its columns"),
        (workbook([("1", CARDIAC, "No grade at all", ())]), "row 2"),
        (workbook([*ROWS, ROWS[0]]), "twice"),
    ],
)
def test_a_file_that_is_no_such_workbook_is_refused(data: bytes, says: str) -> None:
    """A broken file ends the program in the middle, or half of a table is taken for all of it."""
    with pytest.raises(BadInput, match=says):
        read_workbook(data, OWN)


def test_a_file_that_unfolds_without_end_is_refused() -> None:
    """One file that somebody sends stops the machine at the ward."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (65 * 2**20))
    with pytest.raises(BadInput, match="unfolds"):
        read_workbook(out.getvalue(), OWN)


def test_the_loaded_dictionary_is_the_one_of_later_grades(ward: Ward) -> None:
    """A grade names a table that does not have its term, so nobody can say later what the grade meant."""
    with pytest.raises(BadInput, match="no term"):
        ward.do("nurse.1", "toxicity report", patient=PATIENT, term="Made up for this test, with a comma")
    position = load(ward, FILE)
    digest = read_workbook(FILE, OWN).dictionary.digest
    event = ward.book.entry(position).event
    assert (digest, 4, sha256(FILE).hexdigest()) == (event.dictionary.digest, event.terms, event.workbook)
    sick = ward.do("nurse.1", "toxicity report", patient=PATIENT, term="Made up for this test, with a comma")
    with pytest.raises(Refused, match="available 2,3"):
        ward.do("inv.1", "toxicity grade", toxicity=sick, grade=4)
    grade = ward.do("inv.1", "toxicity grade", toxicity=sick, grade=3)
    named = ward.book.entry(int(grade[1:])).payload.dictionary
    assert ("5.0", digest) == (named.ctcae, named.digest)
    assert "ok" == ward.report().verdict[:2]


def test_a_file_that_differs_is_taken_only_when_somebody_says_so(ward: Ward) -> None:
    """The trial grades by a damaged table that nobody chose."""
    before = ward.head()
    with pytest.raises(Question, match=r"published CTCAE 5\.0 837"):
        load(ward, FILE, accept=False)
    assert before == ward.head()


def test_the_same_dictionary_is_not_loaded_twice(ward: Ward) -> None:
    """The record seems to say that the table changed when it did not."""
    load(ward, FILE)
    with pytest.raises(BadInput, match="already in force"):
        load(ward, FILE)


@pytest.fixture
def ward(tmp_path: Path):
    """A founded site."""
    with closing(Ward.founded(tmp_path / "trial.ledger")) as ward:
        yield ward


def test_the_command_reads_the_file_that_is_named(ward: Ward) -> None:
    """The coordinator names a file, and another one is loaded."""
    reading = Reading(ward.local, ZONE.key, {"nci.xlsx": FILE}.__getitem__)
    said = {"publisher": "ctcae", "file": "nci.xlsx", "accept-differences": True}
    act, _ = build("dictionary load", said, reading)
    assert study.LoadDictionary(publisher="ctcae", workbook=FILE, accept_differences=True) == act


def test_a_grade_is_of_the_dictionary_in_force_when_it_began(ward: Ward) -> None:
    """A grade given today for last week is read by a table that did not hold last week."""
    ward.now = MONDAY
    sick = ward.do("nurse.1", "toxicity report", patient=PATIENT, term="neutropenia")
    pack = protocol(bundled("nct00983528-demo"), overrides={"dictionary": "6.0"})
    ward.now += timedelta(days=7)
    act = study.ActivateProtocol(pack=pack.data, dictionary=bundled("ctcae-6.0"))
    perform(act, ward.book, ward.post, [Hand("pi.1", key("pi.1"))], Circumstances(), command=ward.command())
    count = {"toxicity": sick, "lab_value": "300", "lab_unit": "/uL"}
    then = ward.do("inv.1", "toxicity grade", grade=4, **count, **{"from": "2010-03-02T10:00"})
    now = ward.do("inv.1", "toxicity grade", grade=3, **count)
    named = [ward.book.entry(int(entry[1:])).payload.dictionary.ctcae for entry in (then, now)]
    assert ["5.0", "6.0"] == named
