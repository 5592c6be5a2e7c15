"""The rows of the patient card: doses, open orders and toxicities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ledger.course.state import Dose, Order
from ledger.course.state import Toxicity as Episode
from ledger.rules import ladder as rules
from ledger.rules.lateness import late
from ledger.rules.tolerance import running_min
from projections import stricter
from projections.card import DoseRow, Grade, OrderRow, Pause, Progress, Toxicity
from projections.due import premedicated
from projections.printed import amount, minute, signature, stated
from projections.replay import PatientAt


def doses(opened: PatientAt, ladders: Sequence[rules.Ladder]) -> tuple[DoseRow, ...]:
    """Give every dose that a reading knows, as recorded where the record as it stands knows it."""
    known = {dose.id: dose for course in reversed(opened.courses) for dose in course.doses}
    rungs: dict[str, list[rules.Rung]] = {}
    for one in ladders:
        for rung in one.rungs:
            rungs.setdefault(rung.dose.id, []).append(rung)
    ordered = sorted(known.values(), key=lambda dose: (dose.started_at, dose.id))
    return tuple(_dose(opened, dose, rungs.get(dose.id, [])) for dose in ordered)


def _dose(opened: PatientAt, dose: Dose, rungs: Sequence[rules.Rung]) -> DoseRow:
    protocol, fact = opened.setting.protocol, opened.facts[dose.id]
    of_steps = dose.drug == protocol.ladder_drug
    timed = dose.precision == "minute"
    end = dose.ended_at or opened.window.at
    order = opened.by_id.get(dose.order or "")
    overrides = opened.course.overrides
    return DoseRow(
        id=dose.id,
        entry=dose.position,
        drug=dose.drug,
        order=order.position if order is not None else None,
        started_at=stated(dose.started_at, dose.on, dose.precision),
        ended_at=minute(dose.ended_at) if dose.ended_at is not None else None,
        step_mg=amount(rules.nominal(dose, protocol) if of_steps else dose.step_mg),
        prepared_mg=amount(dose.prepared_mg),
        given_mg=amount(dose.given_mg),
        route=dose.route,
        lot=dose.lot,
        running_min=running_min(dose, opened.window.at) if timed else None,
        wall_min=(end - dose.started_at) // timedelta(minutes=1) if timed else None,
        interruptions=len(dose.pauses),
        pauses=tuple(
            Pause(since=minute(p.since), until=minute(p.until) if p.until is not None else None, why=p.why)
            for p in dose.pauses
        ),
        counted=bool(rungs) if of_steps else not dose.nothing_given,
        step_passed=bool(rungs) and len(rungs) == len(opened.courses) and all(rung.passed for rung in rungs),
        late=late(fact, protocol) is not None,
        tolerance=stricter.tolerance_of(rungs),
        worst_grade=dose.tolerance.worst_grade if dose.tolerance is not None else None,
        status=_progress(dose),
        stopped=dose.stopped,
        overridden=tuple(overrides[name].rule for name in dose.overrides if name in overrides),
        signatures=tuple(signature(signer) for signer in fact.signers),
    )


def _progress(dose: Dose) -> Progress:
    if dose.status != "running":
        return dose.status
    return "on-hold" if dose.pauses and dose.pauses[-1].until is None else "in-progress"


def order_row(opened: PatientAt, order: Order) -> OrderRow:
    """Give an open order with what it still needs."""
    released = order.released
    return OrderRow(
        id=order.id,
        entry=order.position,
        drug=order.drug,
        ordered_mg=str(amount(order.ordered_mg)),
        step_mg=amount(order.step_mg),
        planned_start=minute(order.planned_start),
        expires=minute(order.expires),
        prescriber=order.prescriber,
        checked=order.checked_by is not None,
        released=released is not None,
        premedicated=premedicated(opened.course, opened.setting.protocol, order, opened.window.at),
        prepared_mg=amount(released.prepared_mg) if released is not None else None,
        lot=released.lot if released is not None else None,
    )


def toxicity_row(opened: PatientAt, episode: Episode) -> Toxicity:
    """Give a toxicity; its highest grade is that of the worst reading."""
    worst = max(
        (course.toxicities[episode.id].worst for course in opened.courses if episode.id in course.toxicities), default=0
    )
    dose = opened.course.dose(episode.dose) if episode.dose is not None else None
    fact = opened.facts[episode.id]
    grades = tuple(
        Grade(
            grade=point.grade,
            since=minute(point.since, opened.window.zone),
            entry=point.position,
            dictionary=_dictionary(opened, point.position),
        )
        for point in sorted(episode.grades, key=lambda point: (point.since, point.position))
    )
    return Toxicity(
        id=episode.id,
        entry=episode.position,
        term=episode.term,
        dictionary=grades[-1].dictionary if grades else None,
        onset=fact.occurred.at,
        dose=dose.position if dose is not None else None,
        grade=worst or None,
        current=episode.current or None,
        grades=grades,
        relations=dict(episode.relations),
        serious=episode.serious,
        dlt=episode.ruling.dlt if episode.ruling is not None else None,
        resolved_at=minute(episode.resolved_at, opened.window.zone) if episode.resolved_at is not None else None,
        outcome=episode.outcome,
    )


def _dictionary(opened: PatientAt, position: int) -> str | None:
    """Name the dictionary version that a grade was given in."""
    named = next((one.payload.dictionary for one in opened.entries if one.position == position), None)
    return named.ctcae if named is not None else None
