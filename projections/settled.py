"""What of a patient depends on entries alone, and so can be kept: his course, its findings, what the record told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from ledger import wire
from ledger.course.history import History
from ledger.course.state import Course
from ledger.events.entry import Entry
from ledger.events.patient import ConsentWithdrawn
from ledger.events.safety import DeviationAcknowledged, DeviationClassified
from ledger.rules.finding import Finding


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
    """One patient as far as no clock matters."""

    course: Course
    findings: tuple[Finding, ...]
    told: Told


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
