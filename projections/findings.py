"""Findings as every view shows them."""

from __future__ import annotations

from ledger.rules.finding import Finding, Severity
from projections.printed import View, entry


class FindingRow(View, frozen=True, kw_only=True):
    """What a rule says about one entry; `hindsight` only by a later judgement, `planned` under an override."""

    id: str
    rule: str
    target: str
    position: int
    severity: Severity
    hindsight: bool
    planned: bool
    acknowledged: bool
    text: str


def finding_row(one: Finding) -> FindingRow:
    """Show a finding."""
    return FindingRow(
        id=one.id,
        rule=one.rule,
        target=entry(one.position),
        position=one.position,
        severity=one.severity,
        hindsight=one.hindsight,
        planned=one.planned,
        acknowledged=one.acknowledged,
        text=one.text,
    )
