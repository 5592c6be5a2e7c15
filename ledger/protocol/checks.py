"""What the parameters of a pack owe each other: bounds in order, and keys and patterns that can be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

from ledger.errors import BadInput
from ledger.protocol.conduct import LATE_KINDS
from ledger.protocol.declared import MgRange

ASCENDING: tuple[tuple[str, ...], ...] = (
    ("tolerated_max_grade", "withhold_min_grade", "stop_grade"),
    ("resolved_max_grade", "withhold_min_grade"),
    ("infusion_important_low_min", "infusion_minor_low_min", "infusion_min", "infusion_minor_high_min"),
    ("premed_min_before_min", "premed_max_before_min"),
    ("heme_anc_hold", "heme_anc_resume"),
    ("heme_plt_hold", "heme_plt_resume"),
    ("level_minus_1", "level_0_mg_m2"),
    ("renal_min_ml_min", "renal_full_ml_min"),
    ("cycle_gap_days", "cycle_usual_max_days"),
    ("cycle_infusion_low_min", "cycle_infusion_min", "cycle_infusion_high_min"),
    ("cycle_min_mg_ml", "cycle_max_mg_ml"),
    ("evaluable_min_doses", "cycle_days"),
    ("dlt_window_days", "dlt_pending_days"),
    ("cohort_first_size", "min_at_declared", "cohort_full_size"),
    ("report_fatal_days", "report_serious_days"),
    ("minimum_age", "guardian_below_age"),
)
"""Parameters that must not fall from left to right, where both of a pair are set."""


def check(values: Mapping[str, object]) -> None:
    """Refuse a pack that contradicts itself; BadInput names the parameters. Unset ones are None."""
    for names in ASCENDING:
        for low, high in pairwise(names):
            _check_order(low, values[low], high, values[high])
    steps = values["ladder_steps_mg"]
    if isinstance(steps, tuple):
        if list(steps) != sorted(set(steps)):
            raise BadInput("parameter ladder_steps_mg: the steps must rise")
        _check_order("ladder_steps_mg", steps[-1], "ladder_max_single_mg", values["ladder_max_single_mg"])
        drawn = values["ladder_prepared_ml"]
        if isinstance(drawn, tuple) and len(drawn) != len(steps):
            raise BadInput("parameter ladder_prepared_ml: it has one volume for each of ladder_steps_mg")
    levels, start = values["cohort_levels"], values["cohort_start_level"]
    if isinstance(levels, tuple) and start is not None and start not in levels:
        raise BadInput(f"parameter cohort_start_level: {start} is not one of cohort_levels")
    late = values["late_h"]
    if isinstance(late, Mapping) and sorted(late) != sorted(LATE_KINDS):
        raise BadInput(f"parameter late_h: it has exactly the keys {', '.join(LATE_KINDS)}")
    patterns = values["patient_id_patterns"]
    if isinstance(patterns, tuple):
        for pattern in patterns:
            _check_pattern(pattern)
    for name, value in values.items():
        if isinstance(value, MgRange):
            _check_order(f"{name}.min_mg", value.min_mg, f"{name}.max_mg", value.max_mg)


def _check_order(low: str, left: object, high: str, right: object) -> None:
    if isinstance(left, int | Decimal) and isinstance(right, int | Decimal) and left > right:
        raise BadInput(f"parameter {low}: {left} is more than {high}, {right}")


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise BadInput(f"parameter patient_id_patterns: {pattern!r} is not a regular expression: {error}") from error
