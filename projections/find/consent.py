"""Whether consent came before the first study procedure of each patient, and no study drug after it was withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from msgspec.structs import replace

from ledger.book import Ledger
from ledger.course.history import Fact
from ledger.course.state import Course
from ledger.events import cycle, dosing, patient
from ledger.rules.administration import Administration, of_patient
from projections.find.found import Ask, Found, Row, cited, head, looked, patients
from projections.replay import PatientAt

Disorder = Literal["no consent", "before consent", "after withdrawal"]
RULE = "P-CONSENT"
PROCEDURES = (
    patient.EligibilityAssessed,
    patient.PatientEnrolled,
    patient.PatientMeasured,
    patient.LabMeasured,
    cycle.CycleOpened,
    dosing.DoseOrdered,
    dosing.PremedicationGiven,
    dosing.InfusionStarted,
    dosing.InfusionRecorded,
)
"""What is done to a patient for the study. Registration is an entry about him, and toxicities are observed."""
_DRUG = (dosing.InfusionStarted, dosing.InfusionRecorded)


class ConsentRow(Row, frozen=True, kw_only=True):
    """The first procedure of a patient out of order; `procedures` are all of them, as positions, in clinical order.

    `consent` is the entry of the first consent, `withdrawal` that of its withdrawal.
    """

    disorder: Disorder
    consent: int | None
    consented_at: str | None
    withdrawal: int | None
    procedures: tuple[int, ...]


class ConsentOrder(Found, frozen=True, kw_only=True):
    """Patients whose first procedure did not come after consent, or who had study drug after they withdrew it."""

    rows: tuple[ConsentRow, ...]


def consent_order(ledger: Ledger, ask: Ask) -> ConsentOrder:
    """List each patient with procedures before consent, and each with study drug after its withdrawal.

    The rule is P-CONSENT, asked of every procedure. Where consent and procedure are of one day and one of them has no
    time, neither is before the other.
    """
    through = looked(ledger, ask)
    rows = [row for opened in patients(ledger, ask, through) for row in _of_patient(opened)]
    return ConsentOrder(query="consent-order", **head(through, ask), rows=tuple(rows))


def _of_patient(opened: PatientAt) -> Iterator[ConsentRow]:
    kept = replace(opened.course, withdrawn_at=None)
    procedures = [one for one in opened.history.facts if isinstance(one.event, PROCEDURES)]
    early = [one for one in procedures if _broken(kept, one, opened)]
    after = [
        one
        for one in procedures
        if isinstance(one.event, _DRUG) and one not in early and _broken(opened.course, one, opened)
    ]
    if early:
        yield _row(opened, "before consent" if opened.course.consents else "no consent", early)
    if after:
        yield _row(opened, "after withdrawal", after)


def _broken(course: Course, fact: Fact, opened: PatientAt) -> bool:
    """Ask the rule of a procedure as it asks it of an infusion."""
    at = fact.occurred_at.astimezone(opened.window.zone)
    done = Administration("", Decimal(0), None, at, fact.occurred.precision, planned=False)
    return any(hit.rule == RULE for hit in of_patient(course, done))


def _row(opened: PatientAt, disorder: Disorder, found: list[Fact]) -> ConsentRow:
    first = found[0]
    consents = sorted(opened.course.consents, key=lambda one: (one.occurred.at[:10], one.at))
    consent = consents[0] if consents else None
    withdrawn = [one for one in opened.history.facts if isinstance(one.event, patient.ConsentWithdrawn)]
    what = f"{first.kind} of {first.occurred.at}"
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    if disorder == "after withdrawal":
        why = f"{what}{more} came after consent was withdrawn at {withdrawn[0].occurred.at}"
    elif consent is None:
        why = f"{what}{more}: no consent is on record"
    else:
        why = f"{what}{more} came before the consent of {consent.occurred.at}"
    return ConsentRow(
        **cited(first.entry, opened.window.zone, first),
        why=why,
        disorder=disorder,
        consent=opened.facts[consent.entry].entry.position if consent is not None else None,
        consented_at=consent.occurred.at if consent is not None else None,
        withdrawal=withdrawn[0].entry.position if withdrawn else None,
        procedures=tuple(one.entry.position for one in found),
    )
