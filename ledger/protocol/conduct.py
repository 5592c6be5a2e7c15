"""Parameters of how the trial is run: orders, the bedside check, lateness, people and eligibility."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta

from ledger import wire
from ledger.protocol.cohort import CohortParameters
from ledger.protocol.declared import (
    Count,
    Criterion,
    Declared,
    Doses,
    Flag,
    Hours,
    Minutes,
    MlPerMin,
    TimesUpperLimit,
    Years,
)

LATE_KINDS = ("infusion", "premedication", "ae", "death", "laboratory", "assessment")
"""The categories of entries that have a limit of lateness of their own."""


class ConductParameters(CohortParameters, frozen=True, kw_only=True):
    """What the S- and P-rules compare with."""

    order_ahead_h: Hours
    order_expiry_h: Hours
    orders_open_max: Doses
    start_entry_late_min: Minutes
    future_tolerance_min: Minutes
    override_valid_h: Hours
    identifiers_required: Count
    second_identifiers: Annotated[tuple[Literal["enrolment-number", "dob"], ...], Declared("identifiers")]
    returns_restocked: Flag

    late_h: Annotated[Mapping[str, wire.Count], Declared("h")]
    """From the end of the act, or from awareness, to the entry; one limit for each of `LATE_KINDS`."""
    ageing_alert_h: Annotated[tuple[wire.Count, ...], Declared("h")]

    patient_id_patterns: Annotated[tuple[str, ...], Meta(min_length=1), Declared("patterns")]
    """A patient's number must match one of these regular expressions in full."""
    minimum_age: Years
    guardian_below_age: Years
    eligible_min_ml_min: MlPerMin
    eligible_max_bilirubin_uln: TimesUpperLimit
    eligible_max_alt_uln: TimesUpperLimit
    eligibility: Annotated[tuple[Criterion, ...], Meta(min_length=1), Declared("criteria")]
    dictionary: Annotated[wire.Code, Declared("version")]
    """The version of CTCAE that grades are given in, e.g. `5.0`: the dictionary `ctcae-5.0`."""
