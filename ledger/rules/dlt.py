"""The window in which a toxicity can be dose-limiting, and the candidates that the pack's definition finds in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import get_args

from ledger.course.state import Course, Dose, Lab, Toxicity
from ledger.protocol.declared import Relation
from ledger.protocol.model import Protocol

ANC, CELLULARITY, BLASTS = "anc", "marrow-cellularity", "marrow-blasts"
LEUKAEMIA = Decimal(5)
"""Marrow blasts in percent from which low counts are the disease's (the usual limit of remission)."""
NOT_THE_DRUG = ("disease-progression",)
"""Terms of a death that is the disease's own."""
_RELATIONS: tuple[str, ...] = get_args(get_args(Relation)[0])
PER_UL = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Window:
    """The days in which a toxicity can be dose-limiting: day 1 is the first dose of the cycle drug.

    `end` is the last day that an onset counts; `until` the day that the patient is followed to, later than `end`
    while neutrophils stay low.
    """

    first: date
    end: date
    until: date

    def holds(self, on: date) -> bool:
        """Whether an onset on that day is inside."""
        return self.first <= on <= self.end


@dataclass(frozen=True, slots=True)
class Candidate:
    """A toxicity that the pack's definition makes dose-limiting; None where only counts say so and nobody reported it.

    `ruled`: yes, no, or None while nobody ruled on it as it stands.
    """

    toxicity: Toxicity | None
    why: str
    ruled: bool | None


def first_dose(course: Course, protocol: Protocol) -> Dose | None:
    """Find the first dose of the cycle drug."""
    given = [dose for dose in course.doses_of(protocol.cycle_drug) if not dose.nothing_given]
    return min(given, key=lambda dose: dose.started_at, default=None)


def window(course: Course, protocol: Protocol) -> Window | None:
    """Give the patient's window; None before the first dose of the cycle drug."""
    start = first_dose(course, protocol)
    if start is None:
        return None
    end = start.on + timedelta(days=protocol.dlt_window_days - 1)
    low = _low_at(course, protocol, end)
    until = start.on + timedelta(days=protocol.dlt_pending_days - 1) if low else end
    return Window(start.on, end, until)


def _low_at(course: Course, protocol: Protocol, end: date) -> bool:
    """Whether neutrophils were low at the window's end, and no later count says that they recovered."""
    counts = sorted((lab for lab in course.labs if lab.test == ANC), key=lambda lab: lab.at)
    before = [lab for lab in counts if lab.at.date() <= end]
    after = [lab for lab in counts if lab.at.date() > end]
    if not before or giga(before[-1]) >= protocol.dlt_pending_anc:
        return False
    return all(giga(lab) < protocol.dlt_pending_anc for lab in after)


def giga(lab: Lab) -> Decimal:
    """Give a count in 10^9/L, whichever of the two units it was reported in."""
    return lab.value / PER_UL if lab.unit == "/uL" else lab.value


def candidates(course: Course, protocol: Protocol, at: datetime) -> tuple[Candidate, ...]:
    """List what the pack's definition makes dose-limiting, as it stands at `at`, with the rulings on it."""
    inside = window(course, protocol)
    if inside is None:
        return ()
    return tuple(_found(course, protocol, inside, at))


def _found(course: Course, protocol: Protocol, inside: Window, at: datetime) -> Iterator[Candidate]:
    aplasia = _aplasia(course, protocol, inside)
    reported = False
    for toxicity in sorted(course.toxicities.values(), key=lambda one: (one.onset, one.id)):
        if not _within(toxicity, protocol, inside) and not (aplasia and toxicity.term in _neutropenic(protocol)):
            continue
        why = _why(toxicity, protocol, at)
        if aplasia and toxicity.term in _neutropenic(protocol):
            reported, why = True, why or aplasia
        if why:
            yield Candidate(toxicity, why, _ruled(toxicity, protocol))
    if aplasia and not reported:
        yield Candidate(None, f"{aplasia}; it is not reported as a toxicity", None)


def _within(toxicity: Toxicity, protocol: Protocol, inside: Window) -> bool:
    """Whether its onset is in the window, or it was there before and became worse, and severe enough, in the window."""
    before = max((point.grade for point in toxicity.grades if point.since.date() < inside.first), default=0)
    worse = max(before + 1, protocol.dlt_min_grade)
    risen = any(point.grade >= worse and inside.holds(point.since.date()) for point in toxicity.grades)
    return inside.holds(toxicity.onset.date()) or risen


def _why(toxicity: Toxicity, protocol: Protocol, at: datetime) -> str | None:
    worst = toxicity.worst
    if worst == 5:
        fatal = protocol.dlt_fatal_counts and toxicity.term not in NOT_THE_DRUG
        return f"{toxicity.term} grade 5" if fatal else None
    if worst < protocol.dlt_min_grade or not _related(toxicity, protocol):
        return None
    if toxicity.term in (*protocol.dlt_haematologic_terms, *protocol.dlt_never_terms):
        return None
    if toxicity.term in protocol.dlt_grade_3_allowed_terms and worst == 3:
        return None
    limits = (
        (protocol.dlt_controlled_terms, timedelta(hours=protocol.dlt_controlled_h), protocol.dlt_min_grade - 1),
        (protocol.dlt_brief_terms, timedelta(hours=protocol.dlt_brief_h), 0),
        (
            protocol.dlt_transient_terms,
            timedelta(days=protocol.dlt_transient_days),
            protocol.dlt_transient_max_grade,
        ),
    )
    for terms, span, low in limits:
        if toxicity.term in terms and _back_within(toxicity, span, low, at):
            return None
    return f"{toxicity.term} grade {worst}"


def _related(toxicity: Toxicity, protocol: Protocol) -> bool:
    """Whether either drug may be the cause; a drug that nobody has judged may be."""
    least = _RELATIONS.index(protocol.dlt_min_relation)
    said = (toxicity.relations.get(drug) for drug in (protocol.ladder_drug, protocol.cycle_drug))
    return any(one is None or _RELATIONS.index(one) >= least for one in said)


def _back_within(toxicity: Toxicity, span: timedelta, low: int, at: datetime) -> bool:
    """Whether it went back to grade `low` or ended within `span` of when it first was above."""
    points = sorted(toxicity.grades, key=lambda point: (point.since, point.position))
    above = next((point.since for point in points if point.grade > low), None)
    if above is None:
        return False
    down = [point.since for point in points if point.since > above and point.grade <= low]
    ends = [end for end in (*down[:1], toxicity.resolved_at if toxicity.over else None) if end is not None]
    return bool(ends) and min(ends) - above <= span and min(ends) <= at


def _aplasia(course: Course, protocol: Protocol, inside: Window) -> str | None:
    """Low neutrophils with an empty marrow beyond the pack's day, and no leukaemia that explains them."""
    day = inside.first + timedelta(days=protocol.dlt_aplasia_day - 1)
    late = [lab for lab in course.labs if lab.at.date() > day]
    counts = [lab for lab in late if lab.test == ANC and giga(lab) < protocol.dlt_aplasia_anc]
    marrow = [lab for lab in course.labs if lab.test == CELLULARITY and lab.at.date() > inside.end]
    blasts = [lab for lab in course.labs if lab.test == BLASTS and lab.at.date() > inside.end]
    empty = bool(marrow) and max(marrow, key=lambda lab: lab.at).value < protocol.dlt_aplasia_cellularity
    leukaemia = bool(blasts) and max(blasts, key=lambda lab: lab.at).value >= LEUKAEMIA
    if not counts or not empty or leukaemia:
        return None
    return f"neutrophils under {protocol.dlt_aplasia_anc} x 10^9/L beyond day {protocol.dlt_aplasia_day}, marrow empty"


def _neutropenic(protocol: Protocol) -> tuple[str, ...]:
    return tuple(term for term in protocol.dlt_haematologic_terms if "neutrophil" in term or "white" in term)


def _ruled(toxicity: Toxicity, protocol: Protocol) -> bool | None:
    """The ruling as it stands; a `no` given before the toxicity was judged worse is open again."""
    ruling = toxicity.ruling
    if ruling is None or ruling.dlt:
        return None if ruling is None else True
    before = max((point.grade for point in toxicity.grades if point.position < ruling.position), default=0)
    return None if toxicity.worst > max(before, protocol.dlt_min_grade - 1) else False
