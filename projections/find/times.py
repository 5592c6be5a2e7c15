"""Trouble with time: a clock that was behind or off, time that ran backwards, signatures at other times, bursts.

A burst is several acts of one person within one second, each with its own signature: nobody signs so fast by hand.
What takes a patient from registration to enrolment is entered in one go, and an import is; neither is a burst.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from ledger.book import Ledger
from ledger.events.entry import Entry
from ledger.events.record import LogClock
from ledger.events.security import SecurityRaised
from projections.find.found import Ask, Found, Row, cited, head, looked, span
from projections.logbook import patient_of
from projections.replay import Window

Anomaly = Literal[
    "clock entry", "backwards", "clock off", "signed earlier", "signed later", "ahead", "burst", "clock moved"
]
MINUTE = timedelta(minutes=1)
"""How far a stated minute, or a signature, may be from the clock of its entry."""
OFF = timedelta(minutes=2)
"""How far a clock may be from true time, where that was measured."""
BURST = 3
"""So many acts of one person within one second are a burst."""
_MOVED = {"clock-backwards": "went back", "clock-jump": "went ahead"}
_FAMILIES = ("patient/", "cohort/", "supply/")
_IN_ONE_GO = frozenset(
    {"patient.registered", "consent.given", "eligibility.assessed", "patient.enrolled", "patient.measured"}
)


class TimeRow(Row, frozen=True, kw_only=True):
    """One entry with trouble: by how many seconds, and the other entries of a burst."""

    anomaly: Anomaly
    by_s: int | None
    others: tuple[int, ...]


class TimeAnomalies(Found, frozen=True, kw_only=True):
    """Entries whose times do not fit, in the order of the log."""

    rows: tuple[TimeRow, ...]


def time_anomalies(ledger: Ledger, ask: Ask) -> TimeAnomalies:
    """List entries whose times do not fit the log, their own signatures or each other."""
    through = looked(ledger, ask)
    rows: list[TimeRow] = []
    newest: datetime | None = None
    wanted: list[Entry] = []
    for entry in ledger.entries(0, through.size):
        if _asked(entry, ask, through):
            wanted.append(entry)
            rows += _alone(entry, newest, through)
        reset = isinstance(entry.event, LogClock) and entry.event.reset
        newest = entry.recorded_at if newest is None or reset else max(newest, entry.recorded_at)
    rows += _bursts(wanted, through)
    rows.sort(key=lambda row: (row.position, row.anomaly))
    return TimeAnomalies(query="time-anomalies", **head(through, ask), rows=tuple(rows))


def _asked(entry: Entry, ask: Ask, through: Window) -> bool:
    if through.until is not None and entry.occurred_at > through.until:
        return False
    return ask.patient is None or patient_of(entry) == ask.patient


def _alone(entry: Entry, newest: datetime | None, through: Window) -> Iterator[TimeRow]:
    """Judge one entry by the log time before it, by its signatures and by what it says of its clock."""
    event, recorded = entry.event, entry.recorded_at
    if isinstance(event, LogClock):
        behind = timedelta(milliseconds=event.behind_ms)
        why = "log time was begun anew" if event.reset else f"the clock of the next entry was {span(behind)} behind"
        yield _row(entry, through, "clock entry", behind, why)
    if isinstance(event, SecurityRaised) and event.what in _MOVED:
        off = timedelta(seconds=event.off_s or 0)
        why = f"the clock of {entry.author.person} {_MOVED[event.what]} by {_length(off)}"
        yield _row(entry, through, "clock moved", off, why)
    if newest is not None and recorded < newest:
        back = newest - recorded
        yield _row(entry, through, "backwards", back, f"recorded {_length(back)} before the entry that precedes it")
    offset = entry.payload.clock.offset_ms
    if offset is not None and abs(timedelta(milliseconds=float(offset))) > OFF:
        off = timedelta(milliseconds=float(offset))
        yield _row(entry, through, "clock off", off, f"its clock was {_length(abs(off))} from true time")
    for signer in entry.signers:
        gap = recorded - datetime.fromisoformat(signer.at)
        if abs(gap) > MINUTE:
            anomaly: Anomaly = "signed earlier" if gap > timedelta(0) else "signed later"
            side = "before" if gap > timedelta(0) else "after"
            yield _row(entry, through, anomaly, gap, f"{signer.name} signed {_length(abs(gap))} {side} it was recorded")
    if entry.payload.occurred.precision == "minute" and entry.occurred_at - recorded > MINUTE:
        ahead = entry.occurred_at - recorded
        yield _row(entry, through, "ahead", ahead, f"stated for {_length(ahead)} after it was recorded")


def _bursts(entries: Sequence[Entry], through: Window) -> Iterator[TimeRow]:
    seconds: dict[tuple[str, datetime], list[Entry]] = {}
    for entry in entries:
        by_hand = entry.stream.startswith(_FAMILIES) and entry.payload.source.kind != "import"
        if by_hand and entry.author.role != "system" and entry.kind.partition("/")[0] not in _IN_ONE_GO:
            second = entry.recorded_at.replace(microsecond=0)
            seconds.setdefault((entry.author.person, second), []).append(entry)
    for (person, _), group in seconds.items():
        acts = len({entry.payload.command.id for entry in group})
        if acts >= BURST:
            scripted = "; the clock is scripted" if group[0].payload.clock.source == "scripted" else ""
            named = ", ".join(f"#{one.position}" for one in group)
            why = f"{person} signed {acts} acts within one second: {named}{scripted}"
            yield _row(group[0], through, "burst", None, why, others=tuple(one.position for one in group[1:]))


def _length(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds:.3f} s" if seconds < MINUTE.total_seconds() else span(length)


def _row(
    entry: Entry,
    through: Window,
    anomaly: Anomaly,
    by: timedelta | None,
    why: str,
    *,
    others: tuple[int, ...] = (),
) -> TimeRow:
    seconds = None if by is None else int(by.total_seconds())
    return TimeRow(**cited(entry, through.zone), why=why, anomaly=anomaly, by_s=seconds, others=others)
