"""W1x4: four writers at the same time, each with patients of its own, beside one who writes as much alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from homes import Home, bare
from measuring import ROUNDS, Board, figure, rounds
from rivals import Plain, bodies
from sites import Template
from throng import KIND, Crowd, Task, together

from ledger.book import Ledger
from ledger.verify import verify_path

WRITERS = ("nurse.1", "nurse.2", "nurse.3", "crc.1")
EACH = 7
"""Patients of each writer, who have about a hundred entries."""
COUNT = 35
"""Appends of each writer in a round."""
pytestmark = pytest.mark.bench


class Case:
    """One system at one place: it writes with four processes or with one, and remembers what came of it."""

    def __init__(self, system: str, place: str, env: dict[str, str], ids: dict[str, str]) -> None:
        self.system, self.place, self.env, self.ids = system, place, env, ids
        self.came: list[Crowd] = []

    def writing(self, writers: Sequence[str]) -> Callable[[], float]:
        """Milliseconds per entry of a round in which these write."""
        numbers = [f"{number:06}" for number in range(EACH * len(WRITERS))]
        share = len(numbers) // len(writers)

        def measure() -> float:
            tasks = [
                Task(
                    self.system,
                    self.place,
                    self.env,
                    numbers[at * share : (at + 1) * share],
                    self.ids,
                    who,
                    COUNT * len(WRITERS) // len(writers),
                    len(self.came),
                )
                for at, who in enumerate(writers)
            ]
            self.came.append(together(tasks))
            return self.came[-1].each

        return measure


def cases(home: Home, acted: Path, course: Template) -> dict[str, Case]:
    """The four that are compared: our ledger under four writers and under one, and both rivals under four."""
    said = bodies(course.course)
    numbers = [f"{number:06}" for number in range(EACH * len(WRITERS))]
    env, raw_at = home.env(), home.raw_at()
    with closing(Plain(env)) as plain, closing(bare(raw_at)) as raw:
        for number in numbers:
            plain.fill(number, [(kind, json.loads(body)) for kind, body in said])
            raw.fill(number, said)
        ids = {number: str(one) for number, one in plain.ids.items()}
    return {
        "four": Case("ours", home.copy(acted), {}, {}),
        "one": Case("ours", home.copy(acted), {}, {}),
        "plain": Case("plain", "", env, ids),
        "raw": Case("raw", raw_at, {}, {}),
    }


def test_w1x4_four_writers_at_once(board: Board, home: Home, acted: Path, course: Template) -> None:
    """A nurse whose entry fails or waits because three others write too keeps a slip of paper in her pocket."""
    of = cases(home, acted, course)
    found = rounds({name: case.writing(WRITERS[:1] if name == "one" else WRITERS) for name, case in of.items()})
    stored = (COUNT + EACH) * len(WRITERS) * ROUNDS
    for name in ("four", "one"):
        assert () == tuple(why for came in of[name].came for why in came.errors)
        assert "ok-unanchored" == verify_path(of[name].place).verdict
        with Ledger.open(of[name].place, read_only=True) as book, Ledger.open(acted, read_only=True) as before:
            written = [entry.kind for entry in book.entries(before.size)]
        assert [KIND] * stored == [kind for kind in written if kind == KIND]
    lost = sum(len(came.errors) for came in of["plain"].came)
    rival = f"plain eventsourcing, four writers{f', {lost} of {stored} lost' if lost else ''}"
    mark = f"{home.letter}1x4"
    pace = {
        "one": ("the same by one writer", ">= 0.7x"),
        "plain": (rival, ""),
        "raw": (f"raw {home.name}, four writers", ""),
    }
    for base, (said, goal) in pace.items():
        what = "act through perform, four writers, per entry"
        board.add(figure(mark, what, ours=found["four"], base=found[base], baseline=said, goal=goal))
    late = {name: [came.at(0.99) for came in case.came] for name, case in of.items()}
    for base, (said, _) in pace.items():
        goal = "<= 0.5x" if base == "plain" else ""
        what = "the longest of 100 waits, four writers"
        board.add(figure(mark, what, ours=late["four"], base=late[base], baseline=said, goal=goal, faster=False))
