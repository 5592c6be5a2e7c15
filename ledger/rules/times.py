"""Times that cannot be: a fact in the future, an end before its start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ledger.course.state import Course
from ledger.events import dosing, patient, safety
from ledger.events.base import Wire
from ledger.rules.finding import Hit

OfDose = dosing.InfusionInterrupted | dosing.InfusionResumed | dosing.InfusionCompleted | dosing.InfusionAborted


def past(event: Wire) -> Iterator[str]:
    """List the times in a body that say when something happened; what is planned or permitted may lie ahead."""
    match event:
        case dosing.InfusionRecorded():
            yield from (event.ended,) if event.ended is not None else ()
            yield from (at for pause in event.interruptions for at in (pause.since, pause.until))
        case dosing.PremedicationGiven():
            yield from (given.at for given in event.given)
        case dosing.DoseReleased():
            yield event.diluted_at
        case safety.ToxicityReported() | patient.PatientDied():
            yield from (event.aware_at,) if event.aware_at is not None else ()
        case safety.SeriousnessAssessed():
            yield event.aware_at
        case patient.LabMeasured():
            yield from (event.reported_at,) if event.reported_at is not None else ()
        case _:
            pass


def ahead(event: Wire, latest: datetime) -> Iterator[str]:
    """List the times in a body that lie after `latest`, though they say when something happened."""
    return (at for at in past(event) if datetime.fromisoformat(at) > latest)


def backwards(course: Course, event: Wire, name: str, at: datetime) -> Iterator[Hit]:
    """Refuse (D-TIME) an end before its start in a restated entry `name` of a dose; `at` is its restated minute."""
    if isinstance(event, dosing.InfusionRecorded):
        ended = None if event.ended is None else datetime.fromisoformat(event.ended)
    else:
        dose = course.dose(name)
        ended = None if dose is None or dose.id != name else dose.ended_at
    if ended is not None and ended < at:
        yield Hit("D-TIME", f"it ended at {ended.isoformat(timespec='minutes')}, before it began")
    if isinstance(event, OfDose):
        started = course.dose(event.dose)
        if started is not None and at < started.started_at:
            yield Hit("D-TIME", f"the infusion began at {started.started_at.isoformat(timespec='minutes')}, after it")
