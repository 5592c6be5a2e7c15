"""How a log stands to the newest head that was seen of it: the same, grown, older, or another history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ledger.anchors.fork import Fork, fork_of
from ledger.anchors.heads import Heads, Opener
from ledger.errors import DoseLedgerError

Verdict = Literal["first", "same", "grown", "stale", "fork", "broken", "unreadable"]
"""`first`: nothing was seen before. `broken`: the log's own newest head does not hold. `unreadable`: what was kept is
no head of this log, signed by its key."""


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
        return self.verdict in {"first", "same", "grown"}


def compare(kept: bytes | None, log: Heads, opened: Opener) -> Standing:
    """Compare `kept`, the newest note that was seen (None: none was), with the log as it is now.

    `kept` must have been read before this is called, so that a log that grows meanwhile does not look older. A note
    of the very same bytes is known without its key; everything else is checked by signature, and through the tree in
    a logarithmic number of reads. Raises what reading the log raises, never what is wrong with a head.
    """
    size = log.size
    try:
        head = log.checkpoint_at(size)
        if head == kept:
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
        held = opened(kept)
    except DoseLedgerError as error:
        return Standing("unreadable", size, head, why=_sentence(error))
    if held.size > size:
        why = f"{held.size} entries were seen here before; only {size} are in this file"
        return Standing("stale", size, head, held.size, why)
    try:
        fork = fork_of(kept, log, head)
    except DoseLedgerError as error:
        return Standing("broken", size, head, held.size, _sentence(error))
    if fork is None:
        return Standing("same" if held.size == size else "grown", size, head, held.size)
    was, now = held.root.hex()[:16], fork.root[:16]
    why = f"when the first {held.size} entries were seen here their root was {was}...; in this file it is {now}..."
    return Standing("fork", size, head, held.size, why, fork)


def _sentence(error: DoseLedgerError) -> str:
    return f"{error.what} ({error.why})" if error.why else error.what
