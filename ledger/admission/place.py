"""The place of an entry: its ids are new, `after` and its references are true, nothing slipped in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.admission.problem import Problem
from ledger.admission.view import Named, View
from ledger.course.people import Roster
from ledger.errors import BadInput, Conflict, Malformed, Refused
from ledger.events.base import Payload, Ref
from ledger.events.body import references
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected, LogClock
from ledger.events.registry import KINDS

BEHIND = timedelta(minutes=5)
"""An entry older than log time by more than this is preceded by a clock entry (RECORD.md section 2)."""
AHEAD = timedelta(minutes=5)
"""How far a stated time may be ahead of the clock of its entry (DOMAIN.md I7)."""


_REASONED = frozenset(
    {
        "entry.corrected/1",
        "entry.voided/1",
        "ledger.restored/1",
        "override.granted/1",
        "record.unlocked/1",
        "text.redacted/1",
    }
)
_OF_NO_SITE = frozenset({"patient", "cohort"})
"""Families whose streams are named by something else; every other stream with a name is named by its site."""
_ACROSS = frozenset({"signature.reaffirmed/1", "signature.repudiated/1", "audit.reviewed/1"})


def place(entry: Entry, roster: Roster, view: View, found: list[Problem]) -> None:
    """Judge ids, counters, command, `after`, references, predicates and time of an entry that is not the first."""
    payload = entry.payload
    if payload.ledger != roster.ledger:
        found.append(
            Problem("ledger", f"the entry belongs to the ledger {payload.ledger[:8]}, this is {roster.ledger[:8]}")
        )
    if payload.site != roster.site:
        found.append(Problem("site", f"the entry is of the site {payload.site}, this ledger is of {roster.site}"))
    family, _, whose = payload.stream.partition("/")
    if whose not in {"", payload.site} and family not in _OF_NO_SITE:
        found.append(Problem("site", f"the entry of the site {payload.site} stands on the stream {payload.stream}"))
    _unused(entry, view, found)
    _command(payload, view, found)
    _after(entry, roster, view, found)
    _references(entry, view, found)
    _predicates(payload, view, found)
    _once(payload, view, found)
    _future(entry, view, found)
    _time(entry, view, found)


def _unused(entry: Entry, view: View, found: list[Problem]) -> None:
    stands = view.position_of(entry.id)
    if stands is not None:
        found.append(
            Problem(
                "id-reused", f"the entry id {entry.id} already stands at position {stands}", Conflict, winner=stands
            )
        )
    for signer in entry.signers:
        stands = view.n_used(signer.kid, signer.n)
        if stands is not None:
            why = f"the key of {signer.person} was used in two places: signature {signer.n} stands at position {stands}"
            found.append(Problem("n-reused", why, Conflict, winner=stands))


def _command(payload: Payload, view: View, found: list[Problem]) -> None:
    command, last = payload.command, view.size - 1
    stands = view.command_used(command.id, command.index)
    if stands is not None:
        why = f"part {command.index} of the command {command.id} already stands at position {stands}"
        found.append(Problem("command-used", why, Conflict, winner=stands))
    if view.withheld(last) is not None:
        return
    before = view.opened(last).entry.payload
    continues = before.command.id == command.id and before.command.index + 1 == command.index
    if continues and (before.command.of, before.after) != (command.of, payload.after):
        found.append(Problem("command-broken", "entries of one command name one number of parts and one `after`"))
    if not continues and (command.index > 0 or before.command.index + 1 < before.command.of):
        found.append(
            Problem(
                "command-broken", f"the entries of one command do not stand together at positions {last} and {last + 1}"
            )
        )


def _after(entry: Entry, roster: Roster, view: View, found: list[Problem]) -> None:
    after, author = entry.payload.after, entry.author
    if after.log != entry.log:
        found.append(Problem("after", f"`after` names the log {after.log}, the entry stands in {entry.log}"))
        return
    if not 0 < after.size <= view.size:
        found.append(Problem("after", f"`after` names {after.size} entries; {view.size} stand before this one"))
        return
    if view.root_at(after.size).hex() != after.root:
        found.append(
            Problem(
                "after-root", f"the author saw another log: `after` gives another root for its {after.size} entries"
            )
        )
    for signer in entry.signers:
        key = roster.key(signer.kid)
        if key is not None and key.since >= after.size:
            found.append(
                Problem(
                    "after-enrolment",
                    f"`after` does not cover the enrolment of {signer.person} at position {key.since}",
                )
            )
    own = view.last_of(author.kid)
    if own is not None and own >= after.size and view.opened(own).entry.payload.command.id != entry.payload.command.id:
        why = f"`after` does not cover the previous entry of {author.person} at position {own}"
        found.append(Problem("after-own", why, Conflict, winner=own))


def _references(entry: Entry, view: View, found: list[Problem]) -> None:
    payload = entry.payload
    if not payload.causes and payload.corrects is None:
        return
    inside = references(entry.event)
    for ref in (*payload.causes, *(() if payload.corrects is None else (payload.corrects,))):
        named = _named(ref, payload, entry.log, view, found)
        if named is None or not (ref.id in inside or ref is payload.corrects) or named.stream == payload.stream:
            continue
        if ref is payload.corrects or not _may_cross(payload, named.stream):
            found.append(
                Problem("reference-stream", f"{named.kind} {ref.id} belongs to {named.stream}, not to {payload.stream}")
            )


def _may_cross(payload: Payload, named: str) -> bool:
    """A supply entry may name a patient's order, an answer to a doubt whatever is doubted, a review any query."""
    if payload.kind in _ACROSS:
        return True
    return payload.stream.startswith("supply/") and named.startswith("patient/")


def _named(ref: Ref, payload: Payload, log: str, view: View, found: list[Problem]) -> Named | None:
    position = ref.position
    if position is None:
        if any(view.withheld(before) is not None for before in parts_before(payload.command.index, view)):
            return None
        position = view.position_of(ref.id)
        named = None if position is None else view.named(position)
        if position is None or ref.leaf is not None or ref.log != log or not _same_command(position, payload, view):
            found.append(
                Problem("reference", f"{ref.id} is named as an entry of the same command, and is none before this one")
            )
            return None
        return named
    hidden = view.withheld(position)
    named = view.named(position) if position < view.size else None
    if hidden is not None and (ref.log, ref.leaf) == (log, hidden):
        named = None
    elif named is None or ref.log != log or (named.id, named.leaf) != (ref.id, ref.leaf):
        found.append(Problem("reference", f"what is named at position {position} is not the entry that stands there"))
        return None
    if position >= payload.after.size:
        found.append(Problem("reference-after", f"`after` does not cover the entry named at position {position}"))
    return named


def parts_before(parts: int, view: View) -> range:
    """The positions directly before this entry at which so many earlier parts of its act stand."""
    return range(max(0, view.size - parts), view.size)


def _same_command(position: int, payload: Payload, view: View) -> bool:
    other = view.opened(position).entry.payload
    return other.command.id == payload.command.id


def _predicates(payload: Payload, view: View, found: list[Problem]) -> None:
    start, stop = payload.after.size, view.size
    if start >= stop:
        return
    for family, kinds in KINDS[payload.kind].conflicts:
        winner = view.first_between(family, payload.stream, kinds, start, stop, payload.command.id)
        if winner is not None:
            named = view.named(winner)
            what = "an entry" if named is None else named.kind
            why = f"somebody wrote first: {what} at position {winner} was not known when this was signed"
            found.append(Problem("predicate", why, Conflict, winner=winner))


def _once(payload: Payload, view: View, found: list[Problem]) -> None:
    if payload.kind != "patient.registered/1":
        return
    stands = view.first_between("any", payload.stream, frozenset({payload.kind}), 0, view.size, None)
    if stands is not None:
        why = f"the patient was already registered at position {stands}"
        found.append(Problem("registered", why, Conflict, winner=stands))


def _future(entry: Entry, view: View, found: list[Problem]) -> None:
    """Nothing is recorded before it happened (DOMAIN.md I7), neither as stated nor as restated.

    The later of the entry's clock and log time counts: a slow clock makes no entry false.
    """
    now = max(entry.recorded_at, view.log_time() or entry.recorded_at) + AHEAD
    stated = [entry.payload.occurred]
    if isinstance(entry.event, EntryCorrected):
        stated.append(entry.event.occurred)
    for occurred in stated:
        if occurred.precision == "minute":
            ahead = datetime.fromisoformat(occurred.at) > now
        else:
            zone = datetime.fromisoformat(entry.author.at).tzinfo
            ahead = occurred.at > now.astimezone(zone).date().isoformat()
        if ahead:
            why = f"{occurred.at} is later than the entry was recorded"
            found.append(Problem("future", why, Refused, rules=("D-TIME",)))


def _time(entry: Entry, view: View, found: list[Problem]) -> None:
    time = view.log_time()
    if (
        time is not None
        and time - entry.recorded_at > BEHIND
        and view.withheld(view.size - 1) is None
        and not isinstance(view.opened(view.size - 1).entry.event, LogClock)
    ):
        found.append(
            Problem(
                "clock-behind",
                f"the entry's clock was behind log time by {time - entry.recorded_at}",
                severity="notice",
            )
        )
    if isinstance(entry.event, LogClock) and entry.event.reset:
        found.append(Problem("clock-reset", "only registrars begin log time anew", Malformed))
    if entry.payload.occurred.precision == "minute":
        _zone(entry, found)
    if entry.payload.reason is None and entry.kind in _REASONED:
        found.append(Problem("reason", f"{entry.kind} gives no reason", BadInput, fix="say why"))


def _zone(entry: Entry, found: list[Problem]) -> None:
    zone, at = entry.payload.occurred.zone, entry.occurred_at
    try:
        fits = at.astimezone(ZoneInfo(zone)).utcoffset() == at.utcoffset()
    except (ZoneInfoNotFoundError, OverflowError, ValueError, OSError):
        fits = False
    if not fits:
        why = f"the offset in {entry.payload.occurred.at} is not that of {zone}; the offset holds"
        found.append(Problem("zone", why, BadInput, severity="notice"))
