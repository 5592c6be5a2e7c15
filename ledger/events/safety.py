"""Tolerance, toxicity, and what people decide about findings."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger import wire
from ledger.events.base import Wire
from ledger.events.patient import Unit

Grade = Annotated[int, Meta(ge=1, le=5)]


class ToleranceAssessed(Wire, frozen=True, kw_only=True):
    """The physician's judgement of one dose: the worst grade seen (0 to 5) and whether it was tolerated."""

    dose: wire.Uuid
    worst_grade: Annotated[int, Meta(ge=0, le=5)]
    tolerated: bool
    toxicities: tuple[wire.Uuid, ...]
    window_h: wire.Count


class ToxicityReported(Wire, frozen=True, kw_only=True):
    """A toxicity with onset at `occurred`; `dose` links the infusion during or after which it came."""

    term: wire.Token
    verbatim: wire.Commitment | None
    dose: wire.Uuid | None
    aware_at: wire.Minute | None


class LabBasis(Wire, frozen=True, kw_only=True):
    """The laboratory value behind a grade, with the limits of normal and the patient's baseline, all in `unit`."""

    value: wire.Amount
    unit: Unit
    lower_limit: wire.Amount | None
    upper_limit: wire.Amount | None
    baseline: wire.Amount | None


class ToxicityGraded(Wire, frozen=True, kw_only=True):
    """A grade of the dictionary in force, from `occurred` on."""

    toxicity: wire.Uuid
    grade: Grade
    lab: LabBasis | None


class ToxicityRegraded(Wire, frozen=True, kw_only=True):
    """A changed judgement of a grade, from `occurred` on; lowering needs the principal investigator."""

    toxicity: wire.Uuid
    graded: wire.Uuid
    grade: Grade
    lab: LabBasis | None


class ToxicityAttributed(Wire, frozen=True, kw_only=True):
    """How likely the drug caused it (NCI scale)."""

    toxicity: wire.Uuid
    drug: wire.Token
    relation: Literal["unrelated", "unlikely", "possible", "probable", "definite"]


class SeriousnessAssessed(Wire, frozen=True, kw_only=True):
    """Serious or not by 21 CFR 312.32(a); `aware_at` starts the safety clocks."""

    toxicity: wire.Uuid
    serious: bool
    criteria: tuple[
        Literal[
            "death",
            "life-threatening",
            "hospitalisation",
            "incapacity",
            "congenital-anomaly",
            "important-medical-event",
        ],
        ...,
    ]
    aware_at: wire.Minute


class ToxicityResolved(Wire, frozen=True, kw_only=True):
    """The toxicity has ended, at `occurred`, with this outcome."""

    toxicity: wire.Uuid
    outcome: Literal["recovered", "recovered-with-sequelae", "recovering", "not-recovered", "fatal", "unknown"]


class DeviationAcknowledged(Wire, frozen=True, kw_only=True):
    """Somebody in charge has seen the finding of `rule` on entry `target`."""

    rule: wire.RuleId
    target: wire.Uuid


class DeviationClassified(Wire, frozen=True, kw_only=True):
    """The finding is classified: an important deviation or not, its cause and what is done about it."""

    rule: wire.RuleId
    target: wire.Uuid
    important: bool
    root_cause: wire.Commitment
    action: wire.Commitment | None


class OverrideGranted(Wire, frozen=True, kw_only=True):
    """The principal investigator lets one act pass one rule, before the act; the deviation stays, as planned.

    `act` is what may pass: one dose (its order and the start that fulfils it), or the opening of one cycle.
    """

    act: Literal["dose", "cycle"]
    rule: wire.RuleId
    drug: wire.Token
    amount_mg: wire.Amount | None
    valid_until: wire.Minute


class ExpectednessAssessed(Wire, frozen=True, kw_only=True):
    """Whether the toxicity, at its severity, is expected by the reference safety information (21 CFR 312.32(a))."""

    toxicity: wire.Uuid
    expected: bool
    reference: wire.Commitment | None


class SafetyReportSubmitted(Wire, frozen=True, kw_only=True):
    """A safety report left the site at `occurred`: to the sponsor, or within 7 or 15 days, or a follow-up."""

    toxicity: wire.Uuid
    report: Literal["sponsor", "7-day", "15-day", "follow-up"]
    ref: wire.Commitment
