"""The two times of a reading, as people state them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from commands.cli import clock
from commands.cli.options import AsOf
from ledger.book import Ledger


class Times(TypedDict):
    """What every reader takes."""

    now: datetime
    valid_at: datetime | None
    known_at: int | datetime | None


@dataclass(frozen=True)
class Reader:
    """The present time in the site's zone, and how a stated time is read in it."""

    ledger: Ledger
    now: datetime

    @property
    def zone(self) -> str:
        """The site's zone."""
        genesis = self.ledger.roster(1).genesis
        return genesis.zone if genesis is not None else "UTC"

    def moment(self, text: str) -> datetime:
        """Read a time, or the end of a day."""
        from commands.reading import read_when

        said = read_when(text, self.now, self.zone)
        return said.at if said.day is None else said.at.replace(hour=23, minute=59, second=59)

    def place(self, text: str) -> int | datetime:
        """Read a place in the log: a number of entries, `#N` (up to and with that entry), or a time."""
        if re.fullmatch(r"#[0-9]{1,16}", text):
            return int(text[1:]) + 1
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else self.moment(text)


def reader(ledger: Ledger) -> Reader:
    """Make the reader of stated times for a ledger, with the machine's clock."""
    genesis = ledger.roster(1).genesis
    return Reader(ledger, clock.now().astimezone(ZoneInfo(genesis.zone if genesis is not None else "UTC")))


def times(ledger: Ledger, asof: AsOf) -> Times:
    """Read `--valid-at` and `--known-at`."""
    here = reader(ledger)
    return Times(
        now=here.now,
        valid_at=here.moment(asof.valid_at) if asof.valid_at is not None else None,
        known_at=here.place(asof.known_at) if asof.known_at is not None else None,
    )
