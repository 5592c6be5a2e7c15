"""What the program says of each patient at every place in the log where it changes: the block `dl-state`.

A dossier's page shows what it reads in the signed bytes; where a patient stands in the protocol is judged here, and the
page labels it as computed by this program and counts again what it can.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property, partial
from itertools import pairwise
from operator import le
from zoneinfo import ZoneInfo

from msgspec import to_builtins

from ledger.book import Ledger
from ledger.events.study import ProtocolActivated
from ledger.rules.setting import Setting
from projections import patient, replay, rows, stricter
from projections.card import HoldRow, PackRow, pack_row
from projections.cycles import strictest
from projections.findings import FindingRow, finding_row
from projections.printed import View, amount, second
from projections.replay import PatientAt, Window

Row = dict[str, object]


class Dose(View, frozen=True, kw_only=True):
    """One administration as the card has it; amounts in mg, `entry` its position in the log."""

    entry: int
    drug: str
    started_at: str
    ended_at: str | None
    step_mg: str | None
    prepared_mg: str | None
    given_mg: str | None
    counted: bool
    step_passed: bool
    late: bool
    tolerance: str | None
    worst_grade: int | None
    status: str


class Card(View, frozen=True, kw_only=True):
    """One patient as known after so many entries: equal to what `replay --known-at` gives of the same members."""

    state: str
    course: str
    step_mg: str | None
    because: tuple[str, ...]
    counted: int
    remaining: int
    over: int
    cumulative_mg: str
    last_started: str | None
    lapses_on: str | None
    cycle_state: str
    cycle: int | None
    cycle_day: int | None
    cycle_level_mg_m2: str | None
    cycle_days_given: tuple[int, ...]
    holds: tuple[HoldRow, ...]
    pending: tuple[int, ...]
    doses: tuple[Dose, ...]


class PatientState(View, frozen=True, kw_only=True):
    """One patient: each change of the card (only what changed, and after how many entries), and the findings."""

    patient: str
    changes: tuple[Row, ...]
    findings: tuple[FindingRow, ...]


class State(View, frozen=True, kw_only=True):
    """The whole block. `as_of` is the log time of the newest entry, in the site's zone."""

    computed_by: str
    size: int
    as_of: str
    pack: PackRow | None
    step_up_drug: str | None
    cycle_drug: str | None
    maximum: int | None
    patients: tuple[PatientState, ...]


def state(ledger: Ledger, size: int, *, software: str, only: Sequence[str] | None = None) -> State:
    """Compute the block for the first `size` entries: of all patients, or of those that the copy is about."""
    return Computed(ledger, size, software=software).state(only)


class Computed:
    """Computes blocks of the first `size` entries; what judgements rest on is read once for all of them."""

    def __init__(self, ledger: Ledger, size: int, *, software: str) -> None:
        self._ledger = ledger
        self._software = software
        self.through = replay.window(ledger, now=ledger.log_time(size - 1), known_at=size)

    def state(self, only: Sequence[str] | None = None) -> State:
        """Compute the block of all patients, or of some."""
        through = self.through
        known = replay.numbers(self._ledger, through) if only is None else only
        rests_on = self._rests_on if known else None
        protocol = rests_on[0].protocol if rests_on is not None else None
        return State(
            computed_by=self._software,
            size=through.size,
            as_of=second(through.known_at, through.zone),
            pack=pack_row(protocol) if protocol is not None else None,
            step_up_drug=protocol.ladder_drug if protocol is not None else None,
            cycle_drug=protocol.cycle_drug if protocol is not None else None,
            maximum=protocol.ladder_max_doses if protocol is not None else None,
            patients=tuple(self._patient(one, *rests_on) for one in known) if rests_on is not None else (),
        )

    def _patient(self, number: str, base: Setting, settings: _Settings) -> PatientState:
        opened = replay.open_patient(self._ledger, number, self.through, base=base)
        return PatientState(
            patient=number,
            changes=tuple(_changes(opened, settings)),
            findings=tuple(finding_row(one) for one in opened.findings),
        )

    @cached_property
    def _rests_on(self) -> tuple[Setting, _Settings] | None:
        """The setting at the end, and those on the way; nothing where no protocol pack is in force."""
        if self._ledger.roster(self.through.size).protocol is None:
            return None
        base = replay.setting(self._ledger, self.through)
        return base, _Settings(self._ledger, self.through.size, self.through.zone)


def card(opened: PatientAt) -> Card:
    """Give what a dossier says of an opened patient; the stricter of every reading that stands."""
    ladders = stricter.ladders_of(opened)
    course, (_, cycles) = stricter.step_up(opened, ladders), strictest(opened)
    cycle, days = cycles.cycle, cycles.days
    return Card(
        state=patient.state_of(opened),
        course=course.state,
        step_mg=course.protocol_step_mg,
        because=course.because,
        counted=course.counted,
        remaining=course.remaining,
        over=course.over,
        cumulative_mg=course.cumulative_mg,
        last_started=course.last_started,
        lapses_on=course.lapses_on,
        cycle_state=cycles.state,
        cycle=cycle.n if cycle is not None else None,
        cycle_day=cycles.day,
        cycle_level_mg_m2=amount(cycle.level_mg_m2) if cycle is not None else None,
        cycle_days_given=tuple(sorted(days.given)) if days is not None else (),
        holds=stricter.holds_of(opened, ladders),
        pending=tuple(one.entry.position for one in opened.history.awaiting if not one.lapsed(opened.window.known_at)),
        doses=tuple(
            Dose(
                entry=row.entry,
                drug=row.drug,
                started_at=row.started_at,
                ended_at=row.ended_at,
                step_mg=row.step_mg,
                prepared_mg=row.prepared_mg,
                given_mg=row.given_mg,
                counted=row.counted,
                step_passed=row.step_passed,
                late=row.late,
                tolerance=row.tolerance,
                worst_grade=row.worst_grade,
                status=row.status,
            )
            for row in rows.doses(opened, ladders)
        ),
    )


class _Settings:
    """What judgements rest on: every log time, and packs, people and doubts after each entry about authority."""

    def __init__(self, ledger: Ledger, size: int, zone: ZoneInfo) -> None:
        self._ledger = ledger
        self._kept: dict[int, Setting] = {}
        said = [entry for name in ("study", "people") for entry in ledger.stream(name, up_to=size)]
        self.first_pack = min(entry.position for entry in said if isinstance(entry.event, ProtocolActivated))
        self._places = sorted(entry.position for entry in said)
        self.log_times = [ledger.log_time(position).astimezone(zone) for position in range(size)]
        self.breaks = {*self._places, *(at for at in range(1, size) if self._breaks(at))}

    def _breaks(self, position: int) -> bool:
        """Tell whether the clock comes to another day here, or was set back."""
        before, at = self.log_times[position - 1 : position + 1]
        return before.date() != at.date() or before > at

    def place(self, position: int) -> int:
        """Number the setting that an entry at this position sees."""
        return bisect_right(self._places, position)

    def at(self, through: Window) -> Setting:
        """Give the setting as it was known."""
        place = self.place(through.size - 1)
        if place not in self._kept:
            self._kept[place] = replay.setting(self._ledger, through)
        return self._kept[place]

    def passed(self, has: Callable[[datetime], bool], start: int, stop: int) -> int:
        """Give the first position from `start` on at which a moment has passed; `stop` if none, between two breaks."""
        return bisect_left(range(start, stop), 1, key=lambda position: int(has(self.log_times[position]))) + start


def _changes(opened: PatientAt, settings: _Settings) -> Iterator[Row]:
    """Give the first card whole and then, at each place in the log, the members that are not as before.

    Doses are listed one by one, those that changed; one that no longer stands is `gone`.
    """
    before: Row = {}
    known: dict[int, Dose] = {}
    for one in _opened(opened, settings):
        now = card(one)
        doses = {dose.entry: dose for dose in now.doses}
        row: Row = {name: value for name, value in to_builtins(now).items() if name != "doses"}
        changed: Row = {name: value for name, value in row.items() if name not in before or before[name] != value}
        moved = [to_builtins(dose) for entry, dose in doses.items() if known.get(entry) != dose]
        moved += [{"entry": entry, "gone": True} for entry in known if entry not in doses]
        before, known = row, doses
        if moved:
            changed["doses"] = moved
        if changed:
            yield {"size": one.window.size, **changed}


def _opened(opened: PatientAt, settings: _Settings) -> Iterator[PatientAt]:
    """Open the patient after each entry that can change the card: his own, one about authority, one of another day.

    Between those a card rests of the clock on nothing finer than the day, but for amendments that lapse and for
    laboratory values stated ahead of the clock.
    """
    stop = opened.window.size
    own = [entry.position for entry in opened.entries]
    first = max(own[0], settings.first_pack)
    places = sorted({first, *(one for one in {*own, *settings.breaks} if one > first)})
    one: PatientAt | None = None
    for place, after in pairwise((*places, stop)):
        one = _grown(one, opened, place, settings)
        yield one
        passing = {
            *(settings.passed(partial(le, lab.at), place, after) for lab in one.course.labs),
            *(settings.passed(item.lapsed, place, after) for item in one.history.awaiting),
        }
        for moment in sorted(passing - {place, after}):
            one = _grown(one, opened, moment, settings)
            yield one


def _grown(before: PatientAt | None, opened: PatientAt, position: int, settings: _Settings) -> PatientAt:
    """Open the patient as known after the entry at a position, from how he was known `before`."""
    at, through = settings.log_times[position], opened.window
    through = Window(position + 1, at, at, None, through.zone)
    entries = opened.entries[: bisect_right(opened.entries, position, key=lambda entry: entry.position)]
    if before is None:
        return PatientAt(opened.number, through, entries, settings.at(through))
    return before.grown(through, entries, settings.at(through))
