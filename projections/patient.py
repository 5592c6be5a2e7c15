"""One patient as the record has him: the card, the overview of all patients, and what is due across them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ledger.book import Ledger
from ledger.course.state import Course, Dose, Order
from ledger.course.state import Toxicity as Episode
from ledger.events.patient import ConsentWithdrawn
from ledger.protocol.model import Protocol
from ledger.rules import ladder as rules
from ledger.rules.lateness import late
from ledger.rules.setting import Setting
from ledger.rules.tolerance import running_min
from ledger.values import half_up
from projections import stricter
from projections.card import (
    NOTICE,
    Cycles,
    DoseRow,
    Due,
    Grade,
    OrderRow,
    Overview,
    PatientRow,
    PatientState,
    Pause,
    Pending,
    Progress,
    Status,
    Task,
    Todo,
    Toxicity,
    pack_row,
)
from projections.due import NEVER, alerts, due, open_important, premedicated
from projections.findings import finding_row
from projections.printed import amount, minute, needed, second, signature, stated
from projections.replay import PatientAt, Window, numbers, open_patient, setting, window


def status(
    ledger: Ledger,
    number: str,
    *,
    now: datetime,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
) -> Status:
    """Give the card of one patient; BadInput when nobody of that number was known."""
    return card(open_patient(ledger, number, window(ledger, now=now, valid_at=valid_at, known_at=known_at)))


def overview(
    ledger: Ledger, *, now: datetime, valid_at: datetime | None = None, known_at: int | datetime | None = None
) -> Overview:
    """Give one row for every patient."""
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    opened = _all(ledger, through)
    return Overview(
        site=ledger.roster(through.size).site,
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=minute(through.at),
        patients=tuple(_row(one) for one in opened),
        pack=pack_row(opened[0].setting.protocol) if opened else None,
        notice=NOTICE,
    )


def todo(
    ledger: Ledger,
    *,
    now: datetime,
    patient: str | None = None,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
) -> Todo:
    """Give what is due across all patients, or for one; the earliest first.

    BadInput when nobody of that number was known.
    """
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    opened = _all(ledger, through) if patient is None else [open_patient(ledger, patient, through)]
    tasks = [_task(one.number, task, through) for one in opened for task in due(one)]
    tasks.sort(key=lambda task: datetime.fromisoformat(task.due) if task.due is not None else NEVER)
    return Todo(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=minute(through.at),
        tasks=tuple(tasks),
        notice=NOTICE,
    )


def _task(patient: str, task: Due, through: Window) -> Task:
    overdue = task.due is not None and datetime.fromisoformat(task.due) < through.at
    return Task(
        patient=patient,
        what=task.what,
        rule=task.rule,
        entry=task.entry,
        since=task.since,
        due=task.due,
        overdue=overdue,
    )


def card(opened: PatientAt) -> Status:
    """Give the card of an opened patient."""
    protocol, through = opened.setting.protocol, opened.window
    ladders = stricter.ladders_of(opened)
    height, weight = _body(opened.course)
    return Status(
        patient=opened.number,
        state=_state(opened),
        site=opened.setting.roster.site,
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=minute(through.at),
        height_cm=amount(height),
        weight_kg=amount(weight),
        bsa_m2=amount(_bsa(height, weight, protocol)),
        step_up=stricter.step_up(opened, ladders),
        cycles=_cycles(protocol),
        weeks=stricter.weeks_of(opened.courses, protocol),
        doses=_doses(opened, ladders),
        orders=tuple(
            _order(opened, order)
            for order in opened.course.orders.values()
            if order.outcome == "open" and through.at <= order.expires
        ),
        aes=tuple(_toxicity(opened, episode) for episode in opened.course.toxicities.values()),
        clocks=(),
        findings=tuple(finding_row(one) for one in opened.findings),
        due=due(opened),
        pending=_pending(opened),
        holds=stricter.holds_of(opened, ladders),
        alerts=alerts(opened),
        pack=pack_row(protocol),
        notice=NOTICE,
    )


def _all(ledger: Ledger, through: Window) -> list[PatientAt]:
    found = numbers(ledger, through)
    base: Setting | None = setting(ledger, through) if found else None
    return [open_patient(ledger, number, through, base=base) for number in found]


def _row(opened: PatientAt) -> PatientRow:
    ladders = stricter.ladders_of(opened)
    course = stricter.step_up(opened, ladders)
    return PatientRow(
        patient=opened.number,
        state=_state(opened),
        course=course.state,
        protocol_step_mg=course.protocol_step_mg,
        counted=course.counted,
        remaining=course.remaining,
        last_started=course.last_started,
        lapses_on=course.lapses_on,
        open_important=len(open_important(opened.findings)),
        due=len(due(opened)),
        pending=len(_pending(opened)),
        holds=len(stricter.holds_of(opened, ladders)),
    )


def _state(opened: PatientAt) -> PatientState:
    """Place the patient in the state machine of the study: the furthest state that the record shows."""
    course = opened.course
    if course.died_at is not None:
        return "DIED"
    if any(isinstance(fact.event, ConsentWithdrawn) and fact.event.scope == "study" for fact in opened.history.facts):
        return "OFF_STUDY"
    if course.ended_at is not None or course.withdrawn_at is not None:
        return "OFF_TREATMENT"
    if course.doses:
        return "ON_TREATMENT"
    if course.enrolled is not None:
        return "ENROLLED"
    if course.eligible is not None:
        return "ELIGIBLE" if course.eligible else "SCREEN_FAILED"
    return "CONSENTED" if course.consents else "IDENTIFIED"


def _body(course: Course) -> tuple[Decimal | None, Decimal | None]:
    """Give the newest height in cm and weight in kg."""
    height = next((cm for _, _, cm in reversed(course.weights) if cm is not None), None)
    return height, course.weights[-1][1] if course.weights else None


def _bsa(height_cm: Decimal | None, weight_kg: Decimal | None, protocol: Protocol) -> Decimal | None:
    """Give the body surface in m2 by the pack's formula: Mosteller, the root of cm x kg / 3600."""
    if height_cm is None or weight_kg is None:
        return None
    return half_up((height_cm * weight_kg / 3600).sqrt(), protocol.bsa_places)


def _cycles(protocol: Protocol) -> Cycles:
    """Give the drug of the cycles; the record knows no cycle, so none has begun."""
    return Cycles(
        drug=protocol.cycle_drug,
        state="NOT_STARTED",
        cycle=None,
        day=None,
        level_mg_m2=None,
        dose_mg=None,
        factors={},
        given_days=(),
    )


def _doses(opened: PatientAt, ladders: Sequence[rules.Ladder]) -> tuple[DoseRow, ...]:
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


def _order(opened: PatientAt, order: Order) -> OrderRow:
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


def _toxicity(opened: PatientAt, episode: Episode) -> Toxicity:
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
        dlt=None,
        resolved_at=minute(episode.resolved_at, opened.window.zone) if episode.resolved_at is not None else None,
        outcome=episode.outcome,
    )


def _dictionary(opened: PatientAt, position: int) -> str | None:
    """Name the dictionary version that a grade was given in."""
    named = next((one.payload.dictionary for one in opened.entries if one.position == position), None)
    return named.ctcae if named is not None else None


def _pending(opened: PatientAt) -> tuple[Pending, ...]:
    def position(name: str | None) -> int | None:
        named = opened.by_id.get(name or "")
        return named.position if named is not None else None

    return tuple(
        Pending(
            entry=item.entry.position,
            kind=item.entry.kind,
            needs=tuple(needed(need) for need in item.missing),
            target=position(item.target),
            signatures=tuple(signature(signer) for signer in item.entry.signers),
        )
        for item in opened.history.awaiting
        if not item.lapsed(opened.window.known_at)
    )
