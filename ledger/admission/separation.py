"""Separation of duties on one dose: the prescriber checks nothing of it, the preparer is no bedside check."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.admission.problem import Problem
from ledger.admission.recovered import RECOVERED
from ledger.admission.view import View
from ledger.errors import NotAllowed, Refused
from ledger.events.dosing import DoseOrdered, DoseReleased, InfusionStarted, OrderChecked
from ledger.events.entry import Entry

_AMENDED = frozenset({"order.amended/1"})
_RELEASED = frozenset({"dose.released/1"})


def separation(entry: Entry, view: View, found: list[Problem]) -> None:
    """Judge who checks, releases and verifies an ordered dose (DOMAIN.md section 7)."""
    event = entry.event
    if not isinstance(event, OrderChecked | DoseReleased | InfusionStarted):
        return
    ordered = view.position_of(event.order)
    if ordered is None:
        return
    order = view.opened(ordered).entry.told
    prescribers = {signer.person for signer in order.signers}
    prescribers |= {one.author.person for one in _about(event.order, _AMENDED, entry, ordered, view)}
    prescribers |= {view.opened(position).entry.told.author.person for position in view.amendments(event.order)}
    if not isinstance(order.event, DoseOrdered):
        found.append(Problem("reference-kind", f"{order.kind} at position {ordered} is not an order"))
    if isinstance(event, InfusionStarted):
        preparers = {
            signer.person
            for one in _about(event.order, _RELEASED, entry, ordered, view)
            for signer in one.signers
            if signer.meaning == "dispensed"
        }
        for signer in entry.signers:
            if signer.meaning == "verified" and signer.person in prescribers | preparers:
                did = "prescribed" if signer.person in prescribers else "prepared"
                why = f"{signer.person} {did} this dose and cannot be the second check at the bedside"
                found.append(Problem("separation", why, Refused, rules=("S-2P",)))
        return
    for signer in entry.signers:
        if signer.person in prescribers:
            why = f"{signer.person} prescribed this dose and neither checks nor releases it"
            found.append(Problem("separation", why, NotAllowed))


def _about(order: str, kinds: frozenset[str], entry: Entry, ordered: int, view: View) -> Iterator[Entry]:
    position: int | None = ordered
    while position is not None:
        position = view.first_between("any", entry.stream, kinds | {RECOVERED}, position + 1, view.size, None)
        if position is not None:
            one = view.opened(position).entry.told
            if one.kind in kinds and getattr(one.event, "order", None) == order:
                yield one
