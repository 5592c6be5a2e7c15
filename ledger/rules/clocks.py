"""The clocks of safety reports: from when each runs, until when, and what closed it (21 CFR 312.32, 312.64(b)).

A clock of calendar days is due at the end of the sponsor's local day. What is not known counts against time: an
attribution that nobody made is taken as a suspicion, a term that the pack does not list as expected is unexpected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from itertools import takewhile
from typing import Literal, get_args

from ledger.course.state import Course, Seriousness, Toxicity
from ledger.protocol.declared import Relation
from ledger.protocol.model import Protocol

Report = Literal["7-day", "15-day", "follow-up", "sponsor"]
State = Literal["running", "overdue", "submitted", "submitted-late"]
_GRAVEST = frozenset({"death", "life-threatening"})
_FATAL_GRADE = 5
_STRENGTH = {relation: place for place, relation in enumerate(get_args(get_args(Relation)[0]))}
_LAST = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class SafetyClock:
    """One report that falls due for one toxicity; `days` is its length, `submitted_at` what closed it."""

    toxicity: str
    position: int
    term: str
    report: Report
    days: int
    since: datetime
    due: datetime
    submitted_at: datetime | None

    def state(self, at: datetime) -> State:
        """Where the clock stands at a moment."""
        if self.submitted_at is not None:
            return "submitted" if self.submitted_at <= self.due else "submitted-late"
        return "running" if at <= self.due else "overdue"


def clocks(course: Course, protocol: Protocol, zone: tzinfo) -> tuple[SafetyClock, ...]:
    """List the clocks of every serious toxicity of a patient, those of calendar days first; `zone` is the sponsor's."""
    return tuple(clock for one in course.toxicities.values() for clock in of_toxicity(one, protocol, zone))


def of_toxicity(toxicity: Toxicity, protocol: Protocol, zone: tzinfo) -> Iterator[SafetyClock]:
    """List the clocks of one toxicity: none unless it is serious; 7 and 15 days only if unexpected and suspected."""
    aware = _aware(toxicity)
    if aware is None:
        return
    if not expected(toxicity, protocol) and suspected(toxicity, protocol):
        yield from _expedited(toxicity, protocol, zone, aware)
    limit = aware + timedelta(hours=protocol.sae_to_sponsor_h)
    days = -(-protocol.sae_to_sponsor_h // 24)
    yield _clock(toxicity, "sponsor", days, aware, limit)


def expected(toxicity: Toxicity, protocol: Protocol) -> bool:
    """Tell whether it is expected: as the sponsor assessed it, else by the pack's list of terms."""
    return toxicity.expected if toxicity.expected is not None else toxicity.term in protocol.expected_terms


def suspected(toxicity: Toxicity, protocol: Protocol) -> bool:
    """Tell whether any drug is suspected, from the pack's relation on; a missing attribution is a suspicion."""
    least = _STRENGTH[protocol.suspected_min_relation]
    return not toxicity.relations or any(_STRENGTH[relation] >= least for relation in toxicity.relations.values())


def serious(toxicity: Toxicity) -> bool:
    """Tell whether it is serious: as it was judged last, and always when it was fatal (21 CFR 312.32(a))."""
    return bool(toxicity.serious) or _died(toxicity) is not None


def _expedited(toxicity: Toxicity, protocol: Protocol, zone: tzinfo, aware: datetime) -> Iterator[SafetyClock]:
    def since(at: datetime) -> datetime:
        return at if protocol.report_clock_starts == "awareness" else max(at, _determined(toxicity, protocol))

    days, start = protocol.report_serious_days, since(aware)
    whole = _clock(toxicity, "15-day", days, start, _end(start, days, zone))
    found = [whole]
    grave = _aware(toxicity, gravest=True)
    if grave is not None:
        start, days = since(grave), protocol.report_fatal_days
        due = _end(start, days, zone)
        if whole.submitted_at is None or whole.submitted_at >= start:
            due = min(due, whole.due)  # new information never moves a deadline that already runs
        found.insert(0, _clock(toxicity, "7-day", days, start, due))
    yield from found
    closed = [clock.submitted_at for clock in found if clock.submitted_at is not None]
    if closed:
        yield from _follow_ups(toxicity, protocol, zone, min(closed))


def _follow_ups(toxicity: Toxicity, protocol: Protocol, zone: tzinfo, first: datetime) -> Iterator[SafetyClock]:
    """Give a clock for what came after a report; the next report, other than to the sponsor, closes it."""
    sent = sorted(at for report, at in toxicity.reports if report != "sponsor")
    days, received = protocol.report_follow_up_days, sorted(at for at in toxicity.informed if at > first)
    while received:
        start = received[0].astimezone(zone)
        closed = next((at for at in sent if at >= start), None)
        due = _end(start, days, zone)
        yield SafetyClock(toxicity.id, toxicity.position, toxicity.term, "follow-up", days, start, due, closed)
        received = [at for at in received if closed is not None and at > closed]


def _clock(toxicity: Toxicity, report: Report, days: int, since: datetime, due: datetime) -> SafetyClock:
    closed = min((at for name, at in toxicity.reports if name == report and at >= since), default=None)
    return SafetyClock(toxicity.id, toxicity.position, toxicity.term, report, days, since, due, closed)


def _end(since: datetime, days: int, zone: tzinfo) -> datetime:
    return datetime.combine(since.astimezone(zone).date() + timedelta(days=days), _LAST, zone)


def _aware(toxicity: Toxicity, *, gravest: bool = False) -> datetime | None:
    """Give since when the site knows that it is serious, or that it is fatal or threatens life; None when it is not."""
    standing: list[Seriousness] = list(takewhile(lambda one: one.serious, reversed(toxicity.judged_serious)))
    known = [one.aware_at for one in standing if not gravest or _GRAVEST & {*one.criteria}]
    died = _died(toxicity)
    return min([*known, *([died] if died is not None else [])], default=None)


def _died(toxicity: Toxicity) -> datetime | None:
    """Give when a fatal grade was judged, if one stands; death is serious whatever else was said."""
    return min((point.judged_at for point in toxicity.grades if point.grade == _FATAL_GRADE), default=None)


def _determined(toxicity: Toxicity, protocol: Protocol) -> datetime:
    """Give when the newest of the judgements was made that together make it reportable."""
    least = _STRENGTH[protocol.suspected_min_relation]
    first = [at for drug, at in toxicity.relations_at.items() if _STRENGTH[toxicity.relations[drug]] >= least]
    judged = [one.at for one in toxicity.judged_serious[-1:]] + ([min(first)] if first else [])
    return max([*judged, *([toxicity.expected_at] if toxicity.expected_at is not None else [])], default=toxicity.onset)
