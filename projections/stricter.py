"""The stricter of several readings: of what is pending or doubted, nothing is permitted that one of them denies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

from ledger.course import patient as fold
from ledger.course.history import effective
from ledger.course.state import Course
from ledger.protocol.model import Protocol
from ledger.rules.ladder import Ladder, Rung, State, ladder, same_week, weeks
from ledger.rules.tolerance import Held, holds
from ledger.values import wire_decimal
from projections.card import HoldRow, Read, Standing, StepUp, Week
from projections.printed import amount, stated
from projections.replay import PatientAt

_WORST_FIRST: tuple[State, ...] = ("DISCONTINUED", "EXHAUSTED", "ON_HOLD", "LAPSED")
_STANDINGS: tuple[Standing, ...] = ("not-tolerated", "contradicted", "pending", "tolerated")


def step_up(opened: PatientAt, ladders: Sequence[Ladder]) -> StepUp:
    """Give the course of the step-up drug: counted is the most, remaining the least, the next step the lowest."""
    state, step = state_of(ladders), step_of(ladders)
    lowest = min(ladders, key=lambda one: (one.step_mg is not None, one.next_mg))
    because = lowest.because
    if step is None:
        because = tuple(dict.fromkeys(part for one in ladders if one.step_mg is None for part in _reasons(one, opened)))
    last = max((one.last for one in ladders if one.last is not None), key=lambda dose: dose.started_at, default=None)
    return StepUp(
        drug=opened.setting.protocol.ladder_drug,
        state=state,
        protocol_step_mg=amount(step),
        because=because,
        counted=max(one.counted for one in ladders),
        remaining=min(one.remaining for one in ladders),
        orderable=min(one.orderable for one in ladders),
        over=max(one.over for one in ladders),
        cumulative_mg=wire_decimal(max(one.cumulative_mg for one in ladders)),
        week=_week_now(opened),
        last_started=stated(last.started_at, last.on, last.precision) if last is not None else None,
        lapses_on=min((one.lapses_on.isoformat() for one in ladders if one.lapses_on is not None), default=None),
    )


def ladders_of(opened: PatientAt) -> tuple[Ladder, ...]:
    """Give the step-up course under every reading."""
    return tuple(ladder(course, opened.setting.protocol, opened.window.at) for course in opened.courses)


def apart(opened: PatientAt) -> tuple[Read, ...]:
    """Give the step-up course with and without the doubted entries, where there are any."""
    doubted, at = opened.setting.roster.doubted(opened.entries), opened.window
    if not doubted:
        return ()
    kept = [entry for entry in opened.entries if entry.id not in doubted]
    without = fold.fold(effective(kept, valid_at=at.until).facts)
    both: tuple[tuple[Literal["as-recorded", "without-disputed"], Course], ...]
    both = (("as-recorded", opened.course), ("without-disputed", without))
    return tuple(_read(name, ladder(course, opened.setting.protocol, at.at)) for name, course in both)


def _read(name: Literal["as-recorded", "without-disputed"], one: Ladder) -> Read:
    return Read(
        reading=name,
        state=one.state,
        protocol_step_mg=amount(one.step_mg),
        counted=one.counted,
        remaining=one.remaining,
        cumulative_mg=wire_decimal(one.cumulative_mg),
    )


def state_of(ladders: Iterable[Ladder]) -> State:
    """Give the state of the course: the worst of any reading; at target, or not started, only if all say so."""
    states = {one.state for one in ladders}
    worst = next((state for state in _WORST_FIRST if state in states), None)
    if worst is not None:
        return worst
    return next(iter(states)) if len(states) == 1 else "ESCALATING"


def step_of(ladders: Iterable[Ladder]) -> Decimal | None:
    """Give the lowest step in mg; None when any reading permits none."""
    steps = [one.step_mg for one in ladders]
    known = [step for step in steps if step is not None]
    return min(known) if len(known) == len(steps) else None


def tolerance_of(rungs: Iterable[Rung]) -> Standing | None:
    """Give the tolerance of one dose: tolerated only if every reading says so; None where none judges it."""
    found = {rung.standing for rung in rungs}
    return next((standing for standing in _STANDINGS if standing in found), None)


def weeks_of(courses: Iterable[Course], protocol: Protocol) -> tuple[Week, ...]:
    """Give the weekly totals, each the highest of any reading."""
    most: dict[int, Decimal] = {}
    for course in courses:
        for week in weeks(course, protocol):
            most[week.n] = max(most.get(week.n, Decimal(0)), week.given_mg)
    cap = wire_decimal(protocol.week_cap_mg)
    return tuple(Week(n=n, given_mg=wire_decimal(given), cap_mg=cap) for n, given in sorted(most.items()))


def holds_of(opened: PatientAt, ladders: Iterable[Ladder]) -> tuple[HoldRow, ...]:
    """List what holds any drug in any reading."""
    protocol = opened.setting.protocol
    found: dict[tuple[str, str, str], HoldRow] = {}

    def keep(drug: str, held: Held) -> None:
        named = opened.by_id.get(held.entry)
        position = named.position if named is not None else None
        row = HoldRow(drug=drug, rule=held.rule, text=held.text, entry=position, for_good=held.for_good)
        found.setdefault((drug, held.rule, held.entry), row)

    for one in ladders:
        for held in one.held:
            keep(protocol.ladder_drug, held)
    for course in opened.courses:
        for drug in sorted({*(hold.drug for hold in course.holds), *course.discontinued} - {protocol.ladder_drug}):
            for held in holds(course, protocol, drug):
                keep(drug, held)
    return tuple(found.values())


def _reasons(one: Ladder, opened: PatientAt) -> Iterable[str]:
    """Name the rules and entries for which a course permits no step."""
    if one.state == "EXHAUSTED":
        yield "A-COUNT"
        if one.last is not None:
            yield f"entry {one.last.position}"
    for held in one.held:
        yield held.rule
        named = opened.by_id.get(held.entry)
        if named is not None:
            yield f"entry {named.position}"


def _week_now(opened: PatientAt) -> Week:
    """Give the week of the judgement: its number counts from the first dose, which would open week 1."""
    protocol, at = opened.setting.protocol, opened.window.at
    first = [
        course.doses_of(protocol.ladder_drug)[0].on
        for course in opened.courses
        if course.doses_of(protocol.ladder_drug)
    ]
    n = max(1, (at.date() - min(first)).days // 7 + 1) if first else 1
    given = max(_given(course, protocol, at) for course in opened.courses)
    return Week(n=n, given_mg=wire_decimal(given), cap_mg=wire_decimal(protocol.week_cap_mg))


def _given(course: Course, protocol: Protocol, at: datetime) -> Decimal:
    return sum((dose.amount_mg for dose in same_week(course, protocol, at)), Decimal(0))
