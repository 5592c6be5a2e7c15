"""Dose levels across patients: who counts and how, the free slots, what follows, and what no longer rests on its basis.

A fold over the courses of all patients and the streams of the levels; derived, never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from ledger.course import patient as fold
from ledger.course.cohort import Decided, LevelCourse
from ledger.course.history import readings
from ledger.course.state import Course
from ledger.errors import Refused
from ledger.events.entry import Entry
from ledger.protocol.model import Protocol
from ledger.rules.ab_design import Next, design_of, next_decision
from ledger.rules.dlt import Candidate, Window, candidates, window
from ledger.rules.evaluable import Result, doses, result

Accrual = Literal["open", "full", "suspended", "closed", "not-open"]
CLOSING = frozenset({"escalate", "deescalate", "declare", "stop"})
"""Decisions after which a level takes no more patients of phase I."""
_STRICTEST: tuple[Result, ...] = ("T", "pending", "non-evaluable?", "N", "replaced")


@dataclass(frozen=True)
class Member:
    """A patient who was enrolled: his number, his entries, and his course under every reading that stands."""

    number: str
    entries: Iterable[Entry]
    courses: tuple[Course, ...]

    @property
    def course(self) -> Course:
        """The course as recorded."""
        return self.courses[0]


@dataclass(frozen=True)
class Place:
    """One patient in his slot of a level."""

    patient: str
    level: str
    cohort: int
    slot: int
    enrolled_at: datetime
    result: Result
    doses: int
    window: Window | None
    candidates: tuple[Candidate, ...]
    unsure: bool
    """Whether a ruling or declaration that awaits a signature would change the result."""

    @property
    def unruled(self) -> tuple[Candidate, ...]:
        """The candidates that nobody ruled on."""
        return tuple(one for one in self.candidates if one.ruled is None)


@dataclass(frozen=True)
class Level:
    """One dose level now; `number` is its place in the pack's list, from 1, as outcome strings name it.

    `n` evaluable patients, `dlt` of them with a DLT. `changed` names the patients whose result is no longer the one
    that the newest decision was based on. `following` is what the design says comes next; None once it is decided
    and before it is open.
    """

    level: str
    number: int
    mg_m2: Decimal | None
    course: LevelCourse
    places: tuple[Place, ...]
    capacity: int
    opened: bool
    following: Next | None
    changed: tuple[str, ...]
    too_toxic: bool
    second_phase: int
    """How many patients were enrolled at the level in phase II."""

    @property
    def n(self) -> int:
        """How many patients are evaluable."""
        return sum(place.result in ("T", "N") for place in self.places)

    @property
    def dlt(self) -> int:
        """How many patients had a DLT."""
        return sum(place.result == "T" for place in self.places)

    @property
    def taken(self) -> tuple[Place, ...]:
        """The places that are not free again."""
        return tuple(place for place in self.places if place.result != "replaced")

    @property
    def unruled(self) -> tuple[tuple[str, Candidate], ...]:
        """The candidates that nobody ruled on, with their patients."""
        return tuple((place.patient, one) for place in self.places for one in place.unruled)

    @property
    def outcomes(self) -> str:
        """The cohorts of this level as an outcome string, e.g. `1NNT 1NNN`; empty without an evaluable patient."""
        return outcomes((self,))

    @property
    def free(self) -> int:
        """How many patients may still be enrolled, were the level open."""
        return max(0, self.capacity - len(self.taken))

    @property
    def accrual(self) -> Accrual:
        """Whether patients of phase I may be enrolled now."""
        last = self.course.last
        if self.too_toxic or (last is not None and last.decision in CLOSING and not self.opened):
            return "closed"
        if not self.opened:
            return "not-open"
        if self.changed or self.course.suspended is not None:
            return "suspended"
        return "open" if self.free else "full"


@dataclass(frozen=True)
class Cohorts:
    """All levels, lowest first."""

    levels: tuple[Level, ...]
    first_size: int
    full_size: int

    def level(self, name: str) -> Level | None:
        """Find a level by its name."""
        return next((one for one in self.levels if one.level == name), None)

    @property
    def current(self) -> Level | None:
        """The level that takes patients of phase I now; None when none is open."""
        return next((one for one in self.levels if one.accrual in ("open", "full", "suspended")), None)

    @property
    def declared(self) -> Level | None:
        """The level that the newest decision of its own declared."""
        found = [one for one in self.levels if one.course.last is not None and one.course.last.decision == "declare"]
        return max(found, key=lambda one: _when(one.course.last), default=None)

    @property
    def changed(self) -> tuple[Level, ...]:
        """The levels whose newest decision no longer rests on its basis (K-BASIS)."""
        return tuple(one for one in self.levels if one.changed)

    @property
    def outcomes(self) -> str:
        """All cohorts in the order of their first patient, e.g. `1NNT 1NNN 2NNN`."""
        return outcomes(self.levels)

    def slot_of(self, level: Level, cohort: int | None) -> tuple[int, int] | None:
        """Give the first free cohort and slot of a level, in `cohort` where one is named; None when there is none."""
        for number, size in self.blocks(level):
            used = {place.slot for place in level.taken if place.cohort == number}
            left = [slot for slot in range(1, size + 1) if slot not in used]
            if left and cohort in (None, number):
                return number, left[0]
        return None

    def blocks(self, level: Level) -> tuple[tuple[int, int], ...]:
        """List the cohorts of a level that may be filled now, each with its size."""
        more = level.capacity - self.first_size
        return ((1, self.first_size), (2, more)) if more else ((1, self.first_size),)


def outcomes(levels: Iterable[Level]) -> str:
    """Write cohorts as statisticians' packages read them: the level's number, then N or T for each patient."""
    blocks: dict[tuple[int, int], list[Place]] = {}
    for level in levels:
        for place in level.places:
            if place.result in ("T", "N"):
                blocks.setdefault((level.number, place.cohort), []).append(place)
    rows = sorted(blocks.items(), key=lambda item: (min(place.enrolled_at for place in item[1]), item[0]))
    return " ".join(
        f"{number}{''.join(place.result for place in sorted(places, key=lambda one: (one.enrolled_at, one.slot)))}"
        for (number, _), places in rows
    )


def assess(protocol: Protocol, members: Sequence[Member], courses: Mapping[str, LevelCourse], at: datetime) -> Cohorts:
    """Judge all levels as they stand at `at`, a time of the site."""
    design = design_of(protocol)
    places = {level: _places(protocol, members, level, at) for level in protocol.cohort_levels}
    toxic = {level: _dlts(found) >= design.too_toxic for level, found in places.items()}
    levels = []
    for index, name in enumerate(protocol.cohort_levels):
        course, here = courses.get(name, LevelCourse(name)), places[name]
        last = course.last
        changed = _changed(protocol, members, here, last) if last is not None else ()
        named = last is not None and any(_later(other.last, last, to=name) for other in courses.values())
        expanded = any(one.decision == "expand" for one in course.decisions)
        capacity = design.full if expanded else design.first
        below, above = protocol.cohort_levels[:index][-1:], protocol.cohort_levels[index + 1 :][:1]
        following: Next | None = None
        opened = _opened(protocol, course)
        if (opened or here) and (last is None or last.decision not in CLOSING or changed or named):
            n = sum(place.result in ("T", "N") for place in here)
            lower = bool(below) and not toxic[below[0]]
            higher = bool(above) and not toxic[above[0]]
            following = next_decision(n, _dlts(here), design, lower=lower, higher=higher)
            if changed and following == "fill":
                following = "expand"
            elif expanded and not changed and not toxic[name] and n < design.full:
                following = "fill"
        levels.append(
            Level(
                level=name,
                number=index + 1,
                mg_m2=_value(protocol, name),
                course=course,
                places=here,
                capacity=capacity,
                opened=opened,
                following=following,
                changed=changed,
                too_toxic=toxic[name],
                second_phase=sum(_enrolled(member, name, "2") for member in members),
            )
        )
    return Cohorts(tuple(levels), design.first, design.full)


def _places(protocol: Protocol, members: Sequence[Member], level: str, at: datetime) -> tuple[Place, ...]:
    found = []
    for member in members:
        enrolled, when = member.course.enrolled, member.course.enrolled_at
        if enrolled is None or when is None or not _enrolled(member, level, "1"):
            continue
        results = [result(course, protocol, at) for course in member.courses]
        found.append(
            Place(
                patient=member.number,
                level=level,
                cohort=enrolled.cohort,
                slot=enrolled.slot,
                enrolled_at=when,
                result=_strictest(results),
                doses=doses(member.course, protocol),
                window=window(member.course, protocol),
                candidates=candidates(member.course, protocol, at),
                unsure=len(set(results)) > 1,
            )
        )
    return tuple(sorted(found, key=lambda place: (place.cohort, place.slot, place.enrolled_at)))


def _enrolled(member: Member, level: str, phase: str) -> bool:
    enrolled = member.course.enrolled
    return enrolled is not None and (enrolled.level, enrolled.phase) == (level, phase)


def _strictest(found: Iterable[Result]) -> Result:
    return min(found, key=_STRICTEST.index)


def _dlts(places: Iterable[Place]) -> int:
    return sum(place.result == "T" for place in places)


def _changed(protocol: Protocol, members: Sequence[Member], here: Sequence[Place], last: Decided) -> tuple[str, ...]:
    """Name the patients who count otherwise now than when the decision was signed, by what was known then."""
    now = {place.patient: place.result for place in here}
    found = []
    for member in members:
        if member.number not in now:
            continue
        known = tuple(entry for entry in member.entries if entry.position < last.basis)
        courses = [fold.fold(history.facts) for history in readings(known, at=last.at)]
        if courses[0].enrolled is None:
            continue
        before = _strictest(result(course, protocol, last.at) for course in courses)
        if _matters(before, now[member.number], last):
            found.append(member.number)
    return tuple(found)


def _matters(before: Result, now: Result, last: Decided) -> bool:
    """A candidate that nobody ruled on changes nothing yet: the ruling does."""
    if now == "pending":
        return False
    if before == "pending":
        return now == "T" and last.decision not in ("deescalate", "stop")
    return now != before and {before, now} != {"non-evaluable?", "replaced"}


def _opened(protocol: Protocol, course: LevelCourse) -> bool:
    """Whether the level is open: opened after it was last left; the start level needs no opening of its own."""
    last = course.last
    left = last if last is not None and last.decision in CLOSING else None
    if not course.openings:
        return left is None and course.level == protocol.cohort_start_level
    newest = course.openings[-1]
    return left is None or (newest.at, newest.position) > _when(left)


def _later(one: Decided | None, than: Decided, *, to: str) -> bool:
    return one is not None and one.to == to and _when(one) > _when(than)


def _when(one: Decided | None) -> tuple[datetime, int]:
    if one is None:
        raise ValueError("nothing was decided")
    return one.at, one.position


def _value(protocol: Protocol, level: str) -> Decimal | None:
    try:
        return protocol.level_mg_m2(level)
    except Refused:
        return None
