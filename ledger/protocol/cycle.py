"""Parameters of the drug given in cycles: its levels, dose arithmetic, renal function, modifications and support."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from ledger import wire
from ledger.protocol.declared import (
    CHOICE,
    Count,
    Days,
    Declared,
    Drug,
    Flag,
    Fraction,
    Giga,
    Hours,
    Mg,
    MgPerM2,
    MgPerMl,
    Micrometres,
    Minutes,
    MlPerMin,
    Modifier,
    Names,
    Places,
    Routes,
    Terms,
)
from ledger.protocol.ladder import LadderParameters

Formula = Literal["mosteller", "dubois", "haycock", "gehan-george", "boyd", "fujimoto", "takahira"]
"""The formulas of body surface that a pack may name."""


class CycleParameters(LadderParameters, frozen=True, kw_only=True):
    """What the C-rules compare with; a level is in mg/m2 per day."""

    cycle_drug: Drug
    level_0_mg_m2: MgPerM2
    level_minus_1: Annotated[Decimal | None, Declared("mg/m2", required_for="level_minus_1")]
    levels_mg_m2: Annotated[Mapping[wire.Level, Decimal], Declared("mg/m2")]
    """The other dose levels, by their names; a level of `cohort_levels` that stands nowhere has no value."""
    cycle_days: Days
    cycle_consecutive: Flag
    cycle_routes: Routes
    cycle_requires: Annotated[Literal["target_tolerated", "first_dose", "nothing"], CHOICE]
    cycle_after_ladder_ended: Flag
    """On a day with both drugs the step-up infusion must have ended first."""
    patient_deesc: Annotated[Literal["off", "on"], CHOICE]
    deesc_max_steps: Count
    lowest_dlt_action: Annotated[Literal["discontinue", "hold"], CHOICE]

    bsa_formula: Annotated[Formula, CHOICE]
    bsa_places: Places
    dose_places: Places
    rounding: Annotated[Literal["half_up"], CHOICE]
    dose_tolerance_fraction: Fraction
    weight_change_fraction: Fraction
    renal_full_ml_min: MlPerMin
    renal_min_ml_min: MlPerMin
    renal_reduced_fraction: Fraction

    cycle_gap_days: Days
    cycle_usual_max_days: Days
    cycle_min_anc: Giga
    cycle_organ_recovered: Flag
    cycle_excluded_responses: Names
    cycle_unacceptable_toxicity_stops: Flag
    modifiers: Annotated[tuple[Modifier, ...], Declared("modifications")]
    modifier_anc: Giga
    modifier_anc_days: Days
    cycle_stop_terms: Terms
    cycle_missed_day: Annotated[Literal["omitted", "made_up"], CHOICE]

    cycle_infusion_min: Minutes
    cycle_infusion_low_min: Minutes
    cycle_infusion_high_min: Minutes
    cycle_min_mg_ml: MgPerMl
    cycle_max_mg_ml: MgPerMl
    cycle_filter_um: Micrometres
    cycle_own_line: Flag
    cycle_use_within_h: Hours
    cycle_vial_mg: Mg
    support: Names
    support_days: Days
    support_considered: Names
