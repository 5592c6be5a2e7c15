"""Parameters of the step-up drug: its steps, tolerance, limits, infusion, premedication and holds."""

from typing import Annotated, Literal

from msgspec import Struct

from ledger.protocol.declared import (
    CHOICE,
    Count,
    Days,
    Declared,
    Doses,
    Drug,
    Flag,
    Fraction,
    Grade,
    Hours,
    Ladder,
    Mg,
    MgPerMl,
    Minutes,
    Ml,
    Mls,
    Months,
    PerUl,
    Prophylaxis,
    Routes,
    Terms,
)


class LadderParameters(Struct, frozen=True, kw_only=True):
    """What the A-rules compare with."""

    ladder_drug: Drug
    ladder_steps_mg: Ladder
    ladder_max_single_mg: Mg
    ladder_max_doses: Doses
    ladder_counts: Annotated[Literal["started", "completed", "half", "target_only"], CHOICE]
    ladder_max_per_day: Doses
    ladder_routes: Routes

    tolerated_max_grade: Grade
    tolerance_terms: Terms
    tolerance_onset_h: Hours
    tolerance_wait_min: Minutes
    tolerance_window_h: Hours
    step_min_fraction: Fraction
    restart_gap_days: Days
    week: Annotated[Literal["treatment", "iso", "rolling_168h"], CHOICE]
    week_cap_mg: Mg
    target_interval_days: Days
    target_max_per_week: Doses
    target_not_reached_days: Days

    withhold_min_grade: Grade
    stop_grade: Grade
    g4_action: Annotated[Literal["discontinue", "hold"], CHOICE]
    resolved_max_grade: Grade
    serious_hold: Flag
    autoimmune_terms: Terms
    autoimmune_action: Annotated[Literal["discontinue", "hold"], CHOICE]

    infusion_min: Minutes
    infusion_minor_low_min: Minutes
    infusion_minor_high_min: Minutes
    infusion_important_low_min: Minutes
    infusion_own_line: Flag
    ladder_vial_mg: Mg
    ladder_vial_mg_ml: MgPerMl
    ladder_vial_single_use: Flag
    ladder_prepared_ml: Mls
    """The volume drawn up for each step, in the order of `ladder_steps_mg`."""
    ladder_diluent_ml: Ml
    ladder_use_within_h: Hours

    premed_before: Annotated[Literal["every_infusion", "escalation"], CHOICE]
    premed_min_before_min: Minutes
    premed_max_before_min: Minutes
    prophylaxis: Annotated[tuple[Prophylaxis, ...], Declared("agents")]
    prophylaxis_months_after: Months
    prophylaxis_until_cd4: PerUl
    cmv_monitoring: Flag

    heme_hold: Annotated[Literal["off", "label"], CHOICE]
    heme_anc_hold: PerUl
    heme_plt_hold: PerUl
    heme_anc_resume: PerUl
    heme_plt_resume: PerUl
    heme_first_resume_mg: Mg
    heme_second_resume_mg: Mg
    heme_max_occurrences: Count
    heme_baseline_fall_fraction: Fraction
