"""What a judgement rests on beside the patient's own course: the protocol, the people, the drug on the shelf."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from ledger.course.people import Roster
from ledger.events.supply import LotReceived
from ledger.protocol.model import Protocol


class Setting(Struct, frozen=True):
    """The protocol in force, the roster as known, and the lots received at the site, by lot number.

    `quarantines` tells when each lot was put in quarantine (true) and taken out of it (false).
    """

    protocol: Protocol
    roster: Roster
    lots: Mapping[str, LotReceived]
    quarantines: Mapping[str, tuple[tuple[datetime, bool], ...]] = field(default_factory=dict)

    def quarantined(self, lot: str, at: datetime) -> bool:
        """Tell whether a lot was in quarantine at `at`."""
        return [state for since, state in self.quarantines.get(lot, ()) if since <= at][-1:] == [True]
