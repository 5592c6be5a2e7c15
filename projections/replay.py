"""The record as of two times: what was known at a place in the log, and what was true at a clinical moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from operator import is_
from types import MappingProxyType
from typing import overload
from zoneinfo import ZoneInfo

from msgspec import Struct

from ledger.book import Ledger
from ledger.course import patient as fold
from ledger.course.history import Awaiting, Fact, History, continued, readings
from ledger.course.people import Roster
from ledger.course.state import Course
from ledger.course.stock import lots, quarantines
from ledger.errors import BadInput
from ledger.events.entry import Entry
from ledger.protocol.model import Protocol, load
from ledger.rules.assess import Judgement, Outcome, judge, standing_findings
from ledger.rules.finding import Finding
from ledger.rules.setting import Setting
from projections.settled import Settled, Told, told

NOBODY: Mapping[str, Settled] = MappingProxyType({})
"""No patient of whom anything was kept."""


class Window(Struct, frozen=True):
    """What a reader looks at: the first `size` entries, known at `known_at`, judged at `at` (both in the site's zone).

    `valid_at` is None unless a clinical moment was asked for: then what happened after it is left out.
    """

    size: int
    known_at: datetime
    at: datetime
    valid_at: datetime | None
    zone: ZoneInfo

    @property
    def until(self) -> datetime | None:
        """The last instant that is looked at: the end of the stated second, so that the end of a day is all of it."""
        return None if self.valid_at is None else self.valid_at.replace(microsecond=999_999)


@dataclass(frozen=True)
class PatientAt:
    """One patient through a window: entries, every reading that still stands, and the findings as recorded.

    With `settled` only what the clock moves is worked out; the entries are read when something else is asked for.
    """

    number: str
    window: Window
    entries: Sequence[Entry]
    setting: Setting
    settled: Settled | None = None

    @cached_property
    def histories(self) -> tuple[History, ...]:
        """The effective history as recorded, then each other reading of what is pending or doubted."""
        until, doubted = self.window.until, self.setting.roster.doubted(self.entries)
        return readings(self.entries, at=self.window.known_at, valid_at=until, doubted=doubted)

    @property
    def history(self) -> History:
        """The effective history as recorded."""
        return self.histories[0]

    @cached_property
    def courses(self) -> tuple[Course, ...]:
        """The course under every reading; the stricter of them is what may be relied on."""
        if self.settled is not None:
            return (self.settled.course,)
        return tuple(fold.fold(history.facts) for history in self.histories)

    @property
    def course(self) -> Course:
        """The course as recorded."""
        return self.courses[0]

    def grown(self, through: Window, entries: Sequence[Entry], setting: Setting) -> PatientAt:
        """Give the patient through a window of later entries, which begin with these: what only grew is continued."""
        now = PatientAt(self.number, through, entries, setting)
        if len(self.histories) > 1 or through.valid_at is not None or setting.roster.doubted(entries):
            return now
        histories = continued(self.histories, entries, len(entries) - len(self.entries), at=through.known_at)
        vars(now)["histories"] = histories
        if len(histories) == 1:
            before, facts = self.history.facts, histories[0].facts
            same = len(facts) >= len(before) and all(map(is_, before, facts))
            rest, course = (facts[len(before) :], self.course) if same else (facts, Course())
            vars(now)["courses"] = (fold.fold(rest, course),)
        return now

    @cached_property
    def judgement(self) -> Judgement:
        """What every rule says of every fact as recorded."""
        return judge(self.history.facts, self.setting)

    @cached_property
    def outcome(self) -> Outcome:
        """What the judgement came to, whenever it is looked at."""
        if self.settled is not None:
            return Outcome(self.setting, self.settled.course, self.settled.findings)
        return self.judgement.outcome

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings on the history as recorded."""
        return standing_findings(self.outcome, self.window.at)

    @cached_property
    def told(self) -> Told:
        """What the history as recorded says beside the course."""
        return self.settled.told if self.settled is not None else told(self.history, self.entries)

    @property
    def awaiting(self) -> tuple[Awaiting, ...]:
        """What is without effect until it is signed; of a settled patient, nothing."""
        return () if self.settled is not None else self.history.awaiting

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """The facts of every reading by the id of the entry that stated them; the recorded one where they differ."""
        return {fact.id: fact for history in reversed(self.histories) for fact in history.facts}

    @cached_property
    def by_id(self) -> Mapping[str, Entry]:
        """The patient's entries by id."""
        return {entry.id: entry for entry in self.entries}


def window(
    ledger: Ledger, *, now: datetime, valid_at: datetime | None = None, known_at: int | datetime | None = None
) -> Window:
    """Say what is looked at: by default everything, now.

    `known_at` is a size of the log (its first N entries) or a log time: an entry is known at T when T(p), the newest
    `recorded_at` up to it, is not after T. The judgement is made at `valid_at`, else at the time of `known_at`,
    else `now`. BadInput for a size that the log never had.
    """
    zone = ZoneInfo(_zone(ledger))
    size, known = ledger.size, now
    if isinstance(known_at, datetime):
        size, known = ledger.position_at(known_at), known_at
    elif known_at is not None:
        if not 0 < known_at <= size:
            raise BadInput(
                f"The log never held {known_at} entries.", why=f"it has {size}", fix=f"give a number from 1 to {size}"
            )
        size, known = known_at, ledger.log_time(known_at - 1)
    known = known.astimezone(zone)
    return Window(size, known, known if valid_at is None else valid_at.astimezone(zone), valid_at, zone)


def setting(ledger: Ledger, through: Window) -> Setting:
    """Give what judgements rest on as it was known: the newest protocol activated, the people, the lots received."""
    roster = ledger.roster(through.size)
    if roster.protocol is None:
        raise BadInput(
            "No protocol pack was active then.",
            why="rules and parameters come from a pack",
            fix="doseledger protocol activate PACK",
        )
    shelves = [ledger.stream(name, up_to=through.size) for name in ledger.streams("supply/")]
    protocol = _protocol(ledger.blob(roster.protocol.pack.digest))
    return Setting(protocol, roster, lots(shelves), quarantines(shelves))


def numbers(ledger: Ledger, through: Window) -> tuple[str, ...]:
    """List the patients of whom anything was known."""
    streams = ledger.streams("patient/")
    if through.size < ledger.size:
        streams = tuple(name for name in streams if ledger.stream(name, up_to=through.size))
    return tuple(name.partition("/")[2] for name in streams)


@dataclass(frozen=True)
class Unread(Sequence[Entry]):
    """The entries of a stream among the first `size` of the log, read when they are looked at."""

    ledger: Ledger
    stream: str
    size: int

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Entry]: ...
    def __getitem__(self, at: int | slice) -> Entry | Sequence[Entry]:
        return self._read()[at]

    def _read(self) -> tuple[Entry, ...]:
        return self.ledger.stream(self.stream, up_to=self.size)


def open_patient(
    ledger: Ledger, number: str, through: Window, *, base: Setting | None = None, settled: Settled | None = None
) -> PatientAt:
    """Open one patient; BadInput when nobody of that number was known.

    `base` spares reading the setting again, `settled` reading the entries.
    """
    stream = f"patient/{number}"
    entries = ledger.stream(stream, up_to=through.size) if settled is None else Unread(ledger, stream, through.size)
    if settled is None and not entries:
        raise BadInput(
            f"There is no patient {number}.",
            why="nobody of that number was registered in this ledger then",
            fix="see: doseledger patient list",
        )
    return PatientAt(number, through, entries, base if base is not None else setting(ledger, through), settled)


def opened_all(
    ledger: Ledger, through: Window, patient: str | None = None, *, kept: Mapping[str, Settled] = NOBODY
) -> tuple[PatientAt, ...]:
    """Open every patient of whom anything was known, or only one; BadInput when nobody of that number was known.

    `kept` are patients, by number, whose state through this window is known.
    """
    if patient is not None:
        return (open_patient(ledger, patient, through, settled=kept.get(patient)),)
    found = numbers(ledger, through)
    base = setting(ledger, through) if found else None
    return tuple(open_patient(ledger, number, through, base=base, settled=kept.get(number)) for number in found)


def zone_of(roster: Roster) -> str:
    """Name the site's zone; UTC before there is a genesis."""
    return roster.genesis.zone if roster.genesis is not None else "UTC"


def _zone(ledger: Ledger) -> str:
    return zone_of(ledger.roster(1)) if ledger.size else "UTC"


@lru_cache(maxsize=8)
def _protocol(pack: bytes) -> Protocol:
    return load(pack).protocol()
