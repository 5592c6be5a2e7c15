"""Parameters of the dose levels and cohorts, of dose-limiting toxicity and of the safety clocks."""

from typing import Annotated, Literal

from msgspec import Meta

from ledger import wire
from ledger.protocol.cycle import CycleParameters
from ledger.protocol.declared import (
    CHOICE,
    Count,
    Days,
    Declared,
    Doses,
    Flag,
    Giga,
    Grade,
    Hours,
    Patients,
    Percent,
    Relation,
    SpecialInterest,
    Terms,
    TimesUpperLimit,
)


class CohortParameters(CycleParameters, frozen=True, kw_only=True):
    """What the K-rules, the DLT candidates and the clocks compare with."""

    cohort_levels: Annotated[tuple[wire.Level, ...], Meta(min_length=1), Declared("levels")]
    """Lowest first; the place in this list, from 1, is the level's number in an outcome string."""
    cohort_start_level: Annotated[wire.Level, Declared("level")]
    cohort_direction: Annotated[Literal["deescalating", "escalating"], CHOICE]
    cohort_first_size: Patients
    cohort_full_size: Patients
    cohort_too_toxic_dlts: Patients
    min_at_declared: Patients
    expand_at_zero: Flag

    dlt_window_days: Days
    dlt_pending_days: Days
    dlt_pending_anc: Giga
    evaluable_min_doses: Doses
    dlt_min_grade: Grade
    dlt_min_relation: Relation
    dlt_haematologic_terms: Terms
    dlt_never_terms: Terms
    dlt_controlled_terms: Terms
    dlt_controlled_h: Hours
    dlt_transient_terms: Terms
    dlt_transient_days: Days
    dlt_transient_max_grade: Grade
    dlt_brief_terms: Terms
    dlt_brief_h: Hours
    dlt_grade_3_allowed_terms: Terms
    """A grade 3 of these is no DLT; a grade 4 is judged like any other term."""
    dlt_aplasia_anc: Giga
    dlt_aplasia_cellularity: Percent
    dlt_aplasia_day: Days
    dlt_fatal_counts: Flag

    suspected_min_relation: Relation
    sae_to_sponsor_h: Hours
    report_fatal_days: Days
    report_serious_days: Days
    report_follow_up_days: Days
    report_clock_starts: Annotated[Literal["awareness", "determination"], CHOICE]
    expected_terms: Terms
    aesi_terms: Annotated[tuple[SpecialInterest, ...], Declared("terms")]
    aesi_alt_uln: TimesUpperLimit
    aesi_bilirubin_uln: TimesUpperLimit
    planned_enrolment: Count
