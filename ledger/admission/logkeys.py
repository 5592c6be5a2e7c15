"""The keys of the log: each committed to before it seals anything; a loss begins an epoch with a key of its own."""

from __future__ import annotations

from ledger import wire
from ledger.admission.offered import strong, thumbprints
from ledger.admission.problem import Problem
from ledger.admission.signatures import public_of
from ledger.admission.view import View
from ledger.course.people import Roster
from ledger.errors import DoseLedgerError, NotAllowed
from ledger.events.entry import Entry
from ledger.events.keys import LogRotated
from ledger.events.study import LedgerRestored
from ledger.logkeys import keys_of
from ledger.merkle.epochs import epoch, named


def log_keys(entry: Entry, roster: Roster, view: View, found: list[Problem]) -> None:
    """Judge an entry that names another key of the log; `roster` is that of the entries before it."""
    event = entry.event
    if not isinstance(event, LogRotated | LedgerRestored) or not roster.turns:
        return
    keys = keys_of(roster.turns)
    now, before = keys.newest, thumbprints(keys)
    strong(None, event.key, found)
    kid = _thumbprint(event.key, found)
    if isinstance(event, LogRotated):
        if event.log != now.origin.rpartition("/")[2]:
            found.append(_wrong(f"the entry changes the key of {event.log}; the log is sealed under {now.origin}"))
        if kid != now.following:
            found.append(_wrong("this is not the key to which the log committed itself before"))
    else:
        if epoch(event.log) <= epoch(now.origin) or event.log != named(now.origin, epoch(event.log)):
            found.append(_wrong(f"{event.log} is no name for the epoch after {now.origin}"))
        if kid in before:
            found.append(_wrong("an epoch is sealed by a key of its own, not by an earlier key of the log"))
        _restored(event, view, found)
    if roster.key(kid) is not None:
        found.append(_wrong("a person or a device holds this key"))
    if event.next_log_key in before | {kid}:
        found.append(_wrong("the key that is committed to was a key of the log before"))


def _restored(event: LedgerRestored, view: View, found: list[Problem]) -> None:
    if event.size != view.size or event.root != view.root_at(view.size).hex():
        found.append(_wrong(f"the entry goes on from another head than that of the {view.size} entries before it"))
    lost = event.lost
    if lost.size <= view.size and view.root_at(lost.size).hex() == lost.root:
        found.append(_wrong(f"nothing is lost: the head of {lost.size} entries is one of this log"))


def _thumbprint(key: wire.Jwk, found: list[Problem]) -> str:
    try:
        public = public_of(key)
    except DoseLedgerError:
        return ""
    if public.alg != "Ed25519":
        found.append(_wrong("heads are signed with Ed25519 keys only"))
    return public.kid


def _wrong(why: str) -> Problem:
    return Problem("log-key", why, NotAllowed)
