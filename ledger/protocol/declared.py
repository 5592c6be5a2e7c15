"""What a parameter of a pack may be: its unit, its bounds and the act that cannot do without it.

A field of `Protocol` with one of these types is a declaration: the reader checks the pack against it, and there
is no other list of parameters. Amounts are `decimal.Decimal`, counts and durations are whole numbers.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger import wire

ACTIVATION = "activation"


class Declared(Struct, frozen=True):
    """The unit that the pack must state for a parameter, and the act that needs the parameter set."""

    unit: str
    required_for: str = ACTIVATION


CHOICE = Declared("choice")
TERMS = Declared("terms")

Mg = Annotated[Decimal, Declared("mg")]
Ladder = Annotated[tuple[Decimal, ...], Meta(min_length=1), Declared("mg")]
MgPerMl = Annotated[Decimal, Declared("mg/mL")]
MgPerM2 = Annotated[Decimal, Declared("mg/m2")]
Ml = Annotated[Decimal, Declared("mL")]
Mls = Annotated[tuple[Decimal, ...], Declared("mL")]
MlPerMin = Annotated[Decimal, Declared("mL/min")]
Micrometres = Annotated[Decimal, Declared("um")]
Fraction = Annotated[Decimal, Declared("fraction")]
"""A share between 0 and 1."""
Percent = Annotated[Decimal, Declared("percent")]
PerUl = Annotated[Decimal, Declared("/uL")]
Giga = Annotated[Decimal, Declared("10^9/L")]
TimesUpperLimit = Annotated[Decimal, Declared("x ULN")]
Minutes = Annotated[wire.Count, Declared("min")]
Hours = Annotated[wire.Count, Declared("h")]
Days = Annotated[wire.Count, Declared("d")]
Months = Annotated[wire.Count, Declared("months")]
Years = Annotated[wire.Count, Declared("years")]
Doses = Annotated[wire.Count, Declared("doses")]
Patients = Annotated[wire.Count, Declared("patients")]
Count = Annotated[wire.Count, Declared("count")]
Places = Annotated[int, Meta(ge=0, le=6), Declared("decimal places")]
Grade = Annotated[int, Meta(ge=1, le=5), Declared("grade")]
Flag = Annotated[bool, Declared("yes/no")]
Drug = Annotated[wire.Token, Declared("drug")]
Terms = Annotated[tuple[wire.Token, ...], TERMS]
"""Terms of the toxicity dictionary."""
Names = Annotated[tuple[wire.Token, ...], Declared("names")]
Routes = Annotated[
    tuple[Literal["iv", "iv-push", "sc", "im", "po", "other"], ...], Meta(min_length=1), Declared("routes")
]
Relation = Annotated[Literal["unrelated", "unlikely", "possible", "probable", "definite"], CHOICE]
"""Attribution of a toxicity to a drug, weakest first."""


class MgRange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dose of one premedication agent in mg, both bounds included."""

    min_mg: Decimal
    max_mg: Decimal


class Premed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One agent that must be given before an infusion, with its dose in mg."""

    agent: str
    min_mg: Decimal
    max_mg: Decimal
    fictional: bool


class Prophylaxis(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One anti-infective agent and the agents that count as the same."""

    agent: wire.Token
    equivalents: tuple[wire.Token, ...]


class Modifier(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one event does to the cycle drug of one patient, and the share of the dose that is given afterwards."""

    trigger: Literal[
        "prolonged-neutropenia",
        "significant-infection",
        "other-grade-3",
        "creatinine-bilirubin-grade-3",
        "other-grade-4",
    ]
    action: Literal["next-cycle", "hold", "stop", "discontinue"]
    resume_fraction: Decimal


class SpecialInterest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A term that is of special interest from this grade on."""

    term: wire.Token
    min_grade: Annotated[int, Meta(ge=1, le=5)]


class Criterion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One criterion of eligibility; an exclusion is met when it does not apply to the patient."""

    id: wire.Token
    text: Annotated[str, Meta(min_length=1, max_length=400)]
    kind: Literal["inclusion", "exclusion"]
