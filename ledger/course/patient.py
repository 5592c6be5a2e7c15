"""One patient's course as a fold over facts. No rule is judged here and nothing is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, assert_never

from ledger.course.history import Fact
from ledger.course.state import (
    Consent,
    Course,
    Disposition,
    Dose,
    GradePoint,
    Hold,
    Lab,
    Order,
    Override,
    Pause,
    Premed,
    Release,
    Tolerance,
    Toxicity,
)
from ledger.events import dosing, patient, safety
from ledger.events.event import PatientEvent


def fold(facts: Iterable[Fact]) -> Course:
    """Fold facts in clinical order."""
    course = Course()
    for fact in facts:
        course = evolve(course, fact)
    return course


def evolve(course: Course, fact: Fact) -> Course:
    """Apply one fact. A fact that names something unknown is kept in `orphans`; nothing is refused."""
    event: PatientEvent = fact.event  # type: ignore[assignment]
    match event:
        case patient.PatientRegistered():
            return replace(course, registered=event)
        case patient.ConsentGiven():
            return replace(course, consents=(*course.consents, Consent(fact.id, fact.occurred, fact.occurred_at)))
        case patient.EligibilityAssessed():
            return replace(course, eligible=event.eligible)
        case patient.PatientEnrolled():
            return replace(course, enrolled=event, enrolled_at=fact.occurred_at)
        case patient.PatientMeasured():
            height = Decimal(event.height_cm) if event.height_cm is not None else None
            return replace(course, weights=(*course.weights, (fact.occurred_at, Decimal(event.weight_kg), height)))
        case patient.LabMeasured():
            return replace(
                course,
                labs=(*course.labs, Lab(fact.id, event.test, Decimal(event.value), event.unit, fact.occurred_at)),
            )
        case patient.ProphylaxisRecorded():
            return replace(course, prophylaxis=(*course.prophylaxis, (event.agent, event.since, event.until)))
        case patient.TreatmentEnded():
            return replace(course, ended_at=fact.occurred_at, ended_why=event.why)
        case patient.ConsentWithdrawn():
            return replace(course, withdrawn_at=fact.occurred_at)
        case patient.PatientDied():
            return replace(course, died_at=fact.occurred_at, died_on=date.fromisoformat(fact.occurred.at[:10]))
        case dosing.DoseOrdered():
            return _put_order(course, _order(fact, event))
        case dosing.OrderAmended():
            return _amended(course, fact, event)
        case dosing.OrderCancelled():
            return _with_order(course, fact, event.order, outcome="cancelled")
        case dosing.OrderChecked():
            return _with_order(course, fact, event.order, checked_by=fact.entry.author.person)
        case dosing.DoseReleased():
            return _with_order(course, fact, event.order, released=_release(fact, event))
        case dosing.PremedicationGiven():
            given = tuple(
                Premed(fact.id, event.order, g.agent, Decimal(g.dose_mg), datetime.fromisoformat(g.at))
                for g in event.given
            )
            return replace(course, premeds=(*course.premeds, *given))
        case dosing.InfusionStarted():
            return _started(course, fact, event)
        case dosing.InfusionRecorded():
            return _recorded(course, fact, event)
        case dosing.InfusionInterrupted():
            return _on_dose(course, fact, event.dose, pause=Pause(fact.occurred_at, None, event.why))
        case dosing.InfusionResumed():
            return _on_dose(course, fact, event.dose, resumed=True)
        case dosing.InfusionCompleted():
            return _ended(course, fact, event, stopped=None)
        case dosing.InfusionAborted():
            return _ended(course, fact, event, stopped=event.why)
        case dosing.DoseOmitted():
            return _with_order(course, fact, event.order, outcome="omitted")
        case dosing.HoldPlaced():
            hold = Hold(fact.id, fact.entry.position, event.drug, event.why, fact.occurred_at)
            return replace(course, holds=(*course.holds, hold))
        case dosing.HoldLifted():
            return replace(
                course, holds=tuple(replace(h, lifted=True) if h.id == event.hold else h for h in course.holds)
            )
        case dosing.CourseDiscontinued():
            return replace(course, discontinued={**course.discontinued, event.drug: (fact.id, event.why)})
        case safety.ToleranceAssessed():
            return _tolerance(course, fact, event)
        case safety.ToxicityReported():
            new = Toxicity(fact.id, fact.entry.position, event.term, fact.occurred_at, event.dose)
            return replace(course, toxicities={**course.toxicities, fact.id: new})
        case safety.ToxicityGraded():
            point = GradePoint(fact.id, fact.entry.position, fact.occurred_at, fact.occurred_at, event.grade)
            return _graded(course, fact, event.toxicity, point, None)
        case safety.ToxicityRegraded():
            point = GradePoint(event.graded, fact.entry.position, fact.occurred_at, fact.occurred_at, event.grade)
            return _graded(course, fact, event.toxicity, point, event.graded)
        case safety.ToxicityAttributed():
            return _attributed(course, fact, event)
        case safety.SeriousnessAssessed():
            return _on_toxicity(
                course, fact, event.toxicity, serious=event.serious, aware_at=datetime.fromisoformat(event.aware_at)
            )
        case safety.ToxicityResolved():
            return _on_toxicity(course, fact, event.toxicity, resolved_at=fact.occurred_at, outcome=event.outcome)
        case safety.DeviationAcknowledged():
            return _disposed(
                course,
                Disposition(event.rule, event.target, fact.entry.author.person, classified=False, important=None),
            )
        case safety.DeviationClassified():
            return _disposed(
                course,
                Disposition(
                    event.rule, event.target, fact.entry.author.person, classified=True, important=event.important
                ),
            )
        case safety.OverrideGranted():
            amount = Decimal(event.amount_mg) if event.amount_mg is not None else None
            granted = Override(
                fact.id, event.rule, event.drug, amount, fact.occurred_at, datetime.fromisoformat(event.valid_until)
            )
            return replace(course, overrides={**course.overrides, fact.id: granted})
        case _:
            assert_never(event)


def _orphan(course: Course, fact: Fact) -> Course:
    return replace(course, orphans=(*course.orphans, fact.id))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _order(fact: Fact, event: dosing.DoseOrdered) -> Order:
    return Order(
        id=fact.id,
        position=fact.entry.position,
        drug=event.drug,
        ordered_at=fact.occurred_at,
        planned_start=datetime.fromisoformat(event.planned_start),
        expires=datetime.fromisoformat(event.expires),
        step_mg=_decimal(event.step_mg),
        ordered_mg=Decimal(event.ordered_mg),
        calculated_mg=_decimal(event.calculated_mg),
        route=event.route,
        prescriber=fact.entry.author.person,
        premedication=event.premedication,
        overrides=event.overrides,
    )


def _put_order(course: Course, order: Order) -> Course:
    return replace(course, orders={**course.orders, order.id: order})


def _with_order(
    course: Course,
    fact: Fact,
    named: str,
    *,
    outcome: Literal["open", "given", "cancelled", "omitted"] | None = None,
    checked_by: str | None = None,
    released: Release | None = None,
) -> Course:
    order = course.orders.get(named)
    if order is None:
        return _orphan(course, fact)
    changed = replace(
        order,
        outcome=outcome or order.outcome,
        checked_by=checked_by or order.checked_by,
        released=released or order.released,
    )
    return _put_order(course, changed)


def _amended(course: Course, fact: Fact, event: dosing.OrderAmended) -> Course:
    order = course.orders.get(event.order)
    if order is None:
        return _orphan(course, fact)
    changed = replace(
        order,
        planned_start=datetime.fromisoformat(event.planned_start),
        expires=datetime.fromisoformat(event.expires),
        step_mg=_decimal(event.step_mg),
        ordered_mg=Decimal(event.ordered_mg),
        calculated_mg=_decimal(event.calculated_mg),
        prescriber=fact.entry.author.person,
        overrides=event.overrides,
        checked_by=None,
        released=None,
    )
    return _put_order(course, changed)


def _release(fact: Fact, event: dosing.DoseReleased) -> Release:
    return Release(
        id=fact.id,
        lot=event.lot,
        expiry=date.fromisoformat(event.expiry),
        prepared_mg=Decimal(event.prepared_mg),
        volume_ml=Decimal(event.volume_ml),
        diluted_at=datetime.fromisoformat(event.diluted_at),
        preparer=fact.entry.author.person,
    )


def _started(course: Course, fact: Fact, event: dosing.InfusionStarted) -> Course:
    order = course.orders.get(event.order)
    if order is None:
        return _orphan(course, fact)
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
    )
    return replace(_put_order(course, replace(order, outcome="given")), doses=(*course.doses, dose))


def _recorded(course: Course, fact: Fact, event: dosing.InfusionRecorded) -> Course:
    order = course.orders.get(event.order) if event.order is not None else None
    prepared = _decimal(event.prepared_mg)
    if prepared is None and order is not None and order.released is not None:
        prepared = order.released.prepared_mg
    given = _decimal(event.given_mg)
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
        volume_ml=_decimal(event.volume_ml),
        lot=event.lot,
        givers=(fact.entry.payload.performed_by or fact.entry.author.person,),
        checked_by=event.checked_by,
        overrides=order.overrides if order is not None else (),
        recorded=True,
        nothing_given=given == 0 and confirmed,
        ended_at=datetime.fromisoformat(event.ended) if event.ended is not None else None,
        stopped=event.stopped,
        pauses=tuple(
            Pause(datetime.fromisoformat(p.since), datetime.fromisoformat(p.until), p.why) for p in event.interruptions
        ),
    )
    if order is not None:
        course = _put_order(course, replace(order, outcome="given"))
    elif event.order is not None:
        course = _orphan(course, fact)
    return replace(course, doses=(*course.doses, dose))


def _on_dose(course: Course, fact: Fact, named: str, *, pause: Pause | None = None, resumed: bool = False) -> Course:
    dose = course.dose(named)
    if dose is None:
        return _orphan(course, fact)
    pauses = dose.pauses
    if resumed and pauses and pauses[-1].until is None:
        pauses = (*pauses[:-1], replace(pauses[-1], until=fact.occurred_at))
    if pause is not None:
        pauses = (*pauses, pause)
    return _put_dose(course, replace(dose, pauses=pauses))


def _put_dose(course: Course, dose: Dose) -> Course:
    return replace(course, doses=tuple(dose if d.id == dose.id else d for d in course.doses))


def _ended(
    course: Course, fact: Fact, event: dosing.InfusionCompleted | dosing.InfusionAborted, *, stopped: str | None
) -> Course:
    dose = course.dose(event.dose)
    if dose is None:
        return _orphan(course, fact)
    confirmed = any(s.role == "pharmacist" and s.meaning == "verified" for s in fact.signers)
    given = Decimal(event.given_mg)
    pauses = dose.pauses
    if pauses and pauses[-1].until is None:
        pauses = (*pauses[:-1], replace(pauses[-1], until=fact.occurred_at))
    done = replace(
        dose,
        ended_at=fact.occurred_at,
        given_mg=given,
        volume_ml=_decimal(event.volume_ml),
        stopped=stopped,
        pauses=pauses,
        nothing_given=given == 0 and confirmed,
    )
    return _put_dose(course, done)


def _tolerance(course: Course, fact: Fact, event: safety.ToleranceAssessed) -> Course:
    dose = course.dose(event.dose)
    if dose is None:
        return _orphan(course, fact)
    judged = Tolerance(
        fact.id, fact.entry.position, fact.occurred_at, event.worst_grade, event.tolerated, event.toxicities
    )
    return _put_dose(course, replace(dose, tolerance=judged))


def _graded(course: Course, fact: Fact, named: str, point: GradePoint, replaces: str | None) -> Course:
    toxicity = course.toxicities.get(named)
    if toxicity is None:
        return _orphan(course, fact)
    before = next((p for p in toxicity.grades if p.id == replaces), None)
    if before is not None:
        point = replace(point, since=before.since)
    grades = (*(p for p in toxicity.grades if p.id != replaces), point)
    return _put_toxicity(course, replace(toxicity, grades=grades))


def _put_toxicity(course: Course, toxicity: Toxicity) -> Course:
    return replace(course, toxicities={**course.toxicities, toxicity.id: toxicity})


def _attributed(course: Course, fact: Fact, event: safety.ToxicityAttributed) -> Course:
    toxicity = course.toxicities.get(event.toxicity)
    if toxicity is None:
        return _orphan(course, fact)
    return _put_toxicity(course, replace(toxicity, relations={**toxicity.relations, event.drug: event.relation}))


def _on_toxicity(
    course: Course,
    fact: Fact,
    named: str,
    *,
    serious: bool | None = None,
    aware_at: datetime | None = None,
    resolved_at: datetime | None = None,
    outcome: str | None = None,
) -> Course:
    toxicity = course.toxicities.get(named)
    if toxicity is None:
        return _orphan(course, fact)
    changed = replace(
        toxicity,
        serious=toxicity.serious if serious is None else serious,
        aware_at=aware_at or toxicity.aware_at,
        resolved_at=resolved_at or toxicity.resolved_at,
        outcome=outcome or toxicity.outcome,
    )
    return _put_toxicity(course, changed)


def _disposed(course: Course, disposition: Disposition) -> Course:
    return replace(course, dispositions=(*course.dispositions, disposition))
