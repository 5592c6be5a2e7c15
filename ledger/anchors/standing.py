"""How a log stands to the newest head that was seen of it: the same, grown, older, or another history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ledger.anchors.fork import Fork, fork_of
from ledger.anchors.heads import Heads, Opener
from ledger.errors import DoseLedgerError
from ledger.merkle.checkpoint import Checkpoint, parse
from ledger.merkle.epochs import epoch, of_one_log

Verdict = Literal["first", "same", "grown", "restored", "stale", "fork", "broken", "unreadable"]
"""`first`: nothing was seen before. `restored`: what was seen is given up, and registrars signed that in the log.
`broken`: the log's own newest head does not hold. `unreadable`: what was kept is no head of this log, signed by its
key."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer: `size` and `note` are the log's newest head, `seen` is how many entries the kept one covers."""

    verdict: Verdict
    size: int
    note: bytes
    seen: int = 0
    why: str = ""
    fork: Fork | None = None

    @property
    def sound(self) -> bool:
        """Whether the log may be written: nothing that was seen is missing from it."""
        return self.verdict in {"first", "same", "grown", "restored"}


def compare(kept: bytes | None, log: Heads, opened: Opener) -> Standing:
    """Compare `kept`, the newest note that was seen (None: none was), with the log as it is now.

    `kept` must have been read before this is called, so that a log that grows meanwhile does not look older. A note
    of the very same bytes and the size of the log is known without its key; everything else is checked by signature,
    and through the tree in a logarithmic number of reads. Entries that name a key of the log and were not seen before
    are judged. Raises what reading the log raises, never what is wrong with a head.
    """
    size = log.size
    try:
        head = log.checkpoint_at(size)
        if head == kept and parse(head)[0].size == size:
            return Standing("same", size, head, size)
        newest = opened(head)
        if newest.size != size or log.root_at(size) != newest.root:
            return Standing("broken", size, head, why=f"its newest checkpoint is not of its {size} entries")
    except DoseLedgerError as error:
        return Standing("broken", size, b"", why=_sentence(error))
    except TypeError:  # a file whose tables somebody changed gives words where bytes belong
        return Standing("broken", size, b"", why="its newest checkpoint is not stored as bytes")
    if kept is None:
        return Standing("first", size, head)
    try:
        held = opened.ever(kept)
        by_this_log = True
    except DoseLedgerError as error:
        stranger = _of_another_key(kept, newest)
        if stranger is None:
            return Standing("unreadable", size, head, why=_sentence(error))
        held, by_this_log = stranger, False
    left = opened.keys.given_up(held)
    new = [key.since for key in opened.keys.keys if key.since >= (held.size if left is None else 1)]
    try:
        doubt = opened.doubt(new) if held.size < size or left is not None else ""
    except DoseLedgerError as error:
        doubt = _sentence(error)
    if doubt:
        return Standing("broken", size, head, held.size, doubt)
    if left is not None:
        why = f"{held.size} entries were seen here before; registrars signed in #{left.since} what of them is lost"
        return Standing("restored", size, head, held.size, why)
    if held.size > size:
        why = f"{held.size} entries were seen here before; only {size} are in this ledger"
        if not by_this_log:
            why += ", and not the change of the log's key that sealed them"
        return Standing("stale", size, head, held.size, why)
    if not by_this_log and epoch(held.origin) > epoch(newest.origin):
        why = f"what was seen here goes on as {held.origin.rpartition('/')[2]} after a loss; this ledger is of before"
        return Standing("stale", size, head, held.size, why)
    if not by_this_log:
        return Standing("unreadable", size, head, why="no key of this log has signed what was seen here")
    try:
        fork = fork_of(kept, log, head)
    except DoseLedgerError as error:
        return Standing("broken", size, head, held.size, _sentence(error))
    if fork is None:
        return Standing("same" if held.size == size else "grown", size, head, held.size)
    was, now = held.root.hex()[:16], fork.root[:16]
    why = f"when the first {held.size} entries were seen here their root was {was}...; in this ledger it is {now}..."
    return Standing("fork", size, head, held.size, why, fork)


def _of_another_key(kept: bytes, newest: Checkpoint) -> Checkpoint | None:
    """A head of the same log by a key that the log as it stands does not name: one of a later time, or of a lost one.

    Its signature was checked when it was kept.
    """
    try:
        held = parse(kept)[0]
    except DoseLedgerError:
        return None
    return held if of_one_log(held.origin, newest.origin) else None


def _sentence(error: DoseLedgerError) -> str:
    return f"{error.what} ({error.why})" if error.why else error.what
