"""W2 and P2: many entries at once, every one signed; and a whole ledger carried to another place."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest
from acts import Ward
from homes import Home, bare
from measuring import ROUNDS, Board, figure, rounds, timed
from peaks import peak
from rivals import Plain, bodies
from sites import PER_PATIENT, Template, filled

from ledger.anchors import opener
from ledger.book import Ledger
from ledger.book.moving import move
from ledger.verify import verify_path

PATIENTS = 10
"""Patients of one round, who get their whole course."""
CARRIED = 1_000
"""Entries of the ledger that is carried."""
pytestmark = pytest.mark.bench


class Numbers:
    """Patients who were not there before, as many for each round."""

    def __init__(self) -> None:
        self.given = 0

    def next(self) -> list[str]:
        """The patients of a round."""
        self.given += PATIENTS
        return [f"{number:06}" for number in range(self.given - PATIENTS, self.given)]


def storing(fill: Callable[[list[str]], object]) -> Callable[[], float]:
    """Milliseconds per entry of a round in which whole courses are stored."""
    numbers = Numbers()

    def measure() -> float:
        patients = numbers.next()
        began = perf_counter()
        fill(patients)
        return (perf_counter() - began) * 1000 / (PATIENTS * PER_PATIENT)

    return measure


def test_w2_bulk(board: Board, home: Home, course: Template) -> None:
    """A site that moves in with a year of paper, and is told that it takes a week, keeps the paper."""
    said = bodies(course.course)
    parsed = [(kind, json.loads(body)) for kind, body in said]
    place, mark = home.place(), f"{home.letter}2"
    with (
        closing(Ward.founded(place)) as ward,
        closing(Plain(home.env())) as plain,
        closing(bare(home.raw_at())) as raw,
    ):
        found = rounds(
            {
                "ours": storing(lambda numbers: filled(ward, course, numbers)),
                "plain": storing(lambda numbers: [plain.fill(number, parsed) for number in numbers]),
                "raw": storing(lambda numbers: [raw.fill(number, said) for number in numbers]),
            }
        )
        assert plain.states() == raw.states()
        assert ROUNDS * PATIENTS == len(plain.states())
    assert "ok-unanchored" == verify_path(place).verdict
    what = "bulk, every entry signed and sealed, per entry"
    for base, rival, goal in (
        ("plain", "plain eventsourcing, a course at once", ">= 0.9x"),
        ("raw", f"raw {home.name}, a course at once", ""),
    ):
        board.add(figure(mark, what, ours=found["ours"], base=found[base], baseline=rival, goal=goal))


def test_w2_a_ledger_is_carried_to_another_place(board: Board, home: Home, site_of: Callable[[int], Path]) -> None:
    """A move that nobody can wait for is done with a tool that copies files, and forgets half of them."""
    source = str(site_of(CARRIED))

    def moved() -> None:
        with Ledger.open(source, read_only=True) as book:
            move(source, home.place(), opener(lambda: book.log_keys))

    found = rounds({"copy": timed(moved), "verify": timed(lambda: verify_path(source))})
    board.add(
        figure(
            f"{home.letter}2",
            f"ledger copy, {CARRIED:,} entries",
            ours=found["copy"],
            base=found["verify"],
            baseline="doseledger verify",
            faster=False,
            peak_mib=peak("move", source, home.place()),
        )
    )
