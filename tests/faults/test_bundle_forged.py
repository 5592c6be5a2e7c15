"""Bundles and certificates as a forger would have them: each change is named, by its file and by its entry."""

from __future__ import annotations

import json
import shutil
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZIP_STORED, ZipFile

import bundles
import msgspec
import pytest
from acts import PATIENT, key

from ledger.book import Ledger
from ledger.errors import BadInput, DoseLedgerError, Malformed
from ledger.signing import sshsig
from ledger.signing.signer import MemorySigner
from ledger.verify import Outside, verify_path
from projections.certificate import paper as papers
from projections.certificate.checking import check

NOTHING = Outside()
ENTRIES = "data/01-ledger/entries.jsonl"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A bundle as a folder and as a ZIP, and its certificate."""
    folder = tmp_path_factory.mktemp("forged")
    with closing(bundles.warded(folder)) as ward:
        whole = bundles.bundled(ward.book, folder / "whole")
        packed = bundles.bundled(ward.book, folder / "whole.zip")
        yield SimpleNamespace(whole=whole, packed=packed, paper=bundles.certified(ward, whole), ward=ward)


@pytest.fixture
def bag(made, tmp_path):
    """A copy of the bundle that may be changed."""
    return bundles.copied(Path(made.whole.path), tmp_path)


def wrong(checked):
    """What does not hold."""
    return [row.what for row in checked.rows if not row.holds]


# --- the bundle


@pytest.mark.parametrize(
    "name",
    [
        "data/02-audit/audit-trail.csv",
        "data/06-state/state-as-of.json",
        "data/05-protocol/activations.csv",
        "data/01-ledger/keys.json",
        "data/09-verify/verify.py",
        "bag-info.txt",
    ],
)
def test_a_changed_file_is_named(bag, name):
    """A doctored table would be read beside a record that is true."""
    bundles.remade(bag, name, lambda data: data + b"\n", manifests=False)
    report = verify_path(bag)
    assert "failed" == report.verdict
    assert any(name in finding.why for finding in report.findings)


def test_a_file_that_is_gone_or_added_is_named(bag):
    """A page that was taken out of the bundle would not be missed."""
    (bag / "data/07-deviations/deviations.csv").unlink()
    (bag / "data/07-deviations/other.csv").write_text("all is well\n")
    said = " ".join(finding.why for finding in verify_path(bag).findings)
    assert "data/07-deviations/deviations.csv" in said
    assert "data/07-deviations/other.csv" in said


def halved(data):
    """The newest completed infusion says half the dose, as a forger with an editor would have it."""
    lines = data.splitlines()
    at = max(i for i, line in enumerate(lines) if b'"given_mg":"10"' in payload(line))
    entry = json.loads(lines[at])
    forged = payload(lines[at]).replace(b'"given_mg":"10"', b'"given_mg":"5"')
    entry["payload"] = urlsafe_b64encode(forged).rstrip(b"=").decode()
    lines[at] = json.dumps(entry, separators=(",", ":")).encode()
    return b"\n".join(lines) + b"\n"


def payload(line):
    """The payload of an entry line."""
    return urlsafe_b64decode(json.loads(line)["payload"] + "==")


def test_a_changed_dose_is_named_even_under_new_manifests(bag):
    """Whoever changes a dose would only have to hash the files again."""
    before = (bag / ENTRIES).read_bytes()
    bundles.remade(bag, ENTRIES, halved, manifests=True)
    lines = zip(before.splitlines(), (bag / ENTRIES).read_bytes().splitlines(), strict=True)
    (position,) = [at for at, (old, new) in enumerate(lines) if old != new]
    report = verify_path(bag)
    assert ("failed", position) == (report.verdict, report.first_bad.position)
    assert {"signature", "root"} <= {finding.code for finding in report.findings}
    assert "the signature over the manifests" in wrong(check(str(bag), None, NOTHING))


def test_a_changed_table_under_new_manifests_breaks_the_devices_signature(bag):
    """A doctored table with its manifests made anew would pass for the site's own."""
    bundles.remade(bag, "data/06-state/state-as-of.csv", lambda data: data.replace(b"P-001", b"P-003"), manifests=True)
    assert "self-consistent" == verify_path(bag).verdict
    assert ["the signature over the manifests"] == wrong(check(str(bag), None, NOTHING))


def test_a_bundle_signed_anew_by_a_stranger_is_not_the_sites(bag):
    """A forger who brings his own key, and its public half with it, would pass for the workstation."""
    bundles.remade(bag, "data/06-state/state-as-of.csv", lambda data: data.replace(b"P-001", b"P-003"), manifests=True)
    stranger, data = MemorySigner(b"s" * 32), (bag / "tagmanifest-sha256.txt").read_bytes()
    (bag / "signatures/tagmanifest.sig").write_bytes(stranger.sign(data))
    (bag / "signatures/tagmanifest.sshsig").write_bytes(sshsig.sign(stranger, sshsig.BUNDLE, data))
    (bag / "signatures/export-key.pem").write_bytes(sshsig.pem(stranger.public))
    found = check(str(bag), None, NOTHING)
    assert ("failed", None) == (found.answer, found.copy.device)


def test_a_changed_archive_is_named(made, tmp_path):
    """What is caught in the folder would pass in the ZIP."""
    forged = tmp_path / "forged.zip"
    with ZipFile(made.packed.path) as old, ZipFile(forged, "w", ZIP_STORED) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info, data.replace(b"P-001", b"P-003") if info.filename.endswith("audit-trail.csv") else data)
    report = verify_path(forged)
    assert "failed" == report.verdict
    assert any("data/02-audit/audit-trail.csv" in finding.why for finding in report.findings)


def test_another_ledger_than_the_one_on_paper_is_named(made):
    """A whole history written anew under new keys would agree with itself."""
    found = check(made.whole.path, made.paper, Outside(ledger="0" * 64))
    assert ("failed", ["the copy verifies"]) == (found.answer, wrong(found))


# --- the certificate


def test_a_true_copy_with_its_certificate_is_certified(made, tmp_path):
    """An inspector would turn away a copy that is complete and true."""
    for path in (made.whole.path, made.packed.path):
        found = check(path, made.paper, Outside(ledger=made.ward.book.id))
        assert ("certified", [], 0) == (found.answer, wrong(found), found.copy.missing)
    one = bundles.bundled(made.ward.book, tmp_path / "one", patients=[PATIENT])
    found = check(one.path, bundles.certified(made.ward, one), NOTHING)
    assert ("certified", one.withheld) == (found.answer, found.copy.withheld)
    assert made.paper == papers.read(papers.written(made.paper))
    assert "not-certified" == check(made.whole.path, None, NOTHING).answer
    with Ledger.open(made.whole.path, read_only=True) as copy:
        assert made.whole.size == copy.size, "the certificate was checked with nothing but the copy"


def test_the_certificate_says_name_time_and_meaning(made):
    """A certificate without the printed name, the time and the meaning is none (21 CFR 11.50)."""
    text = papers.text(made.paper, "whole")
    for said in ("Crc.1", "coordinator", "Demo Site", "attested-copy", made.whole.root, made.whole.digest):
        assert said in text
    assert "I compared this copy with the original and attest that it is complete and the same." in text


def forged(one, **changes):
    """A certificate with other members."""
    return msgspec.structs.replace(one, **changes)


def test_a_certificate_of_another_copy_is_refused(made, tmp_path):
    """One true certificate would do for every copy that somebody makes."""
    other = bundles.bundled(made.ward.book, tmp_path / "other", size=made.whole.size - 1)
    found = check(other.path, made.paper, NOTHING)
    assert "failed" == found.answer
    assert "it is of this copy" in wrong(found)


CHANGES = {
    "other counts": lambda p: forged(p, copy=forged(p.copy, entries=p.copy.entries - 1)),
    "another signer": lambda p: forged(p, certified_by=forged(p.certified_by, name="Somebody Else")),
    "another time": lambda p: forged(p, certified_by=forged(p.certified_by, at="2010-03-02T13:30:22.000-08:00")),
    "another entry": lambda p: forged(p, certified=p.export),
    "another export": lambda p: forged(p, export=p.certified),
    "another place": lambda p: forged(p, certified=forged(p.certified, position=p.certified.position - 1)),
    "a changed entry": lambda p: forged(
        p, certified=forged(p.certified, raw=p.certified.raw.replace('"signature":"', '"signature":"A', 1))
    ),
    "no proof": lambda p: forged(p, certified=forged(p.certified, proof=())),
    "a proof that is none": lambda p: forged(p, certified=forged(p.certified, proof=("xyz",))),
    "no consistency": lambda p: forged(p, consistency=()),
    "another checkpoint": lambda p: forged(p, checkpoint=p.checkpoint.replace("/main\n", "/main\n1", 1)),
    "no checkpoint": lambda p: forged(p, checkpoint=""),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_certificate_is_refused(made, name):
    """A certificate could be written in a text editor."""
    changed = CHANGES[name](made.paper)
    assert made.paper != changed
    found = check(made.whole.path, changed, NOTHING)
    assert "failed" == found.answer
    assert [] != wrong(found)


def test_a_certificate_signed_by_a_stranger_is_refused(made):
    """Whoever holds any key could attest any copy."""
    raw = json.loads(made.paper.certified.raw)
    header = json.loads(urlsafe_b64decode(raw["signatures"][0]["protected"] + "=="))
    stranger = MemorySigner(sha256(b"a stranger").digest())
    protected = urlsafe_b64encode(
        json.dumps({**header, "kid": stranger.public.kid}, separators=(",", ":")).encode()
    ).rstrip(b"=")
    signature = stranger.sign(protected + b"." + raw["payload"].encode())
    raw["signatures"] = [
        {"protected": protected.decode(), "signature": urlsafe_b64encode(signature).rstrip(b"=").decode()}
    ]
    text = json.dumps(raw, separators=(",", ":"), ensure_ascii=False)
    found = check(made.whole.path, forged(made.paper, certified=forged(made.paper.certified, raw=text)), NOTHING)
    assert {"a person attests it", "both stand in the log that goes on from the copy"} == set(wrong(found))
    assert key("crc.1").public.kid == header["kid"]


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 9999, b'{"schema":"doseledger/certificate/2"}'])
def test_what_is_no_certificate_is_malformed(data):
    """A damaged file would end the inspection with an internal error."""
    with pytest.raises(Malformed):
        papers.read(data)


def test_nobody_attests_what_was_not_exported_or_counted_wrongly(made):
    """A person would sign for a number that is not the copy's."""
    ward = made.ward
    for changes in ({"export": "#3"}, {"entries": made.whole.size - 1}):
        with pytest.raises(BadInput):
            bundles.attested(ward, {"export": f"#{made.paper.export.position}", "entries": made.whole.size, **changes})


def test_a_copy_that_cannot_be_read_is_said_so(tmp_path):
    """A wrong path would look like a true copy of nothing."""
    with pytest.raises(DoseLedgerError):
        check(str(tmp_path / "nothing"), None, NOTHING)
    shutil.copyfile(__file__, tmp_path / "file.zip")
    with pytest.raises(DoseLedgerError):
        check(str(tmp_path / "file.zip"), None, NOTHING)


def test_a_bundle_of_a_broken_ledger_says_that_it_is_broken(made, tmp_path):
    """The copy of a record that was tampered with would look better than the record."""
    from tampering import tampering

    path = tmp_path / "broken.ledger"
    for end in ("", "-wal"):
        if Path(f"{made.ward.book.path}{end}").exists():
            shutil.copyfile(f"{made.ward.book.path}{end}", f"{path}{end}")
    with tampering(path) as connection:
        connection.execute("UPDATE texts SET text = x'6869'")
    with Ledger.open(path, read_only=True) as book:
        broken = bundles.bundled(book, tmp_path / "bundle")
    assert "failed" == broken.verdict
    assert "text" in (tmp_path / "bundle/data/00-READ-ME-FIRST.txt").read_text()
    assert "FAILED" in (tmp_path / "bundle/data/09-verify/expected-output.txt").read_text()
    assert "the copy verifies" in wrong(check(broken.path, None, NOTHING))
