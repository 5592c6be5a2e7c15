"""One patient's course as a fold over facts. No rule is judged here and nothing is refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import assert_never

from msgspec.structs import replace

from ledger.course.common import decimal
from ledger.course.cycle import changed, opened
from ledger.course.dose import assessed, ended, on_dose, recorded, started
from ledger.course.history import Fact
from ledger.course.order import amended, ordered, put_order, release, with_order
from ledger.course.state import (
    Consent,
    Course,
    Disposition,
    Hold,
    Lab,
    Override,
    Pause,
    Premed,
    Toxicity,
)
from ledger.course.toxicity import on_toxicity
from ledger.events import cohort, cycle, dosing, patient, safety
from ledger.events.event import PatientEvent

_NOTHING = Course()


def fold(facts: Iterable[Fact], course: Course = _NOTHING) -> Course:
    """Fold facts in clinical order, behind those that `course` was folded from."""
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
            measured = (fact.occurred_at, Decimal(event.weight_kg), height, fact.id)
            return replace(course, weights=(*course.weights, measured))
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
            return put_order(course, ordered(fact, event))
        case dosing.OrderAmended():
            return amended(course, fact, event)
        case dosing.OrderCancelled():
            return with_order(course, fact, event.order, outcome="cancelled")
        case dosing.OrderChecked():
            return with_order(course, fact, event.order, checked_by=fact.entry.author.person)
        case dosing.DoseReleased():
            return with_order(course, fact, event.order, released=release(fact, event))
        case dosing.PremedicationGiven():
            given = tuple(
                Premed(fact.id, event.order, g.agent, Decimal(g.dose_mg), datetime.fromisoformat(g.at))
                for g in event.given
            )
            return replace(course, premeds=(*course.premeds, *given))
        case dosing.InfusionStarted():
            return started(course, fact, event)
        case dosing.InfusionRecorded():
            return recorded(course, fact, event)
        case dosing.InfusionInterrupted():
            return on_dose(course, fact, event.dose, pause=Pause(fact.occurred_at, None, event.why))
        case dosing.InfusionResumed():
            return on_dose(course, fact, event.dose, resumed=True)
        case dosing.InfusionCompleted():
            return ended(course, fact, event, stopped=None)
        case dosing.InfusionAborted():
            return ended(course, fact, event, stopped=event.why)
        case dosing.DoseOmitted():
            return with_order(course, fact, event.order, outcome="omitted")
        case dosing.HoldPlaced():
            hold = Hold(fact.id, fact.entry.position, event.drug, event.why, fact.occurred_at)
            return replace(course, holds=(*course.holds, hold))
        case dosing.HoldLifted():
            holds = tuple(replace(h, lifted=True) if h.id == event.hold else h for h in course.holds)
            by_pi = any(signer.role == "principal-investigator" for signer in fact.signers)
            return replace(course, holds=holds, lifted=(*course.lifted, event.hold) if by_pi else course.lifted)
        case dosing.CourseDiscontinued():
            return replace(course, discontinued={**course.discontinued, event.drug: (fact.id, event.why)})
        case safety.ToleranceAssessed():
            return assessed(course, fact, event)
        case safety.ToxicityReported():
            new = Toxicity(fact.id, fact.entry.position, event.term, fact.occurred_at, event.dose)
            return replace(course, toxicities={**course.toxicities, fact.id: new})
        case (
            safety.ToxicityGraded()
            | safety.ToxicityRegraded()
            | safety.ToxicityAttributed()
            | safety.SeriousnessAssessed()
            | safety.ExpectednessAssessed()
            | safety.SafetyReportSubmitted()
            | safety.ToxicityResolved()
            | cohort.DltAdjudicated()
        ):
            return on_toxicity(course, fact, event)
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
            return replace(course, overrides={**course.overrides, fact.id: _granted(fact, event)})
        case cohort.PatientDeclaredNonEvaluable():
            return replace(course, non_evaluable=fact.id)
        case cycle.CycleOpened():
            return opened(course, fact, event)
        case cycle.CycleDayOmitted() | cycle.CycleClosed() | cycle.CycleStopped():
            return changed(course, fact, event)
        case cycle.ResponseAssessed():
            return replace(course, responses=(*course.responses, (event.response, fact.occurred_at, fact.id)))
        case cycle.TransplantRecorded():
            return replace(course, transplants=(*course.transplants, (event.type, fact.occurred_at)))
        case _:
            assert_never(event)


def _disposed(course: Course, disposition: Disposition) -> Course:
    return replace(course, dispositions=(*course.dispositions, disposition))


def _granted(fact: Fact, event: safety.OverrideGranted) -> Override:
    return Override(
        fact.id,
        event.rule,
        event.drug,
        decimal(event.amount_mg),
        fact.occurred_at,
        datetime.fromisoformat(event.valid_until),
    )
