"""The questions by name, each with what it asks and its reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from ledger.book import Ledger
from projections.find.consent import consent_order
from projections.find.delegation import outside_delegation
from projections.find.dlt import dlt
from projections.find.doses import dose_violations, no_premed
from projections.find.escalation import unsupported_escalation
from projections.find.favourable import favourable_changes
from projections.find.found import Ask, Row
from projections.find.late import late
from projections.find.refusals import refusals
from projections.find.signoff import post_signoff_changes
from projections.find.times import time_anomalies


class Answer(Protocol):
    """What every question is answered with: its rows, in JSON terms beside the head of the answer."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """The entries that were found."""

    @property
    def size(self) -> int:
        """How many entries were known."""

    @property
    def known_at(self) -> str:
        """When they were known."""

    @property
    def valid_at(self) -> str:
        """The clinical time that was looked at."""


class Query(Struct, frozen=True):
    """One question: in words, its reader, and which options of `Ask` it takes beside the two times and the patient."""

    asks: str
    answer: Callable[[Ledger, Ask], Answer]
    options: frozenset[str] = frozenset()


QUERIES: Mapping[str, Query] = {
    "no-premed": Query("doses without premedication, or with it at the wrong time", no_premed),
    "dose-violations": Query("doses out of sequence, above the maximum, beyond the count", dose_violations),
    "unsupported-escalation": Query("higher steps without a tolerance that was signed before", unsupported_escalation),
    "late": Query("entries that were made late", late, frozenset({"over", "by"})),
    "outside-delegation": Query("entries outside role and delegation", outside_delegation),
    "post-signoff-changes": Query(
        "corrections after sign-off, lock, review or a monitor's verification",
        post_signoff_changes,
        frozenset({"since"}),
    ),
    "favourable-changes": Query("changes after which a breach was gone", favourable_changes),
    "refusals": Query("refused and overridden attempts, and what followed", refusals),
    "dlt": Query("dose-limiting toxicities, and what happened to the dose next", dlt, frozenset({"followup"})),
    "time-anomalies": Query("clock trouble, time running backwards, bursts", time_anomalies),
    "consent-order": Query("procedures before consent, or study drug after its withdrawal", consent_order),
}
"""Every question that `find` answers."""
