"""The registrars' signatures that an act about people needs beside those of its kind, and how many must be left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from ledger.course.people.roster import Roster
from ledger.events.base import Wire
from ledger.events.entry import Entry
from ledger.events.keys import (
    KeyRevoked,
    KeyRotated,
    LogRotated,
    PolicyAmended,
    RegistrarChanged,
    SignatureReaffirmed,
)
from ledger.events.row import REGISTRARS, Requirement, by
from ledger.events.study import LedgerRestored

_RESPONSIBLE = by(REGISTRARS, "responsibility")
_VERIFIED = by(REGISTRARS, "verified")


def beside(
    event: Wire, author: str, targets: Iterable[Entry], roster: Roster, anchored: int
) -> tuple[Requirement, ...]:
    """List the signatures that the roster asks for beside those of the kind; `targets` are the entries it names.

    The rest of a quorum above two; a second registrar where a suspicion reaches behind the last answer of the
    key's owner, or behind the greatest head that was anchored, of `anchored` entries; one registrar where a new key
    outlives the old one, or where an owner stands by entries that were written before his last answer to an earlier
    suspicion.
    """
    match event:
        case PolicyAmended() | RegistrarChanged() | LogRotated() | LedgerRestored():
            return (_RESPONSIBLE,) * (roster.policy.registrars - 2)
        case KeyRevoked():
            return (_RESPONSIBLE,) if reaches_back(event, roster, anchored) else ()
        case KeyRotated():
            old = roster.keys.get(event.old_key_id)
            return (_VERIFIED,) if old is not None and _outlives(event.valid_until, old.valid_until) else ()
        case SignatureReaffirmed():
            return (_VERIFIED,) if any(_answered_since(one, author, roster) for one in targets) else ()
        case _:
            return ()


def too_few(event: Wire, roster: Roster, at: datetime) -> str:
    """Say why an act would leave too few registrars with a valid key at log time `at`; empty when it would not."""
    holding, least = roster.registrars(at), roster.policy.registrars
    match event:
        case KeyRevoked():
            key = roster.keys.get(event.key_id)
            others = {one.person for one in roster.keys.values() if one.holds(at) and one.kid != event.key_id}
            left = holding & others
            if key is None or not key.holds(at) or key.person not in holding:
                return ""
        case RegistrarChanged():
            left = (holding - {event.removed}) | ({event.added.person} if event.added is not None else set())
            if len(left) >= len(holding):
                return ""
        case PolicyAmended():
            left, least = holding, event.quorum
        case _:
            return ""
    if len(left) >= least:
        return ""
    return f"{len(left)} would be left of the {least} registrars who must act together"


def reaches_back(event: Wire, roster: Roster, anchored: int) -> str:
    """Say behind what a suspicion reaches that one registrar does not doubt alone; empty when behind nothing."""
    if not isinstance(event, KeyRevoked) or event.suspected_from is None:
        return ""
    since, answered = event.suspected_from, roster.disputes.newest_answer(event.person)
    if answered is not None and since < answered:
        return f"{event.person} answered for his signatures at position {answered}"
    return f"a head of {anchored} entries was anchored outside" if since < anchored else ""


def _outlives(new: str | None, old: date | None) -> bool:
    return old is not None and (new is None or date.fromisoformat(new) > old)


def _answered_since(target: Entry, author: str, roster: Roster) -> bool:
    dispute = roster.disputes.over(target, author)
    if dispute is None:
        return False
    answered = roster.disputes.newest_answer(author, before=dispute.until)
    return answered is not None and target.position < answered
