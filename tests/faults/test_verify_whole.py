"""What a verification promises beside finding changes: an order, a verdict, and never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from forging import Forged, copied, edited
from minting import Site

from ledger.book import Ledger
from ledger.errors import IntegrityFailure
from ledger.events.patient import PatientMeasured
from ledger.verify import Finding, examine, verify, verify_path, whole

COUNT = 300
"""Entries of the long ledger: more than one thread takes at once."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with three weights."""
    found = Site(tmp_path_factory.mktemp("verify") / "trial.ledger").staffed()
    for weight in ("70", "71", "72"):
        found.write("patient/001-001", PatientMeasured(weight_kg=weight, height_cm=None), by="nina")
    yield found
    found.book.close()


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Forged:
    """Weights of many patients, minted without a file."""
    made = Site(tmp_path_factory.mktemp("long") / "trial.ledger").staffed()
    ledger = copied(made.book)
    entries, first = list(ledger.entries), made.book.next_n(made.people["nina"].key.public.kid)
    for i in range(COUNT):
        made.tick()
        head = made.book.head()
        kid = made.people["nina"].key.public.kid
        raw = made.entry(
            f"patient/001-{i % 7:03d}",
            PatientMeasured(weight_kg=str(50 + i % 40), height_cm=None),
            by="nina",
            after=replace_size(head, entries),
            counters={kid: first + i},
        )
        entries.append(raw)
    made.book.close()
    return ledger.with_entries(*entries)


def replace_size(head: object, entries: Sequence[bytes]) -> object:
    """The head of a log of these entries."""
    from ledger.merkle import tree

    root = tree.root([tree.leaf_hash(raw) for raw in entries]).hex()
    return type(head)(log="main", size=len(entries), root=root)


@dataclass(frozen=True)
class Breaking(Forged):
    """A ledger on a disk that fails behind a position."""

    breaks: int = 0
    error: Callable[[], Exception] = lambda: IntegrityFailure("The disk failed.")

    def raws(self, start: int, stop: int) -> Sequence[bytes | None]:
        if stop > self.breaks:
            raise self.error()
        return super().raws(start, stop)


def breaking(ledger: Forged, at: int, error: Callable[[], Exception]) -> Breaking:
    """The ledger, unreadable from a position on."""
    return Breaking(ledger.entries, ledger.texts, ledger.blobs, breaks=at, error=error)


def test_many_entries_on_any_number_of_threads(long: Forged) -> None:
    """The verdict would depend on the machine of the inspector."""
    reports = [examine(long, workers=workers) for workers in (1, 2, 5)]
    assert [("ok-unanchored", ())] * 3 == [(report.verdict, report.findings) for report in reports]
    assert len({report.root for report in reports}) == 1


def test_the_smallest_position_is_named(long: Forged) -> None:
    """With a later entry found first, the inspector would be sent to an entry that is not the first bad one."""
    late, early = COUNT, 40
    twice = long.put(late, long.entries[late] + b" ")
    twice = twice.put(early, edited(long.entries[early], b'"basis":"observed"', b'"basis":"recalled"'))
    for workers in (1, 4):
        report = examine(twice, workers=workers)
        assert report.first_bad is not None
        assert (early, "patient.measured/1") == (report.first_bad.position, report.first_bad.kind)
        assert {early, late} <= {finding.position for finding in report.findings}


@pytest.mark.parametrize(
    "error", [lambda: IntegrityFailure("The disk failed."), lambda: ZeroDivisionError("a slip of ours")]
)
def test_what_was_read_before_the_disk_failed_is_judged(
    long: Forged, error: Callable[[], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read error late in the file would hide a changed dose early in it, or end in a traceback."""
    monkeypatch.setattr(whole, "CHUNK", 32)
    bad = long.put(40, edited(long.entries[40], b'"basis":"observed"', b'"basis":"recalled"'))
    report = examine(breaking(bad, 200, error))
    assert report.first_bad is not None
    assert ("failed", 40) == (report.verdict, report.first_bad.position)
    assert "unreadable" in {finding.code for finding in report.findings}


def test_an_empty_ledger_fails() -> None:
    """An emptied ledger would be reported as one in which nothing is wrong."""
    report = examine(Forged(()))
    assert ("failed", ["empty"]) == (report.verdict, [finding.code for finding in report.findings])


def test_a_missing_or_foreign_file_fails(tmp_path: Path) -> None:
    """A wrong path in a nightly job would look like a sound ledger."""
    (tmp_path / "note.txt").write_text("no ledger")
    for name in ("nothing", "note.txt"):
        report = verify_path(tmp_path / name)
        assert ("failed", 8, 0) == (report.verdict, report.exit_code, report.entries)


def test_without_an_outside_witness_it_says_so(site: Site) -> None:
    """A plain ok would promise that the newest entries are all there, which nothing inside a file can show."""
    report = verify(site.book)
    assert ("ok-unanchored", 0, site.book.id, site.book.size) == (
        report.verdict,
        report.exit_code,
        report.ledger,
        report.entries,
    )
    assert report.anchor.startswith("not anchored")
    assert site.book.root().hex() == report.root


@pytest.mark.parametrize("back", [0, 3])
def test_a_checkpoint_kept_outside(site: Site, back: int) -> None:
    """The sponsor's copy of an earlier head must be enough to vouch for the ledger up to there."""
    report = verify(site.book, trusted=site.book.checkpoint_at(site.book.size - back))
    assert ("ok", (), 0) == (report.verdict, report.findings, report.exit_code)
    assert f"{back} came later" in report.anchor


@pytest.mark.parametrize("note", [b"", b"no note", b"doseledger/x/y/main\n1\nAAAA\n\n"])
def test_a_checkpoint_that_is_none(site: Site, note: bytes) -> None:
    """Rubbish given as the trusted checkpoint would pass for an anchor."""
    report = verify(site.book, trusted=note)
    assert ("fork", 8) == (report.verdict, report.exit_code)


def test_a_checkpoint_with_a_broken_signature(site: Site) -> None:
    """Anybody could write a checkpoint that fits the ledger he made."""
    note = bytearray(site.book.checkpoint())
    note[-8] ^= 1
    assert "fork" == verify(site.book, trusted=bytes(note)).verdict


def test_rebuilds_are_asked(site: Site) -> None:
    """A projection that shows another dose than the entries would be believed."""

    def differs(book: Ledger) -> Iterable[Finding]:
        yield Finding("L3", "projection", f"the row of {book.entry(14).stream} differs", 14)

    def fails(book: Ledger) -> Iterable[Finding]:
        raise IntegrityFailure(f"no projection of {book.size} entries")

    def slips(book: Ledger) -> Iterable[Finding]:
        raise ZeroDivisionError(str(book.size))

    assert "ok-unanchored" == verify(site.book, rebuilds=[lambda _: ()]).verdict
    report = verify(site.book, rebuilds=[differs])
    assert report.first_bad is not None
    assert ("failed", 14) == (report.verdict, report.first_bad.position)
    for rebuild in (fails, slips):
        assert ["unreadable"] == [finding.code for finding in verify(site.book, rebuilds=[rebuild]).findings]


def test_a_signature_that_never_arrived_is_a_notice(tmp_path: Path) -> None:
    """An entry that was signed and withheld by the operator must be asked for; it does not make the rest wrong."""
    site = Site(tmp_path / "trial.ledger").staffed()
    kid = site.people["nina"].key.public.kid
    for n in (0, 2, 5):
        weight = PatientMeasured(weight_kg="70", height_cm=None)
        site.write("patient/001-001", weight, by="nina", counters={kid: n})
    report = verify(site.book)
    site.book.close()
    assert ("ok-unanchored", ["n-missing"]) == (report.verdict, [notice.code for notice in report.notices])
    assert report.notices[0].why.endswith("nina that never arrived: 3, 4")


def test_an_unreadable_entry_does_not_hide_the_next(long: Forged) -> None:
    """One damaged entry would make all behind it unjudged, and a forged dose among them unseen."""
    bad = long.put(20, b"rubbish").put(60, edited(long.entries[60], b'"basis":"observed"', b'"basis":"recalled"'))
    found = {(finding.position, finding.code) for finding in examine(bad).findings}
    assert {(20, "bytes"), (60, "signature")} <= found


def test_a_checkpoint_is_needed_at_the_end(long: Forged) -> None:
    """Entries put behind the last checkpoint would stand without the log's signature."""

    @dataclass(frozen=True)
    class Unsealed(Forged):
        def notes(self, start: int, stop: int) -> Sequence[tuple[int, bytes]]:
            return super().notes(start, min(stop, self.size))

    report = examine(Unsealed(long.entries[:20]))
    assert [(19, "checkpoint")] == [(finding.position, finding.code) for finding in report.findings]
    assert "ok-unanchored" == examine(replace(long, entries=long.entries[:20])).verdict
