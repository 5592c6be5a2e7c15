"""The signed heads of a log: one in full, all of them, and two compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Literal

from ledger.anchors import Fork, Heads, Opener, fork_of, opener, opener_by
from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.merkle import checkpoint
from ledger.merkle.checkpoint import Checkpoint
from ledger.merkle.note import VerifierKey
from projections.printed import View, second

Verdict = Literal["same", "consistent", "restored", "older", "fork", "unknown"]
"""How the second head stands to the first. `restored`: one of them was given up in an entry that registrars signed.
`older`: it has fewer entries, of the same history. `unknown`: only the tree of a ledger that has as many entries could
tell."""

_Said = tuple[bytes, Checkpoint]
"""A note, and the checkpoint in it."""


class HeadRow(View, frozen=True, kw_only=True):
    """One head: entries, root, and the log time of its newest entry at the site."""

    size: int
    root: str
    at: str


class HeadRows(View, frozen=True, kw_only=True):
    """The heads of a log, the oldest first."""

    origin: str
    rows: tuple[HeadRow, ...]


class ShownHead(View, frozen=True, kw_only=True):
    """One signed head: `note` is the text that was signed with its signatures, `log_key` the line that checks it."""

    origin: str
    size: int
    root: str
    at: str
    log_key: str
    note: str


class SaidHead(View, frozen=True, kw_only=True):
    """A head as a note says it, once its signature was checked."""

    size: int
    root: str


class Compared(View, frozen=True, kw_only=True):
    """Two heads of one log; `fork` is the proof of two histories, for anybody to check."""

    verdict: Verdict
    why: str
    origin: str
    first: SaidHead
    second: SaidHead
    fork: Fork | None


def log_key(ledger: Ledger, size: int | None = None) -> VerifierKey:
    """The key that signs the head of `size` entries (all, when None), as the log itself names it."""
    key = ledger.log_keys.at(ledger.size if size is None else size)
    return VerifierKey(name=key.origin, public=key.public)


def opener_of(key: VerifierKey | None, ledger: Ledger | None = None) -> Opener:
    """What opens the notes that this key signed; without one, those of the ledger. BadInput without either."""
    if key is not None:
        return opener_by(key)
    if ledger is None:
        raise BadInput("The key of the log is needed.", fix="--log-key KEY, or --ledger PATH")
    return opener(lambda: ledger.log_keys)


def head(ledger: Ledger, size: int, zone: tzinfo) -> ShownHead:
    """Show the signed head of `size` entries; raises BadInput where none was made."""
    note = ledger.checkpoint_at(size)
    found = checkpoint.parse(note)[0]
    return ShownHead(
        origin=found.origin,
        size=size,
        root=found.root.hex(),
        at=second(ledger.log_time(size - 1), zone),
        log_key=log_key(ledger, size).text(),
        note=note.decode(),
    )


def heads(ledger: Ledger, zone: tzinfo) -> HeadRows:
    """List every stored head; raises Malformed for a note that is none."""
    return HeadRows(origin=ledger.origin, rows=tuple(_rows(ledger, zone)))


def compare(log: Heads | None, first: bytes, second: bytes, opened: Opener) -> Compared:
    """Compare two signed notes of one log, with its tree where `log` has one.

    Raises Malformed or IntegrityFailure for a note that the log's key did not sign, and IntegrityFailure where the
    stored tree is not the one that the newest checkpoint of `log` seals.
    """
    one, two = opened.ever(first), opened.ever(second)
    gone = [(name, opened.keys.given_up(head)) for name, head in (("first", one), ("second", two))]
    lost = [(name, key.since) for name, key in gone if key is not None]
    fork = _fork(None if lost else log, ((first, one), (second, two)), opened)
    verdict, why = _verdict(log, one, two)
    if len(lost) == 1:
        (name, since), fork = lost[0], None
        verdict, why = "restored", f"the {name} was given up at position {since}, where the ledger goes on without it"
    elif fork is not None:
        common = checkpoint.parse(fork.older.encode())[0].size
        verdict, why = "fork", f"the log signed two roots over its first {common} entries"
    elif lost and verdict != "same":
        verdict, why = "unknown", f"both were given up at position {lost[0][1]}; the entries between them are lost"
    return Compared(
        verdict=verdict,
        why=why,
        origin=one.origin,
        first=SaidHead(size=one.size, root=one.root.hex()),
        second=SaidHead(size=two.size, root=two.root.hex()),
        fork=fork,
    )


def _fork(log: Heads | None, both: tuple[_Said, _Said], opened: Opener) -> Fork | None:
    (first, one), (second, two) = both
    if one.size == two.size:
        if one.root == two.root:
            return None
        return Fork(older=first.decode(), newer=second.decode(), root=two.root.hex(), proof=())
    if log is None:
        return None
    newest = log.checkpoint_at(log.size)
    top = opened(newest).size
    for note, held in both:
        found = fork_of(note, log, newest) if 0 < held.size <= top else None
        if found is not None:
            return found
    return None


def _verdict(log: Heads | None, one: Checkpoint, two: Checkpoint) -> tuple[Verdict, str]:
    if one.size == two.size:
        return "same", "both are the same head"
    if log is None:
        return "unknown", "heads of different sizes are compared by the tree of the ledger: --ledger PATH"
    if max(one.size, two.size) > log.size:
        return "unknown", f"the ledger has {log.size} entries; a newer file must compare them"
    if one.size < two.size:
        return "consistent", f"the second goes on from the first: {two.size - one.size} entries were appended"
    return "older", f"the first goes on from the second: {one.size - two.size} entries were appended"


def _rows(ledger: Ledger, zone: tzinfo) -> Iterator[HeadRow]:
    for size, note in ledger.checkpoints(ledger.size):
        found = checkpoint.parse(note)[0]
        yield HeadRow(size=size, root=found.root.hex(), at=second(ledger.log_time(size - 1), zone))
