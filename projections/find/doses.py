"""Doses against the protocol: without timely premedication, out of sequence, above the maximum, beyond the count."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from ledger.book import Ledger
from ledger.course.state import Dose
from ledger.events import dosing
from ledger.rules.administration import premedication
from ledger.rules.finding import RULES, Finding
from ledger.rules.lateness import late
from projections.find.found import Ask, Cited, Found, Row, cited, head, looked, patients
from projections.printed import amount, stated
from projections.replay import PatientAt

Violation = Literal["sequence", "maximum", "count"]
_PREMEDICATION = frozenset({"A-PREMED", "A-PREMED-TIME"})
_BREACHES: dict[str, Violation] = {
    "A-LADDER": "sequence",
    "A-GAP": "sequence",
    "C-AFTER": "sequence",
    "C-DAY": "sequence",
    "A-MAX": "maximum",
    "A-COUNT": "count",
}


class DoseRow(Row, frozen=True, kw_only=True):
    """One dose; `findings` are what the rules say of it, `planned` when all of them stand under an override.

    `late` and `corrected` say how it came into the record.
    """

    drug: str
    started_at: str
    given_mg: str | None
    rules: tuple[str, ...]
    findings: tuple[str, ...]
    planned: bool
    late: bool
    corrected: bool


class UnpremedicatedRow(DoseRow, frozen=True, kw_only=True):
    """One dose without an agent before it (`missing`), or with one outside the pack's time (`untimely`)."""

    missing: tuple[str, ...]
    untimely: tuple[str, ...]


class ViolationRow(DoseRow, frozen=True, kw_only=True):
    """One dose out of sequence, above the largest single dose, or beyond the number that is allowed."""

    violations: tuple[Violation, ...]


class _Parts(Cited):
    """The parts of every row about a dose."""

    why: str
    drug: str
    started_at: str
    given_mg: str | None
    rules: tuple[str, ...]
    findings: tuple[str, ...]
    planned: bool
    late: bool
    corrected: bool


class NoPremed(Found, frozen=True, kw_only=True):
    """Doses of the step-up drug without premedication, or with premedication at the wrong time."""

    rows: tuple[UnpremedicatedRow, ...]


class DoseViolations(Found, frozen=True, kw_only=True):
    """Doses out of sequence, above the maximum or beyond the count, whether or not they were overridden."""

    rows: tuple[ViolationRow, ...]


def no_premed(ledger: Ledger, ask: Ask) -> NoPremed:
    """List the doses whose premedication is not on record, or not in the pack's time before the start.

    A dose that is known only to its day is listed for an agent of which nothing at all is on record.
    """
    through = looked(ledger, ask)
    rows = [
        UnpremedicatedRow(
            **_parts(opened, dose, found),
            missing=_agents(found, "A-PREMED"),
            untimely=_agents(found, "A-PREMED-TIME"),
        )
        for opened in patients(ledger, ask, through)
        for dose, found in _of_doses(opened, _PREMEDICATION)
    ]
    return NoPremed(query="no-premed", **head(through, ask), rows=tuple(rows))


def dose_violations(ledger: Ledger, ask: Ask) -> DoseViolations:
    """List the doses that a rule of sequence, amount or number stands against, as the record is known."""
    through = looked(ledger, ask)
    rows = [
        ViolationRow(**_parts(opened, dose, found), violations=tuple(sorted({_BREACHES[one.rule] for one in found})))
        for opened in patients(ledger, ask, through)
        for dose, found in _of_doses(opened, frozenset(_BREACHES))
    ]
    return DoseViolations(query="dose-violations", **head(through, ask), rows=tuple(rows))


def _of_doses(opened: PatientAt, rules: Collection[str]) -> Iterator[tuple[Dose, tuple[Finding, ...]]]:
    """Give each dose with the findings of these rules on it or on its end, in the order of their start."""
    found: dict[str, list[Finding]] = {}
    for one in opened.findings:
        if one.rule in rules and not one.hindsight:
            dose = _dose(opened, one.target)
            if dose is not None:
                found.setdefault(dose.id, []).append(one)
    for dose in opened.course.doses:
        if dose.precision == "day" and "A-PREMED" in rules:
            found.setdefault(dose.id, []).extend(_unknown_time(opened, dose))
        if found.get(dose.id):
            yield dose, tuple(found[dose.id])


def _dose(opened: PatientAt, target: str) -> Dose | None:
    """Find the dose that a finding is about: begun, recorded or ended by its target."""
    event = opened.facts[target].event
    if isinstance(event, dosing.InfusionCompleted | dosing.InfusionAborted):
        return opened.course.dose(event.dose)
    found = opened.course.dose(target)
    return found if found is not None and found.id == target else None


def _unknown_time(opened: PatientAt, dose: Dose) -> Iterator[Finding]:
    """Where only the day of a dose is known the rules do not judge its premedication; none at all is still none."""
    for hit in premedication(opened.course, opened.setting.protocol, dose.drug, dose.started_at):
        if hit.rule == "A-PREMED":
            text = f"{hit.text} (its time of day is not known)"
            yield Finding(hit.rule, dose.id, dose.position, RULES[hit.rule].severity, text)


def _parts(opened: PatientAt, dose: Dose, found: tuple[Finding, ...]) -> _Parts:
    fact = opened.facts[dose.id]
    started = stated(dose.started_at, dose.on, dose.precision)
    given = amount(dose.given_mg)
    what = f"{given} mg of {dose.drug}" if given is not None else dose.drug
    return _Parts(
        **cited(fact.entry, opened.window.zone, fact),
        why=f"{what} of {started}: {'; '.join(f'{one.text} ({one.rule})' for one in found)}",
        drug=dose.drug,
        started_at=started,
        given_mg=given,
        rules=tuple(dict.fromkeys(one.rule for one in found)),
        findings=tuple(dict.fromkeys(one.id for one in found)),
        planned=all(one.planned for one in found),
        late=late(fact, opened.setting.protocol) is not None,
        corrected=fact.amended_by is not None,
    )


def _agents(found: tuple[Finding, ...], rule: str) -> tuple[str, ...]:
    """Name the agents that findings of a rule speak of."""
    return tuple(one.text.partition(" ")[0] for one in found if one.rule == rule)
