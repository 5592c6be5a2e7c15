"""Whether a laboratory value and a stated grade agree, by the limits of the dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ledger.errors import BadInput, Refused
from ledger.protocol.dictionary import Term
from ledger.protocol.limits import Limits

_TIMES = {("10^9/L", "/uL"): Decimal(1000)}
"""How many of the second unit are one of the first."""


def contradicts(term: Term, grade: int, value: Decimal, unit: str, references: Mapping[str, Decimal]) -> None:
    """Refuse (T-GRADE) a grade that is not the value's, naming the one it has; nothing where the term has no limits.

    `value` and `references` (`lln`, `uln`, `baseline`) are in `unit`. A fatal grade is beyond any value.
    """
    limits = term.limits
    if limits is None or grade > max(band.grade for band in limits.bands):
        return
    factor = _factor(limits, unit)
    try:
        found = limits.grade(value * factor, {name: known * factor for name, known in references.items()})
    except BadInput as error:
        raise BadInput(error.what, fix="--lower-limit, --upper-limit, --baseline: those of that measurement") from error
    if found == grade:
        return
    said = f"{value} {unit}"
    raise Refused(
        f"{term.printed} of {said} is grade {found}, not {grade}"
        if found is not None
        else f"{said} is no grade of {term.printed}",
        rules=("T-GRADE",),
        why="the grade of a laboratory term follows from the value and its limits",
        fix=f"grade it {found}, or check the value" if found is not None else "check the value and its limits",
    )


def _factor(limits: Limits, unit: str) -> Decimal:
    if unit == limits.unit or all(band.of != "value" for band in limits.bands):
        return Decimal(1)
    if (unit, limits.unit) in _TIMES:
        return _TIMES[unit, limits.unit]
    known = [limits.unit, *(one for one, other in _TIMES if other == limits.unit)]
    raise BadInput(
        f"{limits.test} in {unit} cannot be compared with limits in {limits.unit}",
        why="units are never guessed",
        fix=f"convert it and give --lab-unit {' or '.join(known)}",
    )
