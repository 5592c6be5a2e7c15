"""What a bundle is of: the first entries of a ledger, all patients or some, and the software that makes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ledger.book import Ledger
from ledger.course.people import Roster
from ledger.errors import IntegrityFailure
from ledger.events.study import LedgerCreated
from projections.replay import Window, numbers, window

_NAMED = 3
"""As many patients are named in the name of a bundle; of more only the number."""


@dataclass(frozen=True)
class Scope:
    """What a bundle is of; everything in it follows from this.

    `ledger` is what its tables are read from: the ledger itself, or for some `patients` the filtered copy, so that
    nothing withheld can reach a table. `software` is `name/version`, `build` the SHA-256 of the program.
    """

    ledger: Ledger
    size: int
    patients: tuple[str, ...]
    software: str
    build: str

    @property
    def version(self) -> str:
        """The software as people read it: `doseledger 0.1.0`."""
        return self.software.replace("/", " ")

    @cached_property
    def as_of(self) -> datetime:
        """Log time of the newest entry: the present time of everything in the bundle."""
        return self.ledger.log_time(self.size - 1)

    @cached_property
    def root(self) -> str:
        """The root over the entries, in hexadecimal."""
        return self.ledger.root_at(self.size).hex()

    @cached_property
    def window(self) -> Window:
        """The window that every reader looks through."""
        return window(self.ledger, now=self.as_of, known_at=self.size)

    @cached_property
    def roster(self) -> Roster:
        """Who may do what at the head."""
        return self.ledger.roster(self.size)

    @property
    def genesis(self) -> LedgerCreated:
        """The first event."""
        found = self.roster.genesis
        if found is None:
            raise IntegrityFailure("the ledger has no first entry", fix="run: doseledger verify")
        return found

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """The patients whose record is in the bundle."""
        found = numbers(self.ledger, self.window)
        return tuple(one for one in found if not self.patients or one in self.patients)

    @property
    def judged(self) -> bool:
        """Whether a protocol pack is in force: without one there is nothing to judge a patient by."""
        return self.roster.protocol is not None

    @property
    def name(self) -> str:
        """`dossier-<study>-<site, and whose>-<day of the head>-<first 8 digits of the root>`."""
        whose = self.roster.site
        if self.patients:
            few = len(self.patients) <= _NAMED
            whose += "-" + ("-".join(self.patients).lower() if few else f"{len(self.patients)}-patients")
        day = self.window.known_at.date().isoformat()
        return f"dossier-{self.genesis.trial}-{whose}-{day}-{self.root[:8]}"
