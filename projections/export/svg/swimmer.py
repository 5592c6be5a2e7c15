"""The swimmer plot: one row for each patient from enrolment, with course, cycles, DLT window and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ledger.course.state import Course, Cycle
from ledger.values import wire_decimal
from projections.card import NOTICE
from projections.export.svg.canvas import DRUGS, FAINT, HATCH, INK, PALE, Canvas, Days
from projections.printed import minute, signed_by
from projections.replay import PatientAt, Window

LEFT, RIGHT, TOP, ROW = 96.0, 150.0, 76.0, 50.0
WIDTH = 1120.0
_DAY_1 = date(2001, 1, 1)
"""The day that every patient's first day is laid upon."""


def swimmer(opened: Sequence[PatientAt], through: Window, trial: str) -> bytes:
    """Draw the plot of these patients, in the order given."""
    return _Swimmer(opened, through, trial).drawn()


class _Swimmer:
    """The picture of all patients."""

    def __init__(self, opened: Sequence[PatientAt], through: Window, trial: str) -> None:
        self.through, self.trial = through, trial
        self.rows = [(one, _begin(one), _end(one)) for one in opened]
        longest = max([(_shown(one, end) - begin.date()).days for one, begin, end in self.rows], default=28)
        self.days = Days(_DAY_1, _DAY_1 + timedelta(days=max(28, longest + 3)), LEFT, WIDTH - RIGHT)
        self.height = TOP + max(1, len(self.rows)) * ROW + 62
        self.canvas = Canvas(WIDTH, self.height, f"Swimmer plot of {trial}", self._words())

    def drawn(self) -> bytes:
        """Draw all of it."""
        self.canvas.text(16, 24, f"Swimmer plot of {self.trial}", size=16, bold=True)
        self.canvas.text(16, 42, f"As known {minute(self.through.known_at, self.through.zone)}. {NOTICE}", ink=FAINT)
        foot = TOP + max(1, len(self.rows)) * ROW
        for day in self.days.ticks(36):
            x = self.days.day(day)
            self.canvas.line((x, TOP - 6), (x, foot), ink=PALE)
            self.canvas.text(x, TOP - 10, str((day - _DAY_1).days + 1), ink=FAINT)
        self.canvas.text(LEFT - 10, TOP - 10, "day", ink=FAINT, anchor="end")
        if not self.rows:
            self.canvas.text(LEFT, TOP + 24, "no patient is registered", ink=FAINT)
        for place, (one, begin, end) in enumerate(self.rows):
            self._row(one, begin, end, TOP + place * ROW)
        self._legend(foot + 20)
        return self.canvas.svg()

    def _x(self, at: datetime, begin: datetime) -> float:
        """Place a time by its distance from the patient's first day, in local calendar days."""
        local = at.astimezone(self.through.zone)
        return self.days.x(local.replace(tzinfo=None) - (begin.replace(tzinfo=None) - _midnight()))

    def _row(self, one: PatientAt, begin: datetime, end: datetime, top: float) -> None:
        course, middle = one.course, top + 24
        left, right = self._x(begin, begin), self._x(end, begin)
        self.canvas.text(16, middle + 4, one.number, bold=True)
        level = course.enrolled.level if course.enrolled is not None else None
        if level is not None:
            self.canvas.text(16, middle + 18, f"level {level}", ink=FAINT, size=9)
        self._window(one, begin, top)
        self.canvas.line((left, middle), (right, middle), ink=FAINT, width=2)
        self._steps(one, begin, middle)
        for cycle in course.cycles:
            right = max(right, self._cycle(one, cycle, begin, middle))
        self._events(course, begin, top)
        self._last(one, right, middle)

    def _window(self, one: PatientAt, begin: datetime, top: float) -> None:
        """Shade the days in which a toxicity may be dose-limiting: from day 1 of the first cycle."""
        first = _first_day(one)
        if first is None:
            return
        days = one.setting.protocol.dlt_window_days
        left = self._x(first.replace(hour=0, minute=0), begin)
        tip = f"DLT window: {days} days from {first.date().isoformat()}"
        self.canvas.rect(left, top + 8, days * self.days.per_day, 32, fill=HATCH, tip=tip)

    def _steps(self, one: PatientAt, begin: datetime, middle: float) -> None:
        """Draw the course of the step-up drug with a tick for each dose."""
        drug = one.setting.protocol.ladder_drug
        doses = one.course.doses_of(drug)
        if not doses:
            return
        total = wire_decimal(sum((dose.amount_mg for dose in doses), start=type(doses[0].amount_mg)(0)))
        left, right = self._x(doses[0].started_at, begin), self._x(doses[-1].started_at, begin)
        tip = f"{drug}: {len(doses)} doses, {total} mg, {doses[0].on} to {doses[-1].on}"
        self.canvas.rect(left - 2, middle - 7, right - left + 4, 14, fill="#cfe3f1", line=DRUGS[0], tip=tip)
        signers = {entry.position: entry.signers for entry in one.entries}
        for dose in doses:
            x = self._x(dose.started_at, begin)
            signed = signed_by(signers[dose.position])
            words = f"#{dose.position}: {wire_decimal(dose.amount_mg)} mg, {dose.on}; signed by {signed}"
            self.canvas.line((x, middle - 7), (x, middle + 7), ink=DRUGS[0], width=2, tip=words)

    def _cycle(self, one: PatientAt, cycle: Cycle, begin: datetime, middle: float) -> float:
        """Draw a cycle, and give its right edge."""
        signers = {entry.position: entry.signers for entry in one.entries}
        doses = [dose for dose in one.course.doses if dose.cycle == cycle.n]
        first = doses[0].started_at if doses else cycle.opened_at
        last = cycle.closed_at or (doses[-1].started_at if doses else first)
        left = self._x(first, begin)
        width = max(self._x(last, begin) - left, 34.0)
        level = wire_decimal(cycle.level_mg_m2)
        how = "stopped" if cycle.stopped is not None else "open" if cycle.open else "closed"
        tip = f"cycle {cycle.n}, level {cycle.level}: {level} mg/m2, {len(doses)} days given, {how}"
        self.canvas.rect(left, middle - 9, width, 18, fill="#c9e8dd", line=DRUGS[1], tip=tip)
        self.canvas.text(left + 3, middle + 4, f"C{cycle.n} {level}", size=10, tip=tip)
        for dose in doses:
            x = self._x(dose.started_at, begin)
            signed = signed_by(signers[dose.position])
            words = f"#{dose.position}: day {dose.day}, {wire_decimal(dose.amount_mg)} mg; signed by {signed}"
            self.canvas.line((x, middle + 5), (x, middle + 9), ink=DRUGS[1], width=2, tip=words)
        return left + width

    def _events(self, course: Course, begin: datetime, top: float) -> None:
        for one in course.toxicities.values():
            if one.ruling is not None and one.ruling.dlt:
                x, y = self._x(one.onset, begin), top + 7
                tip = f"DLT: {one.term} grade {one.worst}, ruled in #{one.ruling.position}"
                self.canvas.shape([(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y)], fill=INK, tip=tip)
                self.canvas.text(x + 9, y + 4, "DLT", bold=True, size=10, tip=tip)
        for response, at, _ in course.responses:
            x, tip = self._x(at, begin), f"response {response}, {at.date().isoformat()}"
            width = 8.0 + 6.5 * len(response)
            self.canvas.rect(x, top + 35, width, 14, fill="#ffffff", line=INK, tip=tip)
            self.canvas.text(x + width / 2, top + 46, response, size=10, anchor="middle", tip=tip)
        for kind, at in course.transplants:
            x, tip = self._x(at, begin), f"transplant ({kind}), {at.date().isoformat()}"
            self.canvas.shape([(x - 7, top + 12), (x + 7, top + 12), (x, top)], fill="#ffffff", tip=tip)
            self.canvas.text(x + 9, top + 11, "transplant", size=9, tip=tip)

    def _last(self, one: PatientAt, right: float, middle: float) -> None:
        """Say how it ended: died, off treatment and why, withdrawn, or going on."""
        course = one.course
        said = []
        if course.ended_at is not None:
            said.append(f"off: {course.ended_why}")
        elif course.withdrawn_at is not None:
            said.append("consent withdrawn")
        if course.died_at is not None:
            said.append("died")
        if not said:
            self.canvas.shape(
                [(right, middle - 6), (right + 9, middle), (right, middle + 6)], fill=FAINT, tip="going on"
            )
            return
        self.canvas.line((right, middle - 12), (right, middle + 12), width=3)
        if course.died_at is not None:
            self.canvas.line((right + 5, middle - 6), (right + 15, middle + 6), width=2, tip="died")
            self.canvas.line((right + 5, middle + 6), (right + 15, middle - 6), width=2, tip="died")
        self.canvas.text(right + (20 if course.died_at is not None else 7), middle + 4, ", ".join(said))

    def _legend(self, top: float) -> None:
        self.canvas.rect(16, top, 22, 12, fill="#cfe3f1", line=DRUGS[0])
        self.canvas.text(43, top + 10, "step-up course, | each dose", ink=FAINT)
        self.canvas.rect(216, top, 22, 12, fill="#c9e8dd", line=DRUGS[1])
        self.canvas.text(243, top + 10, "cycle and its mg/m2", ink=FAINT)
        self.canvas.rect(372, top, 22, 12, fill=HATCH, line=FAINT)
        self.canvas.text(399, top + 10, "DLT window", ink=FAINT)
        self.canvas.shape([(484, top - 1), (491, top + 6), (484, top + 13), (477, top + 6)], fill=INK)
        self.canvas.text(496, top + 10, "DLT", ink=FAINT)
        words = "boxed letters: response; triangle: transplant; x: died; > going on"
        self.canvas.text(536, top + 10, words, ink=FAINT)
        if self.rows:
            self.canvas.pack(16, top + 34, self.rows[0][0].setting.protocol)

    def _words(self) -> str:
        lines = []
        for one, begin, end in self.rows:
            course = one.course
            days = (end.date() - begin.date()).days + 1
            dlt = sum(1 for sick in course.toxicities.values() if sick.ruling is not None and sick.ruling.dlt)
            ended = course.ended_why or ("died" if course.died_at is not None else "going on")
            parts = f"{len(course.doses)} doses, {len(course.cycles)} cycles, {dlt} DLT, {ended}"
            lines.append(f"{one.number}: {days} days, {parts}")
        return "; ".join(lines) if lines else "No patient is registered."


def _midnight() -> datetime:
    return datetime.combine(_DAY_1, datetime.min.time())


def _begin(one: PatientAt) -> datetime:
    """Give the start of the patient's day 1: of the first dose, else of enrolment, else of the first entry."""
    course = one.course
    known = [dose.started_at for dose in course.doses] or ([course.enrolled_at] if course.enrolled_at else [])
    first = min(known, default=one.entries[0].occurred_at).astimezone(one.window.zone)
    return first.replace(hour=0, minute=0, second=0, microsecond=0)


def _end(one: PatientAt) -> datetime:
    """Give the end of the row: death, the end of treatment, else now."""
    course, zone = one.course, one.window.zone
    over = [at for at in (course.died_at, course.ended_at, course.withdrawn_at) if at is not None]
    last = max(over) if over else one.window.at
    return max(last.astimezone(zone), _begin(one))


def _shown(one: PatientAt, end: datetime) -> date:
    """Give the last day that the row shows: its end, or that of the DLT window."""
    first = _first_day(one)
    window = [] if first is None else [first.date() + timedelta(days=one.setting.protocol.dlt_window_days)]
    return max([end.date(), *window])


def _first_day(one: PatientAt) -> datetime | None:
    drug = one.setting.protocol.cycle_drug
    doses = one.course.doses_of(drug)
    return doses[0].started_at.astimezone(one.window.zone) if doses else None
