"""Two signed heads compared: of one history, of two, or not to be told without a tree that is large enough."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from acts import PATIENT, Ward, founded
from hypothesis import given
from hypothesis import strategies as st

from ledger.anchors import check_fork, parse_fork
from ledger.book import Ledger
from ledger.errors import IntegrityFailure, Malformed
from ledger.merkle.note import VerifierKey
from projections import heads


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A ledger, and two ways in which it went on."""
    folder = tmp_path_factory.mktemp("books")
    found = {"begun": founded(folder / "begun.ledger")}
    for name, weights in (("here", ("70kg", "71kg")), ("there", ("90kg", "91kg", "92kg"))):
        found[name] = folder / f"{name}.ledger"
        with closing(Ward.copy(found["begun"], found[name])) as ward:
            for weight in weights:
                ward.do("crc.1", "patient measure", patient=PATIENT, weight=weight)
    return found


def note(books: dict[str, Path], name: str, back: int = 0) -> bytes:
    """The head of a ledger, or one that many entries earlier."""
    with Ledger.open(books[name], read_only=True) as ledger:
        return ledger.checkpoint_at(ledger.size - back)


def compared(books: dict[str, Path], first: bytes, second: bytes, tree: str | None) -> heads.Compared:
    """Compare two notes with the tree of a ledger, or with none."""
    with Ledger.open(books["here"], read_only=True) as ledger:
        opened = heads.opener_of(heads.log_key(ledger))
    if tree is None:
        return heads.compare(None, first, second, opened)
    with Ledger.open(books[tree], read_only=True) as ledger:
        return heads.compare(ledger, first, second, opened)


@pytest.mark.parametrize(
    ("first", "second", "tree", "verdict"),
    [
        (("here", 0), ("here", 0), None, "same"),
        (("here", 1), ("here", 0), "here", "consistent"),
        (("here", 0), ("here", 1), "here", "older"),
        (("begun", 0), ("there", 0), "there", "consistent"),
        (("here", 1), ("here", 0), None, "unknown"),
        (("begun", 0), ("here", 0), "begun", "unknown"),
        (("here", 0), ("there", 1), None, "fork"),
        (("here", 0), ("there", 0), "here", "unknown"),
        (("here", 0), ("there", 0), "there", "fork"),
        (("there", 0), ("here", 0), "there", "fork"),
        (("begun", 0), ("there", 1), "here", "fork"),
    ],
)
def test_every_pair_of_heads_has_its_verdict(books, first, second, tree, verdict) -> None:
    """A fork taken for growth hides a second history; growth taken for a fork accuses an honest site."""
    found = compared(books, note(books, *first), note(books, *second), tree)
    assert verdict == found.verdict
    assert (verdict == "fork") == (found.fork is not None)


def test_the_proof_of_every_fork_holds_for_a_stranger(books) -> None:
    """Whoever is shown the proof has neither ledger: the two notes and some hashes must be enough."""
    with Ledger.open(books["here"], read_only=True) as ledger:
        opened = heads.opener_of(heads.log_key(ledger))
    for first, second, tree in (
        (("here", 0), ("there", 1), None),
        (("here", 0), ("there", 0), "there"),
        (("begun", 0), ("there", 1), "here"),
    ):
        fork = compared(books, note(books, *first), note(books, *second), tree).fork
        assert fork is not None
        older, newer = check_fork(parse_fork(fork.written()), opened)
        assert older.size <= newer.size


def test_a_head_of_another_key_is_not_compared(books) -> None:
    """A head that anybody could have signed says nothing about the log."""
    with Ledger.open(books["here"], read_only=True) as ledger:
        other = heads.opener_of(VerifierKey(name=ledger.origin, public=b"\1" * 32))
        with pytest.raises(IntegrityFailure):
            heads.compare(ledger, ledger.checkpoint(), ledger.checkpoint(), other)


@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(str.encode)))
def test_only_our_error_comes_out_of_a_proof_of_a_fork(data) -> None:
    """A file from a stranger must not stop the program that is to judge it."""
    with pytest.raises(Malformed):
        parse_fork(data)
