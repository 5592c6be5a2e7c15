"""A ledger that goes on after a loss: what the entry that begins the epoch says, and whether its evidence bears it."""

from __future__ import annotations

from ledger.errors import DoseLedgerError
from ledger.events.study import LedgerRestored
from ledger.merkle.epochs import LogKeys
from ledger.signing.keys import check_ed25519
from ledger.verify.opening import sentence
from ledger.verify.report import Finding


def told(event: LedgerRestored, position: int, kind: str) -> Finding:
    """Give the notice that says in words what was lost."""
    lost, here = event.lost, f"position {event.size}"
    if lost.size > event.size:
        what = f"acknowledged entries that are lost, from {here} on: {lost.size - event.size}"
    else:
        what = f"another history of {lost.size} entries is given up"
    why = (
        f"{what}; its newest known head had {lost.size} entries and the root {lost.root}; {event.log} goes on from here"
    )
    return Finding("L2", "restored", why, position, kind)


def evidence(event: LedgerRestored, blob: bytes | None, keys: LogKeys) -> str:
    """Say why the kept note is no head of what was lost; empty where it is, or where none is kept.

    `keys` are those of the log before the entry. That its bytes are there is asked of every file that is named.
    """
    if blob is None:
        return ""
    try:
        head = keys.ever(blob, check_ed25519)
    except DoseLedgerError as error:
        return f"the note of what was lost is no head of this log: {sentence(error)}"
    if (head.size, head.root.hex()) != (event.lost.size, event.lost.root):
        return f"the note of what was lost is of another head, of {head.size} entries"
    return ""
