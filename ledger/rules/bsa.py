"""Body surface from height and weight, by the formula that the pack names (C-BSA)."""

from __future__ import annotations

from decimal import Decimal, localcontext

from ledger.protocol.cycle import Formula
from ledger.values import half_up

DIGITS = 34
"""Digits carried through roots and powers: far beyond what a rounding to a few places can tell."""
_POWERS: dict[str, tuple[str, str, str]] = {
    "dubois": ("0.007184", "0.725", "0.425"),
    "haycock": ("0.024265", "0.3964", "0.5378"),
    "gehan-george": ("0.0235", "0.42246", "0.51456"),
    "fujimoto": ("0.008883", "0.663", "0.444"),
    "takahira": ("0.007241", "0.725", "0.425"),
}
"""Factor, power of the height in cm and power of the weight in kg, as each formula was published."""


def surface_m2(height_cm: Decimal, weight_kg: Decimal, formula: Formula, places: int) -> Decimal:
    """Give the body surface in m2, rounded half up to `places`; height and weight are above 0, and not capped."""
    return half_up(exact_m2(height_cm, weight_kg, formula), places)


def exact_m2(height_cm: Decimal, weight_kg: Decimal, formula: Formula) -> Decimal:
    """Give the body surface in m2 before it is rounded."""
    with localcontext() as context:
        context.prec = DIGITS
        if formula == "mosteller":
            return (height_cm * weight_kg / 3600).sqrt()
        if formula == "boyd":
            grams = 1000 * weight_kg
            power = Decimal("0.7285") - Decimal("0.0188") * grams.log10()
            return Decimal("0.0003207") * _power(height_cm, Decimal("0.3")) * _power(grams, power)
        factor, of_height, of_weight = map(Decimal, _POWERS[formula])
        return factor * _power(height_cm, of_height) * _power(weight_kg, of_weight)


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    """Raise to a broken power without a binary fraction anywhere."""
    return (base.ln() * exponent).exp()
