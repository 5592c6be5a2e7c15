"""What of a patient depends on entries alone, and so can be kept: his course, its findings, what the record told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

import msgspec
from msgspec import Struct

from ledger import wire
from ledger.course.history import History
from ledger.course.state import Course
from ledger.events.entry import Entry
from ledger.events.patient import ConsentWithdrawn
from ledger.events.safety import DeviationAcknowledged, DeviationClassified
from ledger.rules.finding import Finding
from ledger.rules.setting import Setting


class Unsigned(Struct, frozen=True):
    """A signature that a fact lacks: the fact's kind, what is missing, and the entry that stated it."""

    kind: str
    meaning: str
    role: str
    position: int
    recorded_at: datetime


class Said(Struct, frozen=True):
    """The newest thing that was said of a finding: by whom (printed name), when; the words are commitments."""

    rule: str
    target: str
    by: str
    at: str
    classified: bool
    important: bool | None
    root_cause: wire.Commitment | None
    action: wire.Commitment | None


class Told(Struct, frozen=True):
    """What the history says beside the course; `occurred` are stated times by the id of the fact.

    `newest` is the log time of the newest of the entries; `off_study`: a consent to the whole study was withdrawn.
    """

    off_study: bool
    unsigned: tuple[Unsigned, ...]
    said: tuple[Said, ...]
    occurred: Mapping[str, str]
    newest: datetime


class Settled(Struct, frozen=True):
    """One patient as far as no clock matters; `grounds` are what it rests on beside his own entries."""

    course: Course
    findings: tuple[Finding, ...]
    told: Told
    grounds: Mapping[str, str]


def told(history: History, entries: Iterable[Entry], *, about: Collection[str] | None = None) -> Told:
    """Tell what a history says; of stated times those of the facts in `about`, of all where it is None."""
    facts = history.facts
    said: dict[tuple[str, str], Said] = {}
    for fact in facts:
        event = fact.event
        if isinstance(event, DeviationAcknowledged | DeviationClassified):
            classified = event if isinstance(event, DeviationClassified) else None
            said[event.rule, event.target] = Said(
                rule=event.rule,
                target=event.target,
                by=fact.signers[0].name,
                at=fact.occurred.at,
                classified=classified is not None,
                important=classified.important if classified is not None else None,
                root_cause=classified.root_cause if classified is not None else None,
                action=classified.action if classified is not None else None,
            )
    return Told(
        off_study=any(isinstance(one.event, ConsentWithdrawn) and one.event.scope == "study" for one in facts),
        unsigned=tuple(
            Unsigned(fact.kind, need.meaning, need.role, fact.entry.position, fact.entry.recorded_at)
            for fact in facts
            for need in fact.missing
        ),
        said=tuple(said.values()),
        occurred={fact.id: fact.occurred.at for fact in facts if about is None or fact.id in about},
        newest=max(entry.recorded_at for entry in entries),
    )


class Grounds:
    """What judgements rest on beside a patient's entries, piece by piece, each as a short digest.

    The pieces are `protocol`, `doubts` (of signatures), `person:ID` (roles and delegations) and `lot:NUMBER`. What is
    not there has the digest of nothing, so that a lot that arrives later is seen to be another piece.
    """

    def __init__(self, setting: Setting) -> None:
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
        what, _, which = name.partition(":")
        roster = self._setting.roster
        match what:
            case "lot":
                return self._setting.lots.get(which), self._setting.quarantines.get(which)
            case "person":
                return roster.people.get(which), [one for one in roster.delegations if one.person == which]
            case "doubts":
                return roster.disputes
            case _:
                return self._setting.protocol.digest


def names_of(course: Course, entries: Sequence[Entry]) -> frozenset[str]:
    """Name the grounds on which the judgement of a patient rests: the protocol, people, lots, doubts."""
    lots = {dose.lot for dose in course.doses} | {
        order.released.lot for order in course.orders.values() if order.released is not None
    }
    people = {signer.person for entry in entries for signer in entry.signers}
    people |= {by for entry in entries if (by := entry.payload.performed_by) is not None}
    return frozenset(
        {
            "protocol",
            "doubts",
            *(f"lot:{lot}" for lot in lots if lot is not None),
            *(f"person:{person}" for person in people),
        }
    )
