"""Every change to a record: one field, one dose with all that belongs to it, one patient, or everybody."""

from __future__ import annotations

import re
from datetime import datetime

from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.events.body import references
from ledger.events.entry import Entry
from projections.logbook import patient_of
from projections.printed import View, second
from projections.replay import open_patient, window
from projections.trail.row import TrailRow
from projections.trail.rows import record_of, rows

_NTH = re.compile(r"(?P<what>dose|toxicity):(?P<n>[1-9][0-9]{0,3})\Z")


class Past(View, frozen=True, kw_only=True):
    """The changes that were asked for, in the order in which they were written."""

    patient: str | None
    record: int | None
    size: int
    known_at: str
    rows: tuple[TrailRow, ...]


def history(
    ledger: Ledger,
    *,
    now: datetime,
    patient: str | None = None,
    record: str | None = None,
    field: str | None = None,
    person: str | None = None,
    known_at: int | datetime | None = None,
) -> Past:
    """List every change to a patient's records, or to everything; the first entry of each is one of them.

    `record` is an entry (`#402`), or `dose:3`, `toxicity:1` of the patient with everything that names it, `field` a
    path or its end (`given_mg`, `given.0.at`), `person` who signed. BadInput for a patient or a record that is unknown.
    """
    through = window(ledger, now=now, known_at=known_at)
    about: frozenset[int] | None = None
    found: Entry | None = None
    if record is not None:
        found = named(ledger, record, patient=patient, now=now)
        about = _belonging(ledger, found) if _NTH.match(record) else frozenset({found.position})
        about |= _speaking(ledger, found.stream, about)
        patient = patient if patient is not None else patient_of(found)
    kept = (
        row
        for row in rows(ledger, patient=patient, size=through.size)
        if (about is None or row.record in about or row.about in about)
        and (field is None or _is_field(row.field, field))
        and (person is None or any(one.person == person for one in row.signatures))
    )
    return Past(
        patient=patient,
        record=found.position if found is not None else None,
        size=through.size,
        known_at=second(through.known_at, through.zone),
        rows=tuple(kept),
    )


def named(ledger: Ledger, text: str, *, patient: str | None, now: datetime) -> Entry:
    """Find the record that a person means: an entry, or the n-th dose or toxicity of a patient in clinical order.

    What was voided is not counted. BadInput where there is none, or it is another patient's.
    """
    nth = _NTH.match(text)
    if nth is None:
        entry = record_of(ledger, ledger.find(text))
        if patient is not None and patient_of(entry) not in (patient, None):
            raise BadInput(f"Entry #{entry.position} is not of patient {patient}.", why=f"its stream is {entry.stream}")
        return entry
    if patient is None:
        raise BadInput(f"{text} is of one patient.", fix="name the patient, or give the entry's number")
    opened = open_patient(ledger, patient, window(ledger, now=now))
    course = opened.course
    doses = sorted(course.doses, key=lambda dose: (dose.started_at, dose.position))
    places = [one.position for one in (doses if nth["what"] == "dose" else course.toxicities.values())]
    if int(nth["n"]) > len(places):
        raise BadInput(
            f"Patient {patient} has no {text}.",
            why=f"there are {len(places)}, without those that were voided",
            fix=f"see: doseledger timeline {patient}",
        )
    return ledger.entry(places[int(nth["n"]) - 1])


def _belonging(ledger: Ledger, entry: Entry) -> frozenset[int]:
    """Give the records that make up a dose or a toxicity: itself, what names it, its order and what names that."""
    stream = ledger.stream(entry.stream)
    order = getattr(entry.event, "order", None)
    names = {entry.id, order} if order is not None else {entry.id}
    return frozenset(
        one.position for one in stream if one.id in names or (names & set(references(one.event)) and _first(one))
    )


def _speaking(ledger: Ledger, stream: str, records: frozenset[int]) -> frozenset[int]:
    """Give the entries that speak of some records and of others too, as a verification against the source does."""
    entries = ledger.stream(stream)
    names = {entry.id for entry in entries if entry.position in records}
    return frozenset(entry.position for entry in entries if names & set(getattr(entry.event, "targets", ())))


def _first(entry: Entry) -> bool:
    return entry.payload.corrects is None


def _is_field(path: str, asked: str) -> bool:
    return path == asked or path.startswith(f"{asked}.") or path.endswith(f".{asked}")
