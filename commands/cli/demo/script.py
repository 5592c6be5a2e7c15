"""A script: what is done when, by whom; steps name the entries of earlier steps by labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Step:
    """One act at one moment; `refused` is the rule that must refuse it, `tell` what the reader is told."""

    at: datetime
    by: tuple[str, ...]
    verb: str
    options: Mapping[str, object]
    label: str = ""
    refused: str = ""
    tell: str = ""


@dataclass
class Script:
    """The steps of all patients; day 0 is the first day of the play. A patient's times are shifted by some minutes."""

    first: date
    zone: ZoneInfo
    shift: int = 0
    steps: list[Step] = field(default_factory=list)

    def moment(self, day: int, clock: str) -> datetime:
        """Give the instant of a wall-clock time of a day."""
        hour, minute = (int(part) for part in clock.split(":"))
        on = self.first + timedelta(days=day)
        return datetime(on.year, on.month, on.day, hour, minute, tzinfo=self.zone) + timedelta(minutes=self.shift)

    def time(self, day: int, clock: str) -> str:
        """Give a time as an option states it, with its offset."""
        return self.moment(day, clock).isoformat(timespec="minutes")

    def day(self, day: int) -> str:
        """Give a day as an option states it."""
        return (self.first + timedelta(days=day)).isoformat()

    def do(
        self,
        day: int,
        clock: str,
        by: str,
        verb: str,
        *,
        label: str = "",
        refused: str = "",
        tell: str = "",
        **options: object,
    ) -> None:
        """Add a step at a wall-clock time of a day; `by` names the signers, `nurse.1+nurse.2`."""
        self.at(self.moment(day, clock), by, verb, label=label, refused=refused, tell=tell, **options)

    def at(
        self,
        instant: datetime,
        by: str,
        verb: str,
        *,
        label: str = "",
        refused: str = "",
        tell: str = "",
        **options: object,
    ) -> None:
        """Add a step at an instant, which no change of the clocks moves."""
        said = {name.rstrip("_").replace("_", "-"): value for name, value in options.items()}
        self.steps.append(Step(instant, tuple(by.split("+")), verb, said, label, refused, tell))

    def in_order(self) -> list[Step]:
        """Give the steps by time; those of one moment as they were written."""
        return sorted(self.steps, key=lambda step: step.at.timestamp())
