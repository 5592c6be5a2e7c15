"""The safety reports that fall due, and those that were sent: the clocks of every reading, the earlier of two."""

from __future__ import annotations

from datetime import datetime

from ledger.book import Ledger
from ledger.rules import clocks as rules
from projections import kept
from projections.card import NOTICE, Clock
from projections.kept import Views
from projections.printed import View, minute, second
from projections.replay import PatientAt, opened_all, window


class ClockRow(View, frozen=True, kw_only=True):
    """One safety report: `ae` is the toxicity's entry; `due` is the end of the sponsor's local day, but after 24 h."""

    patient: str
    ae: int
    term: str
    report: rules.Report
    days: int
    since: str
    due: str
    state: rules.State
    submitted_at: str | None


class SafetyReports(View, frozen=True, kw_only=True):
    """Every clock across the patients: open ones by their end, then those that were closed."""

    size: int
    known_at: str
    valid_at: str
    clocks: tuple[ClockRow, ...]
    notice: str


def running(opened: PatientAt) -> tuple[Clock, ...]:
    """Give the clocks of one patient that no report has closed."""
    at = opened.window.at
    return tuple(
        Clock(
            ae=one.position,
            term=one.term,
            report=one.report,
            days=one.days,
            since=minute(one.since, opened.window.zone),
            due=minute(one.due, opened.window.zone),
            overdue=one.state(at) == "overdue",
        )
        for one in of_patient(opened)
        if one.submitted_at is None
    )


def of_patient(opened: PatientAt) -> tuple[rules.SafetyClock, ...]:
    """Give every clock of one patient, those of each reading once: open where any says so, due when the first is."""
    found: dict[tuple[str, rules.Report, datetime], rules.SafetyClock] = {}
    for course in opened.courses:
        for one in rules.clocks(course, opened.setting.protocol, opened.window.zone):
            key = (one.toxicity, one.report, one.since)
            found[key] = min(found.get(key, one), one, key=lambda clock: (clock.submitted_at is not None, clock.due))
    return tuple(found.values())


def safety_reports(
    ledger: Ledger,
    *,
    now: datetime,
    patient: str | None = None,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
    views: Views | None = None,
) -> SafetyReports:
    """Give the clocks of all patients, or of one; BadInput when nobody of that number was known.

    With `views` what is kept of the patients is not worked out again.
    """
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    opened = opened_all(ledger, through, patient, kept=kept.patients(ledger, through, views, patient))
    rows = [_row(one, clock) for one in opened for clock in of_patient(one)]
    rows.sort(key=lambda row: (row.submitted_at is not None, datetime.fromisoformat(row.due), row.ae))
    return SafetyReports(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=minute(through.at),
        clocks=tuple(rows),
        notice=NOTICE,
    )


def _row(opened: PatientAt, clock: rules.SafetyClock) -> ClockRow:
    zone, sent = opened.window.zone, clock.submitted_at
    return ClockRow(
        patient=opened.number,
        ae=clock.position,
        term=clock.term,
        report=clock.report,
        days=clock.days,
        since=minute(clock.since, zone),
        due=minute(clock.due, zone),
        state=clock.state(opened.window.at),
        submitted_at=minute(sent, zone) if sent is not None else None,
    )
