"""What a dose level's counts mean: the A+B design as a pure function of its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ledger.protocol.cohort import CohortParameters

Next = Literal["fill", "expand", "declare", "escalate", "deescalate", "stop"]
"""Wait for more patients, or what the investigator and the sponsor may decide."""


@dataclass(frozen=True, slots=True)
class Design:
    """An A+B design: `first` patients, then `full`; `too_toxic` of them with a DLT end a level; `enough` declare it.

    `expand_at_zero`: a first cohort without any DLT is expanded, not left. The classic 3+3 is (3, 6, 2, 6) rising,
    with `expand_at_zero` off (Korn 1994; Storer 1989).
    """

    first: int
    full: int
    too_toxic: int
    enough: int
    expand_at_zero: bool
    rising: bool


def design_of(protocol: CohortParameters) -> Design:
    """Read the design from the pack."""
    return Design(
        first=protocol.cohort_first_size,
        full=protocol.cohort_full_size,
        too_toxic=protocol.cohort_too_toxic_dlts,
        enough=protocol.min_at_declared,
        expand_at_zero=protocol.expand_at_zero,
        rising=protocol.cohort_direction == "escalating",
    )


def next_decision(n: int, dlt: int, design: Design, *, lower: bool, higher: bool) -> Next:
    """Say what `n` evaluable patients, `dlt` of them with a DLT, lead to; `0 <= dlt <= n`.

    `lower`: there is a level below; `higher`: there is one above that was not found too toxic.
    """
    if dlt >= design.too_toxic:
        return "deescalate" if lower else "stop"
    if n < design.first:
        return "fill"
    climbs = design.rising and higher
    if n >= design.full:
        return "escalate" if climbs else "declare"
    if n > design.first:
        return "fill"
    if dlt or (design.expand_at_zero and design.first < design.full):
        return "expand"
    if climbs:
        return "escalate"
    return "declare" if n >= design.enough else "expand"
