"""The audit trail as files: the bytes of a small fixed ledger, the judges of others, and what the ledger says of it."""

from __future__ import annotations

import csv
import io
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import odm as reading
import pytest
from acts import MONDAY, Ward, founded
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from odmlib.exceptions import OdmlibOIDError
from signxml import XMLVerifier
from signxml.exceptions import InvalidSignature
from trailed import amended, standing

from ledger.errors import BadInput, Unavailable
from projections.export.audit import page, table
from projections.export.file import new_file
from projections.export.odm import document
from projections.export.odm.signing import signed
from projections.trail import rows

GOLDEN = Path(__file__).parent / "audit"
SOFTWARE = "doseledger/0.1.0"
PATIENT = "P-002"
WRITERS: dict[str, Callable[..., int]] = {
    "trail.csv": table.trail,
    "signatures.csv": table.signatures,
    "audit.html": lambda book, out, **said: page.write(book, out, software=SOFTWARE, **said),
    "odm.xml": lambda book, out, **said: document.write(book, out, software=SOFTWARE, **said),
}
SPOKEN = '=HYPERLINK("http://example.org") & <b>rash</b>\nsince noon \x01'


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A patient of few entries: a weight corrected, a toxicity restated, a dose struck, a correction that waits."""
    folder = tmp_path_factory.mktemp("audit")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as one:
        one.enrol(PATIENT)
        one.now = MONDAY + timedelta(hours=6)
        weight = one.do("nurse.1", "patient measure", patient=PATIENT, weight="70kg", height="170cm")
        said = {"reason": "transcription", "reason_text": "scales read wrongly, 1 kg"}
        one.do("nurse.1", "correct", entry=weight, set=["weight=71kg"], **said)
        sick = one.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", words="rigors")
        one.do("nurse.1", "correct", entry=sick, set=[f"verbatim={SPOKEN}"], reason="source-corrected")
        dose = {"patient": PATIENT, "drug": "alemtuzumab", "given": "3mg", "at": "2010-03-01T09:00-08:00"}
        given = one.do("nurse.1", "dose record", until="2010-03-01T11:00-08:00", **dose)
        void = one.do("nurse.1", "void", entry=given, reason="duplicate")
        one.do("pi.1", "countersign", entry=void)
        one.do("inv.1", "toxicity grade", toxicity=sick, grade=3)
        one.do("inv.1", "toxicity regrade", toxicity=sick, grade=2)
        yield one


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A patient of whom everything was amended that can be."""
    folder = tmp_path_factory.mktemp("eventful")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as one:
        amended(one, random.Random(11), 120)
        yield one


def written(ward: Ward, name: str, **said: object) -> bytes:
    """An export as bytes."""
    out = io.BytesIO()
    WRITERS[name](ward.book, out, **said)
    return out.getvalue()


# --- the bytes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITERS)
def test_the_files_are_those_that_were_looked_at(ward: Ward, golden, name: str) -> None:
    """A column that moved, or a name that is gone, would be found by the sponsor's loader and not by us."""
    golden(GOLDEN / name, written(ward, name, patients=(PATIENT,)).decode().replace("\r\n", "\n"))


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_head_gives_the_same_bytes(ward: Ward, name: str) -> None:
    """Two copies of one head that differ cannot both be certified."""
    assert written(ward, name) == written(ward, name)
    assert written(ward, name, size=ward.book.size) == written(ward, name)
    assert written(ward, name, size=30) != written(ward, name)


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("EM-6.2.1c")
def test_the_table_has_every_row_and_every_column(ward: Ward) -> None:
    """A row lost between the record and the spreadsheet is a change that nobody reviews."""
    text = written(ward, "trail.csv").decode()
    found = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    trail = list(rows(ward.book))
    assert [(str(row.position), row.field, row.person) for row in trail] == [
        (row["position"], row["field"], row["person"]) for row in found
    ]
    assert set(table.COLUMNS) == set(found[0])
    assert len(trail) + 1 == text.count("\r\n")
    assert {"Demo Site"} == {row["organisation"] for row in found}


def test_every_column_is_explained(repository: Path) -> None:
    """An inspector who must guess what a column means will guess that it means what she fears."""
    page = (repository / "docs" / "reference" / "audit-trail.md").read_text(encoding="utf-8")
    section = page.split("## Columns")[1].split("## ODM")[0]
    listed = [name for row in section.splitlines() if row.startswith("| `") for name in _names(row.split("|")[1])]
    assert list(table.COLUMNS) == listed
    assert set(table.SIGNATURE_COLUMNS) == set(_names(section.split("The columns of `--signatures`:")[1]))


def _names(words: str) -> list[str]:
    """The names in a text that are set as code."""
    return words.split("`")[1::2]


def test_no_cell_is_a_formula_and_no_text_is_lost(ward: Ward) -> None:
    """Words that a patient said must not run on the desk of whoever opens the table."""
    found = list(csv.DictReader(io.StringIO(written(ward, "trail.csv").decode(), newline=""), strict=True))
    assert f"'{SPOKEN}" in {row["new"] for row in found}
    for row in found:
        for value in row.values():
            assert not value.startswith(("=", "+", "@", "\t", "\r")), value
            assert not value.startswith("-") or set(value) <= set("0123456789.-")


@pytest.mark.req("P11-50a")
def test_every_signature_is_in_its_table(ward: Ward) -> None:
    """A signature without printed name, meaning and time is none (21 CFR 11.50)."""
    found = list(csv.DictReader(io.StringIO(written(ward, "signatures.csv").decode(), newline=""), strict=True))
    expected = [(entry, signer) for entry in ward.book.entries() for signer in entry.signers]
    assert [(s.name, s.meaning, s.statement, s.at, s.role, str(s.n)) for _, s in expected] == [
        (row["name"], row["meaning"], row["statement"], row["signed_at"], row["role"], row["n"]) for row in found
    ]


# --- the page --------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a reader of the page sees, what is struck through, and which elements there are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.struck: list[str] = []
        self.elements: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)

    def handle_data(self, data: str) -> None:
        self.seen.append(" ".join(data.split()))
        if self.elements[-1:] == ["del"]:
            self.struck.append(data)


@pytest.mark.req("P11-50b")
@pytest.mark.req("A11-8.2")
def test_the_page_prints_every_signature_and_strikes_what_was_replaced(ward: Ward) -> None:
    """A printed page that shows the corrected weight alone hides that it was changed."""
    found = Page(written(ward, "audit.html").decode())
    words = " ".join(found.seen)
    for entry in ward.book.entries():
        for one in entry.signers:
            assert f"{one.name} ({one.person}), {one.role}, {one.organisation}: {one.meaning}" in words
            assert one.at in words
            assert one.statement in words
    assert {"70 kg", "rigors"} <= set(found.struck)
    assert "no effect: a signature is lacking" in words
    assert "scales read wrongly, 1 kg" in words
    assert set() == {"script", "b", "a", "img"} & set(found.elements)


# --- ODM -------------------------------------------------------------------------------------------------------------


def test_odm_is_valid_by_the_judges_of_others(eventful: Ward, ward: Ward, tmp_path: Path) -> None:
    """A sponsor's loader refuses the whole file for one misplaced element."""
    for number, one in enumerate((ward, eventful)):
        whole = written(one, "odm.xml")
        assert [] == reading.invalid(whole)
        path = tmp_path / f"{number}.xml"
        path.write_bytes(whole)
        assert {} == reading.check_references(path)


def test_the_judges_can_say_no(ward: Ward, tmp_path: Path) -> None:
    """A judge that accepts everything has judged nothing."""
    whole = written(ward, "odm.xml").decode()
    path = tmp_path / "dangling.xml"
    path.write_text(whole.replace('<User OID="US.nurse.1"', '<User OID="US.nobody"'), encoding="utf-8")
    with pytest.raises(OdmlibOIDError):
        reading.check_references(path)
    assert reading.invalid(
        whole.replace("<SourceID>", "<DateTimeStamp>2010-03-01T09:00:00Z</DateTimeStamp><SourceID>", 1).encode()
    )


@pytest.mark.req("P11-10b")
def test_loading_the_transactions_gives_the_record_as_it_stands(eventful: Ward, ward: Ward) -> None:
    """A sponsor who loads the file would analyse another record than the site has."""
    for one, number in ((eventful, "P-001"), (ward, PATIENT)):
        unfit = {SPOKEN: SPOKEN.replace("\x01", "\ufffd")}
        expected = {
            str(record): {field: unfit.get(value, value) for field, value in fields.items()}
            for record, fields in standing(one.book, one.book.size, number, pending=True).items()
        }
        assert expected == reading.loaded(written(one, "odm.xml"))[number]


@pytest.mark.req("P11-70")
def test_every_transaction_says_who_when_why_and_is_bound_to_its_entry(ward: Ward) -> None:
    """A signature that is not tied to what it signs can be put under anything (21 CFR 11.70)."""
    root = etree.fromstring(written(ward, "odm.xml", patients=(PATIENT,)))
    odm = reading.ODM
    groups = list(root.iter(f"{odm}ItemGroupData"))
    manifests = [one.text for one in root.iter(f"{odm}CryptoBindingManifest")]
    entries = ward.book.stream(f"patient/{PATIENT}")
    for entry in entries:
        own = [
            g for g in groups if g.findtext(f"{odm}AuditRecord/{odm}SourceID").startswith(f"entry:{entry.position} ")
        ]
        assert len(entry.signers) <= len(own)
        assert {f"entry:{entry.position} sha256:{entry.leaf}"} == {
            g.findtext(f"{odm}AuditRecord/{odm}SourceID") for g in own
        }
        assert {one.at for one in entry.signers} == {g.findtext(f"{odm}Signature/{odm}DateTimeStamp") for g in own}
        assert ward.book.raw(entry.position).decode() in manifests
        stamps = {g.findtext(f"{odm}AuditRecord/{odm}DateTimeStamp") for g in own}
        assert {entry.recorded_at.replace(microsecond=0)} == {datetime.fromisoformat(one) for one in stamps}
        reason = entry.payload.reason
        for g in own:
            said = g.findtext(f"{odm}AuditRecord/{odm}ReasonForChange")
            assert (reason is None) == (said is None)
            assert reason is None or str(said).startswith(reason.code)
    assert {"Digital"} == {one.get("Methodology") for one in root.iter(f"{odm}SignatureDef")}
    assert len(manifests) == len(groups)


# --- the signature over the file -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certified() -> tuple[bytes, bytes]:
    """A certificate of the site and its RSA key, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Site 001 (fictional)")])
    since = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return certificate.public_bytes(pem), key.private_bytes(pem, pkcs8, plain)


def test_a_signed_file_is_still_odm_and_its_signature_holds(ward: Ward, certified: tuple[bytes, bytes]) -> None:
    """A file changed on its way to the sponsor would be loaded as if the site had sent it."""
    certificate, key = certified
    whole = written(ward, "odm.xml", patients=(PATIENT,))
    sealed = signed(whole, key=key, certificate=certificate)
    assert sealed == signed(whole, key=key, certificate=certificate)
    assert [] == reading.invalid(sealed)
    XMLVerifier().verify(sealed, x509_cert=certificate.decode())
    with pytest.raises(InvalidSignature):
        XMLVerifier().verify(sealed.replace(b'Value="71"', b'Value="17"'), x509_cert=certificate.decode())
    with pytest.raises(BadInput):
        signed(whole, key=b"no key", certificate=certificate)


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="NOT RUN: xmlsec1 is not installed")
def test_another_program_accepts_the_signature(ward: Ward, certified: tuple[bytes, bytes], tmp_path: Path) -> None:
    """A signature that only its maker's library accepts convinces nobody."""
    certificate, key = certified
    (tmp_path / "site.pem").write_bytes(certificate)
    for name, expected in (("good", 0), ("bad", 1)):
        sealed = signed(written(ward, "odm.xml"), key=key, certificate=certificate)
        (tmp_path / name).write_bytes(sealed.replace(b'Value="71"', b'Value="17"') if name == "bad" else sealed)
        command = ["xmlsec1", "--verify", "--pubkey-cert-pem", "site.pem", "--enabled-key-data", "key-name", name]
        assert expected == subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode


# --- the file --------------------------------------------------------------------------------------------------------


def test_a_file_is_whole_or_not_there_and_never_another_one(tmp_path: Path) -> None:
    """Half a trail looks like a whole one; an old one that is gone cannot be compared."""
    with new_file(tmp_path / "out") as sink:
        sink.write(b"whole")
    assert sha256(b"whole").hexdigest() == sink.digest
    assert 0 == (tmp_path / "out").stat().st_mode & 0o077
    with pytest.raises(BadInput), new_file(tmp_path / "out"):
        pass
    with pytest.raises(TypeError), new_file(tmp_path / "half") as sink:
        sink.write("half")
    with pytest.raises(Unavailable), new_file(tmp_path / "no" / "such" / "folder"):
        pass
    with pytest.raises(BadInput), new_file(tmp_path / "raced") as sink:
        (tmp_path / "raced").write_bytes(b"first")
    assert {"out", "raced"} == {path.name for path in tmp_path.iterdir()}
    assert (b"whole", b"first") == ((tmp_path / "out").read_bytes(), (tmp_path / "raced").read_bytes())
