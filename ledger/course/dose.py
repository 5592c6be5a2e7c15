"""What happens to a dose: begun, paused, ended, judged."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from msgspec.structs import replace

from ledger.course.common import decimal, orphan
from ledger.course.history import Fact
from ledger.course.order import put_order
from ledger.course.state import (
    Course,
    Dose,
    Pause,
    Tolerance,
)
from ledger.events import dosing, safety


def started(course: Course, fact: Fact, event: dosing.InfusionStarted) -> Course:
    """Begin the dose of an order."""
    order = course.orders.get(event.order)
    if order is None:
        return orphan(course, fact)
    released = order.released
    dose = Dose(
        id=fact.id,
        position=fact.entry.position,
        drug=order.drug,
        order=order.id,
        started_at=fact.occurred_at,
        on=date.fromisoformat(fact.occurred.at[:10]),
        precision=fact.occurred.precision,
        route=order.route,
        step_mg=order.step_mg,
        prepared_mg=released.prepared_mg if released else None,
        given_mg=None,
        volume_ml=None,
        lot=released.lot if released else None,
        givers=tuple(s.person for s in fact.signers if s.meaning == "performed"),
        checked_by=next((s.person for s in fact.signers if s.meaning == "verified"), None),
        overrides=(*order.overrides, *event.overrides),
        recorded=False,
        cycle=order.cycle,
        day=order.day,
    )
    return replace(put_order(course, replace(order, outcome="given")), doses=(*course.doses, dose))


def recorded(course: Course, fact: Fact, event: dosing.InfusionRecorded) -> Course:
    """Take in the fact of an infusion."""
    order = course.orders.get(event.order) if event.order is not None else None
    prepared = decimal(event.prepared_mg)
    if prepared is None and order is not None and order.released is not None:
        prepared = order.released.prepared_mg
    given = decimal(event.given_mg)
    confirmed = any(s.role == "pharmacist" and s.meaning == "verified" for s in fact.signers)
    dose = Dose(
        id=fact.id,
        position=fact.entry.position,
        drug=event.drug,
        order=event.order,
        started_at=fact.occurred_at,
        on=date.fromisoformat(fact.occurred.at[:10]),
        precision=fact.occurred.precision,
        route=event.route,
        step_mg=order.step_mg if order is not None else None,
        prepared_mg=prepared,
        given_mg=given,
        volume_ml=decimal(event.volume_ml),
        lot=event.lot,
        givers=(fact.entry.payload.performed_by or fact.entry.author.person,),
        checked_by=event.checked_by,
        overrides=order.overrides if order is not None else (),
        recorded=True,
        cycle=event.cycle if event.cycle is not None else order.cycle if order is not None else None,
        day=event.day if event.day is not None else order.day if order is not None else None,
        nothing_given=given == 0 and confirmed,
        ended_at=datetime.fromisoformat(event.ended) if event.ended is not None else None,
        stopped=event.stopped,
        pauses=tuple(
            Pause(datetime.fromisoformat(p.since), datetime.fromisoformat(p.until), p.why) for p in event.interruptions
        ),
    )
    if order is not None:
        course = put_order(course, replace(order, outcome="given"))
    elif event.order is not None:
        course = orphan(course, fact)
    return replace(course, doses=(*course.doses, dose))


def on_dose(course: Course, fact: Fact, named: str, *, pause: Pause | None = None, resumed: bool = False) -> Course:
    """Pause a dose, or let it go on."""
    dose = course.dose(named)
    if dose is None:
        return orphan(course, fact)
    pauses = dose.pauses
    if resumed and pauses and pauses[-1].until is None:
        pauses = (*pauses[:-1], replace(pauses[-1], until=fact.occurred_at))
    if pause is not None:
        pauses = (*pauses, pause)
    return _put_dose(course, replace(dose, pauses=pauses))


def _put_dose(course: Course, dose: Dose) -> Course:
    return replace(course, doses=tuple(dose if d.id == dose.id else d for d in course.doses))


def ended(
    course: Course, fact: Fact, event: dosing.InfusionCompleted | dosing.InfusionAborted, *, stopped: str | None
) -> Course:
    """End a dose."""
    dose = course.dose(event.dose)
    if dose is None:
        return orphan(course, fact)
    confirmed = any(s.role == "pharmacist" and s.meaning == "verified" for s in fact.signers)
    given = Decimal(event.given_mg)
    pauses = dose.pauses
    if pauses and pauses[-1].until is None:
        pauses = (*pauses[:-1], replace(pauses[-1], until=fact.occurred_at))
    done = replace(
        dose,
        ended_at=fact.occurred_at,
        given_mg=given,
        volume_ml=decimal(event.volume_ml),
        stopped=stopped,
        pauses=pauses,
        nothing_given=given == 0 and confirmed,
    )
    return _put_dose(course, done)


def assessed(course: Course, fact: Fact, event: safety.ToleranceAssessed) -> Course:
    """Judge a dose tolerated or not."""
    dose = course.dose(event.dose)
    if dose is None:
        return orphan(course, fact)
    judged = Tolerance(
        fact.id, fact.entry.position, fact.occurred_at, event.worst_grade, event.tolerated, event.toxicities
    )
    return _put_dose(course, replace(dose, tolerance=judged))
