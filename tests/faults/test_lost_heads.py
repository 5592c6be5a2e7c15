"""Heads of before and after a loss, and of before and after a change of the log's key: what each comparison says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from carried import laid_out, of_the_file
from forging import Forged
from minting import key_of
from scripted import run, sheaf
from turned import FIRST, SECOND, Turned

from ledger.anchors import LastSeen, check_fork, compare, fork_of, opener, opener_by
from ledger.book import Ledger
from ledger.errors import BadInput, IntegrityFailure, Malformed
from ledger.merkle.epochs import LogKeys, epoch, named, of_one_log
from ledger.merkle.note import VerifierKey
from ledger.verify import Outside, examine, verify_path
from projections import heads, proofs
from projections.export import jsonl, tiles
from projections.export.bundle import make
from projections.export.carried import verify as carried
from projections.export.dossier import making


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turned]:
    """The log."""
    one = Turned(tmp_path_factory.mktemp("lost") / "trial.ledger")
    yield one
    one.book.close()


@pytest.fixture(scope="module")
def old(log: Turned) -> Iterator[Ledger]:
    """The file with the history that was given up: somebody has kept it."""
    with closing(Ledger.open(Path(log.path).with_suffix(".lost"), read_only=True)) as book:
        yield book


def elsewhere(log: Turned) -> Forged:
    """A history that goes another way before the log changed its key, with its own change a place later."""
    entries = log.early.entries[:2]
    more = replace(log.lost, turns=((4, "main", key_of(SECOND)),))
    return more.with_entries(*entries, log.book.raw(4), log.book.raw(5), log.book.raw(3), log.book.raw(2))


def stood(log: Turned, kept: bytes | None, book: Ledger | None = None) -> str:
    """How the log, or another file of it, stands to what was kept."""
    there = book or log.book
    return compare(kept, there, opener(lambda: there.log_keys)).verdict


def test_what_was_seen_before_a_loss_is_known_to_be_given_up(log: Turned) -> None:
    """After a fire every workstation would refuse to write for ever; or would never have noticed the loss."""
    assert ["restored"] * 3 == [stood(log, log.lost.note(size)) for size in (9, 8, 7)]
    assert ["grown"] * 7 == [stood(log, log.book.checkpoint_at(size)) for size in (1, 3, 4, 5, 6, 7, 8)]
    assert "same" == stood(log, log.book.checkpoint())
    assert "first" == stood(log, None)


def test_what_the_loss_does_not_name_is_still_missed(log: Turned) -> None:
    """One accepted loss would cover every later one, and everything that was put aside before it."""
    beyond = log.lost.with_entries(*log.lost.entries, log.book.raw(2))
    assert "stale" == stood(log, beyond.note(10))
    other = log.lost.with_entries(*log.lost.entries[:8], log.book.raw(2))
    assert "fork" == stood(log, other.note(9))
    assert "fork" == stood(log, elsewhere(log).note(6))


def test_the_lost_file_put_back_is_not_written(log: Turned, old: Ledger) -> None:
    """The old disk is found and put back: two histories would go on, each with good signatures."""
    found = compare(log.book.checkpoint(), old, opener(lambda: old.log_keys))
    assert ("stale", False) == (found.verdict, found.sound)
    assert "main.2 after a loss" in found.why


def test_a_file_of_before_the_key_changed_is_older_and_says_why(log: Turned, tmp_path: Path) -> None:
    """Somebody would be told that what he has seen is damaged, and would throw away the one proof there is."""
    path = tmp_path / "early.ledger"
    with closing(Ledger.create(path, log.book.raw(0), log_signer=key_of(FIRST), now=log.now)) as early:
        found = compare(log.lost.note(9), early, opener(lambda: early.log_keys))
        assert ("stale", "9 entries were seen here before") == (found.verdict, found.why[:31])
        assert "not the change of the log's key" in found.why
        stranger = replace(log.lost, log_key=key_of("a stranger"), turns=())
        assert "unreadable" == stood(log, stranger.note(1), early)
        assert "unreadable" == stood(log, b"no note\n", early)


def test_what_is_kept_goes_forward_into_the_epoch(log: Turned, tmp_path: Path) -> None:
    """The lost head would stay the newest that was seen, and the ledger would look older for ever."""
    kept = LastSeen(tmp_path, log.book.id, "main")
    later = log.book.checkpoint_at(7)
    assert (True, True, False) == (kept.keep(log.lost.note(9)), kept.keep(later), kept.keep(log.lost.note(9)))
    assert later == kept.note()


def test_what_was_given_up_proves_no_fork_and_a_second_history_does(log: Turned) -> None:
    """An honest loss could be held against the site as a forgery, or a forgery be excused as a loss."""
    opened, newest = opener(lambda: log.book.log_keys), log.book.checkpoint()
    proof = fork_of(log.lost.note(9), log.book, newest)
    with pytest.raises(IntegrityFailure, match="given up"):
        check_fork(proof, opened)
    other = elsewhere(log)
    for size, note in ((4, log.book.checkpoint_at(5)), (6, newest)):
        found = fork_of(other.note(size), log.book, note)
        assert size == check_fork(found, opened)[0].size


def test_two_heads_are_compared_across_the_loss(log: Turned) -> None:
    """Whoever holds a checkpoint of before the fire would be told of a fork, or that all is well."""
    opened, book = heads.opener_of(None, log.book), log.book
    before, later, last = log.lost.note(8), log.lost.note(9), book.checkpoint()
    told = heads.compare(book, later, last, opened)
    assert ("restored", None) == (told.verdict, told.fork)
    assert "the first was given up at position 6" in told.why
    assert "restored" == heads.compare(book, book.checkpoint_at(7), later, opened).verdict
    assert "consistent" == heads.compare(book, book.checkpoint_at(2), last, opened).verdict
    assert "unknown" == heads.compare(book, before, later, opened).verdict
    assert "same" == heads.compare(book, later, later, opened).verdict
    assert "fork" == heads.compare(book, elsewhere(log).note(6), last, opened).verdict
    with pytest.raises(BadInput, match="key of the log"):
        heads.opener_of(None)


def test_the_key_of_one_time_opens_only_its_heads(log: Turned) -> None:
    """A retired key would still be believed, and whoever stole it could prove an entry that never stood."""
    keys = log.book.log_keys
    first, second, third = (opener_by(VerifierKey(name=key.origin, public=key.public)) for key in keys.keys)
    assert 3 == first(log.book.checkpoint_at(3)).size
    assert 6 == second(log.book.checkpoint_at(6)).size
    assert 9 == third(log.book.checkpoint()).size
    for opened, size in ((first, 4), (second, 3), (second, 7), (third, 6)):
        with pytest.raises(IntegrityFailure):
            opened(log.book.checkpoint_at(size))
    proof = proofs.prove(log.book, log.book.entry(4), 6).proof
    strict = heads.opener_of(None, log.book)
    assert proofs.check_entry(proof.encode(), strict, raw=None, ledger=log.book).holds
    retired = proof.replace(log.book.checkpoint_at(6).decode(), log.forged(turns=()).note(6).decode())
    assert proof != retired
    assert not proofs.check_entry(retired.encode(), strict, raw=None, ledger=log.book).holds


def test_verify_says_what_became_of_a_checkpoint_kept_outside(log: Turned, tmp_path: Path) -> None:
    """The sponsor's checkpoint of before the fire would make the verdict red, or would go unnoticed."""
    ledger = log.forged()
    report = examine(ledger, trusted=log.lost.note(9))
    assert ("ok-unanchored", ()) == (report.verdict, report.findings)
    assert "given up at position 6" in report.anchor
    assert "ok" == examine(ledger, trusted=ledger.note(5)).verdict
    assert "fork" == examine(ledger, trusted=elsewhere(log).note(6)).verdict
    unknown = replace(log.lost, log_key=key_of("a key that was lost too"), turns=())
    for size, verdict in ((8, "ok-unanchored"), (9, "ok-unanchored"), (5, "fork")):
        assert verdict == examine(ledger, trusted=unknown.note(size)).verdict
        place = laid_out(ledger, tmp_path / f"unknown-{size}")
        same = {"ok-unanchored": "self-consistent"}.get(verdict, verdict)
        assert same == of_the_file(place, trusted=unknown.note(size))[0]
        assert same == run([sheaf(ledger).case(trusted=unknown.note(size).decode())])[0]["verdict"]
    early = replace(ledger, blobs={}).with_entries(*ledger.entries[:3])
    assert "stale" == examine(early, trusted=ledger.note(9)).verdict


@pytest.mark.parametrize("size", [3, 4, 6, 7, 9])
def test_a_copy_of_any_time_holds(log: Turned, tmp_path: Path, size: int) -> None:
    """What was exported before a rotation, or after a loss, would be called forged on the inspector's desk."""
    made = {"software": "doseledger/0.1.0", "build": "0" * 64, "size": size}
    jsonl.directory(log.book, tmp_path / "lines", size=size)
    tiles.directory(log.book, tmp_path / "tiles", size=size)
    making.dossier(log.book, tmp_path / "page.html", **made, patient=None)
    bundled = make.make(log.book, tmp_path / "bundle.zip", **made)
    assert "self-consistent" == bundled.verdict
    for name in ("lines", "tiles", "page.html", "bundle.zip"):
        report = verify_path(tmp_path / name)
        assert ("self-consistent", ()) == (report.verdict, report.findings)
        alone = carried.verify(str(tmp_path / name), None, None, None) if name != "tiles" else {"findings": []}
        assert [] == alone["findings"]
    with closing(Ledger.open(tmp_path / "lines", read_only=True)) as copy:
        assert log.book.log_keys.at(size).origin == copy.origin
    keys = [VerifierKey(name=key.origin, public=key.public) for key in log.book.log_keys.keys]
    told = [verify_path(tmp_path / "lines", outside=Outside(log_key=key)).verdict for key in keys]
    known = sum(key.since < size for key in log.book.log_keys.keys)
    assert ["ok-unanchored"] * known + ["fork"] * (3 - known) == told


def test_names_and_numbers_of_epochs() -> None:
    """Two epochs could bear one name, and their heads could not be told apart."""
    assert [1, 2, 12, 1, 1, 1] == [epoch(name) for name in ("main", "main.2", "a/b/main.12", "main.1", "main.02", "2")]
    assert ["main.2", "main.13", "main.3"] == [named("a/main", 2), named("main.12", 13), named("a/main.2", 3)]
    assert of_one_log("a/main", "a/main.4")
    assert not of_one_log("a/main", "b/main")
    for use in (LogKeys().at, lambda size: LogKeys().open(b"x", lambda *_: None)):
        with pytest.raises((IntegrityFailure, Malformed)):
            use(1)
