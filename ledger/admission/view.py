"""What stands in the log before an entry, as far as the judgement of that entry asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from ledger.codec import Opened
from ledger.events.entry import Entry
from ledger.events.record import LogClock
from ledger.events.row import Family


class Named(NamedTuple):
    """What names an entry, and where it belongs: `leaf` is its leaf hash in hexadecimal."""

    id: str
    leaf: str
    stream: str
    kind: str


class View(Protocol):
    """The log of `size` entries; the entry that is judged would stand at position `size`.

    The storage answers from its columns, a verifier from what it has derived itself.
    """

    @property
    def size(self) -> int:
        """How many entries stand."""

    def opened(self, position: int) -> Opened:
        """The entry at a position below `size`."""

    def named(self, position: int) -> Named | None:
        """What names the entry at a position; None where none stands."""

    def withheld(self, position: int) -> str | None:
        """The leaf hash in hexadecimal of an entry whose content a copy left out; None for every other position."""

    def root_at(self, size: int) -> bytes:
        """The root of the log when it held `size` entries, 0 <= size <= self.size."""

    def position_of(self, entry_id: str) -> int | None:
        """Where the entry with this id stands."""

    def first_between(  # noqa: PLR0917
        self, family: Family, stream: str, kinds: frozenset[str], start: int, stop: int, command_id: str | None
    ) -> int | None:
        """The smallest position in [start, stop) of an entry of one of `kinds` that is not of that command.

        Family `any` asks for entries of this very stream; another family for those of all its streams.
        """

    def reviews(self, stream: str) -> Sequence[int]:
        """The entries of review and closing on a stream, in log order."""

    def positions(self, stream: str, start: int, stop: int) -> Sequence[int]:
        """The entries of a stream in [start, stop), in log order."""

    def n_used(self, kid: str, n: int) -> int | None:
        """Where this key has already signed with this counter."""

    def command_used(self, command_id: str, index: int) -> int | None:
        """Where this index of this command stands."""

    def last_of(self, kid: str) -> int | None:
        """The newest entry whose first signature is by this key."""

    def amendments(self, entry_id: str) -> Sequence[int]:
        """The corrections and voids whose `corrects` names this entry, in log order."""

    def countersignatures(self, entry_id: str) -> Sequence[int]:
        """The countersignatures of this entry, in log order."""

    def log_time(self) -> datetime | None:
        """T of the newest entry, folded with `log_time`; None for an empty log."""


def log_time(before: datetime | None, entry: Entry) -> datetime:
    """T at an entry: the greatest `recorded_at` so far, begun anew by a clock entry that resets it."""
    if before is None or (isinstance(entry.event, LogClock) and entry.event.reset):
        return entry.recorded_at
    return max(before, entry.recorded_at)
