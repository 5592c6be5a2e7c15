"""The inspection bundle: complete, the same each time, nothing of others in it, and accepted by stock tools."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from base64 import urlsafe_b64decode
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import bagit
import bundles
import pytest
import small_copy
from acts import PATIENT
from jsonschema import Draft202012Validator

from ledger.book import Ledger
from ledger.codec import commitments
from ledger.errors import BadInput
from ledger.events.registry import KINDS
from ledger.signing import jws
from ledger.verify import verify_path
from projections import patient
from projections.certificate.counted import digest_of
from projections.export import jsonl
from projections.export.bundle import vectors
from projections.export.dossier import making

DOCS = Path(__file__).parents[2] / "docs"
FILES = {
    "00-READ-ME-FIRST.html",
    "00-READ-ME-FIRST.txt",
    "01-ledger/FORMAT.md",
    "01-ledger/checkpoints.jsonl",
    "01-ledger/entries.jsonl",
    "01-ledger/entries.schema.json",
    "01-ledger/keys.json",
    "01-ledger/texts.jsonl",
    "02-audit/access-log.csv",
    "02-audit/audit-trail.csv",
    "02-audit/audit-trail.html",
    "02-audit/odm132.xml",
    "02-audit/queries.csv",
    "02-audit/sign-offs.csv",
    "02-audit/signatures.csv",
    "05-protocol/activations.csv",
    "06-state/replay-log.txt",
    "06-state/state-as-of.csv",
    "06-state/state-as-of.json",
    "07-deviations/deviations.csv",
    "07-deviations/notable-entries.csv",
    "07-deviations/unsigned.csv",
    "08-validation/kinds.csv",
    "08-validation/sbom.cdx.json",
    "08-validation/software.txt",
    "08-validation/traceability.md",
    "09-verify/HOWTO.md",
    "09-verify/expected-output.txt",
    "09-verify/test-vectors/expected.json",
    "09-verify/verify.html",
    "09-verify/verify.py",
}
AGAIN = """
import os, sys
sys.path.insert(0, sys.argv[1])
os.umask(int(sys.argv[4]))
import bundles
from ledger.book import Ledger
from pathlib import Path
with Ledger.open(sys.argv[2], read_only=True) as book:
    bundles.bundled(book, Path(sys.argv[3]))
"""


def needs(tool):
    """A test that asks a stock tool."""
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"NOT RUN: there is no {tool} here")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The ward, its bundle as a folder and as a ZIP, and the bundle of one patient."""
    folder = tmp_path_factory.mktemp("bundle")
    with closing(bundles.warded(folder)) as ward:
        whole = bundles.bundled(ward.book, folder / "whole")
        packed = bundles.bundled(ward.book, folder / "whole.zip")
        one = bundles.bundled(ward.book, folder / "one", patients=[PATIENT])
        yield SimpleNamespace(ward=ward, folder=folder, whole=whole, packed=packed, one=one)


def data(made, name, of="whole"):
    """A file of a bundle as text."""
    return (made.folder / of / "data" / name).read_text(encoding="utf-8")


def table(made, name, of="whole"):
    """A table of a bundle."""
    return list(csv.DictReader(data(made, name, of).splitlines()))


# --- what is in it


def test_everything_that_was_promised_is_in_it(made):
    """An inspector would look for the audit trail, the keys or the verifier, and find an empty shelf."""
    base = made.folder / "whole" / "data"
    names = {path.relative_to(base).as_posix() for path in base.rglob("*") if path.is_file()}
    assert set() == FILES - names
    others = {name for name in names - FILES if not name.startswith(("01-ledger/blobs/", vectors.FOLDER))}
    books = {f"03-subjects/{number}.html" for number in (PATIENT, bundles.OTHER)}
    assert {"06-state/cohorts.json", *books} == {name for name in others if not name.startswith("05-protocol/")}


def test_the_record_in_it_is_the_stored_bytes(made):
    """The copy would show another record than the one that was signed (21 CFR 11.10(b))."""
    lines = (made.folder / "whole/data/01-ledger/entries.jsonl").read_bytes().splitlines()
    assert [raw for _, raw in made.ward.book.raws()] == lines
    assert made.ward.book.root().hex() == made.whole.root
    assert "self-consistent" == verify_path(made.whole.path).verdict == made.whole.verdict


def test_the_states_in_it_are_those_of_the_ledger(made):
    """The sponsor would dose by a card that the site never saw."""
    said = json.loads(data(made, "06-state/state-as-of.json"))
    book, size = made.ward.book, made.whole.size
    for card in said["patients"]:
        now = book.log_time(size - 1)
        expected = patient.status(book, card["patient"], now=now, known_at=size)
        assert json.loads(_json(expected)) == card
    assert [PATIENT, bundles.OTHER] == [card["patient"] for card in said["patients"]]
    assert (size, made.whole.root) == (said["size"], said["root"])
    logged = re.findall(r"card sha256 ([0-9a-f]{64})", data(made, "06-state/replay-log.txt"))
    rows = data(made, "06-state/state-as-of.json").splitlines()[1:-1]
    assert logged == [sha256(row.removesuffix(",").encode()).hexdigest() for row in rows]
    assert logged == [row["card"] for row in table(made, "06-state/state-as-of.csv")]


def _json(value):
    import msgspec

    return msgspec.json.encode(value)


def test_the_packs_in_it_are_those_that_were_in_force(made):
    """A dose would be judged by rules that were not those of its day."""
    rows = table(made, "05-protocol/activations.csv")
    assert {"protocol pack", "toxicity dictionary"} == {row["what"] for row in rows}
    for row in rows:
        found = (made.folder / "whole/data/05-protocol" / row["file"]).read_bytes()
        assert row["digest"] == sha256(found).hexdigest()


def test_corrections_and_voids_are_listed(made):
    """What was changed would have to be dug out of the log."""
    rows = table(made, "07-deviations/notable-entries.csv")
    kinds = [entry.kind for entry in made.ward.book.entries(0, made.whole.size)]
    assert kinds.count("entry.corrected/1") == sum(row["why_here"] == "a correction" for row in rows) == 1
    assert kinds.count("entry.voided/1") == sum(row["why_here"] == "a void" for row in rows) == 1


def test_whose_key_was_whose_is_in_it(made):
    """A signature could not be traced to a person once the ledger is gone (21 CFR 11.50)."""
    said = json.loads(data(made, "01-ledger/keys.json"))
    people = {row["person"]: row for row in said["people"]["persons"]}
    for row in table(made, "02-audit/signatures.csv"):
        key = next(key for one in (*people.values(), *said["people"]["devices"]) for key in one["keys"])
        assert row["key"] in said["public"]
        assert key["id"] in said["public"]
    assert ["principal-investigator"] == people["pi.1"]["roles"]


def test_each_entry_is_of_the_schema_beside_it(made):
    """A program that reads the copy by its schema would refuse a true entry."""
    whole = json.loads(data(made, "01-ledger/entries.schema.json"))
    line = Draft202012Validator(whole)
    payload = Draft202012Validator({**whole, "oneOf": [{"$ref": "#/$defs/Payload"}]})
    for raw in data(made, "01-ledger/entries.jsonl").splitlines():
        entry = json.loads(raw)
        line.validate(entry)
        said = json.loads(urlsafe_b64decode(entry["payload"] + "=="))
        payload.validate(said)
        body = {"$ref": whole["kinds"][said["kind"]]}
        Draft202012Validator({**whole, "oneOf": [body]}).validate(said["body"])
    assert set(KINDS) == set(whole["kinds"])


def test_the_first_page_says_how_complete_it_is(made):
    """A copy with a gap would look like a whole one."""
    text = data(made, "00-READ-ME-FIRST.txt")
    assert f"{made.whole.size}, from #0 to #{made.whole.size - 1} without a gap" in text
    assert made.whole.root in text
    assert made.ward.book.id in text
    assert "8" == re.search(r"withheld \(hashes only\) +(\d+)", data(made, "00-READ-ME-FIRST.txt", "one"))[1]


# --- the same each time


def test_made_twice_it_has_the_same_bytes(made, tmp_path):
    """Of two bundles of one day, nobody could say which is the true one."""
    path = made.ward.book.path
    support = Path(bundles.__file__).parent
    env = {**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, "-c", AGAIN, str(support), path, "again.zip", "0"]
    subprocess.run(words, cwd=tmp_path, env=env, check=True)
    assert Path(made.packed.path).read_bytes() == (tmp_path / "again.zip").read_bytes()


def test_folder_and_archive_hold_the_same_files(made):
    """What was checked in the folder would not be what was handed over in the archive."""
    with ZipFile(made.packed.path) as archive:
        inside = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
        assert {made.packed.name} == {name.partition("/")[0] for name in archive.namelist()}
        assert sorted(archive.namelist()) == archive.namelist()
    base = made.folder / "whole"
    assert inside == {p.relative_to(base).as_posix(): p.read_bytes() for p in base.rglob("*") if p.is_file()}
    assert made.whole.digest == made.packed.digest


def test_a_bundle_of_an_earlier_head_is_the_one_that_was_made_then(made, tmp_path):
    """A bundle for a past date would show what nobody knew on that date."""
    ward = made.ward
    size = made.whole.size
    later = bundles.bundled(ward.book, tmp_path / "now", size=size, signed=False)
    again = bundles.bundled(ward.book, tmp_path / "then", size=size - 2)
    assert later.digest == made.whole.digest, "who signs the manifests changes nothing in them"
    assert not (tmp_path / "now" / "signatures").exists()
    assert again.size == size - 2
    assert ward.book.root_at(size - 2).hex() == again.root
    assert "self-consistent" == verify_path(again.path).verdict
    first = bundles.bundled(ward.book, tmp_path / "first", size=1)
    assert (1, "self-consistent") == (first.size, first.verdict), "no pack and no patient was there yet"


def test_a_bundle_made_of_a_bundle_is_the_same(made, tmp_path):
    """The copy of a copy would lose or change something on the way."""
    with Ledger.open(made.packed.path, read_only=True) as copy:
        assert made.whole.digest == bundles.bundled(copy, tmp_path / "again").digest
    with Ledger.open(made.one.path, read_only=True) as copy:
        again = bundles.bundled(copy, tmp_path / "one", patients=[PATIENT])
        assert made.one.digest == again.digest


def test_a_long_record_has_no_page_and_says_so(made, tmp_path, monkeypatch):
    """A browser would stand still over the record of years, and the inspector before it."""
    monkeypatch.setattr(making, "LIMIT", made.whole.size - 1)
    long = bundles.bundled(made.ward.book, tmp_path / "long", size=made.whole.size)
    page = Path("data/09-verify/verify.html")
    assert not (tmp_path / "long" / page).exists()
    assert "No verify.html" in (tmp_path / "long/data/00-READ-ME-FIRST.txt").read_text()
    assert "self-consistent" == verify_path(long.path).verdict
    assert (made.folder / "one" / page).exists(), "of one patient it is short"


def test_each_form_of_copy_is_known_by_the_digest_that_is_recorded(made, tmp_path):
    """A copy could not be found again among the exports of the ledger, and nobody could attest it."""
    book = made.ward.book
    assert made.whole.digest == digest_of(made.whole.path) == digest_of(made.packed.path)
    assert made.whole.digest == sha256((Path(made.whole.path) / "tagmanifest-sha256.txt").read_bytes()).hexdigest()
    jsonl.directory(book, tmp_path / "lines")
    lines = sha256((tmp_path / "lines" / "entries.jsonl").read_bytes()).hexdigest()
    assert lines == digest_of(str(tmp_path / "lines")) == digest_of(str(tmp_path / "lines" / "entries.jsonl"))
    page = making.dossier(book, tmp_path / "page.html", software=bundles.SOFTWARE)
    assert page.digest == digest_of(page.file)


# --- for some patients


def test_nothing_of_others_is_in_the_bundle_of_one(made):
    """A patient's data would go to an inspection that has no business with it."""
    book = made.ward.book
    theirs = [*book.stream(f"patient/{bundles.OTHER}", up_to=made.whole.size), *book.stream("attempts/001")]
    assert "entry.refused/1" == theirs[-1].kind
    named = {bundles.OTHER, bundles.SECRET, *(entry.id for entry in theirs)}
    for entry in theirs:
        raw = book.raw(entry.position)
        named |= {raw.decode(), *commitments(jws.parse(raw).payload)}
        named |= {book.text(one).decode() for one in commitments(jws.parse(raw).payload)}
    found = [
        (path.name, word)
        for path in (made.folder / "one").rglob("*")
        if path.is_file()
        for word in named
        if word.encode() in path.read_bytes()
    ]
    assert [] == found
    assert len(theirs) == made.one.withheld
    assert [PATIENT] == [row["patient"] for row in table(made, "06-state/state-as-of.csv", "one")]


def test_the_card_in_the_bundle_of_one_is_his(made):
    """Leaving others out would change what is known of the one."""
    cards = [json.loads(data(made, "06-state/state-as-of.json", of))["patients"][0] for of in ("whole", "one")]
    times = [(card.pop("known_at"), card.pop("valid_at")) for card in cards]
    assert cards[0] == cards[1]
    assert times[0] > times[1], "the newest entry is of the other patient"


def test_the_chain_of_the_bundle_of_one_still_holds(made):
    """A copy for one patient could be cut anywhere, and nobody would see it."""
    report = verify_path(made.one.path)
    assert ("self-consistent", made.whole.root, ()) == (report.verdict, report.root, report.findings)
    assert any(f"{made.one.withheld} withheld" in said for said in report.not_checked)


def test_nobody_is_exported_whom_nobody_knows(made, tmp_path):
    """A slip in a number would give an empty bundle that looks like a patient without doses."""
    with pytest.raises(BadInput):
        bundles.bundled(made.ward.book, tmp_path / "none", patients=["P-999"])
    with pytest.raises(BadInput):
        bundles.bundled(made.ward.book, Path(made.whole.path))
    assert [] == [path.name for path in tmp_path.iterdir()]


# --- the judges


@pytest.mark.parametrize("of", ["whole", "one"])
def test_the_library_of_congress_accepts_the_bag(made, of):
    """An archive that takes BagIt would turn the bundle away."""
    assert bagit.Bag(str(made.folder / of)).is_valid()


@needs("sha256sum")
def test_sha256sum_accepts_the_manifests(made):
    """The first thing that an inspector types would fail."""
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--strict", "-c", manifest], cwd=made.whole.path, check=True, capture_output=True)


@pytest.mark.parametrize("tool", [pytest.param(tool, marks=needs(tool)) for tool in ("ssh-keygen", "openssl")])
def test_stock_tools_accept_the_signature_with_the_commands_of_the_instructions(made, tool):
    """The instructions in the bundle would not work on the day of the inspection."""
    blocks = re.findall(r"(?:^    .*\n)+", data(made, "09-verify/HOWTO.md"), flags=re.MULTILINE)
    (line,) = [block for block in blocks if block.strip().startswith(tool)]
    for page in ("how-to/verify-without-us.md", "spec/bundle.md"):
        assert line in (DOCS / page).read_text(encoding="utf-8")
    ran = subprocess.run(["sh", "-ec", line], cwd=made.whole.path, capture_output=True, check=False)
    assert 0 == ran.returncode, ran.stderr.decode()
    ran = subprocess.run(
        ["sh", "-ec", line.replace("< tagmanifest", "< manifest").replace("-in tagmanifest", "-in manifest")],
        cwd=made.whole.path,
        capture_output=True,
        check=False,
    )
    assert 0 != ran.returncode


@pytest.mark.parametrize("of", ["whole", "whole.zip", "one"])
def test_the_verifier_inside_prints_what_the_bundle_says_it_prints(made, of):
    """The verifier that needs nothing of ours would give another verdict than we do."""
    shelf = made.folder / of.removesuffix(".zip") / "data/09-verify"
    words = [sys.executable, "-I", str(shelf / "verify.py"), str(made.folder / of)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (0, (shelf / "expected-output.txt").read_text()) == (ran.returncode, ran.stdout), ran.stderr
    assert verify_path(made.folder / of).root in ran.stdout


def test_every_test_vector_gives_what_it_must(made):
    """Whoever tries his own verifier on the vectors would be told that a forgery is what to expect of a good one."""
    shelf = made.folder / "whole/data" / vectors.FOLDER
    expected = json.loads((shelf / "expected.json").read_text())
    assert {one["copy"] for one in expected} == {path.name for path in shelf.iterdir() if path.is_dir()}
    for one in expected:
        report = verify_path(shelf / one["copy"])
        position = None if report.first_bad is None else report.first_bad.position
        assert (one["verdict"], one["first_bad"]) == (report.verdict, position), one["copy"]


def test_the_good_copy_is_that_of_its_script(tmp_path):
    """Nobody could say any more how the copy came about by which verifiers are tried."""
    small_copy.small_copy(tmp_path / "small")
    made, kept = (
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "small", small_copy.FOLDER)
    )
    assert made == kept


def test_the_other_verifier_agrees_on_the_test_vectors(made):
    """The single file in the bundle would let a forgery pass that we see."""
    from projections.export.carried import verify

    shelf = made.folder / "whole/data" / vectors.FOLDER
    for one in json.loads((shelf / "expected.json").read_text()):
        report = verify.verify(str(shelf / one["copy"]), None, None, None)
        position = report["first_bad"] and report["first_bad"]["position"]
        assert (one["verdict"], one["first_bad"]) == (report["verdict"], position), one["copy"]
