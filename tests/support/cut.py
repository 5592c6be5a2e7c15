"""A ledger as it was after its first entries, which grows by moving the cut: no entry is written anew."""

from __future__ import annotations

from pathlib import Path

from ledger.book import Ledger
from ledger.course.people import Roster
from ledger.events.entry import Entry


class Cut(Ledger):
    """The first `stop` entries of a ledger file, opened for reading."""

    stop: int

    @classmethod
    def at(cls, path: Path | str, stop: int) -> Cut:
        """Open the file and cut it."""
        found = cls.open(path, read_only=True)
        assert isinstance(found, cls)
        found.stop = stop
        return found

    @property
    def size(self) -> int:
        """As many entries as are left."""
        return self.stop

    def stream(self, name: str, *, up_to: int | None = None) -> tuple[Entry, ...]:
        """The entries of a stream before the cut."""
        return super().stream(name, up_to=self.stop if up_to is None else min(up_to, self.stop))

    def streams(self, prefix: str = "") -> tuple[str, ...]:
        """The streams that had begun before the cut."""
        return tuple(name for name in super().streams(prefix) if self.stream(name))

    def roster(self, at: int | None = None) -> Roster:
        """The roster of the first entries alone."""
        return self._shelf.roster(self.stop if at is None else at, newest=False)
