"""Changes of the record after which a breach of the protocol was gone: the history judged without and with each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ledger.book import Ledger
from ledger.course.history import Fact, History, effective
from ledger.course.stock import lots, quarantines
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.safety import ToxicityRegraded
from ledger.events.supply import LotQuarantined, LotReceived
from ledger.rules.assess import Judgement, judge, standing_findings
from ledger.rules.finding import Finding
from ledger.rules.lateness import basis, late
from ledger.rules.setting import Setting
from projections.find.amended import Amended, Change, FieldChange, amendments, amends
from projections.find.found import Ask, Found, Row, cited, head, looked, patients, words
from projections.replay import PatientAt, Window

_OF_LOTS = (LotReceived, LotQuarantined, EntryCorrected, EntryVoided, EntryCountersigned)
_BREACH = frozenset({"important", "minor"})


class FavourableRow(Row, frozen=True, kw_only=True):
    """One change: the findings that were gone after it (`cleared`), and those that came with it (`raised`).

    `took_effect` is the entry from which it holds: its own, or the countersignature that completed it. `record` is the
    entry it amends, null for a late entry. `patient` is whose findings they were.
    """

    change: Change
    took_effect: int
    record: int | None
    cleared: tuple[str, ...]
    raised: tuple[str, ...]
    fields: tuple[FieldChange, ...]
    reason: str | None
    reason_text: str | None


class FavourableChanges(Found, frozen=True, kw_only=True):
    """Changes that turned what broke the protocol into what keeps it."""

    rows: tuple[FavourableRow, ...]


class _Taken(Struct, frozen=True):
    """What a change took away and brought; `entry` made it effective."""

    cause: Entry
    entry: Entry
    gone: tuple[Finding, ...]
    came: tuple[Finding, ...]


class _Turn(Struct, frozen=True):
    """One entry of the supply books after which the lots were others: before it and after it."""

    cause: Entry
    entry: Entry
    before: Setting
    after: Setting


def favourable_changes(ledger: Ledger, ask: Ask) -> FavourableChanges:
    """List corrections, voids, changed grades and late entries after which an important or minor finding was gone.

    Each is judged where it took effect, with what was in the log then, by the protocol and the people of the time
    that is looked at. A change of the supply books is listed once for each patient whose findings it took away.
    """
    through = looked(ledger, ask)
    every = patients(ledger, ask, through)
    turns = tuple(_turns(ledger, every[0].setting, through)) if every else ()
    rows = [row for opened in every for row in (*_of_patient(ledger, opened), *_of_shelves(ledger, opened, turns))]
    rows.sort(key=lambda row: (row.position, row.patient or ""))
    return FavourableChanges(query="favourable-changes", **head(through, ask), rows=tuple(rows))


def _of_patient(ledger: Ledger, opened: PatientAt) -> Iterator[FavourableRow]:
    known, until = amendments(ledger, opened), opened.window.until
    judged: Judgement | None = None
    for place, entry in enumerate(opened.entries):
        if not _candidate(entry, opened.entries[:place]):
            continue
        before = effective(opened.entries[:place], valid_at=until)
        after = effective(opened.entries[: place + 1], valid_at=until)
        cause = _cause(entry, before, after, opened)
        if cause is None:
            continue
        first = judge(before.facts, opened.setting, judged)
        judged = judge(after.facts, opened.setting, first)
        gone, came = _difference(first, judged, opened)
        if not _changes(cause):
            gone = _already(cause, gone, before.facts)
        if gone:
            yield _row(ledger, opened, _Taken(cause, entry, gone, came), known.get(cause.position))


def _candidate(entry: Entry, earlier: Sequence[Entry]) -> bool:
    """Tell whether an entry can change what stood: it speaks of another, or it happened before another."""
    if _changes(entry) or isinstance(entry.event, EntryCountersigned):
        return True
    return any(one.occurred_at > entry.occurred_at for one in earlier)


def _changes(entry: Entry) -> bool:
    return amends(entry) or isinstance(entry.event, ToxicityRegraded)


def _cause(entry: Entry, before: History, after: History, opened: PatientAt) -> Entry | None:
    """Name what took effect with an entry: itself, or the change that it completed; None when nothing did."""
    if isinstance(entry.event, EntryCountersigned):
        left = {one.entry.id for one in after.awaiting}
        done = (one.entry for one in before.awaiting if one.entry.id not in left and one.entry.id == entry.event.target)
        return next((one for one in done if _changes(one)), None)
    if _changes(entry):
        return None if any(one.entry.id == entry.id for one in after.awaiting) else entry
    fact = next((one for one in after.facts if one.id == entry.id), None)
    if fact is None:
        return None
    limited = basis(fact.event, fact.occurred_at) is not None
    return entry if not limited or late(fact, opened.setting.protocol) is not None else None


def _already(cause: Entry, gone: Sequence[Finding], facts: Sequence[Fact]) -> tuple[Finding, ...]:
    """Give the findings on what happened after a late entry did: it was there before, and was not written."""
    when = {fact.id: fact.occurred_at for fact in facts}
    return tuple(one for one in gone if when.get(one.target, cause.occurred_at) >= cause.occurred_at)


def _difference(
    before: Judgement, after: Judgement, opened: PatientAt
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Give the breaches that are gone, and those that came."""
    was, now = _breaches(before, opened), _breaches(after, opened)
    gone = tuple(one for name, one in was.items() if name not in now)
    return gone, tuple(one for name, one in now.items() if name not in was)


def _breaches(judgement: Judgement, opened: PatientAt) -> dict[str, Finding]:
    found = standing_findings(judgement.outcome, opened.window.at)
    return {one.id: one for one in found if one.severity in _BREACH}


def _turns(ledger: Ledger, base: Setting, through: Window) -> Iterator[_Turn]:
    shelves = [ledger.stream(name, up_to=through.size) for name in ledger.streams("supply/")]
    by_id = {entry.id: entry for shelf in shelves for entry in shelf}
    before = replace(base, lots={}, quarantines={})
    for entry in sorted(by_id.values(), key=lambda one: one.position):
        if not isinstance(entry.event, _OF_LOTS):
            continue
        known = [[one for one in shelf if one.position <= entry.position] for shelf in shelves]
        after = replace(base, lots=lots(known), quarantines=quarantines(known))
        if before != after:
            target = entry.event.target if isinstance(entry.event, EntryCountersigned) else entry.id
            yield _Turn(by_id.get(target, entry), entry, before, after)
        before = after


def _of_shelves(ledger: Ledger, opened: PatientAt, turns: Sequence[_Turn]) -> Iterator[FavourableRow]:
    if not any(dose.lot is not None for dose in opened.course.doses):
        return
    for turn in turns:
        known = [one for one in opened.entries if one.position < turn.entry.position]
        facts = effective(known, valid_at=opened.window.until).facts
        gone, came = _difference(judge(facts, turn.before), judge(facts, turn.after), opened)
        if not amends(turn.cause):
            gone = _already(turn.cause, gone, facts)
        if gone:
            yield _row(ledger, opened, _Taken(turn.cause, turn.entry, gone, came), None)


def _row(ledger: Ledger, opened: PatientAt, taken: _Taken, told: Amended | None) -> FavourableRow:
    cause = taken.cause
    change, reason, target = _kind(cause), cause.payload.reason, cause.payload.corrects
    record = told.record if told is not None else target.position if target is not None else None
    about = f" of #{record}" if record is not None else ""
    said = "; ".join(f"{one.id} ({one.text})" for one in taken.gone)
    code = reason.code if reason is not None else None
    named = cited(cause, opened.window.zone)
    named["patient"] = opened.number
    return FavourableRow(
        **named,
        why=f"the {change}{about} ({code or 'no reason given'}) took away {said}",
        change=change,
        took_effect=taken.entry.position,
        record=record,
        cleared=tuple(one.id for one in taken.gone),
        raised=tuple(one.id for one in taken.came),
        fields=told.fields if told is not None else (),
        reason=code,
        reason_text=words(ledger, reason.text if reason is not None else None),
    )


def _kind(cause: Entry) -> Change:
    if isinstance(cause.event, EntryVoided):
        return "void"
    if isinstance(cause.event, EntryCorrected):
        return "correction"
    return "regrade" if isinstance(cause.event, ToxicityRegraded) else "late entry"
