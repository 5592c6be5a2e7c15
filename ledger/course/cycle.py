"""What happens to a cycle: opened, a day omitted, closed, stopped."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from ledger.course.common import decimal, factors, orphan
from ledger.course.history import Fact
from ledger.course.state import Course, Cycle
from ledger.events import cycle as events


def opened(course: Course, fact: Fact, event: events.CycleOpened) -> Course:
    """Begin a cycle."""
    new = Cycle(
        id=fact.id,
        position=fact.entry.position,
        n=event.n,
        level=event.level,
        level_mg_m2=Decimal(event.level_mg_m2),
        height_cm=Decimal(event.height_cm),
        weight_kg=Decimal(event.weight_kg),
        bsa_m2=Decimal(event.bsa_m2),
        crcl_ml_min=decimal(event.crcl_ml_min),
        anc_giga=decimal(event.anc_giga),
        factors=factors(event.factors),
        overrides=event.overrides,
        opened_at=fact.occurred_at,
    )
    return replace(course, cycles=(*course.cycles, new))


def changed(
    course: Course, fact: Fact, event: events.CycleDayOmitted | events.CycleClosed | events.CycleStopped
) -> Course:
    """Change what is known of a cycle; a fact on an unknown one is an orphan."""
    found = course.cycle(event.opened)
    if found is None:
        return orphan(course, fact)
    match event:
        case events.CycleDayOmitted():
            new = replace(found, omitted=(*found.omitted, event.day))
        case events.CycleClosed():
            new = replace(
                found,
                response=event.response,
                recovered=event.recovered,
                unacceptable=event.unacceptable,
                closed_at=fact.occurred_at,
            )
            response = (event.response, fact.occurred_at, fact.id)
            course = replace(course, responses=(*course.responses, response))
        case events.CycleStopped():
            new = replace(found, stopped=event.why)
    return replace(course, cycles=tuple(new if c.id == new.id else c for c in course.cycles))
