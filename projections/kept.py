"""What a reader may be given that was worked out before: of all patients, and of the drug books."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from ledger.book import Ledger
from ledger.course.lines import Share
from projections.replay import NOBODY, Window
from projections.settled import Settled

_NOTHING: Mapping[str, Share] = MappingProxyType({})


class Views(Protocol):
    """Persisted views, as far as they hold through a window of a ledger; what they lack is worked out from entries."""

    def patients(self, ledger: Ledger, through: Window) -> Mapping[str, Settled]:
        """Give the patients whose state through a window is kept, by number."""
        ...

    def shares(self, ledger: Ledger, through: Window) -> Mapping[str, Share]:
        """Give what the drug books need of those patients of whom it is kept, by number."""
        ...


def patients(ledger: Ledger, through: Window, views: Views | None, patient: str | None = None) -> Mapping[str, Settled]:
    """Give the patients that views keep; of one patient alone the entries are read, which costs less."""
    return NOBODY if views is None or patient is not None else views.patients(ledger, through)


def shares(ledger: Ledger, through: Window, views: Views | None) -> Mapping[str, Share]:
    """Give what views keep for the drug books."""
    return _NOTHING if views is None else views.shares(ledger, through)
