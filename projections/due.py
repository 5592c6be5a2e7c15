"""What somebody still has to do for one patient, and whom to tell at once. A task that is due is no finding."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from ledger.course.history import effective
from ledger.course.state import Course, Dose, Lab, Order
from ledger.protocol.declared import Prophylaxis
from ledger.protocol.model import Protocol
from ledger.rules.administration import premedication
from ledger.rules.assess import judge, standing_findings
from ledger.rules.finding import Finding
from ledger.rules.ladder import climb
from projections.card import Alert, Due
from projections.clocks import running
from projections.cycles import due_in_cycle
from projections.printed import minute, second, stated
from projections.replay import PatientAt

CD4 = "cd4"
NEVER = datetime.max.replace(tzinfo=UTC)
"""Where a task without a time stands: behind all others."""
_TO_THE_INVESTIGATOR = frozenset({"P-CONSENT", "P-ENROLLED", "P-OFF"})


def due(opened: PatientAt) -> tuple[Due, ...]:
    """List the tasks of every reading, the earliest first; those without a time at the end."""
    found: dict[tuple[str, str | None, int | None], Due] = {}
    for course in opened.courses:
        for task in (
            *_running(opened, course),
            *_tolerance(opened, course),
            *_orders(opened, course),
            *_prophylaxis(opened, course),
            *due_in_cycle(opened, course),
        ):
            found.setdefault((task.what, task.rule, task.entry), task)
    tasks = [*found.values(), *_reports(opened), *_signatures(opened), *_ageing(opened)]
    return tuple(sorted(tasks, key=lambda task: datetime.fromisoformat(task.due) if task.due is not None else NEVER))


def alerts(opened: PatientAt) -> tuple[Alert, ...]:
    """List the open findings that the principal investigator is told of: no consent, not enrolled, off treatment."""
    return tuple(
        Alert(to="principal-investigator", rule=one.rule, entry=one.position, text=one.text)
        for one in opened.findings
        if one.rule in _TO_THE_INVESTIGATOR and not one.acknowledged and not one.hindsight
    )


def open_important(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """List the important findings that nobody has acknowledged or classified."""
    return tuple(one for one in found if one.severity == "important" and not one.acknowledged)


def premedicated(course: Course, protocol: Protocol, order: Order, at: datetime) -> bool:
    """Tell whether every premedication agent of an order was given before its planned start, or before now."""
    return not _missing_agents(course, protocol, order, at)


def _running(opened: PatientAt, course: Course) -> Iterator[Due]:
    protocol = opened.setting.protocol
    for dose in course.doses:
        if dose.ended_at is None and not dose.nothing_given:
            planned = protocol.infusion_min if dose.drug == protocol.ladder_drug else protocol.cycle_infusion_min
            end = minute(dose.started_at + timedelta(minutes=planned)) if dose.precision == "minute" else None
            what = f"{dose.drug} of {_start(dose)} has no end"
            yield Due(
                what=what,
                rule="A-INF" if dose.drug == protocol.ladder_drug else None,
                entry=dose.position,
                since=_start(dose),
                due=end,
            )


def _tolerance(opened: PatientAt, course: Course) -> Iterator[Due]:
    """A dose that ended wants a signed tolerance; one that a later grade contradicts wants it again."""
    protocol = opened.setting.protocol
    for rung in climb(course, protocol):
        dose = rung.dose
        if rung.standing == "contradicted" and dose.tolerance is not None:
            yield Due(
                what=f"tolerance of the dose of {_start(dose)} to be assessed again: a later grade stands against it",
                rule="A-TOLPEND",
                entry=dose.position,
                since=minute(dose.tolerance.at, opened.window.zone),
                due=None,
            )
        if rung.standing == "pending" and dose.ended_at is not None:
            limit = dose.ended_at + timedelta(hours=protocol.late_h["assessment"])
            yield Due(
                what=f"tolerance of the dose of {_start(dose)} is not assessed",
                rule="A-TOLPEND",
                entry=dose.position,
                since=minute(dose.ended_at) if dose.precision == "minute" else dose.on.isoformat(),
                due=minute(limit),
            )


def _orders(opened: PatientAt, course: Course) -> Iterator[Due]:
    protocol, at = opened.setting.protocol, opened.window.at
    for order in course.orders.values():
        if order.outcome != "open" or at > order.expires:
            continue
        since, start = minute(order.ordered_at, opened.window.zone), minute(order.planned_start)
        name = f"order of {order.drug} for {start}"
        if order.checked_by is None:
            yield Due(
                what=f"{name} is not checked by the pharmacy",
                rule="S-ORDER",
                entry=order.position,
                since=since,
                due=start,
            )
        if order.released is None:
            yield Due(what=f"{name} is not released", rule="S-ORDER", entry=order.position, since=since, due=start)
        missing = _missing_agents(course, protocol, order, at)
        if missing:
            latest = order.planned_start - timedelta(minutes=protocol.premed_min_before_min)
            yield Due(
                what=f"premedication for the {name}: {', '.join(missing)}",
                rule="A-PREMED",
                entry=order.position,
                since=since,
                due=minute(latest),
            )
        if order.checked_by is not None and order.released is not None and not missing:
            yield Due(what=f"{name} is ready and not started", rule=None, entry=order.position, since=since, due=start)


def _missing_agents(course: Course, protocol: Protocol, order: Order, at: datetime) -> tuple[str, ...]:
    start = max(order.planned_start, at)
    hits = premedication(course, protocol, order.drug, start)
    return tuple(hit.text.partition(" ")[0] for hit in hits if hit.rule == "A-PREMED")


def _prophylaxis(opened: PatientAt, course: Course) -> Iterator[Due]:
    """From the first dose until both the pack's months and its CD4 count are reached, every agent must be on."""
    protocol, at = opened.setting.protocol, opened.window.at
    doses = course.doses_of(protocol.ladder_drug)
    if not doses or course.died_at is not None or not _needed(course.labs, doses[-1], protocol, at):
        return
    today = at.date().isoformat()
    missing = [one.agent for one in protocol.prophylaxis if not _covered(course, one, today)]
    if missing:
        what = f"no prophylaxis on record: {', '.join(missing)}"
        yield Due(what=what, rule="A-PROPH", entry=doses[0].position, since=_start(doses[0]), due=None)


def _needed(labs: Iterable[Lab], last: Dose, protocol: Protocol, at: datetime) -> bool:
    recovered = any(
        lab.test == CD4 and lab.at > last.started_at and lab.value >= protocol.prophylaxis_until_cd4 for lab in labs
    )
    return not recovered or at.date() < _months_after(last.on, protocol.prophylaxis_months_after)


def _covered(course: Course, wanted: Prophylaxis, today: str) -> bool:
    names = {wanted.agent, *wanted.equivalents}
    return any(
        agent in names and since <= today and (until is None or until >= today)
        for agent, since, until in course.prophylaxis
    )


def _months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day where the month is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    following = date(first.year + (first.month == 12), first.month % 12 + 1, 1)
    return min(first.replace(day=1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def _reports(opened: PatientAt) -> Iterator[Due]:
    """A safety report is due until it was sent."""
    for clock in running(opened):
        what = f"{clock.report} safety report of {clock.term}"
        yield Due(what=what, rule=None, entry=clock.ae, since=clock.since, due=clock.due)


def _signatures(opened: PatientAt) -> Iterator[Due]:
    """Facts stand at once, but are INCOMPLETE until every needed signature is there."""
    for lacking in opened.told.unsigned:
        what = f"{lacking.kind} lacks a signature: {lacking.meaning} by {lacking.role}"
        since = second(lacking.recorded_at, opened.window.zone)
        yield Due(what=what, rule=None, entry=lacking.position, since=since, due=None)


def _ageing(opened: PatientAt) -> Iterator[Due]:
    """An important finding that nobody has answered is named again after each of the pack's times."""
    found = {one.id: one for one in open_important(opened.findings)}
    for name, hours in ageing(opened).items():
        one, then = found[name], opened.window.at - timedelta(hours=hours)
        what = f"{name} has been open for {hours} h or more: {one.text}"
        yield Due(what=what, rule=one.rule, entry=one.position, since=None, due=second(then, opened.window.zone))


def ageing(opened: PatientAt) -> Mapping[str, int]:
    """Give the open important findings that are older than one of the pack's times, with the longest such in hours."""
    left = {one.id for one in open_important(opened.findings)}
    found: dict[str, int] = {}
    for hours in sorted(opened.setting.protocol.ageing_alert_h, reverse=True):
        if left:
            before = _stood(opened, opened.window.at - timedelta(hours=hours), left)
            aged = [one.id for one in opened.findings if one.id in left and one.id in before]
            found |= dict.fromkeys(aged, hours)
            left.difference_update(aged)
    return found


def _stood(opened: PatientAt, then: datetime, names: Collection[str]) -> Collection[str]:
    """Give those of the open important findings that stood at an earlier time, as they were known then."""
    if opened.told.newest <= then:
        return names  # nothing was written since, and no important finding comes or goes with time alone
    known = [entry for entry in opened.entries if entry.recorded_at <= then]
    if not any(int(name.rpartition("@")[2]) <= known[-1].position for name in names if known):
        return ()
    facts = effective(known, valid_at=opened.window.until).facts
    judgement = judge(facts, opened.setting, opened.judgement)
    return frozenset(one.id for one in open_important(standing_findings(judgement.outcome, then)))


def _start(dose: Dose) -> str:
    return stated(dose.started_at, dose.on, dose.precision)
