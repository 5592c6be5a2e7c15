"""A dose from order to the last drop, and the fact of an infusion recorded afterwards."""

from __future__ import annotations

from typing import Literal

from ledger import wire
from ledger.events.base import Wire

Route = Literal["iv", "iv-push", "sc", "im", "po", "other"]
StopCause = Literal["reaction", "line-failure", "patient-request", "equipment", "other"]
NotGivenCause = Literal[
    "fever", "infection", "toxicity", "patient-refused", "hold", "logistics", "error-in-order", "other"
]


class Factor(Wire, frozen=True, kw_only=True):
    """One factor of a calculated dose; `source` is the entry that its value comes from, null for the pack's own."""

    name: wire.Token
    value: wire.Decimal
    source: wire.Uuid | None


class DoseOrdered(Wire, frozen=True, kw_only=True):
    """A dose is ordered for `planned_start`; every gate of the protocol held when it was signed."""

    drug: wire.Token
    step_mg: wire.Amount | None
    level_mg_m2: wire.Amount | None
    cycle: wire.Count | None
    day: wire.Count | None
    planned_start: wire.Minute
    expires: wire.Minute
    ordered_mg: wire.Amount
    calculated_mg: wire.Amount | None
    height_cm: wire.Amount | None
    weight_kg: wire.Amount | None
    bsa_m2: wire.Amount | None
    factors: tuple[Factor, ...]
    rounding: wire.Commitment | None
    premedication: tuple[wire.Token, ...]
    route: Route
    duration_min: wire.Count
    allergies: wire.Commitment | None
    overrides: tuple[wire.Uuid, ...]


class OrderAmended(Wire, frozen=True, kw_only=True):
    """An order that has not been started is changed; all gates are judged anew, the calculation is stated anew."""

    order: wire.Uuid
    planned_start: wire.Minute
    expires: wire.Minute
    step_mg: wire.Amount | None
    ordered_mg: wire.Amount
    calculated_mg: wire.Amount | None
    height_cm: wire.Amount | None
    weight_kg: wire.Amount | None
    bsa_m2: wire.Amount | None
    factors: tuple[Factor, ...]
    rounding: wire.Commitment | None
    overrides: tuple[wire.Uuid, ...]


class OrderCancelled(Wire, frozen=True, kw_only=True):
    """An order is withdrawn before its start."""

    order: wire.Uuid
    why: NotGivenCause


class OrderChecked(Wire, frozen=True, kw_only=True):
    """A pharmacist has checked the order."""

    order: wire.Uuid


class DoseReleased(Wire, frozen=True, kw_only=True):
    """Prepared, wasted and dispensed in one entry, by a preparer and a second pharmacy person.

    `strength_mg` per vial, `prepared_mg` and `wasted_mg` in mg, `volume_ml` the total volume of the bag in
    mL; the vials come from the stock at `location`.
    """

    order: wire.Uuid
    location: wire.Token
    lot: wire.Code
    expiry: wire.Day
    strength_mg: wire.Amount
    vials: wire.Count
    prepared_mg: wire.Amount
    volume_ml: wire.Amount
    diluted_at: wire.Minute
    wasted_mg: wire.Amount


class PremedicationDose(Wire, frozen=True, kw_only=True):
    """One agent, given at its own time."""

    agent: wire.Token
    dose_mg: wire.Amount
    route: Route
    at: wire.Minute


class PremedicationGiven(Wire, frozen=True, kw_only=True):
    """The premedication before an infusion; `occurred` is the time of its first agent."""

    order: wire.Uuid | None
    given: tuple[PremedicationDose, ...]


class Identifier(Wire, frozen=True, kw_only=True):
    """A patient identifier compared at the bedside: its kind and whether it matched, never its value."""

    kind: Literal["wristband", "enrolment-number", "dob"]
    matched: bool
    value: wire.Commitment


Check = Literal[
    "drug", "dose", "calculation", "volume", "route", "rate", "expiry", "appearance", "pump-rate", "cycle-day"
]
"""What two persons compare at the bedside before a start (S-2P)."""


class InfusionStarted(Wire, frozen=True, kw_only=True):
    """The infusion begins at `occurred`: the administering nurse signs `performed`, a second person `verified`.

    Both have compared the `identifiers` and everything in `checks`.
    """

    order: wire.Uuid
    rate_ml_h: wire.Amount | None
    identifiers: tuple[Identifier, ...]
    checks: tuple[Check, ...]
    overrides: tuple[wire.Uuid, ...]


class InfusionInterrupted(Wire, frozen=True, kw_only=True):
    """The infusion pauses; `volume_ml` delivered so far."""

    dose: wire.Uuid
    volume_ml: wire.Amount | None
    why: StopCause
    toxicity: wire.Uuid | None


class InfusionResumed(Wire, frozen=True, kw_only=True):
    """The infusion goes on."""

    dose: wire.Uuid
    rate_ml_h: wire.Amount | None


class InfusionCompleted(Wire, frozen=True, kw_only=True):
    """The infusion ends at `occurred` with all of it given; given = prepared x delivered volume / total volume."""

    dose: wire.Uuid
    given_mg: wire.Amount
    volume_ml: wire.Amount | None


class InfusionAborted(Wire, frozen=True, kw_only=True):
    """The infusion is stopped for good at `occurred`."""

    dose: wire.Uuid
    given_mg: wire.Amount
    volume_ml: wire.Amount | None
    why: StopCause
    toxicity: wire.Uuid | None


class DoseOmitted(Wire, frozen=True, kw_only=True):
    """A dose that was ordered, perhaps prepared, and never started."""

    order: wire.Uuid
    why: NotGivenCause


class Interruption(Wire, frozen=True, kw_only=True):
    """A pause inside a recorded infusion."""

    since: wire.Minute
    until: wire.Minute
    why: StopCause


class InfusionRecorded(Wire, frozen=True, kw_only=True):
    """The fact of an infusion that began at `occurred`; `ended` and `given_mg` are null while it is running.

    Never refused for breaking the protocol; what is missing or against the protocol becomes a finding.
    """

    drug: wire.Token
    cycle: wire.Count | None
    day: wire.Count | None
    order: wire.Uuid | None
    checked_by: wire.Token | None
    lot: wire.Code | None
    identity: Literal["matched", "mismatched", "not-stated"]
    route: Route
    ended: wire.Minute | None
    prepared_mg: wire.Amount | None
    given_mg: wire.Amount | None
    volume_ml: wire.Amount | None
    interruptions: tuple[Interruption, ...]
    stopped: StopCause | None


class HoldPlaced(Wire, frozen=True, kw_only=True):
    """A drug is held for this patient until the hold is lifted."""

    drug: wire.Token
    why: Literal["toxicity", "infection", "serious-adverse-reaction", "haematology", "logistics", "other"]
    criterion: wire.Commitment | None


class HoldLifted(Wire, frozen=True, kw_only=True):
    """A hold ends."""

    hold: wire.Uuid


class CourseDiscontinued(Wire, frozen=True, kw_only=True):
    """A drug is stopped for good for this patient."""

    drug: wire.Token
    why: Literal["toxicity", "autoimmune-cytopenia", "progression", "investigator", "patient", "other"]
