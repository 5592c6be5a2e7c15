"""The rows of the trail, in the order of the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.registry import KINDS
from ledger.events.safety import ToxicityRegraded
from ledger.protocol.model import Protocol, load
from ledger.rules.lateness import late_by
from projections.logbook import patient_of
from projections.printed import second, signature, utc
from projections.replay import zone_of
from projections.trail.fields import ENVELOPE, Point, Words, of_fact
from projections.trail.row import TrailRow, Transaction
from projections.trail.standing import Change, Stated, changes, regraded, root, stated

AMENDS = "corrects"
"""The field of the one row of an amendment that changes no field: which entry it names."""
_OF_NO_RECORD = frozenset({"attempts", "clock", "exports", "archive", "security", "review"})
_OF_OTHERS = frozenset({"deviation", "entries", "entry", "query", "record", "signature", "text"})
"""The nouns of kinds that speak of other entries; what speaks of one names it in a member of `_SPEAKING`."""
_SPEAKING = ("target", "query", "lock")
_LATE_REASONS = frozenset({"late-entry", "downtime"})


def rows(
    ledger: Ledger,
    *,
    patient: str | None = None,
    stream: str | None = None,
    start: int = 0,
    size: int | None = None,
    wanted: Callable[[Entry], bool] | None = None,
) -> Iterator[TrailRow]:
    """Give the trail of the first `size` entries (all, when None), from position `start` on; every entry has a row.

    `patient` or `stream` limits it to one stream, `wanted` to some entries. What is not among the first `size`
    entries is not known: a correction that was completed later still waits. BadInput for an unknown patient.
    """
    stop = ledger.size if size is None else size
    trail = _Trail(ledger, stop)
    one = stream if patient is None else of_patient(ledger, patient, stop)
    for name in ledger.streams() if one is None else (one,):
        trail.read(name)
    if one is None:
        entries: Iterable[Entry] = ledger.entries(start, stop)
    else:
        entries = (entry for entry in ledger.stream(one, up_to=stop) if entry.position >= start)
    for entry in entries:
        if wanted is None or wanted(entry):
            yield from trail.of(entry)


def of_patient(ledger: Ledger, patient: str, size: int) -> str:
    """Name the stream of a patient; BadInput when nobody of that number is among the first `size` entries."""
    name = f"patient/{patient}"
    if not ledger.stream(name, up_to=size):
        raise BadInput(f"There is no patient {patient}.", fix="see: doseledger patient list")
    return name


def record_of(ledger: Ledger, entry: Entry) -> Entry:
    """Give the record that an entry amends or signs in the end; itself, when it is one."""
    by_id = {one.id: one for one in ledger.stream(entry.stream)}
    found = root(entry, by_id)
    if isinstance(found.event, EntryCountersigned) and found.event.target in by_id:
        return root(by_id[found.event.target], by_id)
    return found


class _Trail:
    """What is read once for all rows: the changes of every stream, and the words of the ledger."""

    def __init__(self, ledger: Ledger, size: int) -> None:
        self._ledger = ledger
        self._size = size
        self._zone = ZoneInfo(zone_of(ledger.roster(1)))
        self._words = Words(ledger)
        self._changes: dict[int, tuple[Change, ...]] = {}
        self._abouts: dict[int, int] = {}
        self._before: dict[int, Mapping[str, Point]] = {}

    def read(self, stream: str) -> None:
        """Look at one stream: what its entries change, and which record each of them is about."""
        entries = self._ledger.stream(stream, up_to=self._size)
        self._changes.update(changes(entries))
        by_id = {entry.id: entry for entry in entries}
        for entry in entries:
            named = by_id.get(_about(entry) or "")
            if named is not None:
                self._abouts[entry.position] = root(named, by_id).position
            was = regraded(entry, entries)
            if was is not None:
                self._before[entry.position] = of_fact(was.event, was.occurred, entry.payload)

    def of(self, entry: Entry) -> Iterator[TrailRow]:
        """Give the rows of one entry."""
        base = self._base(entry)
        found = False
        for change in self._changes.get(entry.position) or (Change(entry, None, stated(entry), entry.position),):
            for row in self._changed(entry, base, change):
                found = True
                yield row
            last = change
        if not found:
            corrects = entry.payload.corrects
            name = self._words.show(corrects.id) if corrects is not None else entry.kind
            yield replace(base, **_record(last.record), field=AMENDS, new=name, in_force=last.since)

    def _changed(self, entry: Entry, base: TrailRow, change: Change) -> Iterator[TrailRow]:
        before, after = _points(change, change.before), _points(change, change.after)
        shown = self._before.get(entry.position, {}) if change.record is entry else {}
        for path in (*after, *(path for path in before if path not in after)):
            was, now = before.get(path), after.get(path)
            if was is not None and now is not None and was[1] == now[1]:
                continue
            old = was or (None if path in ENVELOPE else shown.get(path))
            yield replace(
                base,
                **_record(change.record),
                field=path,
                old=self._words.show(old[1]) if old is not None else None,
                new=self._words.show(now[1]) if now is not None else None,
                unit=(now or was or (path, "", None))[2],
                in_force=change.since,
            )

    def _base(self, entry: Entry) -> TrailRow:
        payload, author, reason, pack = entry.payload, entry.author, entry.payload.reason, entry.payload.protocol
        minutes = (entry.recorded_at - entry.occurred_at) // timedelta(minutes=1)
        self._words.met(entry.id, entry.position)
        return TrailRow(
            position=entry.position,
            entry_id=entry.id,
            leaf=entry.leaf,
            site=payload.site,
            stream=entry.stream,
            patient=patient_of(entry),
            kind=entry.kind,
            transaction=self._transaction(entry),
            record=entry.position,
            record_kind=entry.kind,
            about=self._abouts.get(entry.position),
            field="",
            old=None,
            new=None,
            unit=None,
            in_force=entry.position,
            person=author.person,
            name=author.name,
            role=author.role,
            organisation=author.organisation,
            meaning=author.meaning,
            signed_at=author.at,
            signed_at_utc=utc(datetime.fromisoformat(author.at)),
            key=author.kid[:8],
            occurred=payload.occurred.at,
            recorded_at=second(entry.recorded_at, self._zone),
            recorded_at_utc=utc(entry.recorded_at),
            delay_min=minutes if payload.occurred.precision == "minute" else None,
            reason=_why(entry),
            reason_text=self._words.text(reason.text) if reason is not None else None,
            query=self._query(entry),
            device=payload.writer.device,
            software=payload.writer.software,
            protocol=f"{pack.id}@{pack.version}" if pack is not None else None,
            signatures=tuple(signature(signer) for signer in entry.everyone),
        )

    def _transaction(self, entry: Entry) -> Transaction:
        if isinstance(entry.event, EntryCorrected):
            return "correct"
        if isinstance(entry.event, EntryVoided):
            return "void"
        if entry.kind.partition(".")[0] in _OF_OTHERS or entry.stream.partition("/")[0] in _OF_NO_RECORD:
            return "context"
        if isinstance(entry.event, ToxicityRegraded):
            return "context"
        reason = entry.payload.reason
        if (reason is not None and reason.code in _LATE_REASONS) or self._is_late(entry):
            return "late"
        return "insert"

    def _is_late(self, entry: Entry) -> bool:
        pack = entry.payload.protocol
        if pack is None or KINDS[entry.kind].family != "patient":
            return False
        protocol = _protocol(self._ledger.blob(pack.digest))
        return late_by(entry.event, entry.occurred_at, entry.recorded_at, protocol) is not None

    def _query(self, entry: Entry) -> int | None:
        """Give the query that an amendment names among its causes."""
        if not isinstance(entry.event, EntryCorrected | EntryVoided):
            return None
        places = (ref.position for ref in entry.payload.causes if ref.position is not None)
        return next((place for place in places if self._ledger.entry(place).kind.startswith("query.")), None)


def _points(change: Change, said: Stated | None) -> Mapping[str, Point]:
    """List the points of one side of a change; the kind is among them where a correction changes it."""
    if said is None:
        return {}
    points = of_fact(said.event, said.occurred, change.record.payload)
    kinds = {side.kind for side in (change.before, change.after) if side is not None}
    return points if len(kinds) == 1 else {"kind": ("kind", said.kind, None), **points}


def _why(entry: Entry) -> str | None:
    """Give the code of the reason; what a void says itself stands before it where the two differ."""
    reason, event = entry.payload.reason, entry.event
    codes = [event.why] if isinstance(event, EntryVoided) else []
    return "; ".join(dict.fromkeys([*codes, *([reason.code] if reason is not None else [])])) or None


def _record(entry: Entry) -> dict[str, object]:
    return {"record": entry.position, "record_kind": entry.kind}


def _about(entry: Entry) -> str | None:
    """Name the entry that another says something about without changing it; null where there is none, or several."""
    if isinstance(entry.event, ToxicityRegraded):
        return entry.event.graded
    found = (getattr(entry.event, name, None) for name in _SPEAKING)
    return next((name for name in found if isinstance(name, str)), None)


@lru_cache(maxsize=8)
def _protocol(pack: bytes) -> Protocol:
    return load(pack).protocol()
