"""One of several processes that write at the same time: `throng.py`, told what to do by a line of JSON.

It says `ready` when it has read its patients once, begins at the next line, and prints how long each append took.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import msgspec
from homes import bare
from peaks import ENVIRONMENT
from rivals import Plain

BODY = {"weight_kg": "70"}
KIND = "patient.measured/1"


class Task(msgspec.Struct, frozen=True):
    """What one writer does: `count` appends about its patients in turn, each as `who`, `hours` after the last dose."""

    system: str
    place: str
    env: dict[str, str]
    numbers: list[str]
    ids: dict[str, str]
    who: str
    count: int
    hours: int


class Told(msgspec.Struct, frozen=True):
    """What came of it: milliseconds of each append that was stored, and the errors of those that were not."""

    ms: list[float]
    errors: list[str]


@dataclass(frozen=True)
class Crowd:
    """What several writers did together: milliseconds from the first to the last, and of each append."""

    wall_ms: float
    ms: tuple[float, ...]
    errors: tuple[str, ...]

    @property
    def each(self) -> float:
        """Milliseconds per entry that was stored."""
        return self.wall_ms / len(self.ms)

    def at(self, share: float) -> float:
        """How long no more than this share of the appends waited at least."""
        return sorted(self.ms)[min(len(self.ms) - 1, int(len(self.ms) * share))]


def together(tasks: Sequence[Task]) -> Crowd:
    """Let several processes begin at the same moment, and wait for all of them."""
    words = [sys.executable, str(Path(__file__).resolve())]
    running = [
        subprocess.Popen(words, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in tasks
    ]
    try:
        for process, task in zip(running, tasks, strict=True):
            _say(process, msgspec.json.encode(task).decode())
        for process in running:
            assert "ready\n" == _heard(process)
        began = perf_counter()
        for process in running:
            _say(process, "go")
        told = [msgspec.json.decode(_heard(process), type=Told) for process in running]
        wall = (perf_counter() - began) * 1000
    finally:
        for process in running:
            process.kill()
            process.communicate()
    return Crowd(wall, tuple(ms for one in told for ms in one.ms), tuple(why for one in told for why in one.errors))


def _say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def _heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _ours(task: Task) -> tuple[Any, Callable[[str, int], object]]:
    from acts import MONDAY, Ward

    seed = f"{task.who} {task.hours} {task.numbers[0]}"
    ward = Ward.open(task.place, seed=seed, now=MONDAY + timedelta(days=60, hours=task.hours))
    return ward, lambda number, turn: ward.do(task.who, "patient measure", patient=number, weight=f"{70 + turn % 5}kg")


def _plain(task: Task) -> tuple[Any, Callable[[str, int], object]]:
    plain = Plain({**task.env, "CREATE_TABLE": "no"}, {number: UUID(one) for number, one in task.ids.items()})
    return plain, lambda number, turn: plain.append(number, KIND, {**BODY, "turn": turn})


def _raw(task: Task) -> tuple[Any, Callable[[str, int], object]]:
    raw = bare(task.place)
    return raw, lambda number, turn: raw.append(number, KIND, json.dumps({**BODY, "turn": turn}).encode())


def main() -> None:
    """Be one of the writers."""
    task = msgspec.json.decode(sys.stdin.readline(), type=Task)
    writer, append = {"ours": _ours, "plain": _plain, "raw": _raw}[task.system](task)
    with closing(writer):
        for number in task.numbers:
            append(number, 0)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        ms, errors = list[float](), list[str]()
        for turn in range(1, task.count + 1):
            began = perf_counter()
            try:
                append(task.numbers[turn % len(task.numbers)], turn)
            except Exception as error:  # noqa: BLE001 - whatever a rival raises, the entry is not stored
                errors.append(f"{type(error).__name__}: {error}")
            else:
                ms.append((perf_counter() - began) * 1000)
        sys.stdout.write(msgspec.json.encode(Told(ms, errors)).decode() + "\n")


if __name__ == "__main__":
    main()
