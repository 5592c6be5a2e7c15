"""A bundle whose record is true and whose pages are not, under manifests that fit: made again, and compared."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import bundles
import msgspec
import pytest
from acts import PATIENT

from ledger.verify import Outside, verify_path
from projections.certificate.checking import check
from projections.export.bundle.replaying import replayed

AGAIN = partial(replayed, software=bundles.SOFTWARE, build=bundles.BUILD)
NOTHING = Outside()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A bundle of one patient, and its certificate."""
    folder = tmp_path_factory.mktemp("remade")
    with closing(bundles.warded(folder)) as ward:
        bundled = bundles.bundled(ward.book, folder / "one", patients=[PATIENT])
        early = bundles.bundled(ward.book, folder / "early", size=20)
        yield SimpleNamespace(bag=Path(bundled.path), early=early.path, paper=bundles.certified(ward, bundled))


def put(bag: Path, name: str, data: bytes) -> None:
    """Write a file, and both manifests anew."""
    (bag / name).parent.mkdir(parents=True, exist_ok=True)
    (bag / name).write_bytes(data)
    for manifest, within in (("manifest-sha256.txt", True), ("tagmanifest-sha256.txt", False)):
        names = sorted(one.relative_to(bag).as_posix() for one in bag.rglob("*") if one.is_file())
        listed = [
            one
            for one in names
            if one.startswith("data/") is within and not one.startswith(("signatures/", "tagmanifest"))
        ]
        lines = [f"{sha256((bag / one).read_bytes()).hexdigest()}  {one}\n" for one in listed]
        (bag / manifest).write_text("".join(lines), encoding="utf-8")


def approved(data: bytes) -> bytes:
    """A page with a sentence more."""
    return data.replace(b"</main>", b"<p>Inspected and approved.</p></main>", 1) + b"\n"


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "data/00-READ-ME-FIRST.html": approved,
    f"data/03-subjects/{PATIENT}.html": approved,
    "data/03-subjects/P-999.html": lambda _: b"<p>a patient who never was</p>",
    "data/04-approval/letter.html": lambda _: b"<p>Inspected and approved.</p>",
    "data/09-verify/verify.py": lambda _: b"print('OK: everything holds')\n",
    "data/09-verify/verify.html": approved,
}


def test_a_bundle_as_of_an_earlier_head_says_nothing_of_later_entries(made: SimpleNamespace) -> None:
    """What began later would show through a page of the past, and an honest bundle would be called a forgery."""
    assert [] == [one.why for one in verify_path(made.early, rebuilds=[AGAIN]).findings]


def test_every_page_that_the_entries_do_not_make_is_named(made: SimpleNamespace, tmp_path: Path) -> None:
    """A forged casebook, or a verifier that praises anything, would be read beside a record that holds."""
    bag = shutil.copytree(made.bag, tmp_path / "bag")
    assert [] == [one.why for one in verify_path(bag, rebuilds=[AGAIN]).findings]
    pages = list(CHANGES)
    for name in pages:
        put(bag, name, CHANGES[name]((bag / name).read_bytes() if (bag / name).is_file() else b""))
    (bag / "data/02-audit/signatures.csv").unlink()
    put(bag, pages[0], (bag / pages[0]).read_bytes())
    assert "self-consistent" == verify_path(bag).verdict
    report = verify_path(bag, rebuilds=[AGAIN])
    assert ("failed", {"replay"}) == (report.verdict, {one.code for one in report.findings})
    named = [one.why.split()[0] for one in report.findings]
    assert sorted([*pages, "data/02-audit/signatures.csv"]) == sorted(named)


@pytest.mark.parametrize("patients", ["all", "P-999", "../../etc"])
def test_a_bundle_that_names_other_patients_is_named(made: SimpleNamespace, tmp_path: Path, patients: str) -> None:
    """A part of the record would be handed over as the whole of it."""
    bag = shutil.copytree(made.bag, tmp_path / "bag")
    info = (bag / "bag-info.txt").read_bytes()
    put(bag, "bag-info.txt", info.replace(b"Patients: P-001", f"Patients: {patients}".encode()))
    report = verify_path(bag, rebuilds=[AGAIN])
    assert ("failed", {"replay"}) == (report.verdict, {one.code for one in report.findings})
    assert "bag-info.txt" in " ".join(one.why for one in report.findings)


def test_no_copy_with_another_page_is_attested(made: SimpleNamespace, tmp_path: Path) -> None:
    """A person would sign that a copy is true whose casebook somebody has written."""
    bag = shutil.copytree(made.bag, tmp_path / "bag")
    put(bag, f"data/03-subjects/{PATIENT}.html", b"<p>12 doses of 10 mg</p>")
    wrong = [row.what for row in check(str(bag), None, NOTHING, [AGAIN]).rows if not row.holds]
    assert ["the copy verifies", "the signature over the manifests"] == wrong


@pytest.mark.parametrize(
    "changes",
    [
        {"ledger": "0" * 64},
        {"log_key": "doseledger/nct00983528+00000000+AQ"},
        {"certified_by": {"at_utc": "2010-01-01T00:00:00Z"}},
        {"certified_by": {"key": "A" * 43}},
    ],
    ids=["ledger", "log key", "time in UTC", "key"],
)
def test_no_word_of_a_certificate_is_a_forgers(made: SimpleNamespace, changes: dict[str, object]) -> None:
    """What the certificate prints about who signed, when and for which ledger would be believed unread."""
    assert "certified" == check(str(made.bag), made.paper, NOTHING).answer
    by = changes.get("certified_by")
    if isinstance(by, dict):
        changes = {"certified_by": msgspec.structs.replace(made.paper.certified_by, **by)}
    forged = msgspec.structs.replace(made.paper, **changes)
    assert forged != made.paper
    assert "failed" == check(str(made.bag), forged, NOTHING).answer
