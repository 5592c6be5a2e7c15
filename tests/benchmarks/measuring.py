"""Rounds of measurement: every system once per round, in rotating order, and ratios within the same round.

Absolute times move with whatever else the machine does; a ratio of two systems in one round moves little.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

ROUNDS = 5
"""Fewest rounds of any figure."""


@dataclass(frozen=True)
class Figure:
    """One line of the table: `ratio` is the median over the rounds, `low` and `high` its spread.

    `ours` and `base` are medians in `unit`. `goal` is what the ratio should be, in words; empty where none is set.
    `rounds` is how often it was measured, `peak_mib` the most memory that a process of its own
    held, where one was asked.
    """

    id: str
    what: str
    ours: float
    base: float
    unit: str
    baseline: str
    ratio: float
    low: float
    high: float
    goal: str = ""
    rounds: int = 1
    peak_mib: float | None = None


def timed(call: Callable[[], object]) -> Callable[[], float]:
    """Milliseconds that a call takes."""

    def measure() -> float:
        began = perf_counter()
        call()
        return (perf_counter() - began) * 1000

    return measure


def rounds(systems: Mapping[str, Callable[[], float]], count: int = ROUNDS) -> dict[str, list[float]]:
    """Let every system measure itself once per round, each round beginning with another one (A B C, B C A, ...)."""
    names = list(systems)
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(count):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            found[name].append(systems[name]())
    return found


def figure(
    id: str,
    what: str,
    *,
    ours: list[float],
    base: list[float],
    baseline: str,
    goal: str = "",
    unit: str = "ms",
    faster: bool = True,
    peak_mib: float | None = None,
) -> Figure:
    """Compare times round by round; `faster`: the ratio says how many times faster ours is, else how much more."""
    ratios = [b / o if faster else o / b for o, b in zip(ours, base, strict=True)]
    return Figure(
        id,
        what,
        median(ours),
        median(base),
        unit,
        baseline,
        median(ratios),
        min(ratios),
        max(ratios),
        goal,
        len(ratios),
        peak_mib,
    )


class Board:
    """The figures of one run, printed as a table and kept as JSON."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []

    def add(self, figure: Figure) -> None:
        """Take a figure, and print its line at once: a long run shows how far it is."""
        self.figures.append(figure)
        sys.stdout.write(f"\n{line(figure)}\n")

    def close(self, path: Path) -> None:
        """Print the whole table, and write it to `path`."""
        table = [machine(), HEAD, "-" * len(HEAD), *(line(figure) for figure in self.figures)]
        sys.stdout.write("\n\n" + "\n".join(table) + "\n")
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = {"machine": machine(), "figures": [asdict(figure) for figure in self.figures]}
        path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


HEAD = (
    f"{'id':<5} {'what is measured':<46} {'ours':>10} {'baseline':>10} {'unit':<6}"
    f" {'ratio':>7} {'spread':>13} {'n':>2} {'MiB':>5}  {'goal':<9} baseline is"
)


def line(one: Figure) -> str:
    """One figure as a line of the table."""
    peak = "" if one.peak_mib is None else f"{one.peak_mib:.0f}"
    return (
        f"{one.id:<5} {one.what:<46} {one.ours:>10.3f} {one.base:>10.3f} {one.unit:<6}"
        f" {one.ratio:>6.2f}x {one.low:>5.2f} - {one.high:<5.2f} {one.rounds:>2} {peak:>5}"
        f"  {one.goal:<9} {one.baseline}"
    )


def machine() -> str:
    """Name what the figures were measured on."""
    return (
        f"{cores()} cores, {_processor()}, {platform.system()} {platform.release()}, "
        f"{platform.python_implementation()} {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = (text.partition(":")[2].strip() for text in lines if text.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
