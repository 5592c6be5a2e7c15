"""What a run gives back: each step with its outcome, and every difference from what was expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ledger.errors import Conflict, DoseLedgerError, Refused
from ledger.rules.finding import Finding

Outcome = Literal["accepted", "refused", "conflict", "unparsed", "failed"]
_OUTCOMES: dict[int, Outcome] = {2: "unparsed", 3: "refused", 4: "refused", 5: "conflict"}


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of one step: the exit code of the command line, the rules, the words, and what was written or read."""

    outcome: Outcome = "accepted"
    exit: int = 0
    rules: tuple[str, ...] = ()
    says: str = ""
    winner: int | None = None
    attempt: int | None = None
    entries: tuple[int, ...] = ()
    added: int = 0
    raised: tuple[Finding, ...] = ()
    cleared: tuple[Finding, ...] = ()
    data: object = None
    """What was read, or of a write the fields of its JSON."""


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """One step as it was played, in `branch` (a fork, or one order of a race) where it was in one.

    `expect` is what was expected with its labels opened, `differences` are sentences.
    """

    n: int
    do: str
    by: str | None
    label: str | None
    clock: str
    branch: str | None
    expect: Mapping[str, object]
    done: Done
    differences: tuple[str, ...]

    def data(self) -> dict[str, object]:
        """The step as JSON data."""
        done = self.done
        return {
            "step": self.n,
            "do": self.do,
            "by": self.by,
            "label": self.label,
            "clock": self.clock,
            "branch": self.branch,
            "outcome": done.outcome,
            "exit": done.exit,
            "rules": list(done.rules),
            "says": done.says,
            "entries": list(done.entries),
            "attempt": done.attempt,
            "differences": list(self.differences),
        }


@dataclass(frozen=True, kw_only=True)
class Result:
    """A whole run; `ok` when nothing was different from what the script expects."""

    title: str
    steps: tuple[StepResult, ...]
    differences: tuple[str, ...]
    path: str
    entries: int

    @property
    def ok(self) -> bool:
        """Whether everything came out as expected."""
        return not self.differences

    def data(self) -> dict[str, object]:
        """The run as JSON data."""
        return {
            "title": self.title,
            "ok": self.ok,
            "entries": self.entries,
            "steps": [step.data() for step in self.steps],
            "differences": list(self.differences),
        }


def failed(error: DoseLedgerError, *, added: int) -> Done:
    """Describe an act that was not accepted."""
    rules = error.rules if isinstance(error, Refused) else ()
    winner = error.winner if isinstance(error, Conflict) else None
    outcome = _OUTCOMES.get(error.exit_code, "failed")
    data = {
        "outcome": outcome,
        "position": None,
        "entry": None,
        "leaf": None,
        "winner": winner,
        "attempt": error.attempt,
    }
    return Done(
        outcome=outcome,
        exit=error.exit_code,
        rules=rules,
        says="\n".join(part for part in (error.what, error.why, error.fix) if part),
        winner=winner,
        attempt=error.attempt,
        added=added,
        data=data,
    )


def together(parts: Sequence[Done]) -> Done:
    """Describe several steps as one: the first that was not accepted, all entries, the findings that still stand."""
    raised: list[Finding] = []
    for part in parts:
        gone = {finding.id for finding in part.cleared}
        raised = [*(finding for finding in raised if finding.id not in gone), *part.raised]
    first = next((part for part in parts if part.exit), parts[-1])
    entries = tuple(position for part in parts for position in part.entries)
    return replace(first, entries=entries, added=sum(part.added for part in parts), raised=tuple(raised))


def printed(finding: Finding) -> Mapping[str, object]:
    """Give a finding the fields that `status` shows it with."""
    return {
        "rule": finding.rule,
        "target": f"entry {finding.position}",
        "severity": finding.severity,
        "hindsight": finding.hindsight,
        "planned": finding.planned,
        "acknowledged": finding.acknowledged,
        "text": finding.text,
    }
