"""One patient as the record has him: the card, the overview of all patients, and what is due across them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ledger.book import Ledger
from ledger.course.state import Course
from ledger.protocol.model import Protocol
from ledger.rules.bsa import surface_m2
from projections import kept, stricter
from projections.card import (
    NOTICE,
    Disputed,
    Due,
    Overview,
    PatientRow,
    PatientState,
    Pending,
    Status,
    Task,
    Todo,
    pack_row,
)
from projections.clocks import running
from projections.cycles import cycles_of
from projections.due import NEVER, alerts, due, open_important
from projections.findings import finding_row
from projections.kept import Views
from projections.printed import amount, minute, needed, second, signature
from projections.replay import PatientAt, Window, open_patient, opened_all, window
from projections.rows import doses, order_row, toxicity_row


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
    ledger: Ledger,
    *,
    now: datetime,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
    views: Views | None = None,
) -> Overview:
    """Give one row for every patient; with `views` what is kept of them is not worked out again."""
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    opened = opened_all(ledger, through, kept=kept.patients(ledger, through, views))
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
    views: Views | None = None,
) -> Todo:
    """Give what is due across all patients, or for one; the earliest first. `views` as for the overview.

    BadInput when nobody of that number was known.
    """
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    opened = opened_all(ledger, through, patient, kept=kept.patients(ledger, through, views, patient))
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
        state=state_of(opened),
        site=opened.setting.roster.site,
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=minute(through.at),
        height_cm=amount(height),
        weight_kg=amount(weight),
        bsa_m2=amount(_bsa(height, weight, protocol)),
        step_up=stricter.step_up(opened, ladders),
        cycles=cycles_of(opened),
        weeks=stricter.weeks_of(opened.courses, protocol),
        doses=doses(opened, ladders),
        orders=tuple(
            order_row(opened, order)
            for order in opened.course.orders.values()
            if order.outcome == "open" and through.at <= order.expires
        ),
        aes=tuple(toxicity_row(opened, episode) for episode in opened.course.toxicities.values()),
        clocks=running(opened),
        findings=tuple(finding_row(one) for one in opened.findings),
        due=due(opened),
        pending=_pending(opened),
        disputed=_disputed(opened),
        readings=stricter.apart(opened),
        holds=stricter.holds_of(opened, ladders),
        alerts=alerts(opened),
        pack=pack_row(protocol),
        notice=NOTICE,
    )


def _row(opened: PatientAt) -> PatientRow:
    ladders = stricter.ladders_of(opened)
    course = stricter.step_up(opened, ladders)
    return PatientRow(
        patient=opened.number,
        state=state_of(opened),
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


def state_of(opened: PatientAt) -> PatientState:
    """Place the patient in the state machine of the study: the furthest state that the record shows."""
    course = opened.course
    if course.died_at is not None:
        return "DIED"
    if opened.told.off_study:
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
    height = next((cm for _, _, cm, _ in reversed(course.weights) if cm is not None), None)
    return height, course.weights[-1][1] if course.weights else None


def _bsa(height_cm: Decimal | None, weight_kg: Decimal | None, protocol: Protocol) -> Decimal | None:
    """Give the body surface in m2 by the pack's formula."""
    if height_cm is None or weight_kg is None:
        return None
    return surface_m2(height_cm, weight_kg, protocol.bsa_formula, protocol.bsa_places)


def _disputed(opened: PatientAt) -> tuple[Disputed, ...]:
    disputes = opened.setting.roster.disputes
    found = ((entry, disputes.doubt_of(entry)) for entry in opened.entries)
    return tuple(
        Disputed(
            entry=entry.position,
            kind=entry.kind,
            state=doubt,
            signatures=tuple(signature(signer) for signer in entry.signers),
        )
        for entry, doubt in found
        if doubt is not None
    )


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
        for item in opened.awaiting
        if not item.lapsed(opened.window.known_at)
    )
