"""From the strings of the record to numbers and times, and back: each conversion once, exactly.

Quantities are `Decimal` in a unit-named variable (`dose_mg`, `bsa_m2`); times are aware datetimes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from ledger.errors import BadInput

_AMOUNT = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>[A-Za-zµ/%][A-Za-zµ/0-9^%]*)\Z")


def wire_decimal(number: Decimal) -> str:
    """Write a decimal in the record's one form: no exponent, no trailing zero, no -0 (at most 9 places)."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def half_up(number: Decimal, places: int) -> Decimal:
    """Round half up to `places` decimal places, as a dose is rounded: once, at the end."""
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def parse_amount(text: str, unit: str) -> Decimal:
    """Read `10mg` or `10 mg`; a bare number, a comma or another unit is BadInput with a hint."""
    stripped = text.strip()
    if "," in stripped:
        raise BadInput(
            f"{text!r} is not an amount",
            why="a decimal comma is ambiguous",
            fix=f"write it with a point: {stripped.replace(',', '.')}",
        )
    found = _AMOUNT.match(stripped)
    if found is None:
        hint = f"{stripped}{unit}" if re.fullmatch(r"[0-9]+(\.[0-9]+)?", stripped) else f"10{unit}"
        raise BadInput(
            f"{text!r} is not an amount in {unit}",
            why="an amount is a number, not negative, with its unit",
            fix=f"for example: {hint}",
        )
    if found["unit"].lower() != unit.lower():
        raise BadInput(
            f"{text!r} is not in {unit}",
            why=f"the unit given is {found['unit']!r}",
            fix=f"convert it and write {unit}; units are never guessed",
        )
    number = Decimal(found["number"])
    if len(found["number"].partition(".")[0].lstrip("0")) > 9 or -number.as_tuple().exponent > 8:  # type: ignore[operator]
        raise BadInput(
            f"{text!r} has too many digits", why="at most 9 before and 8 after the point", fix="check the number"
        )
    return number


def parse_number(text: str) -> Decimal:
    """Read a plain decimal that is not negative, e.g. a weight in kg given without its unit."""
    stripped = text.strip()
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,8})?", stripped):
        hint = stripped.replace(",", ".") if "," in stripped else "70.5"
        raise BadInput(
            f"{text!r} is not a number",
            why="a number has digits and at most one decimal point, and is not negative",
            fix=f"for example: {hint}",
        )
    return Decimal(stripped)


def instant(text: str) -> datetime:
    """Open a wire time that carries an offset or Z."""
    return datetime.fromisoformat(text)


def wire_utc(at: datetime) -> str:
    """Write `recorded_at`: UTC to the millisecond."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def wire_minute(at: datetime) -> str:
    """Write a local time to the minute with its offset; `at` is aware."""
    return at.isoformat(timespec="minutes")


def wire_signed_at(at: datetime) -> str:
    """Write the local time of a signature to the millisecond with its offset."""
    return at.isoformat(timespec="milliseconds")
