"""The data points of an entry: each with its path, its value as people read it, and its unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.events.base import Occurred, Payload, Wire

Scalar = str | int | bool
Value = Scalar | tuple[Scalar, ...]
Point = tuple[str, Value, str | None]
"""Path, value as signed, unit."""

ENVELOPE = ("occurred.at", "occurred.basis", "performed_by", "source.kind", "source.ref")
"""The points that come from the envelope; all others are the members of the body."""
MISSING = "[missing] "
"""Stands before the commitment of a text whose words are not here."""

_COMMITMENT = re.compile(r"sha256:[0-9a-f]{64}\Z")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_UNITS = (
    ("_mg_m2", "mg/m2"),
    ("_ml_min", "mL/min"),
    ("_ml_h", "mL/h"),
    ("_m2", "m2"),
    ("_mg", "mg"),
    ("_ml", "mL"),
    ("_kg", "kg"),
    ("_cm", "cm"),
    ("_giga", "10^9/L"),
    ("_min", "min"),
    ("_ms", "ms"),
    ("_h", "h"),
)
_OF_UNIT = frozenset({"value", "lower_limit", "upper_limit", "baseline"})
"""Members whose unit is the member `unit` beside them."""


def of_fact(event: Wire, occurred: Occurred, payload: Payload) -> Mapping[str, Point]:
    """List the points of a fact as it stands, in the order in which they were signed."""
    source = payload.source
    envelope: dict[str, Value | None] = {
        "occurred.at": occurred.at,
        "occurred.basis": occurred.basis,
        "performed_by": payload.performed_by,
        "source.kind": source.kind if source.kind != "direct" else None,
        "source.ref": source.ref,
    }
    points: list[Point] = [(path, value, None) for path, value in envelope.items() if value is not None]
    points += _flat(msgspec.to_builtins(event), "", {})
    return {point[0]: point for point in points}


def _flat(data: object, at: str, beside: Mapping[str, object]) -> Iterator[Point]:
    if data is None:
        return
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _flat(value, f"{at}.{name}" if at else str(name), data)
    elif isinstance(data, list | tuple):
        if any(isinstance(one, dict) for one in data):
            for place, one in enumerate(data):
                yield from _flat(one, f"{at}.{place}", beside)
        elif data:
            yield at, tuple(data), None
    elif isinstance(data, str | int):
        yield at, data, _unit(at.rpartition(".")[2], beside)


def _unit(name: str, beside: Mapping[str, object]) -> str | None:
    if name in _OF_UNIT:
        unit = beside.get("unit")
        return unit if isinstance(unit, str) and unit != "none" else None
    return next((unit for suffix, unit in _UNITS if name.endswith(suffix)), None)


class Words:
    """Values as people read them: texts in their words, other entries by their number."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._named: dict[str, str] = {}

    def met(self, name: str, position: int) -> None:
        """Remember where an entry stands that others may name."""
        self._named[name] = f"#{position}"

    def show(self, value: Value | None) -> str | None:
        """Write a value; null where there is none."""
        if value is None:
            return None
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, Sequence) and not isinstance(value, str):
            return ", ".join(str(self.show(one)) for one in value)
        if isinstance(value, int):
            return str(value)
        if _COMMITMENT.match(value):
            return self.text(value) or f"{MISSING}{value}"
        return self._entry(value) if _UUID.match(value) else value

    def text(self, commitment: str | None) -> str | None:
        """Give the words behind a commitment, where this ledger has them."""
        found = self._ledger.text(commitment) if commitment is not None else None
        return None if found is None else found.decode(errors="replace")

    def _entry(self, name: str) -> str:
        if name not in self._named:
            try:
                self.met(name, self._ledger.find(name).position)
            except BadInput:
                return name
        return self._named[name]
