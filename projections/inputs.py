"""What the rules looked at when they judged an entry: the course of the step-up drug before it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ledger.course import patient as fold
from ledger.course.history import effective
from ledger.course.state import Course
from ledger.events import dosing
from ledger.events.entry import Entry
from ledger.protocol.model import Protocol
from ledger.rules.administration import LOOK_BACK, Administration, judge
from ledger.rules.finding import Hit
from ledger.rules.ladder import ladder, same_week
from ledger.rules.setting import Setting
from ledger.values import wire_decimal
from projections.card import Standing
from projections.printed import View, minute, stated
from projections.replay import PatientAt

GATED = ("dose.ordered/1", "order.amended/1", "infusion.started/1", "entry.refused/1")


class PremedRow(View, frozen=True, kw_only=True):
    """One premedication agent that was given before."""

    agent: str
    dose_mg: str
    at: str
    minutes_before: int


class LastDose(View, frozen=True, kw_only=True):
    """The counted dose before this one."""

    entry: int
    started_at: str
    given_mg: str
    tolerance: Standing


class Inputs(View, frozen=True, kw_only=True):
    """The course of the step-up drug before an entry, at the entry's own time.

    `known` says how far the reader looked: a gate saw what was in the log when it was signed; a fact is judged by
    everything that happened before it, whenever that was written down.
    """

    known: Literal["when it was signed", "now"]
    at: str
    state: str
    step_due_mg: str
    because: tuple[str, ...]
    counted: int
    remaining: int
    open_orders: int
    week_given_mg: str
    week_cap_mg: str
    last_dose: LastDose | None
    premedication: tuple[PremedRow, ...]


class Before(Struct, frozen=True):
    """The course before an entry, the time of the judgement, and how far it was known."""

    course: Course
    at: datetime
    known: Literal["when it was signed", "now"]


def before(opened: PatientAt, entry: Entry) -> Before:
    """Give the course before an entry of this patient, or before an attempt that was about him."""
    place = next((i for i, fact in enumerate(opened.history.facts) if fact.id == entry.id), None)
    if entry.kind in GATED or place is None:
        facts = effective(one for one in opened.entries if one.position < entry.position).facts
        course = fold.fold(facts)
        if isinstance(entry.event, dosing.InfusionStarted):
            course = _without(course, entry.event.order)
        return Before(course, _moment(opened, entry), "when it was signed")
    facts = opened.history.facts[:place]
    return Before(fold.fold(facts), opened.history.facts[place].occurred_at.astimezone(opened.window.zone), "now")


def inputs(found: Before, protocol: Protocol) -> Inputs:
    """Say what the rules saw."""
    course, at = found.course, found.at
    now = ladder(course, protocol, at)
    last = now.rungs[-1] if now.rungs else None
    return Inputs(
        known=found.known,
        at=minute(at),
        state=now.state,
        step_due_mg=wire_decimal(now.next_mg),
        because=now.because,
        counted=now.counted,
        remaining=now.remaining,
        open_orders=now.open_orders,
        week_given_mg=wire_decimal(sum((dose.amount_mg for dose in same_week(course, protocol, at)), Decimal(0))),
        week_cap_mg=wire_decimal(protocol.week_cap_mg),
        last_dose=None
        if last is None
        else LastDose(
            entry=last.dose.position,
            started_at=stated(last.dose.started_at, last.dose.on, last.dose.precision),
            given_mg=wire_decimal(last.dose.amount_mg),
            tolerance=last.standing,
        ),
        premedication=tuple(
            PremedRow(
                agent=one.agent,
                dose_mg=wire_decimal(one.dose_mg),
                at=minute(one.at),
                minutes_before=int((at - one.at).total_seconds()) // 60,
            )
            for one in course.premeds
            if at - LOOK_BACK <= one.at <= at
        ),
    )


def gate(found: Before, base: Setting, entry: Entry) -> tuple[Hit, ...]:
    """Judge an order again as it was judged when it was signed; nothing for any other kind."""
    event = entry.event
    if isinstance(event, dosing.DoseOrdered):
        return _judged(found.course, base, event.drug, event.ordered_mg, found.at)
    if isinstance(event, dosing.OrderAmended) and (old := found.course.orders.get(event.order)) is not None:
        return _judged(_without(found.course, event.order), base, old.drug, event.ordered_mg, found.at)
    return ()


def _judged(course: Course, base: Setting, drug: str, ordered_mg: str, at: datetime) -> tuple[Hit, ...]:
    return judge(course, base, Administration(drug, Decimal(ordered_mg), None, at, "minute", planned=True))


def _without(course: Course, order: str) -> Course:
    """The course with one order out of the way: the one that is started or amended."""
    return replace(course, orders={name: one for name, one in course.orders.items() if name != order})


def _moment(opened: PatientAt, entry: Entry) -> datetime:
    """The time an act was judged for: the planned start of an order, else when it happened."""
    event = entry.event
    planned = event.planned_start if isinstance(event, dosing.DoseOrdered | dosing.OrderAmended) else None
    at = entry.occurred_at if planned is None else datetime.fromisoformat(planned)
    return at.astimezone(opened.window.zone)
