"""What is wrong with an entry at its place: a value for whoever reports it, an error for whoever refuses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ledger.errors import Conflict, DoseLedgerError, IntegrityFailure, Refused

Level = Literal["L1", "L2", "L3"]
"""L1: bytes, signatures, keys, tree. L2: what entries say of each other. L3: what is derived from them."""
Severity = Literal["failure", "notice"]
"""A notice is worth reading and changes no verdict."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of the judgement.

    `code` is stable and documented in docs/spec/verification.md; `error` is what an append raises for it;
    `winner` is the position of the entry that stands in the way, `rules` the protocol rules that refuse it.
    """

    code: str
    why: str
    error: type[DoseLedgerError] = IntegrityFailure
    level: Level = "L2"
    severity: Severity = "failure"
    winner: int | None = None
    rules: tuple[str, ...] = ()
    fix: str = ""

    def refusal(self) -> DoseLedgerError:
        """The error that refuses the entry for this problem."""
        if issubclass(self.error, Conflict):
            return self.error(self.why, winner=self.winner, fix=self.fix)
        if issubclass(self.error, Refused):
            return self.error(self.why, rules=self.rules, fix=self.fix)
        return self.error(self.why, fix=self.fix)
