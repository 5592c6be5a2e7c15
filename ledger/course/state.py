"""What is known of one patient: orders, doses, tolerance, toxicities, holds. `patient.evolve` fills them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct, field

from ledger.events import dosing, patient
from ledger.events.base import Occurred


class Consent(Struct, frozen=True):
    """A consent as given: its day, and its instant where it was stated to the minute."""

    entry: str
    occurred: Occurred
    at: datetime


class Order(Struct, frozen=True):
    """An order as amended, with its checks and its preparation."""

    id: str
    position: int
    drug: str
    ordered_at: datetime
    planned_start: datetime
    expires: datetime
    step_mg: Decimal | None
    ordered_mg: Decimal
    calculated_mg: Decimal | None
    cycle: int | None
    day: int | None
    factors: Mapping[str, Decimal]
    route: dosing.Route
    prescriber: str
    premedication: tuple[str, ...]
    overrides: tuple[str, ...]
    checked_by: str | None = None
    released: Release | None = None
    outcome: Literal["open", "given", "cancelled", "omitted"] = "open"


class Release(Struct, frozen=True):
    """What the pharmacy prepared for an order; amounts in mg, volume in mL."""

    id: str
    lot: str
    expiry: date
    prepared_mg: Decimal
    volume_ml: Decimal
    diluted_at: datetime
    preparer: str


class Tolerance(Struct, frozen=True):
    """A physician's judgement of one dose."""

    id: str
    position: int
    at: datetime
    worst_grade: int
    tolerated: bool
    toxicities: tuple[str, ...]


class Pause(Struct, frozen=True):
    """An interruption; `until` is None while it lasts."""

    since: datetime
    until: datetime | None
    why: str


class Dose(Struct, frozen=True):
    """One administration that was started: planned or recorded afterwards."""

    id: str
    position: int
    drug: str
    order: str | None
    started_at: datetime
    on: date
    precision: Literal["minute", "day"]
    route: dosing.Route
    step_mg: Decimal | None
    prepared_mg: Decimal | None
    given_mg: Decimal | None
    volume_ml: Decimal | None
    lot: str | None
    givers: tuple[str, ...]
    checked_by: str | None
    overrides: tuple[str, ...]
    recorded: bool
    cycle: int | None
    day: int | None
    nothing_given: bool = False
    ended_at: datetime | None = None
    stopped: str | None = None
    pauses: tuple[Pause, ...] = ()
    tolerance: Tolerance | None = None

    @property
    def amount_mg(self) -> Decimal:
        """The amount that counts now in mg: given, else prepared, else the step."""
        return next((a for a in (self.given_mg, self.prepared_mg, self.step_mg) if a is not None), Decimal(0))

    @property
    def measured(self) -> bool:
        """Whether any amount is known: what was given, what was prepared, or the step it was ordered as."""
        return any(amount is not None for amount in (self.given_mg, self.prepared_mg, self.step_mg))

    @property
    def status(self) -> Literal["running", "completed", "aborted"]:
        """Where the infusion stands."""
        if self.ended_at is None:
            return "running"
        return "completed" if self.stopped is None else "aborted"


class Cycle(Struct, frozen=True):
    """One cycle of the cycle drug; `level_mg_m2` in mg/m2 per day, `bsa_m2` in m2, `anc_giga` in 10^9/L."""

    id: str
    position: int
    n: int
    level: str
    level_mg_m2: Decimal
    height_cm: Decimal
    weight_kg: Decimal
    bsa_m2: Decimal
    crcl_ml_min: Decimal | None
    anc_giga: Decimal | None
    factors: Mapping[str, Decimal]
    overrides: tuple[str, ...]
    opened_at: datetime
    omitted: tuple[int, ...] = ()
    response: str | None = None
    recovered: bool | None = None
    unacceptable: bool = False
    closed_at: datetime | None = None
    stopped: str | None = None

    @property
    def open(self) -> bool:
        """Whether it is neither closed nor stopped."""
        return self.closed_at is None and self.stopped is None


class Ruling(Struct, frozen=True):
    """A ruling on a toxicity: dose-limiting or not."""

    id: str
    position: int
    dlt: bool
    at: datetime


class GradePoint(Struct, frozen=True):
    """A grade from a moment on; `replaces` names the grade that this one changed."""

    id: str
    position: int
    since: datetime
    judged_at: datetime
    grade: int


class Seriousness(Struct, frozen=True):
    """A judgement of seriousness: when it was made, and since when the site was aware of what it rests on."""

    at: datetime
    aware_at: datetime
    serious: bool
    criteria: tuple[str, ...]


class Toxicity(Struct, frozen=True):
    """One episode with its grade history."""

    id: str
    position: int
    term: str
    onset: datetime
    dose: str | None
    grades: tuple[GradePoint, ...] = ()
    relations: Mapping[str, str] = field(default_factory=dict)
    serious: bool | None = None
    aware_at: datetime | None = None
    resolved_at: datetime | None = None
    outcome: str | None = None
    criteria: tuple[str, ...] = ()
    expected: bool | None = None
    ruling: Ruling | None = None
    reports: tuple[tuple[str, datetime], ...] = ()
    informed: tuple[datetime, ...] = ()
    """When new information was recorded: grades, attribution, seriousness, expectedness (each may restart a clock)."""
    judged_serious: tuple[Seriousness, ...] = ()
    relations_at: Mapping[str, datetime] = field(default_factory=dict)
    """When the newest attribution to each drug was made."""
    expected_at: datetime | None = None

    @property
    def worst(self) -> int:
        """The highest grade of the episode, 0 when it was not graded."""
        return max((point.grade for point in self.grades), default=0)

    @property
    def current(self) -> int:
        """The latest grade of the episode, 0 when it was not graded."""
        return max(self.grades, key=lambda point: (point.since, point.position)).grade if self.grades else 0

    @property
    def over(self) -> bool:
        """Whether it was resolved with an outcome that ends it."""
        return self.resolved_at is not None and self.outcome in ("recovered", "recovered-with-sequelae", "fatal")


class Premed(Struct, frozen=True):
    """One premedication agent as given; `dose_mg` in mg."""

    id: str
    order: str | None
    agent: str
    dose_mg: Decimal
    at: datetime


class Hold(Struct, frozen=True):
    """A hold that somebody placed on a drug."""

    id: str
    position: int
    drug: str
    why: str
    since: datetime
    lifted: bool = False


class Lab(Struct, frozen=True):
    """A laboratory value."""

    id: str
    test: str
    value: Decimal
    unit: str
    at: datetime


class Override(Struct, frozen=True):
    """A permission of the principal investigator for one act against one rule."""

    id: str
    rule: str
    drug: str
    amount_mg: Decimal | None
    granted_at: datetime
    valid_until: datetime


class Disposition(Struct, frozen=True):
    """What people said about a finding."""

    rule: str
    target: str
    by: str
    classified: bool
    important: bool | None


class Course(Struct, frozen=True):
    """Everything known of one patient at one moment of the fold."""

    registered: patient.PatientRegistered | None = None
    consents: tuple[Consent, ...] = ()
    eligible: bool | None = None
    enrolled: patient.PatientEnrolled | None = None
    enrolled_at: datetime | None = None
    weights: tuple[tuple[datetime, Decimal, Decimal | None, str], ...] = ()
    """Time, weight in kg, height in cm where it was measured, and the entry; oldest first."""
    labs: tuple[Lab, ...] = ()
    prophylaxis: tuple[tuple[str, str, str | None], ...] = ()
    orders: Mapping[str, Order] = field(default_factory=dict)
    doses: tuple[Dose, ...] = ()
    premeds: tuple[Premed, ...] = ()
    toxicities: Mapping[str, Toxicity] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    lifted: tuple[str, ...] = ()
    """What the principal investigator lifted: the entry of a hold, or of the toxicity that stopped a cycle."""
    discontinued: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    dispositions: tuple[Disposition, ...] = ()
    ended_at: datetime | None = None
    ended_why: str | None = None
    withdrawn_at: datetime | None = None
    died_at: datetime | None = None
    died_on: date | None = None
    cycles: tuple[Cycle, ...] = ()
    responses: tuple[tuple[str, datetime, str], ...] = ()
    """Response, its time and its entry, oldest first."""
    transplants: tuple[tuple[str, datetime], ...] = ()
    non_evaluable: str | None = None
    """The entry that declared the patient not evaluable for the dose level."""
    orphans: tuple[str, ...] = ()

    def cycle(self, named: str) -> Cycle | None:
        """Find a cycle by the entry that opened it."""
        return next((c for c in self.cycles if c.id == named), None)

    def open_cycle(self) -> Cycle | None:
        """Find the cycle that is neither closed nor stopped."""
        return next((c for c in reversed(self.cycles) if c.open), None)

    def dose(self, named: str) -> Dose | None:
        """Find a dose by its own id, or by its order's."""
        return next((d for d in self.doses if named in (d.id, d.order)), None)

    def doses_of(self, drug: str) -> tuple[Dose, ...]:
        """List the doses of a drug in the order of their start."""
        return tuple(d for d in self.doses if d.drug == drug)

    def open_orders(self, drug: str, at: datetime) -> tuple[Order, ...]:
        """List the orders that are neither started, cancelled, omitted nor expired at `at`."""
        return tuple(o for o in self.orders.values() if o.drug == drug and o.outcome == "open" and at <= o.expires)
