"""W1 and P1: what one durable act costs, when its patient already has about a hundred entries."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import pytest
from acts import MONDAY, Ward
from homes import Home, bare
from measuring import Board, figure, rounds
from peaks import peak
from rivals import Plain, bodies, state_of
from sites import AMOUNTS, DAYS, PER_PATIENT, Template, dose, filled, with_room

from commands.chart import PatientFile

PATIENTS = 6
"""Patients per round, taken in turn; each gets his twelfth dose in it, entries 94 to 100."""
STEPS = 7
pytestmark = pytest.mark.bench


class Acts:
    """Our side: whole acts through `perform`, and of them the time inside `Ledger.append`."""

    def __init__(self, path: str, course: Template, count: int) -> None:
        self.ward = Ward.founded(path)
        with_room(self.ward)
        self.numbers = [f"P-{number}" for number in range(200, 200 + PATIENTS * count)]
        self.waiting = [self.numbers[first : first + PATIENTS] for first in range(0, len(self.numbers), PATIENTS)]
        filled(self.ward, course, self.numbers, steps=PER_PATIENT - STEPS)
        self.ward.now = MONDAY + timedelta(days=DAYS[-1], hours=-3)
        for number in self.numbers:  # a workstation that was in use has read them
            self.ward.plan("nurse.1", "patient measure", patient=number, weight="71kg")
        self.appending = 0.0
        self.appended: list[float] = []
        append = self.ward.book.append

        def timed(*args: object, **named: object) -> object:
            began = perf_counter()
            receipts = append(*args, **named)
            self.appending += perf_counter() - began
            return receipts

        self.ward.book.append = timed

    def round(self) -> float:
        """Seconds per entry of the last dose of six patients, in turn."""
        numbers, self.appending = self.waiting.pop(0), 0.0
        began = perf_counter()
        for _ in dose(self.ward, numbers, DAYS[-1], AMOUNTS[-1]):
            pass
        taken = perf_counter() - began
        self.appended.append(self.appending / (STEPS * PATIENTS) * 1000)
        return taken / (STEPS * PATIENTS) * 1000

    def states(self) -> list[object]:
        """The states of all patients, judged from nothing."""
        files: list[PatientFile] = [self.ward.file(number) for number in self.numbers]
        return [state_of(file.course) for file in files]


def appending(append: Callable[[str, str, object], None], waiting: list[list[str]], last: list[tuple[str, object]]):
    """A round of a rival: the last seven entries of six patients, in turn."""

    def measure() -> float:
        numbers = waiting.pop(0)
        began = perf_counter()
        for kind, body in last:
            for number in numbers:
                append(number, kind, body)
        return (perf_counter() - began) / (STEPS * PATIENTS) * 1000

    return measure


def test_w1_a_durable_act_at_a_hundred_entries(board: Board, home: Home, course: Template, acted: Path) -> None:
    """A nurse who waits for the screen at the bedside starts the pump first and writes afterwards, from memory."""
    count = 6
    said = bodies(course.course)
    parsed = [(kind, json.loads(body)) for kind, body in said]
    ours = Acts(home.place(), course, count)
    with closing(ours.ward), closing(Plain(home.env())) as plain, closing(bare(home.raw_at())) as raw:
        for number in ours.numbers:
            plain.fill(number, parsed[: PER_PATIENT - STEPS])
            raw.fill(number, said[: PER_PATIENT - STEPS])
        groups = ours.waiting
        found = rounds(
            {
                "ours": ours.round,
                "plain": appending(plain.append, list(groups), parsed[-STEPS:]),
                "raw": appending(raw.append, list(groups), said[-STEPS:]),
            },
            count,
        )
        reference = list(plain.states().values())
        assert reference == list(raw.states().values()) == ours.states()
    mark, what = f"{home.letter}1", "act through perform, per entry"
    rival, durable = "plain eventsourcing: load, one event, save", f"raw {home.name}, as durable"
    goals = {"W": (">= 1.5x", ""), "P": (">= 3x", ">= 0.35x")}[home.letter]
    for base, said, goal in zip(("plain", "raw"), (rival, durable), goals, strict=True):
        memory = peak("act", home.copy(acted)) if base == "plain" else None
        board.add(figure(mark, what, ours=found["ours"], base=found[base], baseline=said, goal=goal, peak_mib=memory))
        board.add(figure(mark, "of which Ledger.append", ours=ours.appended, base=found[base], baseline=said))
