"""The deviation log: every finding on every patient, what people said of it, and how long it has been open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from ledger.book import Ledger
from ledger.rules.finding import Finding, Severity
from projections import kept
from projections.card import NOTICE
from projections.due import ageing
from projections.kept import Views
from projections.printed import View, minute, second
from projections.replay import PatientAt, opened_all, window
from projections.settled import Said

Nature = Literal["deviation", "planned deviation", "data query", "information", "no deviation"]
"""`planned` under an override granted before the act; `no deviation`: right when done, wrong only in hindsight."""
Disposition = Literal["open", "acknowledged", "classified", "none needed"]


class DeviationRow(View, frozen=True, kw_only=True):
    """One finding. `important` is how it was classified; `open_h` the pack's longest time that it is open for."""

    id: str
    patient: str
    rule: str
    entry: int
    occurred: str
    severity: Severity
    nature: Nature
    text: str
    disposition: Disposition
    open_h: int | None
    by: str | None
    at: str | None
    important: bool | None
    root_cause: str | None
    action: str | None


class Deviations(View, frozen=True, kw_only=True):
    """The deviation log, in the order of patients and entries."""

    size: int
    known_at: str
    valid_at: str
    rows: tuple[DeviationRow, ...]
    notice: str


def deviations(
    ledger: Ledger,
    *,
    now: datetime,
    patient: str | None = None,
    only_open: bool = False,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
    views: Views | None = None,
) -> Deviations:
    """Give the log of all patients, or of one; `only_open` leaves out what was answered or needs no answer.

    With `views` what is kept of the patients is not worked out again.
    """
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    opened = opened_all(ledger, through, patient, kept=kept.patients(ledger, through, views, patient))
    found = [row for one in opened for row in _rows(ledger, one)]
    return Deviations(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=minute(through.at),
        rows=tuple(row for row in found if not only_open or row.disposition == "open"),
        notice=NOTICE,
    )


def _rows(ledger: Ledger, opened: PatientAt) -> list[DeviationRow]:
    """Give the findings of one patient with the newest thing that was said of each."""
    said = {(one.rule, one.target): one for one in opened.told.said}
    aged = ageing(opened)
    return [_row(ledger, opened, one, said.get((one.rule, one.target)), aged) for one in opened.findings]


def _row(ledger: Ledger, opened: PatientAt, one: Finding, said: Said | None, aged: Mapping[str, int]) -> DeviationRow:
    return DeviationRow(
        id=one.id,
        patient=opened.number,
        rule=one.rule,
        entry=one.position,
        occurred=opened.told.occurred.get(one.target, ""),
        severity=one.severity,
        nature=nature(one),
        text=one.text,
        disposition=_disposition(one, said),
        open_h=aged.get(one.id),
        by=said.by if said is not None else None,
        at=said.at if said is not None else None,
        important=said.important if said is not None else None,
        root_cause=_words(ledger, said.root_cause if said is not None else None),
        action=_words(ledger, said.action if said is not None else None),
    )


def nature(one: Finding) -> Nature:
    """Say what a finding is: only what was wrong when it was done is a deviation."""
    if one.hindsight:
        return "no deviation"
    if one.severity == "query":
        return "data query"
    if one.severity == "info":
        return "information"
    return "planned deviation" if one.planned else "deviation"


def _disposition(one: Finding, said: Said | None) -> Disposition:
    if said is not None:
        return "classified" if said.classified else "acknowledged"
    return "none needed" if one.severity == "info" else "open"


def _words(ledger: Ledger, commitment: str | None) -> str | None:
    found = ledger.text(commitment) if commitment is not None else None
    return found.decode(errors="replace") if found is not None else None
