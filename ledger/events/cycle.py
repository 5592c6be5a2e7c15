"""The drug given in cycles: a cycle opened, days omitted, closed or stopped; and the response to treatment."""

from __future__ import annotations

from typing import Literal

from ledger import wire
from ledger.events.base import Wire
from ledger.events.dosing import Factor, NotGivenCause

Response = Literal["CR", "CRi", "PR", "SD", "PD", "NE"]


class CycleOpened(Wire, frozen=True, kw_only=True):
    """A cycle begins to be planned: level, body measures and counts as they were, every factor with its source.

    `level_mg_m2` in mg/m2 per day, `bsa_m2` in m2, `crcl_ml_min` in mL/min, `anc_giga` in 10^9/L.
    """

    n: wire.Count
    level: wire.Level
    level_mg_m2: wire.Amount
    height_cm: wire.Amount
    weight_kg: wire.Amount
    bsa_m2: wire.Amount
    crcl_ml_min: wire.Amount | None
    anc_giga: wire.Amount | None
    factors: tuple[Factor, ...]
    overrides: tuple[wire.Uuid, ...]


class CycleDayOmitted(Wire, frozen=True, kw_only=True):
    """A day of the cycle without its dose; it is not made up."""

    opened: wire.Uuid
    day: wire.Count
    why: NotGivenCause


class CycleClosed(Wire, frozen=True, kw_only=True):
    """The cycle is over: the response, whether organ function recovered, whether toxicity was unacceptable."""

    opened: wire.Uuid
    response: Response
    recovered: bool
    unacceptable: bool


class CycleStopped(Wire, frozen=True, kw_only=True):
    """The cycle ends before its days are resolved."""

    opened: wire.Uuid
    why: Literal[
        "toxicity", "hypotension", "capillary-leak", "infection", "progression", "investigator", "patient", "other"
    ]


class ResponseAssessed(Wire, frozen=True, kw_only=True):
    """The response of the disease, at `occurred`."""

    response: Response


class TransplantRecorded(Wire, frozen=True, kw_only=True):
    """A stem-cell transplant, at `occurred`."""

    type: Literal["allogeneic", "autologous", "cord-blood", "haploidentical"]
