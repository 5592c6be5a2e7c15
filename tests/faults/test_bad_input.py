"""What cannot be done is refused in a sentence with the documented code, and nothing of it is written."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import acted
import pytest
from acts import DRUG, MONDAY, PATIENT, ZONE, Ward, founded, key

from commands.people import key_request
from commands.perform import Hand, perform
from commands.post import Ids
from commands.verbs import Reading, build
from ledger.book import Ledger
from ledger.errors import (
    BadInput,
    Conflict,
    DoseLedgerError,
    IntegrityFailure,
    NotAllowed,
    Question,
    Refused,
    Unavailable,
)
from ledger.verify import verify_path

CODES = {BadInput: 2, Question: 2, Refused: 3, NotAllowed: 4, Conflict: 5, Unavailable: 6, IntegrityFailure: 8}
ORDER = {"patient": PATIENT, "drug": DRUG, "amount": "3mg", "for": "11:00"}
RECORD = {"patient": PATIENT, "drug": DRUG, "given": "3mg", "at": "06:00"}
RELEASE = {"order": "ORDER", "lot": "A1", "prepared": "3mg"}


@dataclass(frozen=True)
class Bad:
    """One act that cannot be done: by whom, what is said, and how it is refused."""

    by: str
    verb: str
    said: Mapping[str, object]
    kind: type[DoseLedgerError]
    words: str
    wit: tuple[str, ...] = ()
    rules: tuple[str, ...] = field(default=())


CASES = {
    "a wrong unit": Bad("inv.1", "dose order", {**ORDER, "amount": "3mL"}, BadInput, "not in mg"),
    "no unit": Bad("inv.1", "dose order", {**ORDER, "amount": "3"}, BadInput, "not an amount"),
    "micrograms": Bad("inv.1", "dose order", {**ORDER, "amount": "3µg"}, BadInput, "not in mg"),
    "a comma": Bad("inv.1", "dose order", {**ORDER, "amount": "3,5mg"}, BadInput, "not an amount"),
    "a negative amount": Bad("nurse.1", "dose record", {**RECORD, "given": "-3mg"}, BadInput, "not an amount"),
    "an exponent": Bad("nurse.1", "dose record", {**RECORD, "given": "3e1mg"}, BadInput, "not"),
    "too many digits": Bad("nurse.1", "dose record", {**RECORD, "given": "3.123456789mg"}, BadInput, "too many"),
    "another drug": Bad("inv.1", "dose order", {**ORDER, "drug": "aspirin"}, BadInput, "aspirin"),
    "an unknown patient": Bad("inv.1", "dose order", {**ORDER, "patient": "P-404"}, BadInput, "no patient P-404"),
    "a patient like a path": Bad("inv.1", "dose order", {**ORDER, "patient": "../x"}, BadInput, "no patient"),
    "an unknown option": Bad("inv.1", "dose order", {**ORDER, "colour": "red"}, BadInput, "no option"),
    "an unknown command": Bad("inv.1", "dose double", {}, BadInput, "no command"),
    "no amount": Bad("inv.1", "dose order", {**ORDER, "amount": None}, BadInput, "needs amount"),
    "no such hour": Bad("inv.1", "dose order", {**ORDER, "for": "25:00"}, BadInput, "not a time"),
    "no such day": Bad("inv.1", "dose order", {**ORDER, "for": "2010-02-30 10:00"}, BadInput, "not a day"),
    "an hour that is left out": Bad(
        "inv.1", "dose order", {**ORDER, "for": "2010-03-14 02:30"}, Question, "does not exist"
    ),
    "an hour that comes twice": Bad("nurse.1", "dose record", {**RECORD, "at": "2009-11-01 01:30"}, Question, "twice"),
    "tomorrow": Bad(
        "nurse.1",
        "dose record",
        {**RECORD, "at": "2010-03-02 10:00", "until": "2010-03-02 12:00"},
        Refused,
        "in the future",
        rules=("D-TIME",),
    ),
    "tomorrow as a day": Bad(
        "crc.1",
        "patient consent",
        {"patient": PATIENT, "form": "v2", "signed_on": "2010-03-02"},
        Refused,
        "in the future",
        rules=("D-TIME",),
    ),
    "an end to come": Bad(
        "nurse.1", "dose record", {**RECORD, "until": "2010-03-01 18:00"}, Refused, "in the future", rules=("D-TIME",)
    ),
    "an end before the start": Bad(
        "nurse.1", "dose record", {**RECORD, "until": "05:00"}, Refused, "before the start", rules=("D-TIME",)
    ),
    "a grade that the term lacks": Bad(
        "inv.1", "toxicity grade", {"toxicity": "TLS", "grade": 2}, Refused, "grade", rules=("T-GRADE",)
    ),
    "no grade at all": Bad("inv.1", "toxicity grade", {"toxicity": "TLS", "grade": "severe"}, BadInput, "whole number"),
    "an unknown term": Bad("nurse.1", "toxicity report", {"patient": PATIENT, "term": "vapours"}, BadInput, "vapours"),
    "grade seven": Bad("inv.1", "tolerance assess", {"dose": "DOSE", "worst": 7}, BadInput, "not a grade"),
    "a grade 3 called tolerated": Bad(
        "inv.1",
        "tolerance assess",
        {"dose": "DOSE", "worst": 3, "tolerated": "yes"},
        Refused,
        "grade 3",
        rules=("A-TOL",),
    ),
    "a tolerance of an order": Bad("inv.1", "tolerance assess", {"dose": "ORDER", "worst": 0}, BadInput, "not a dose"),
    "a tolerance of a lot": Bad(
        "inv.1", "tolerance assess", {"dose": "LOT", "worst": 0}, BadInput, "not about a patient"
    ),
    "an entry to come": Bad("inv.1", "tolerance assess", {"dose": "#999", "worst": 0}, BadInput, "999"),
    "a stranger": Bad("doc.9", "dose order", ORDER, NotAllowed, "not enrolled"),
    "a stranger as witness": Bad("pharm.1", "dose release", RELEASE, NotAllowed, "not enrolled", wit=("doc.9",)),
    "a nurse who orders": Bad("nurse.1", "dose order", ORDER, NotAllowed, "may not sign"),
    "a registrar who records": Bad("reg.1", "dose record", RECORD, NotAllowed, "may not sign"),
    "nobody's delegate": Bad(
        "nurse.9", "dose start", {"order": "ORDER", "wristband": PATIENT}, NotAllowed, "no delegation", wit=("nurse.2",)
    ),
    "one nurse twice": Bad(
        "nurse.1",
        "dose start",
        {"order": "ORDER", "wristband": PATIENT},
        Refused,
        "cannot be both",
        wit=("nurse.1",),
        rules=("S-2P",),
    ),
    "one pharmacist twice": Bad("pharm.1", "dose release", RELEASE, NotAllowed, "twice", wit=("pharm.1",)),
    "one registrar twice": Bad(
        "reg.1", "person enrol", {"request": "REQUEST", "role": ["nurse"]}, NotAllowed, "twice", wit=("reg.1",)
    ),
    "alone": Bad(
        "nurse.1", "dose start", {"order": "ORDER", "wristband": PATIENT}, Refused, "second person", rules=("S-2P",)
    ),
    "another wristband": Bad(
        "nurse.1",
        "dose start",
        {"order": "ORDER", "wristband": "P-002"},
        Refused,
        "wristband",
        wit=("nurse.2",),
        rules=("S-ID",),
    ),
    "vials that do not add up": Bad(
        "pharm.1", "dose release", {**RELEASE, "waste": "1mg"}, BadInput, "not 1 vials", wit=("pharm.2",)
    ),
    "an unknown lot": Bad(
        "pharm.1", "dose release", {**RELEASE, "lot": "Z9"}, Refused, "not received", wit=("pharm.2",), rules=("S-LOT",)
    ),
    "a correction of nothing": Bad(
        "nurse.1", "correct", {"entry": "DOSE", "reason": "transcription"}, BadInput, "nothing"
    ),
    "a correction without a reason": Bad(
        "nurse.1", "correct", {"entry": "DOSE", "set": ["given=1mg"]}, BadInput, "reason"
    ),
    "a field that is not there": Bad(
        "nurse.1", "correct", {"entry": "DOSE", "set": ["colour=1"], "reason": "test"}, BadInput, "no field"
    ),
    "a void of what was given on": Bad(
        "inv.1", "void", {"entry": "GIVEN", "reason": "test"}, Refused, "given on", rules=("S-ORDER",)
    ),
    "a dose moved to come": Bad(
        "nurse.1",
        "correct",
        {"entry": "DOSE", "at": "2010-05-01 10:00", "reason": "test"},
        Refused,
        "",
        rules=("D-TIME",),
    ),
}


@dataclass
class Site:
    """A ward with a dose, an order that is ready, and a toxicity; and where they stand."""

    ward: Ward
    places: dict[str, str]

    def said(self, said: Mapping[str, object]) -> dict[str, object]:
        """What is said, with the names of entries in place of the words for them."""
        return {
            name: self.places.get(value, value) if isinstance(value, str) else value for name, value in said.items()
        }


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], datetime]:
    """The ledger that every case is tried on: nothing that is refused changes it."""
    path = tmp_path_factory.mktemp("original") / "trial.ledger"
    founded(path)
    with closing(Ward.open(path, now=MONDAY - timedelta(days=1))) as ward:
        dose = ward.given("3mg")
        order = ward.ordered("10mg", **{"for": "2010-03-01T10:30-08:00"})
        ward.do("pharm.1", "dose pharmacy-check", order=order)
        started = ward.book.entry(int(dose[1:])).event.order
        ids = Ids(ward.tick(), ward.random)
        person = {"now": ward.now, "new_id": ids}
        places = {
            "REQUEST": key_request("nurse.7", "Nurse Seven", "Demo Site", key("nurse.7"), **person),
            "DOSE": dose,
            "ORDER": order,
            "GIVEN": f"#{ward.book.find(started).position}",
            "TLS": ward.do("nurse.1", "toxicity report", patient=PATIENT, term="tumor-lysis-syndrome"),
            "LOT": f"#{ward.book.stream(ward.book.streams('supply/')[0])[0].position}",
        }
        return path, places, MONDAY


@pytest.fixture
def site(original: tuple[Path, dict[str, str], datetime], tmp_path: Path) -> Iterator[Site]:
    """A copy of it, at ten on Monday."""
    path, places, now = original
    with closing(Ward.copy(path, tmp_path / "trial.ledger", seed="bad", now=now)) as ward:
        yield Site(ward, places)


@pytest.mark.parametrize("bad", CASES.values(), ids=CASES)
def test_what_cannot_be_done(site: Site, bad: Bad) -> None:
    """A slip of the finger would be signed, or the nurse would read a traceback instead of what to do."""
    ward = site.ward
    size, root = ward.head()
    with pytest.raises(DoseLedgerError) as caught:
        ward.act(bad.by, bad.verb, wit=bad.wit, **site.said(bad.said))
    error = caught.value
    assert (bad.kind, CODES[bad.kind]) == (type(error), error.exit_code), error.what
    assert bad.words in f"{error.what} {error.why}"
    assert set(bad.rules) <= set(getattr(error, "rules", ()))
    kept = error.exit_code in {3, 4, 5}
    assert size + kept == ward.book.size
    assert root == ward.book.root_at(size)
    assert (size if kept else None) == error.attempt
    assert [] == [e.kind for e in ward.book.entries(size) if e.kind != "entry.refused/1"]
    assert list(ward.book.audit()) == []


def test_what_can_be_done_in_the_hour_that_comes_again(site: Site) -> None:
    """For one night hour of the year every entry would be refused as if it lay in the future."""
    ward = site.ward
    ward.now = datetime(2010, 11, 7, 9, 30, tzinfo=UTC)
    ward.act("nurse.1", "patient measure", **WEIGHT)
    newest = list(ward.book.stream(f"patient/{PATIENT}"))[-1]
    assert ("patient.measured/1", "2010-11-07T01:30-08:00") == (newest.kind, newest.payload.occurred.at)


def test_a_key_of_somebody_else(site: Site) -> None:
    """Whoever holds any key could sign as the physician."""
    ward = site.ward
    before = ward.head()
    what, beside = build(
        "hold place", {"patient": PATIENT, "drug": DRUG, "why": "other"}, Reading(MONDAY, ZONE.key, str)
    )
    for name in ("nobody", "nurse.1"):
        with pytest.raises((NotAllowed, IntegrityFailure)) as caught:
            perform(what, ward.book, ward.post, [Hand("inv.1", key(name))], beside, command=ward.command())
        assert caught.value.exit_code in {4, 8}
    kinds = {entry.kind for entry in ward.book.entries(before[0])}
    assert kinds <= {"entry.refused/1"}
    assert ward.report().findings == ()


WEIGHT = {"patient": PATIENT, "weight": "70kg"}
OTHERS = {
    "another weight": ("nurse.1", "patient measure", {**WEIGHT, "weight": "71kg"}),
    "another act": ("nurse.1", "premed give", {"subject": PATIENT, "set": True}),
    "another stream": (
        "pharm.1",
        "lot receive",
        {"agent": DRUG, "lot": "B2", "strength": "30mg", "vials": 1, "expiry": "2011-12-31"},
    ),
}


@pytest.mark.parametrize(("by", "verb", "said"), OTHERS.values(), ids=OTHERS)
def test_a_command_id_with_another_body(site: Site, by: str, verb: str, said: dict[str, object]) -> None:
    """The second of two acts would be reported as done, and never written."""
    ward = site.ward
    command = ward.command()
    first = ward.act("nurse.1", "patient measure", command=command, **WEIGHT).receipts
    before = ward.head()
    with pytest.raises(Conflict) as caught:
        ward.act(by, verb, command=command, **said)
    assert (first[0].position, 5) == (caught.value.winner, caught.value.exit_code)
    assert before == ward.head()
    assert first == ward.act("nurse.1", "patient measure", command=command, **WEIGHT).receipts


VALUES = {
    "a grade": ("inv.1", "tolerance assess", {"dose": "DOSE", "worst": 0}, {"worst": 1}),
    "yes or no": ("inv.1", "tolerance assess", {"dose": "DOSE", "worst": 0, "tolerated": "no"}, {"tolerated": "yes"}),
    "a reason": ("inv.1", "dose cancel", {"order": "ORDER", "why": "fever"}, {"why": "logistics"}),
    "a term": ("nurse.1", "toxicity report", {"patient": PATIENT, "term": "IRR"}, {"term": "fever"}),
    "an entry": ("inv.1", "countersign", {"entry": "DOSE"}, {"entry": "TLS"}),
    "an amount": (
        "nurse.1",
        "correct",
        {"entry": "END", "set": ["given=2mg"], "reason": "test"},
        {"set": ["given=1mg"]},
    ),
    "a share": ("nurse.1", "dose record", {**RECORD, "given": "3mg"}, {"given": "10mg"}),
    "a test": (
        "crc.1",
        "lab record",
        {"patient": PATIENT, "test": "anc", "value": "300", "unit": "/uL"},
        {"test": "plt"},
    ),
}


@pytest.mark.parametrize(("by", "verb", "said", "other"), VALUES.values(), ids=VALUES)
def test_a_command_id_with_another_value(
    site: Site, by: str, verb: str, said: dict[str, object], other: dict[str, object]
) -> None:
    """What was typed the second time would be taken for recorded, though the first is what stands."""
    ward = site.ward
    end = next(e for e in ward.book.stream(f"patient/{PATIENT}") if e.kind == "infusion.completed/1")
    site.places["END"] = f"#{end.position}"
    command = ward.command()
    first = ward.act(by, verb, command=command, **site.said(said))
    before = ward.head()
    with pytest.raises(Conflict, match="used before"):
        ward.act(by, verb, command=command, **site.said({**said, **other}))
    assert before == ward.head()
    again = ward.act(by, verb, command=command, **site.said(said))
    assert (first.receipts, True) == (again.receipts, again.repeated)


# --- the file ----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that somebody else can read too."""
    found = Path(tempfile.mkdtemp())
    found.chmod(0o755)
    yield found
    found.chmod(0o755)
    shutil.rmtree(found)


@pytest.mark.parametrize(
    ("how", "words"), [("full", ("OutcomeUnknown 9", "did not confirm")), ("read-only", ("Unavailable 6", "cannot be"))]
)
def test_nowhere_to_write(
    original: tuple[Path, dict[str, str], datetime], folder: Path, how: str, words: tuple[str, str]
) -> None:
    """On a full or protected disk a dose would look recorded, or the ledger would be damaged by the attempt."""
    path = folder / "trial.ledger"
    shutil.copyfile(original[0], path)
    path.chmod(0o644)
    before = path.read_bytes()
    command = [sys.executable, acted.__file__, "spoiled", how, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ("", 0) == (done.stderr, done.returncode)
    first, *said = done.stdout.splitlines()
    assert 1 == len(said), said
    assert all(word in said[0] for word in words), said
    folder.chmod(0o755)
    path.chmod(0o644)
    if how == "read-only":
        assert before == path.read_bytes()
    size = int(first.removeprefix("before "))
    with closing(Ward.open(path, seed="later", now=acted.AFTER)) as ward:
        assert ward.report().findings == ()
        assert ward.book.size >= size
        grown = ward.book.size
        ward.do("nurse.1", "premed give", subject=PATIENT, set=True)
        assert grown + 1 == ward.book.size


def test_no_more_pages(site: Site) -> None:
    """A database that may not grow would keep half of a premedication."""
    ward = site.ward
    connection = ward.book._reader.database.connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(Unavailable, match="disk is full"):
        acted.filled(ward)
    before = ward.head()
    with pytest.raises(Unavailable, match="disk is full"):
        acted.filled(ward)
    assert before == ward.head()
    connection.execute("PRAGMA max_page_count=1000000")
    assert ward.report().findings == ()


def test_a_ledger_opened_for_reading(site: Site) -> None:
    """The inspector's screen would write into the record."""
    before = Path(site.ward.book.path).read_bytes()
    site.ward.close()
    site.ward.book = Ledger.open(site.ward.book.path, read_only=True)
    with pytest.raises(Unavailable, match="reading only"):
        site.ward.do("nurse.1", "premed give", subject=PATIENT, set=True)
    assert before == Path(site.ward.book.path).read_bytes()


def spoil(path: Path, how: str) -> None:
    """Make a ledger file into something that it must not be."""
    if how == "another program's":
        path.unlink()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE notes (text)")
        return
    if how == "a text":
        path.write_text("These are no entries.\n" * 400, encoding="utf-8")
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "newer":
        with closing(sqlite3.connect(path)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute(f"PRAGMA user_version={version + 1}")
    elif how == "cut off":
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("how", "code"), [("another program's", 6), ("a text", 6), ("empty", 6), ("newer", 6), ("cut off", 8)]
)
def test_a_file_that_is_no_ledger(site: Site, how: str, code: int) -> None:
    """A dose would be written into whatever file happened to have the name."""
    path = Path(site.ward.book.path)
    site.ward.close()
    spoil(path, how)
    before = path.read_bytes()

    def act() -> None:
        with closing(Ward.open(path, now=MONDAY)) as ward:
            ward.do("nurse.1", "premed give", subject=PATIENT, set=True)

    with pytest.raises((Unavailable, IntegrityFailure)) as caught:
        act()
    assert code == caught.value.exit_code
    assert caught.value.fix
    assert before == path.read_bytes()
    assert "failed" == verify_path(path).verdict


def test_every_page_that_may_be_damaged(site: Site) -> None:
    """One bad sector under a dose would be read as another dose, or end the inspection without a word."""
    path = Path(site.ward.book.path)
    site.ward.close()
    whole = path.read_bytes()
    size = int.from_bytes(whole[16:18], "big")
    ended: set[str] = set()
    for page in range(len(whole) // size):
        data = bytearray(whole)
        data[page * size : (page + 1) * size] = bytes(b ^ 0x5A for b in data[page * size : (page + 1) * size])
        path.write_bytes(data)
        assert "failed" == verify_path(path).verdict, page
        ended.add(tried(path, bytes(data)))
    assert ended <= {"nothing", "Unavailable", "IntegrityFailure", "Malformed"}
    assert "IntegrityFailure" in ended


def tried(path: Path, data: bytes) -> str:
    """Act on a damaged ledger: it is done where the damage was not met, else a class of ours and nothing written."""
    try:
        with closing(Ward.open(path, now=MONDAY)) as ward:
            ward.do("nurse.1", "premed give", subject=PATIENT, set=True)
    except (Unavailable, IntegrityFailure) as error:
        assert data == path.read_bytes()
        return type(error).__name__
    return "nothing"
