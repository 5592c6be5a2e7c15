"""A lost entry that comes back: it was signed for this ledger by keys that it knows, and states what it may state."""

from __future__ import annotations

from ledger.admission.problem import Problem
from ledger.admission.signatures import check_made, public_of
from ledger.admission.view import View
from ledger.codec import Opened
from ledger.course import needs
from ledger.course.people import Roster
from ledger.errors import Conflict, DoseLedgerError, NotAllowed
from ledger.events.entry import Entry
from ledger.events.event import of_review
from ledger.events.registry import KINDS
from ledger.events.review import TextRedacted
from ledger.events.row import SITE, Requirement

RECOVERED = "entry.recovered/1"
_ONCE = "patient.registered/1"


def recovered(opened: Opened, roster: Roster, view: View, found: list[Problem]) -> None:
    """Judge the entry inside an `entry.recovered/1`; that it does not stand already, its id says.

    A key may have ended since, unless somebody else may have held it. What takes effect only with the
    signatures of several, gives authority, or speaks about entries, is signed anew instead.
    """
    if opened.original is None:
        return
    inside = opened.original.entry
    if inside.payload.ledger != roster.ledger:
        found.append(_wrong(f"the entry inside belongs to the ledger {inside.payload.ledger[:8]}"))
    if not recoverable(inside):
        found.append(_wrong(f"{inside.kind} does not come back like this: it is signed anew"))
    persons = {signer.person for signer in inside.signers}
    twice = sorted(persons & {signer.person for signer in opened.entry.signers})
    if twice:
        found.append(_wrong(f"{twice[0]} signed the entry inside, and so cannot attest it"))
    if inside.kind == _ONCE:
        stands = view.first_between("any", inside.stream, frozenset({_ONCE}), 0, view.size, None)
        if stands is not None:
            why = f"the patient was registered again at position {stands}"
            found.append(Problem("recovered-entry", why, Conflict, winner=stands))
    _whole(inside, roster, found)
    _signatures(opened.original, roster, found)


def recoverable(entry: Entry) -> bool:
    """Tell whether what an entry states may come back: facts, judgements of a patient, and what deletes words."""
    row, family = KINDS[entry.kind], entry.stream.partition("/")[0]
    if isinstance(entry.event, TextRedacted):
        return family in {"patient", "supply"}
    if row.family == "patient":
        return not row.completed and not of_review(entry.event)
    return row.family == "supply" and row.factual


def _whole(inside: Entry, roster: Roster, found: list[Problem]) -> None:
    """Judge that everybody signed it who had to, in a role that he is enrolled for."""
    row, own = KINDS[inside.kind], needs.required(inside.event, inside.author.role, None)
    if row.factual:
        own = tuple(Requirement(one.meanings, one.roles | SITE) for one in own)
    asked = needs.beyond(inside.payload.needs, own) is not None
    if not asked or (not row.factual and needs.missing(inside.payload, inside.signers)):
        found.append(_wrong(f"the entry inside lacks a signature that {inside.kind} needs"))
    for signer in inside.signers:
        holder = roster.people.get(signer.person)
        if holder is not None and signer.role not in holder.roles:
            found.append(_wrong(f"{signer.person} is not enrolled as a {signer.role}"))


def _signatures(inside: Opened, roster: Roster, found: list[Problem]) -> None:
    for index, signer in enumerate(inside.entry.signers):
        key = roster.key(signer.kid)
        if key is None or key.person != signer.person:
            found.append(_wrong(f"the key {signer.kid[:8]} of {signer.person} was never enrolled here"))
            continue
        if key.why == "compromised":
            found.append(_wrong(f"the key {signer.kid[:8]} of {signer.person} was revoked as compromised"))
        try:
            public = public_of(key.jwk)
            if public.alg != inside.headers[index].alg:
                raise NotAllowed(f"the key was enrolled for {public.alg}")
            check_made(inside, index, public)
        except DoseLedgerError as error:
            found.append(_wrong(f"the signature of {signer.person} on the entry inside does not hold: {error.what}"))


def _wrong(why: str) -> Problem:
    return Problem("recovered-entry", why, NotAllowed)
