"""The dose timeline of one patient: what was ordered and given of each drug, and the toxicities beneath it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from ledger.course.state import Course, Dose, Order, Toxicity
from ledger.values import wire_decimal
from projections.card import NOTICE
from projections.export.svg.canvas import DRUGS, FAINT, GRADES, INK, PALE, Canvas, Days
from projections.printed import minute, signed_by, stated
from projections.replay import PatientAt

LEFT, RIGHT, TOP, LANE, ROW = 190.0, 64.0, 74.0, 104.0, 22.0
_BAR = 11.0
_LETTER = 6.4
"""The width of a letter of an amount."""
_WIDEST = 1500.0


def dose_timeline(opened: PatientAt) -> bytes:
    """Draw the timeline of an opened patient."""
    return _Timeline(opened).drawn()


class _Timeline:
    """The picture of one patient."""

    def __init__(self, opened: PatientAt) -> None:
        self.opened, self.course = opened, opened.course
        self.zone: tzinfo = opened.window.zone
        self.signers = {entry.position: entry.signers for entry in opened.entries}
        self.drugs = _drugs(self.course, opened)
        self.sick = sorted(self.course.toxicities.values(), key=lambda one: (one.onset, one.position))
        first, last = self._ends()
        days = (last - first).days + 1
        self.width = min(_WIDEST, LEFT + RIGHT + max(480.0, days * 22.0))
        self.days = Days(first, last, LEFT, self.width - RIGHT)
        self.bar = max(3.0, min(_BAR, self.days.per_day * 0.7))
        self.marks = TOP + len(self.drugs) * (LANE + 20)
        self.sicknesses = self.marks + 46
        self.height = self.sicknesses + max(1, len(self.sick)) * ROW + 62
        title = f"Dose timeline of {opened.number}"
        self.canvas = Canvas(self.width, self.height, title, self._words())

    def drawn(self) -> bytes:
        """Draw all of it."""
        self.canvas.text(16, 24, f"Dose timeline of {self.opened.number}", size=16, bold=True)
        self.canvas.text(16, 42, f"As known {minute(self.opened.window.known_at, self.zone)}. {NOTICE}", ink=FAINT)
        self._axis()
        for place, drug in enumerate(self.drugs):
            self._lane(drug, TOP + place * (LANE + 20), DRUGS[place % len(DRUGS)])
        self._corrections()
        self._toxicities()
        self._legend()
        return self.canvas.svg()

    def _ends(self) -> tuple[datetime, datetime]:
        course, at = self.course, self.opened.window.at
        times = [
            *(dose.started_at for dose in course.doses),
            *(order.planned_start for order in course.orders.values()),
            *(premed.at for premed in course.premeds),
            *(one.onset for one in self.sick),
            *(one.resolved_at for one in self.sick if one.resolved_at is not None),
            *(point.since for one in self.sick for point in one.grades),
        ]
        local = [time.astimezone(self.zone) for time in times] or [at]
        return min(local) - timedelta(days=1), max(local) + timedelta(days=1)

    def _words(self) -> str:
        lines = [self._tip(dose) for dose in self.course.doses]
        lines += [self._said(one) for one in self.sick]
        return "; ".join(lines) if lines else "Nothing was given and no toxicity was reported."

    def _axis(self) -> None:
        foot = self.sicknesses + max(1, len(self.sick)) * ROW
        for day in self.days.ticks(52):
            x = self.days.day(day)
            self.canvas.line((x, TOP - 8), (x, foot), ink=PALE)
            self.canvas.text(x, TOP - 12, f"{day:%m-%d}", ink=FAINT)
        year = self.days.first
        self.canvas.text(LEFT - 12, TOP - 12, f"{year:%Y}", ink=FAINT, anchor="end")

    # --- what was given --------------------------------------------------------------------------------------------

    def _lane(self, drug: str, top: float, ink: str) -> None:
        base = top + LANE - 22
        doses = self.course.doses_of(drug)
        orders = [order for order in self.course.orders.values() if order.drug == drug]
        amounts = [dose.amount_mg for dose in doses] + [order.ordered_mg for order in orders]
        most = max(amounts, default=Decimal(1)) or Decimal(1)
        scale = (LANE - 44) / float(most)
        self.canvas.text(16, top + 20, drug, bold=True)
        self.canvas.text(16, top + 36, "mg given (filled),", ink=FAINT)
        self.canvas.text(16, top + 50, "ordered (hollow)", ink=FAINT)
        self.canvas.line((LEFT, base), (self.width - RIGHT, base))
        if not amounts:
            self.canvas.text(LEFT + 8, base - 8, "nothing ordered or given", ink=FAINT)
            return
        for mark in (Decimal(0), most):
            y = base - float(mark) * scale
            self.canvas.line((LEFT - 4, y), (LEFT, y))
            self.canvas.text(LEFT - 8, y + 4, wire_decimal(mark), ink=FAINT, anchor="end")
        for order in orders:
            self._ordered(order, base, scale)
        lettered = -math.inf, ""
        for dose in sorted(doses, key=lambda one: one.started_at):
            lettered = self._given(dose, base, scale, ink, lettered)
        self._premedication(drug, base)

    def _ordered(self, order: Order, base: float, scale: float) -> None:
        given = next((dose for dose in self.course.doses if dose.order == order.id), None)
        at = given.started_at if given is not None else order.planned_start
        x, height = self.days.x(at.astimezone(self.zone)), float(order.ordered_mg) * scale
        amount = wire_decimal(order.ordered_mg)
        tip = (
            f"#{order.position}: {amount} mg of {order.drug} ordered for {minute(order.planned_start)}, {order.outcome}"
        )
        self.canvas.rect(x - 2, base - height, self.bar + 4, height, fill="none", line=INK, tip=tip, dash="2 2")
        if given is None:
            self.canvas.text(x + self.bar / 2, base - height - 4, order.outcome, size=9, anchor="middle", ink=FAINT)

    def _given(self, dose: Dose, base: float, scale: float, ink: str, before: tuple[float, str]) -> tuple[float, str]:
        """Draw a bar whose gaps are the interruptions: its width is the time from start to end.

        `before` is where the last amount in letters ends, and that amount; the same one is not written over it.
        """
        x, height = self.days.x(dose.started_at.astimezone(self.zone)), float(dose.amount_mg) * scale
        tip = self._tip(dose)
        for begin, end in _running(dose, self.opened.window.at):
            self.canvas.rect(
                x + begin * self.bar, base - height, (end - begin) * self.bar, height, fill=ink, line=ink, tip=tip
            )
        order = self.course.orders.get(dose.order or "")
        top = base - (max(height, float(order.ordered_mg) * scale) if order is not None else height)
        middle = x + self.bar / 2
        amount = wire_decimal(dose.amount_mg)
        half = len(amount) * _LETTER / 2
        if amount != before[1] or middle - half >= before[0]:
            self.canvas.text(middle, top - 4, amount, size=10, anchor="middle")
            before = middle + half, amount
        notes = [*(["||"] if dose.pauses else []), *(["x"] if dose.stopped is not None else [])]
        notes += [">"] if dose.status == "running" else []
        if notes:
            self.canvas.text(middle, top - 15, " ".join(notes), size=10, anchor="middle", bold=True, tip=tip)
        return before

    def _premedication(self, drug: str, base: float) -> None:
        if drug != self.opened.setting.protocol.ladder_drug:
            return
        self.canvas.text(LEFT - 8, base + 14, "premedication", ink=FAINT, anchor="end")
        times = sorted({premed.at for premed in self.course.premeds})
        for at in times:
            agents = [one for one in self.course.premeds if one.at == at]
            said = ", ".join(f"{one.agent} {wire_decimal(one.dose_mg)} mg" for one in agents)
            x = self.days.x(at.astimezone(self.zone))
            self.canvas.line((x, base + 5), (x, base + 15), width=1.5, tip=f"{minute(at, self.zone)}: {said}")

    # --- what became of it -----------------------------------------------------------------------------------------

    def _corrections(self) -> None:
        """Mark what was corrected with C, what was voided with V, at the time that it was about."""
        y = self.marks + 18
        self.canvas.text(16, y, "corrections", bold=True)
        history = self.opened.history
        marks = [
            (fact.occurred_at, "C", f"#{fact.entry.position} corrected by #{fact.amended_by.position}")
            for fact in history.facts
            if fact.amended_by is not None
        ]
        marks += [(old.occurred_at, "V", f"#{old.position} voided by #{by.position}") for old, by in history.struck]
        if not marks:
            self.canvas.text(LEFT, y, "none", ink=FAINT)
        shift: dict[float, int] = {}
        for at, letter, tip in sorted(marks):
            x = self.days.x(at.astimezone(self.zone))
            if not self.days.left <= x <= self.width - RIGHT:
                continue
            shift[x] = shift.get(x, -1) + 1
            left = x + shift[x] * 15
            self.canvas.rect(left, y - 11, 13, 14, fill="#ffffff", line=INK, tip=tip)
            self.canvas.text(left + 6.5, y, letter, anchor="middle", bold=True, tip=tip)

    def _toxicities(self) -> None:
        self.canvas.text(16, self.sicknesses - 8, "toxicities, with grade", bold=True)
        if not self.sick:
            self.canvas.text(LEFT, self.sicknesses + 14, "none reported", ink=FAINT)
        for place, one in enumerate(self.sick):
            self._toxicity(one, self.sicknesses + place * ROW)

    def _toxicity(self, one: Toxicity, top: float) -> None:
        tip = self._said(one)
        name = one.term if len(one.term) <= 27 else f"{one.term[:25]}..."
        self.canvas.text(16, top + 15, name, tip=tip)
        parts = _graded(one)
        end = one.resolved_at
        edge = self.days.x(end.astimezone(self.zone)) if end is not None else self.width - RIGHT - 8
        x = self.days.x(parts[0][0].astimezone(self.zone))
        for place, (_, grade) in enumerate(parts):
            following = parts[place + 1][0] if place + 1 < len(parts) else None
            stop = self.days.x(following.astimezone(self.zone)) if following is not None else edge
            stop = max(stop, x + 14)
            self.canvas.rect(x, top + 3, stop - x, 16, fill=GRADES[grade], line=INK, tip=tip)
            ink = "#ffffff" if grade > 3 else INK
            self.canvas.text(
                (x + stop) / 2, top + 15, str(grade) if grade else "?", ink=ink, anchor="middle", bold=True
            )
            x = stop
        if end is None:
            self.canvas.shape([(x, top + 3), (x + 7, top + 11), (x, top + 19)], fill=INK, tip="not resolved")
        if one.ruling is not None and one.ruling.dlt:
            self.canvas.text(x + 10, top + 15, "DLT", bold=True, tip=f"dose-limiting, ruled in #{one.ruling.position}")
        elif one.serious:
            self.canvas.text(x + 10, top + 15, "serious", size=9)

    def _legend(self) -> None:
        y = self.height - 38
        x = 16.0
        for grade, ink in enumerate(GRADES):
            self.canvas.rect(x, y, 16, 14, fill=ink, line=INK)
            mark = str(grade) if grade else "?"
            self.canvas.text(x + 8, y + 11, mark, ink="#ffffff" if grade > 3 else INK, anchor="middle", bold=True)
            x += 20
        words = "grade (? none yet); || interrupted, gap in the bar; x stopped early; > not over; C corrected; V voided"
        self.canvas.text(x + 4, y + 11, words, ink=FAINT)
        self.canvas.pack(16, self.height - 8, self.opened.setting.protocol)

    def _tip(self, dose: Dose) -> str:
        pauses = f", interrupted {len(dose.pauses)} x" if dose.pauses else ""
        how = f", stopped: {dose.stopped}" if dose.stopped is not None else ""
        when = stated(dose.started_at, dose.on, dose.precision)
        what = f"{dose.drug} {wire_decimal(dose.amount_mg)} mg, {when}, {dose.status}{pauses}{how}"
        return f"#{dose.position}: {what}; signed by {signed_by(self.signers[dose.position])}"

    def _said(self, one: Toxicity) -> str:
        history = ", ".join(f"{grade or 'not graded'} from {minute(since, self.zone)}" for since, grade in _graded(one))
        end = (
            f", {one.outcome} {minute(one.resolved_at, self.zone)}" if one.resolved_at is not None else ", not resolved"
        )
        return f"#{one.position}: {one.term}, grade {history}{end}"


def _drugs(course: Course, opened: PatientAt) -> Sequence[str]:
    """List the drugs of the pack, then any other that was ordered or given."""
    protocol = opened.setting.protocol
    known = [dose.drug for dose in course.doses] + [order.drug for order in course.orders.values()]
    return tuple(dict.fromkeys([protocol.ladder_drug, protocol.cycle_drug, *sorted(known)]))


def _running(dose: Dose, at: datetime) -> Iterator[tuple[float, float]]:
    """Give the stretches without interruption as parts of the time from start to end, 0 to 1."""
    end = dose.ended_at or max(at, dose.started_at)
    whole = (end - dose.started_at) / timedelta(minutes=1)
    if whole <= 0:
        yield 0.0, 1.0
        return

    def part(time: datetime) -> float:
        return min(1.0, max(0.0, (time - dose.started_at) / timedelta(minutes=1) / whole))

    begin = 0.0
    for pause in dose.pauses:
        if part(pause.since) > begin:
            yield begin, part(pause.since)
        begin = part(pause.until or end)
    if begin < 1.0:
        yield begin, 1.0


def _graded(one: Toxicity) -> list[tuple[datetime, int]]:
    """Give the grades from when each held, the newest of one moment; 0 until the first."""
    points = {point.since: point.grade for point in sorted(one.grades, key=lambda p: (p.since, p.position))}
    first = [] if points and min(points) <= one.onset else [(one.onset, 0)]
    return [*first, *points.items()]
