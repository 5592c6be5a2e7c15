"""What a judgement rests on beside the patient's own course: the protocol, the people, the drug on the shelf."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ledger.course.people import Roster
from ledger.events.supply import LotReceived
from ledger.protocol.model import Protocol


class Setting(Struct, frozen=True):
    """The protocol in force, the roster as known, and the lots received at the site, by lot number."""

    protocol: Protocol
    roster: Roster
    lots: Mapping[str, LotReceived]
