"""Entries about entries: a correction names the head, one amendment waits at a time, and who may say it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from ledger.admission.problem import Problem
from ledger.admission.recovered import RECOVERED
from ledger.admission.view import View
from ledger.course import needs
from ledger.course.people import Roster
from ledger.errors import Conflict, NotAllowed
from ledger.events.base import Occurred, Wire
from ledger.events.body import open_body
from ledger.events.cohort import DltAdjudicated
from ledger.events.entry import Entry, Signer
from ledger.events.event import RecordEvent, of_review
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.registry import KINDS
from ledger.events.review import EntriesSigned
from ledger.events.row import REGISTRARS, SPONSOR
from ledger.events.safety import ToxicityRegraded

_OWN_ENDINGS = frozenset({"study", "people", "cohort", "attempts", "clock", "exports", "archive", "security", "review"})
"""Streams whose entries are ended by kinds of their own, never corrected or voided."""


def subject(entry: Entry, view: View) -> Entry | None:
    """The entry that this one amends or countersigns, where it stands."""
    if isinstance(entry.event, EntryCountersigned):
        name = entry.event.target
    elif entry.payload.corrects is not None:
        name = entry.payload.corrects.id
    else:
        return None
    position = view.position_of(name)
    return None if position is None else view.opened(position).entry.told


def as_it_stands(entry: Entry) -> Wire:
    """What an entry says: a correction says what it restates."""
    event = entry.event
    return open_body(event.kind, event.body) if isinstance(event, EntryCorrected) else event


def stated(entry: Entry) -> Occurred:
    """When it is said to have happened: a correction says when what it restates did."""
    return entry.event.occurred if isinstance(entry.event, EntryCorrected) else entry.payload.occurred


def regraded(entry: Entry, view: View, at: datetime) -> Wire | None:
    """The grade that a regrade changes, as corrections and earlier regrades in effect left it; None where none is."""
    event = entry.event
    position = view.position_of(event.graded) if isinstance(event, ToxicityRegraded) else None
    if position is None or not isinstance(event, ToxicityRegraded):
        return None
    now = _corrected(view.opened(position).entry.told, view, at)
    for later in _all(entry.stream, "toxicity.regraded/1", position, view):
        one = view.opened(later).entry.told
        said = one.event
        if isinstance(said, ToxicityRegraded) and said.graded == event.graded and _holds(later, view, at):
            now = _corrected(one, view, at)
    return now


def ruled(entry: Entry, view: View, at: datetime, found: list[Problem]) -> None:
    """A toxicity is ruled on once; a later ruling names the one that it turns around."""
    event = entry.event
    if not isinstance(event, DltAdjudicated):
        return
    rulings = [
        position
        for position in _all(entry.stream, entry.kind, 0, view)
        if getattr(view.opened(position).entry.told.event, "toxicity", None) == event.toxicity
        and _holds(position, view, at)
    ]
    named = view.position_of(event.reverses) if event.reverses is not None else None
    if named != (rulings[-1] if rulings else None):
        why = f"the ruling at position {rulings[-1]} stands" if rulings else "no such ruling stands"
        found.append(Problem("ruling", why, Conflict, winner=rulings[-1] if rulings else None))


def struck(entry: Entry, about: Entry | None, view: View, at: datetime) -> needs.Struck | None:
    """What a void takes out: what its own author began and still waits, or what the sponsor's physician signed."""
    if about is None or not isinstance(entry.event, EntryVoided):
        return None
    return needs.Struck(
        waits=_withdraws(entry, about, view, at),
        sponsor=any(signer.role in SPONSOR for signer in _signers(about, view, at)),
    )


def _withdraws(entry: Entry, about: Entry, view: View, at: datetime) -> bool:
    own = isinstance(entry.event, EntryVoided) and entry.author.person == about.author.person
    return own and standing(about.position, view, at) == "pending"


def _holds(position: int, view: View, at: datetime) -> bool:
    return standing(position, view, at) == "standing"


def _all(stream: str, kind: str, start: int, view: View) -> Iterator[int]:
    kinds = frozenset({kind, RECOVERED})
    position = view.first_between("any", stream, kinds, start, view.size, None)
    while position is not None:
        if view.opened(position).entry.told.kind == kind:
            yield position
        position = view.first_between("any", stream, kinds, position + 1, view.size, None)


def _corrected(entry: Entry, view: View, at: datetime) -> Wire:
    """What an entry says after the newest correction of it that is in effect."""
    for position in sorted(_chain(entry, view), reverse=True):
        if position > entry.position and _holds(position, view, at):
            return as_it_stands(view.opened(position).entry.told)
    return as_it_stands(entry)


def amendment(  # noqa: PLR0917 - the parts of one judgement
    entry: Entry, about: Entry | None, roster: Roster, view: View, at: datetime, found: list[Problem]
) -> None:
    """Judge what an entry says about another; `about` is that one, `at` is log time."""
    event = entry.event
    if isinstance(event, EntryCountersigned):
        if about is not None:
            _countersigned(entry, about, view, at, found)
    elif isinstance(event, EntryCorrected | EntryVoided):
        if about is None:
            found.append(Problem("corrects", "the entry does not name what it amends"))
            return
        _amended(entry, about, view, at, found)
        _own_or_delegated(entry, about, roster, found)
    elif entry.payload.corrects is not None:
        found.append(Problem("corrects", f"{entry.kind} corrects nothing, yet names an entry"))


def standing(position: int, view: View, at: datetime) -> Literal["standing", "pending", "lapsed", "struck"]:
    """The state of an entry at log time `at`: struck by a void in effect, or complete, or still waiting."""
    entry = view.opened(position).entry.told
    if _void_of(entry, view, at) is not None:
        return "struck"
    if not KINDS[entry.kind].completed or not needs.missing(entry.payload, _signers(entry, view, at)):
        return "standing"
    return "lapsed" if at - entry.recorded_at > needs.COMPLETION else "pending"


def _void_of(entry: Entry, view: View, at: datetime) -> int | None:
    for later in view.amendments(entry.id):
        if isinstance(view.opened(later).entry.told.event, EntryVoided) and standing(later, view, at) == "standing":
            return later
    return None


def _signers(entry: Entry, view: View, at: datetime) -> Iterator[Signer]:
    yield from entry.signers
    for later in view.countersignatures(entry.id):
        one = view.opened(later).entry.told
        if one.recorded_at - entry.recorded_at <= needs.COMPLETION and _void_of(one, view, at) is None:
            yield from one.signers


def _amended(entry: Entry, about: Entry, view: View, at: datetime, found: list[Problem]) -> None:
    corrects = isinstance(entry.event, EntryCorrected)
    family = about.stream.partition("/")[0]
    final = of_review(about.event) and (corrects or not isinstance(about.event, EntriesSigned))
    if family in _OWN_ENDINGS or final or (corrects and isinstance(about.event, EntryVoided | EntryCountersigned)):
        found.append(
            Problem("corrects", f"a {about.kind} cannot be {'corrected' if corrects else 'voided'}", NotAllowed)
        )
        return
    if isinstance(entry.event, EntryCorrected) and KINDS[entry.event.kind].family != family:
        found.append(Problem("corrects", f"a {entry.event.kind} does not belong to a {family} stream"))
    void = _void_of(about, view, at)
    if void is not None:
        found.append(Problem("not-head", f"the entry was voided at position {void}", Conflict, winner=void))
    for position in _chain(about, view):
        for later in view.amendments(view.opened(position).entry.told.id):
            state = standing(later, view, at)
            newer = isinstance(view.opened(later).entry.told.event, EntryCorrected) and position == about.position
            if state == "pending" and not (later == about.position and _withdraws(entry, about, view, at)):
                why = f"an amendment at position {later} still waits for its second signature"
                found.append(Problem("amendment-waits", why, Conflict, winner=later))
            elif state == "standing" and newer and (corrects or isinstance(about.event, EntryCorrected)):
                why = f"the entry was corrected at position {later}; that correction is the one to amend"
                found.append(Problem("not-head", why, Conflict, winner=later))


def _chain(about: Entry, view: View) -> Iterator[int]:
    """The positions of the entry, of what it corrects down to the first, and of the corrections above it.

    Each once: in a forged log two corrections may name each other.
    """
    above, found = [about.position], set[int]()
    while above:
        position = above.pop()
        found.add(position)
        yield position
        later = view.amendments(view.opened(position).entry.told.id)
        corrections = (one for one in later if isinstance(view.opened(one).entry.told.event, EntryCorrected))
        above.extend(one for one in corrections if one not in found)
    below: Entry | None = about
    while below is not None and isinstance(below.event, EntryCorrected):
        below = subject(below, view)
        if below is None or below.position in found:
            return
        found.add(below.position)
        yield below.position


def _own_or_delegated(entry: Entry, about: Entry, roster: Roster, found: list[Problem]) -> None:
    """DOMAIN.md section 7: every site role corrects and voids its own acts, or those it was delegated."""
    author, said = entry.author.person, as_it_stands(about)
    task = next((row.task for row in KINDS.values() if row.struct is type(said)), None)
    own = any(signer.person == author for signer in about.signers)
    if own or (task is None and isinstance(said, RecordEvent)):
        return
    occurred = entry.payload.occurred
    if task is None or not roster.delegated(author, task, occurred, entry.occurred_at):
        why = f"{author} neither signed the entry at position {about.position} nor was delegated {task}"
        found.append(Problem("delegation", why, NotAllowed))


def _countersigned(entry: Entry, about: Entry, view: View, at: datetime, found: list[Problem]) -> None:
    void = _void_of(about, view, at)
    if void is not None:
        found.append(Problem("not-head", f"the entry was voided at position {void}", Conflict, winner=void))
    declared = {(need.meaning, need.role) for need in about.payload.needs}
    family = about.stream.partition("/")[0]
    for signer in entry.signers:
        if signer.role in REGISTRARS and family not in {"study", "people"}:
            found.append(Problem("role", f"a registrar does not countersign {about.kind}", NotAllowed))
        if signer.role in SPONSOR and (signer.meaning, signer.role) not in declared:
            found.append(Problem("role", f"{about.kind} asks for no such signature of the sponsor", NotAllowed))
        if (signer.meaning, signer.role) in declared and any(one.person == signer.person for one in about.signers):
            why = f"{signer.person} has signed the entry at position {about.position}; a second person must"
            found.append(Problem("same-person", why, NotAllowed))
    if KINDS[about.kind].completed and at - about.recorded_at > needs.COMPLETION:
        _late(entry, about, at, found)


def _late(entry: Entry, about: Entry, at: datetime, found: list[Problem]) -> None:
    """A signature that comes too late has no effect, and may not date itself back to have one."""
    if entry.recorded_at - about.recorded_at <= needs.COMPLETION:
        days = (at - about.recorded_at).days
        why = f"signed as if in time; by log time {days} days after the entry, which lapsed"
        found.append(Problem("completion-time", why, NotAllowed, fix="make the entry anew"))
        return
    why = "signed more than 30 days after the entry, which stays without effect"
    found.append(Problem("completion-late", why, severity="notice"))
