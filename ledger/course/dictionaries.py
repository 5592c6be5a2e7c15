"""Which toxicity dictionary was in force since when, as a fold over the study's entries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ledger.events.base import DictionaryRef
from ledger.events.entry import Entry
from ledger.events.study import DictionaryLoaded, ProtocolActivated


def in_force(study: Iterable[Entry]) -> tuple[tuple[datetime, DictionaryRef], ...]:
    """List the dictionaries that came into force with a pack, the oldest first.

    Of each version, the one loaded last from the publisher's workbook stands for the one that came with the pack.
    """
    loaded: dict[str, DictionaryRef] = {}
    activated: list[tuple[datetime, DictionaryRef]] = []
    for entry in study:
        if isinstance(entry.event, ProtocolActivated):
            activated.append((entry.occurred_at, entry.event.dictionary))
        elif isinstance(entry.event, DictionaryLoaded):
            loaded[entry.event.dictionary.ctcae] = entry.event.dictionary
    activated.sort(key=lambda one: one[0])
    return tuple((since, loaded.get(ref.ctcae, ref)) for since, ref in activated)
