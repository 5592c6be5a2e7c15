"""Reports for people: one patient in full, the trial at a glance, and the deviations with what was done about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from ledger.book import Ledger
from ledger.rules.finding import Severity
from projections import clocks, deviations, patient, timeline, toxicity
from projections.card import NOTICE, Overview, Status
from projections.export.svg.swimmer import swimmer
from projections.export.svg.timeline import dose_timeline
from projections.printed import View
from projections.replay import open_patient, opened_all, window


class RuleRow(View, frozen=True, kw_only=True):
    """The findings of one rule, of one severity and nature: how many, in how many patients, and how many are open."""

    rule: str
    severity: Severity
    nature: deviations.Nature
    findings: int
    patients: int
    open: int


class PatientReport(View, frozen=True, kw_only=True):
    """One patient: the card, everything in clinical order, every finding, every safety clock."""

    status: Status
    timeline: timeline.Timeline
    deviations: tuple[deviations.DeviationRow, ...]
    clocks: tuple[clocks.ClockRow, ...]


class TrialReport(View, frozen=True, kw_only=True):
    """The trial: every patient, the toxicities by worst grade, the safety clocks, the deviations counted."""

    overview: Overview
    toxicity: toxicity.ToxicityTable
    clocks: tuple[clocks.ClockRow, ...]
    deviations: tuple[RuleRow, ...]


class DeviationReport(View, frozen=True, kw_only=True):
    """The deviations of the trial, counted by rule and in full."""

    size: int
    known_at: str
    valid_at: str
    summary: tuple[RuleRow, ...]
    rows: tuple[deviations.DeviationRow, ...]
    notice: str


def of_patient(
    ledger: Ledger,
    number: str,
    *,
    now: datetime,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
) -> PatientReport:
    """Report on one patient; BadInput when nobody of that number was known."""
    return PatientReport(
        status=patient.status(ledger, number, now=now, valid_at=valid_at, known_at=known_at),
        timeline=timeline.timeline(ledger, number, now=now, valid_at=valid_at, known_at=known_at),
        deviations=deviations.deviations(ledger, patient=number, now=now, valid_at=valid_at, known_at=known_at).rows,
        clocks=clocks.safety_reports(ledger, patient=number, now=now, valid_at=valid_at, known_at=known_at).clocks,
    )


def of_trial(
    ledger: Ledger, *, now: datetime, valid_at: datetime | None = None, known_at: int | datetime | None = None
) -> TrialReport:
    """Report on all patients together."""
    return TrialReport(
        overview=patient.overview(ledger, now=now, valid_at=valid_at, known_at=known_at),
        toxicity=toxicity.toxicity_table(ledger, now=now, valid_at=valid_at, known_at=known_at),
        clocks=clocks.safety_reports(ledger, now=now, valid_at=valid_at, known_at=known_at).clocks,
        deviations=of_deviations(ledger, now=now, valid_at=valid_at, known_at=known_at).summary,
    )


def of_deviations(
    ledger: Ledger, *, now: datetime, valid_at: datetime | None = None, known_at: int | datetime | None = None
) -> DeviationReport:
    """Report on the findings of all patients."""
    found = deviations.deviations(ledger, now=now, valid_at=valid_at, known_at=known_at)
    return DeviationReport(
        size=found.size,
        known_at=found.known_at,
        valid_at=found.valid_at,
        summary=tuple(_summary(found.rows)),
        rows=found.rows,
        notice=NOTICE,
    )


def patient_picture(
    ledger: Ledger,
    number: str,
    *,
    now: datetime,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
) -> bytes:
    """Draw the dose timeline of one patient as SVG."""
    return dose_timeline(open_patient(ledger, number, window(ledger, now=now, valid_at=valid_at, known_at=known_at)))


def trial_picture(
    ledger: Ledger, *, now: datetime, valid_at: datetime | None = None, known_at: int | datetime | None = None
) -> bytes:
    """Draw the swimmer plot of all patients as SVG."""
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    genesis = ledger.roster(1).genesis
    return swimmer(opened_all(ledger, through), through, genesis.trial if genesis is not None else "")


def _summary(rows: Iterable[deviations.DeviationRow]) -> Iterator[RuleRow]:
    grouped: dict[tuple[str, Severity, deviations.Nature], list[deviations.DeviationRow]] = {}
    for row in rows:
        grouped.setdefault((row.rule, row.severity, row.nature), []).append(row)
    for (rule, severity, nature), same in sorted(grouped.items()):
        yield RuleRow(
            rule=rule,
            severity=severity,
            nature=nature,
            findings=len(same),
            patients=len({row.patient for row in same}),
            open=sum(row.disposition == "open" for row in same),
        )
