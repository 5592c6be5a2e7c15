"""What every question has in common: what is asked, the entry that a row cites, and the head of an answer."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Literal, TypedDict

from msgspec import Struct

from ledger.book import Ledger
from ledger.course.history import Fact
from ledger.events.entry import Entry
from projections.card import NOTICE
from projections.logbook import patient_of
from projections.printed import View, minute, second
from projections.replay import PatientAt, Window, opened_all, window

Grouping = Literal["user", "site", "patient", "kind", "day"]


class Ask(Struct, frozen=True, kw_only=True):
    """One question: the two times, the patient, and what single questions take beside.

    `over` and `by` belong to late entries, `since` (a number of entries or a log time) to changes after a sign-off,
    `followup` to dose-limiting toxicities.
    """

    now: datetime
    valid_at: datetime | None = None
    known_at: int | datetime | None = None
    patient: str | None = None
    over: timedelta | None = None
    by: tuple[Grouping, ...] = ()
    since: int | datetime | None = None
    followup: bool = False


class Row(View, frozen=True, kw_only=True):
    """One entry that answers the question: its place and id, whom it is about, when, who signed it first, and why.

    `occurred` is when it happened as the record stands, `recorded_at` when it was written. `why` is one sentence.
    """

    position: int
    patient: str | None
    entry: str
    kind: str
    occurred: str
    recorded_at: str
    person: str
    name: str
    role: str
    why: str


class Found(View, frozen=True, kw_only=True):
    """An answer: the question, of whom it was asked (all when null), what was known, and what was looked at."""

    query: str
    patient: str | None
    size: int
    known_at: str
    valid_at: str
    notice: str


class Cited(TypedDict):
    """The parts of a row that come from its entry."""

    position: int
    patient: str | None
    entry: str
    kind: str
    occurred: str
    recorded_at: str
    person: str
    name: str
    role: str


class Head(TypedDict):
    """The parts of an answer that do not depend on the question."""

    patient: str | None
    size: int
    known_at: str
    valid_at: str
    notice: str


def looked(ledger: Ledger, ask: Ask) -> Window:
    """Say what is looked at."""
    return window(ledger, now=ask.now, valid_at=ask.valid_at, known_at=ask.known_at)


def patients(ledger: Ledger, ask: Ask, through: Window) -> tuple[PatientAt, ...]:
    """Open those who are asked about; BadInput when nobody of that number was known."""
    return opened_all(ledger, through, ask.patient)


def head(through: Window, ask: Ask) -> Head:
    """Give the head of an answer."""
    return Head(
        patient=ask.patient,
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=minute(through.at),
        notice=NOTICE,
    )


def cited(entry: Entry, zone: tzinfo, fact: Fact | None = None) -> Cited:
    """Cite an entry; `fact` is what it says as the record stands, where that is asked for."""
    return Cited(
        position=entry.position,
        patient=patient_of(entry),
        entry=entry.id,
        kind=entry.kind if fact is None else fact.kind,
        occurred=entry.payload.occurred.at if fact is None else fact.occurred.at,
        recorded_at=second(entry.recorded_at, zone),
        person=entry.author.person,
        name=entry.author.name,
        role=entry.author.role,
    )


def words(ledger: Ledger, commitment: str | None) -> str | None:
    """Give the text behind a commitment; None where there is none or this ledger does not have it."""
    found = ledger.text(commitment) if commitment is not None else None
    return found.decode(errors="replace") if found is not None else None


def span(length: timedelta) -> str:
    """Write a length of time in hours and minutes."""
    hours, rest = divmod(int(length.total_seconds()) // 60, 60)
    return f"{hours} h {rest:02d} min"
