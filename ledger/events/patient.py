"""One patient, apart from doses and toxicities: from identification to the end of treatment."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger import wire
from ledger.events.base import Wire

Unit = Literal[
    "mg",
    "ug",
    "g",
    "kg",
    "cm",
    "mL",
    "mL/min",
    "mg/dL",
    "umol/L",
    "mmol/L",
    "g/dL",
    "g/L",
    "U/L",
    "mIU/mL",
    "ng/mL",
    "mg/L",
    "/uL",
    "10^9/L",
    "percent",
    "copies/mL",
    "score",
    "count",
    "ratio",
    "none",
]
"""Units that a measured value may carry, spelled as UCUM does where it is readable."""

Comparator = Literal["lt", "le", "eq", "ge", "gt"]
"""What a value is to the stated number: below, at most, equal to, at least, above."""


class PatientRegistered(Wire, frozen=True, kw_only=True):
    """A patient gets a study number (the stream's name)."""

    sex: Literal["F", "M", "X", "U"]
    birth_year: Annotated[int, Meta(ge=1900, le=2200)]


class ConsentGiven(Wire, frozen=True, kw_only=True):
    """Informed consent, signed at `occurred`, before any study procedure (21 CFR 312.62(b))."""

    form: wire.Code
    guardian: wire.Commitment | None


class CriterionResult(Wire, frozen=True, kw_only=True):
    """One eligibility criterion: met or not, with the value that decided it where there is one."""

    criterion: wire.Token
    met: bool
    value: wire.Decimal | None
    unit: Unit | None


class EligibilityAssessed(Wire, frozen=True, kw_only=True):
    """The screening: each criterion, and the physician's conclusion."""

    criteria: tuple[CriterionResult, ...]
    eligible: bool


class PatientEnrolled(Wire, frozen=True, kw_only=True):
    """The patient takes a slot of a dose level; `decided_by` names the physician when somebody else enters it."""

    level: wire.Level
    cohort: wire.Count
    slot: wire.Count
    phase: Literal["1", "2"]
    decided_by: wire.Token | None


class PatientMeasured(Wire, frozen=True, kw_only=True):
    """Body weight in kg and height in cm."""

    weight_kg: wire.Amount
    height_cm: wire.Amount | None


class LabMeasured(Wire, frozen=True, kw_only=True):
    """A laboratory value of a sample taken at `occurred`, with the laboratory's limits of normal.

    `comparator` is `eq` for a measured value, else what is known of a value beyond the test's range. A
    qualitative result is 0 (negative) or 1 (positive) in the unit `none`.
    """

    test: wire.Token
    comparator: Comparator
    value: wire.Amount
    unit: Unit
    lower_limit: wire.Amount | None
    upper_limit: wire.Amount | None
    reported_at: wire.Minute | None


class ProphylaxisRecorded(Wire, frozen=True, kw_only=True):
    """Anti-infective prophylaxis from a day, until a day where it has ended."""

    agent: wire.Token
    since: wire.Day
    until: wire.Day | None


class TreatmentEnded(Wire, frozen=True, kw_only=True):
    """Study treatment is over; follow-up is not."""

    why: Literal[
        "completed", "progression", "toxicity", "withdrawal", "investigator", "transplant", "death", "lost", "sponsor"
    ]


class ConsentWithdrawn(Wire, frozen=True, kw_only=True):
    """The patient withdraws consent, to further treatment or to the study."""

    scope: Literal["treatment", "study"]


class PatientDied(Wire, frozen=True, kw_only=True):
    """Death, at `occurred`."""

    cause: wire.Commitment | None
    aware_at: wire.Minute | None
