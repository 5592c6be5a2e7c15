"""Dose levels and cohorts: rulings, levels opened, decisions, and accrual."""

from __future__ import annotations

from typing import Literal

from ledger import wire
from ledger.events.base import Wire

Decision = Literal["expand", "declare", "escalate", "deescalate", "stop"]


class DltAdjudicated(Wire, frozen=True, kw_only=True):
    """The investigator and the sponsor's physician rule whether a toxicity was dose-limiting.

    `reverses` names the ruling that this one turns around; that needs the principal investigator too.
    """

    toxicity: wire.Uuid
    dlt: bool
    basis: wire.Commitment
    reverses: wire.Uuid | None


class PatientDeclaredNonEvaluable(Wire, frozen=True, kw_only=True):
    """The patient does not count for the dose level; his slot is free again, he stays in the safety set."""

    basis: wire.Commitment


class LevelOpened(Wire, frozen=True, kw_only=True):
    """A dose level opens for accrual at `mg_m2` per day (mg for a flat dose: `mg`)."""

    level: wire.Level
    mg_m2: wire.Amount


class CohortDecided(Wire, frozen=True, kw_only=True):
    """What follows from the patients of a level; `after` in the envelope is the head it was decided at.

    `n` evaluable patients, `dlt` of them with a dose-limiting toxicity, `to` the level it names next.
    """

    level: wire.Level
    decision: Decision
    n: wire.Count
    dlt: wire.Count
    outcomes: wire.Outcomes
    to: wire.Level | None


class AccrualSuspended(Wire, frozen=True, kw_only=True):
    """No further patient is enrolled at the level until accrual is resumed."""

    level: wire.Level
    why: Literal["dlt", "decision-basis", "supply", "sponsor", "other"]


class AccrualResumed(Wire, frozen=True, kw_only=True):
    """Patients may be enrolled again."""

    level: wire.Level
