"""Entries that were made late: over the pack's limit for their kind, or over a time that is asked for; and clusters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from ledger.book import Ledger
from ledger.course.history import Fact, effective
from ledger.protocol.model import Protocol
from ledger.rules.lateness import basis, late_by
from projections.find.found import Ask, Found, Grouping, Row, cited, head, looked, patients, span, words
from projections.printed import View, minute
from projections.replay import Window

ELSEWHERE = ("study", "people", "cohort/", "supply/")
"""The streams beside the patients' in which people state when something happened."""


class LateRow(Row, frozen=True, kw_only=True):
    """One late entry: minutes from the act, or from when it was known, to the record.

    `limit_h` is the pack's limit for `category`, both null for a kind without one. `source` is where it was taken
    from; `reason` and `reason_text` are what its author gave.
    """

    delay_min: int
    category: str | None
    limit_h: int | None
    site: str
    source: str
    reason: str | None
    reason_text: str | None


class Cluster(View, frozen=True, kw_only=True):
    """Late entries that have in common what was asked for, e.g. user and site; `worst_min` is the longest delay."""

    by: dict[str, str]
    count: int
    patients: int
    worst_min: int
    first_recorded: str
    last_recorded: str


class Late(Found, frozen=True, kw_only=True):
    """Late entries in the order of the log; `over_min` is null where the pack's own limits were used."""

    over_min: int | None
    rows: tuple[LateRow, ...]
    clusters: tuple[Cluster, ...]


def late(ledger: Ledger, ask: Ask) -> Late:
    """List late entries as the record stands: a corrected one by its true time, a voided one not at all.

    Without `over` the pack's limits decide, for the kinds that have one; with it that time, for every kind.
    """
    through = looked(ledger, ask)
    found: list[LateRow] = []
    for opened in patients(ledger, ask, through):
        for fact in opened.history.facts:
            found += _rows(ledger, fact, through, ask, opened.setting.protocol)
    if ask.patient is None and ask.over is not None:
        for fact in _elsewhere(ledger, through):
            found += _rows(ledger, fact, through, ask, None)
    rows = tuple(sorted(found, key=lambda row: row.position))
    over = ask.over // timedelta(minutes=1) if ask.over is not None else None
    return Late(query="late", **head(through, ask), over_min=over, rows=rows, clusters=clusters(rows, ask.by))


def clusters(rows: Iterable[LateRow], by: tuple[Grouping, ...]) -> tuple[Cluster, ...]:
    """Count late entries by what they have in common, the largest cluster first; nothing when nothing is asked for."""
    groups: dict[tuple[str, ...], list[LateRow]] = {}
    for row in rows if by else ():
        groups.setdefault(tuple(_of(row, one) for one in by), []).append(row)
    found = [
        Cluster(
            by=dict(zip(by, key, strict=True)),
            count=len(group),
            patients=len({row.patient for row in group if row.patient is not None}),
            worst_min=max(row.delay_min for row in group),
            first_recorded=group[0].recorded_at,
            last_recorded=group[-1].recorded_at,
        )
        for key, group in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, -one.worst_min, tuple(one.by.values()))))


def _of(row: LateRow, by: Grouping) -> str:
    match by:
        case "user":
            return row.person
        case "site":
            return row.site
        case "patient":
            return row.patient or "-"
        case "kind":
            return row.kind
        case "day":
            return row.recorded_at[:10]


def _elsewhere(ledger: Ledger, through: Window) -> Iterator[Fact]:
    for name in ledger.streams():
        if name.startswith(ELSEWHERE):
            yield from effective(ledger.stream(name, up_to=through.size), valid_at=through.until).facts


def _rows(ledger: Ledger, fact: Fact, through: Window, ask: Ask, protocol: Protocol | None) -> Iterator[LateRow]:
    limited = basis(fact.event, fact.occurred_at)
    since = limited[1] if limited is not None else fact.occurred_at
    delay = fact.entry.recorded_at - since
    if ask.over is not None:
        wanted = delay > ask.over
    else:
        wanted = (
            protocol is not None and late_by(fact.event, fact.occurred_at, fact.entry.recorded_at, protocol) is not None
        )
    if wanted:
        yield _row(ledger, fact, through.zone, delay, protocol)


def _row(ledger: Ledger, fact: Fact, zone: ZoneInfo, delay: timedelta, protocol: Protocol | None) -> LateRow:
    limited, payload = basis(fact.event, fact.occurred_at), fact.entry.payload
    category = limited[0] if limited is not None else None
    limit = protocol.late_h[category] if category is not None and protocol is not None else None
    after = "" if limit is None else f"; the pack's limit is {limit} h"
    code = payload.reason.code if payload.reason is not None else None
    whole_day = fact.occurred.precision == "day" and (limited is None or limited[1] == fact.occurred_at)
    since = limited[1] if limited is not None else fact.occurred_at
    from_when = f"the end of {fact.occurred.at}" if whole_day else minute(since, zone)
    return LateRow(
        **cited(fact.entry, zone, fact),
        why=f"recorded {span(delay)} after {from_when}{after}; {f'reason: {code}' if code else 'no reason given'}",
        delay_min=delay // timedelta(minutes=1),
        category=category,
        limit_h=limit,
        site=payload.site,
        source=payload.source.kind,
        reason=code,
        reason_text=words(ledger, payload.reason.text if payload.reason is not None else None),
    )
