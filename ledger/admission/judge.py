"""The whole judgement of one entry at its place."""

from __future__ import annotations

from ledger.admission import amendment as amending
from ledger.admission.authority import authority
from ledger.admission.closing import closing
from ledger.admission.enrolment import enrolments, is_genesis
from ledger.admission.keylife import anchored, key_life, targets
from ledger.admission.leaving import leaving
from ledger.admission.logkeys import log_keys
from ledger.admission.place import place
from ledger.admission.problem import Problem
from ledger.admission.recovered import recovered
from ledger.admission.separation import separation
from ledger.admission.together import together
from ledger.admission.view import View, log_time
from ledger.admission.written import written
from ledger.codec import Opened
from ledger.course.people import Roster, beside, evolve
from ledger.merkle.tree import EMPTY_ROOT


def problems(opened: Opened, *, roster: Roster, view: View) -> list[Problem]:
    """List what is wrong with an entry that would stand at position `view.size`; failures and notices.

    `roster` is folded from the entries before it. Signatures are checked apart, by `check_signatures`.
    """
    entry = opened.entry
    found: list[Problem] = []
    first = is_genesis(entry.payload)
    if first != (view.size == 0) or entry.position != view.size:
        why = "the first entry of a ledger, and only it, creates the ledger"
        return [Problem("genesis", why, level="L1")]
    time = log_time(view.log_time(), entry)
    if first:
        _first(opened, found)
        roster = evolve(roster, entry)
    else:
        place(entry, roster, view, found)
    written(entry, roster, found)
    enrolments(entry, roster, time, found)
    key_life(entry, roster, view, time, found)
    about = amending.subject(entry, view)
    amending.amendment(entry, about, roster, view, time, found)
    amending.ruled(entry, view, time, found)
    closing(entry, view, found)
    leaving(entry, view, found)
    log_keys(entry, roster, view, found)
    recovered(opened, roster, view, found)
    target = amending.regraded(entry, view, time) if about is None else amending.as_it_stands(about)
    asked = beside(entry.event, entry.author.person, targets(entry, view), roster, anchored(entry, view))
    taken = amending.struck(entry, about, view, time)
    authority(entry, roster, target, None if about is None else amending.stated(about), time, found, asked, taken)
    separation(entry, view, found)
    together(opened, view, found)
    return found


def _first(opened: Opened, found: list[Problem]) -> None:
    payload = opened.entry.payload
    if (payload.after.log, payload.after.size, payload.after.root) != (opened.entry.log, 0, EMPTY_ROOT.hex()):
        found.append(Problem("after", "the first entry comes after nothing"))
    if payload.causes or payload.corrects is not None or payload.protocol is not None or payload.command.index:
        found.append(Problem("genesis", "the first entry names other entries or a protocol"))
