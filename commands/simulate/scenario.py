"""A scenario as values: who takes part, what is on the shelf, and the steps in their order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from ledger import wire
from ledger.protocol.model import Pack

Table = Mapping[str, object]
NO_TABLE: Table = MappingProxyType({})
Progress = Literal["registered", "consented", "eligible", "enrolled"]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Person(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody of the trial; `since` and `until` bound the delegation of the role's tasks."""

    role: wire.Role | tuple[wire.Role, ...]
    site: wire.Token | None = None
    since: str | None = None
    until: str | None = None

    @property
    def roles(self) -> tuple[wire.Role, ...]:
        """The roles with which the key is enrolled."""
        return (self.role,) if isinstance(self.role, str) else self.role

    @property
    def bounded(self) -> bool:
        """Whether the delegation begins or ends at a stated time."""
        return self.since is not None or self.until is not None


class Patient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dummy patient, and how far he has come before the first step."""

    id: str
    status: Progress = "enrolled"
    sex: Literal["F", "M", "X", "U"] = "F"
    birth_year: int = 1970
    height_cm: str | int | float | None = None
    weight_kg: str | int | float | None = None
    level: str | int | None = None


class Lot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lot of study drug, received before the first step."""

    agent: wire.Token
    lot: wire.Code
    strength: str
    vials: int
    expiry: str
    location: str | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: who does what and when, under which label, and what is expected of it.

    `n` is its number in the order of play, 0 before that is known. `part_of` is a label that several steps share,
    `expect_all` what is expected of all of them together, stated with the last.
    """

    n: int = 0
    do: str
    by: str | None = None
    with_: tuple[str, ...] = ()
    clock: str | None = None
    label: str | None = None
    part_of: str | None = None
    premeds: str | None = None
    race: str | None = None
    fork: str | None = None
    options: Table = field(default_factory=dict)
    expect: Table = field(default_factory=dict)
    expect_all: Table = field(default_factory=dict)
    expect_race: Table = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The step as messages name it."""
        return f"step {self.n} ({self.do})" if self.n else f"a step ({self.do})"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A scenario together with the files before it."""

    title: str
    rules: tuple[str, ...]
    protocol: str
    dictionary: str | None
    zone: str
    site: str
    parameters: Mapping[str, str]
    unset: tuple[str, ...]
    people: Mapping[str, Person]
    patients: tuple[Patient, ...]
    lots: tuple[Lot, ...]
    steps: tuple[Step, ...]
    pack: Pack
    terms: bytes
    """The toxicity dictionary."""

    @property
    def drug(self) -> str:
        """The step-up drug."""
        return str(self.pack.parameters["ladder_drug"].value)

    @property
    def first_day(self) -> date:
        """The first day that a clock or an `at` of the script names."""
        said = (
            str(text)
            for step in self.steps
            for text in (step.clock, step.options.get("at"), step.options.get("from"), step.options.get("first_c1d1"))
        )
        days = sorted(found[0] for text in said if (found := _DAY.match(text)))
        return date.fromisoformat(days[0]) if days else date(2010, 3, 1)
