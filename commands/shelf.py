"""The stock as the desk sees it: the supply stream of a site with its history, and the drug books of all streams."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from ledger.course.history import History, effective
from ledger.course.stock import Stock, stock
from ledger.events.entry import Entry


class Streams(Protocol):
    """Where entries are read from, stream by stream."""

    def stream(self, name: str) -> tuple[Entry, ...]:
        """All entries of a stream, oldest first."""

    def streams(self, prefix: str = "") -> tuple[str, ...]:
        """The names of the streams that begin so."""


@dataclass(frozen=True, eq=False)
class ShelfFile:
    """A supply stream: its entries and what they say once corrections and voids are counted."""

    stream: str
    entries: tuple[Entry, ...]
    now: datetime

    @cached_property
    def history(self) -> History:
        """The effective history."""
        return effective(self.entries)


def books(ledger: Streams) -> Stock:
    """Fold the drug books of every site from all supply and patient streams."""
    patients = {name.partition("/")[2]: ledger.stream(name) for name in ledger.streams("patient/")}
    return stock([ledger.stream(name) for name in ledger.streams("supply/")], patients)
