"""`review log` (COMPLIANCE.md T23): who reviewed what of the trail, what came out, and what nobody has looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from ledger.book import Ledger
from ledger.course.history import History, effective
from ledger.course.review import Reviews, reviews
from ledger.events.entry import Entry
from ledger.events.event import of_review
from ledger.events.review import AuditReviewed
from projections.printed import Signature, View, second, signature
from projections.replay import Window, window


class Range(View, frozen=True, kw_only=True):
    """The positions from `since` to before `until`."""

    since: int
    until: int


class ReviewRow(View, frozen=True, kw_only=True):
    """One signed review of the trail; `patients` is empty where it was of everything."""

    entry: int
    at: str
    signed: Signature
    since: int
    until: int
    patients: tuple[str, ...]
    questions: tuple[str, ...]
    findings: str | None
    queries: tuple[int, ...]


class FellOff(View, frozen=True, kw_only=True):
    """An entry that was compared with its source, and the correction or void that ended the comparison."""

    entry: int
    compared: int
    by: int
    at: str
    name: str


class Coverage(View, frozen=True, kw_only=True):
    """One patient: entries that a review of the trail covers, and facts whose newest version was compared.

    `gaps` are the positions of his entries that no review covers, as ranges of the log; `not_compared` the facts.
    """

    patient: str
    entries: int
    reviewed: int
    gaps: tuple[Range, ...]
    facts: int
    compared: int
    not_compared: tuple[int, ...]
    fell_off: tuple[FellOff, ...]


class ReviewLog(View, frozen=True, kw_only=True):
    """Every review of the trail, the ranges of the log that no review of everything covers, and each patient."""

    size: int
    known_at: str
    valid_at: str
    reviews: tuple[ReviewRow, ...]
    gaps: tuple[Range, ...]
    patients: tuple[Coverage, ...]


def log(
    ledger: Ledger,
    *,
    now: datetime,
    patient: str | None = None,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
) -> ReviewLog:
    """Give the log of reviews as known then, for all patients or for one."""
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    done = [
        (entry, entry.event)
        for name in ledger.streams("review/")
        for entry in ledger.stream(name, up_to=through.size)
        if isinstance(entry.event, AuditReviewed)
    ]
    done.sort(key=lambda pair: pair[0].position)
    whole = [event for _, event in done if not event.streams]
    names = [name for name in ledger.streams("patient/") if patient in {None, name.partition("/")[2]}]
    streams = [(name, ledger.stream(name, up_to=through.size)) for name in names]
    return ReviewLog(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=second(through.at, through.zone),
        reviews=tuple(_row(ledger, entry, event, through) for entry, event in done),
        gaps=tuple(_runs(range(through.size), whole)),
        patients=tuple(
            _coverage(name, entries, [event for _, event in done], through) for name, entries in streams if entries
        ),
    )


def _row(ledger: Ledger, entry: Entry, event: AuditReviewed, through: Window) -> ReviewRow:
    words = ledger.text(event.findings) if event.findings is not None else None
    asked = sorted(ledger.find(name).position for name in event.queries)
    return ReviewRow(
        entry=entry.position,
        at=second(entry.recorded_at, through.zone),
        signed=signature(entry.author),
        since=event.since,
        until=event.until,
        patients=tuple(name.partition("/")[2] for name in event.streams),
        questions=event.questions,
        findings=None if words is None else words.decode(errors="replace"),
        queries=tuple(asked),
    )


def _coverage(name: str, entries: Sequence[Entry], done: Iterable[AuditReviewed], through: Window) -> Coverage:
    of_him = [event for event in done if not event.streams or name in event.streams]
    positions = [entry.position for entry in entries]
    left = [one for one in positions if not _covered(one, of_him)]
    history = effective(entries)
    found = reviews(entries, history)
    compared, open_facts = _compared(history, found)
    return Coverage(
        patient=name.partition("/")[2],
        entries=len(positions),
        reviewed=len(positions) - len(left),
        gaps=tuple(_runs(positions, of_him)),
        facts=compared + len(open_facts),
        compared=compared,
        not_compared=tuple(open_facts),
        fell_off=tuple(_fallen(entries, found, through)),
    )


def _compared(history: History, found: Reviews) -> tuple[int, list[int]]:
    """Count the facts whose newest version was compared, and list the others."""
    done = {one.target for one in found.compared if one.fell_off is None}
    heads = [fact.amended_by or fact.entry for fact in history.facts if not of_review(fact.event)]
    left = sorted(entry.position for entry in heads if entry.id not in done)
    return len(heads) - len(left), left


def _fallen(entries: Sequence[Entry], found: Reviews, through: Window) -> Iterator[FellOff]:
    places = {entry.id: entry.position for entry in entries}
    for one in found.compared:
        if one.fell_off is not None:
            yield FellOff(
                entry=places[one.target],
                compared=one.entry.position,
                by=one.fell_off.position,
                at=second(one.fell_off.recorded_at, through.zone),
                name=one.fell_off.author.name,
            )


def _covered(position: int, done: Iterable[AuditReviewed]) -> bool:
    return any(event.since <= position < event.until for event in done)


def _runs(positions: Iterable[int], done: Sequence[AuditReviewed]) -> Iterator[Range]:
    """Join the positions that no review covers into ranges, over what lies between them uncovered."""
    run: list[int] = []
    for position in positions:
        if not _covered(position, done):
            run.append(position)
        elif run:
            yield Range(since=run[0], until=run[-1] + 1)
            run = []
    if run:
        yield Range(since=run[0], until=run[-1] + 1)
