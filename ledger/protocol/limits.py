"""Laboratory limits of a term: which grade a measured value has, by data and not by code."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger import wire
from ledger.errors import BadInput

Reference = Literal["value", "lln", "uln", "baseline"]


class Band(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grade is reached beyond `bound`: a value in the unit of the limits, or a multiple of a reference."""

    grade: Annotated[int, Meta(ge=1, le=5)]
    bound: wire.Amount
    of: Reference
    when: Literal["any", "baseline-normal", "baseline-abnormal"]
    inclusive: bool
    """Whether the bound itself already has the grade."""


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bands of one laboratory test."""

    test: wire.Token
    unit: str
    direction: Literal["below", "above"]
    bands: Annotated[tuple[Band, ...], Meta(min_length=1)]

    def grade(self, value: Decimal, references: Mapping[str, Decimal]) -> int | None:
        """Return the highest grade that `value` reaches, None below grade 1.

        `value` is in `unit`; `references` holds what is known of `lln`, `uln` (the laboratory's limits of normal)
        and `baseline`, in the same unit. Without a baseline the patient's is taken as normal. BadInput names a
        reference that is missing and decides.
        """
        for band in sorted(self.bands, key=lambda band: band.grade, reverse=True):
            if self._applies(band, references) and self._beyond(band, value, references):
                return band.grade
        return None

    def _applies(self, band: Band, references: Mapping[str, Decimal]) -> bool:
        if band.when == "any":
            return True
        baseline = references.get("baseline")
        abnormal = baseline is not None and baseline > self._reference("uln", references)
        return abnormal == (band.when == "baseline-abnormal")

    def _beyond(self, band: Band, value: Decimal, references: Mapping[str, Decimal]) -> bool:
        bound = Decimal(band.bound)
        if band.of != "value":
            bound *= self._reference(band.of, references)
        if value == bound:
            return band.inclusive
        return value < bound if self.direction == "below" else value > bound

    def _reference(self, name: str, references: Mapping[str, Decimal]) -> Decimal:
        if name not in references:
            raise BadInput(f"a grade of {self.test} needs the {name} of that measurement")
        return references[name]
