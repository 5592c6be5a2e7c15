"""On what the judgement of a patient rests beside his own entries: the protocol, people, lots, doubts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

import msgspec

from ledger.course.state import Course
from ledger.events.entry import Entry
from ledger.rules.setting import Setting

PROTOCOL, DOUBTS = "protocol", "doubts"


class Grounds:
    """What judgements rest on, piece by piece, each as a short digest; `setting` is None before there is a protocol.

    The pieces are `protocol`, `doubts` (of signatures), `person:ID` (roles and delegations) and `lot:NUMBER`. What is
    not there has the digest of nothing, so that a lot that arrives later is seen to be another piece.
    """

    def __init__(self, setting: Setting | None) -> None:
        self._setting = setting
        self._known: dict[str, str] = {}

    def of(self, names: Iterable[str]) -> dict[str, str]:
        """Give the pieces of these names."""
        return {name: self._piece(name) for name in sorted(names)}

    def hold(self, kept: Mapping[str, str]) -> bool:
        """Tell whether what was kept rests on the same grounds."""
        return all(self._piece(name) == digest for name, digest in kept.items())

    def _piece(self, name: str) -> str:
        found = self._known.get(name)
        if found is None:
            plain = msgspec.json.encode(self._content(name), order="deterministic")
            found = self._known[name] = sha256(plain).hexdigest()[:16]
        return found

    def _content(self, name: str) -> object:
        if self._setting is None:
            return None
        what, _, which = name.partition(":")
        roster = self._setting.roster
        match what:
            case "lot":
                return self._setting.lots.get(which), self._setting.quarantines.get(which)
            case "person":
                return roster.people.get(which), [one for one in roster.delegations if one.person == which]
            case _ if what == DOUBTS:
                return roster.disputes
            case _:
                return self._setting.protocol.digest


def names_of(course: Course, entries: Sequence[Entry]) -> frozenset[str]:
    """Name the grounds on which the judgement of a patient rests: the protocol, people, lots, doubts."""
    lots = {dose.lot for dose in course.doses} | {
        order.released.lot for order in course.orders.values() if order.released is not None
    }
    people = {signer.person for entry in entries for signer in entry.everyone}
    people |= {by for entry in entries if (by := entry.payload.performed_by) is not None}
    return frozenset(
        {
            PROTOCOL,
            DOUBTS,
            *(f"lot:{lot}" for lot in lots if lot is not None),
            *(f"person:{person}" for person in people),
        }
    )
