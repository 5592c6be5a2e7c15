"""The answer of a verification: one verdict, the first bad entry, and every finding as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ledger.admission.problem import Level
from ledger.anchors.evidence import Held
from ledger.anchors.sandwich import Sandwich

Verdict = Literal["ok", "ok-unanchored", "self-consistent", "continued", "stale", "fork", "failed"]
"""`ok` needs something outside that saw this ledger; `continued` looked at what came since a checkpoint alone.

docs/spec/verification.md says what each of them means.
"""

NOT_ANCHORED = "not anchored: nothing outside this ledger vouches that its newest entries are all there"
OWN_WORD = "not anchored: the ledger id and the log's key come from the copy itself; compare them with the paper"
EXIT: dict[Verdict, int] = {
    "ok": 0,
    "ok-unanchored": 0,
    "self-consistent": 0,
    "continued": 0,
    "stale": 8,
    "fork": 8,
    "failed": 8,
}
"""The exit code of the command line for each verdict."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between what is stored and what must be; `position` is null where it is of no one entry."""

    level: Level
    code: str
    why: str
    position: int | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class FirstBad:
    """The bad entry of the smallest position."""

    position: int
    kind: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was verified and what was found; `root` is that of all `entries`, in hexadecimal.

    `findings` make the verdict; `notices` do not. `anchor` says in plain words what outside the ledger
    vouches for it, `anchors` are those that stand in the log, each judged by its evidence. `withheld` counts the
    entries whose content a copy left out. `sandwich` is given where it was asked for, of one entry.
    """

    verdict: Verdict
    ledger: str
    entries: int
    root: str
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]
    first_bad: FirstBad | None
    findings: tuple[Finding, ...]
    notices: tuple[Finding, ...]
    anchor: str
    withheld: int = 0
    anchors: tuple[Held, ...] = ()
    sandwich: Sandwich | None = None

    @property
    def exit_code(self) -> int:
        """0, or 8 where the ledger must not be trusted as it is."""
        return EXIT[self.verdict]


def first_bad(findings: tuple[Finding, ...]) -> FirstBad | None:
    """Name the bad entry of the smallest position; of its findings the one of the lowest level."""
    named = [finding for finding in findings if finding.position is not None]
    if not named:
        return None
    first = min(named, key=lambda finding: (finding.position, finding.level))
    return FirstBad(first.position or 0, first.kind, first.why)
