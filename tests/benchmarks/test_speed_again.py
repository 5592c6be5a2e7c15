"""W4b and LS: what is verified again after a day, and what it costs to keep the newest head outside the ledger."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from acts import MONDAY, Ward
from measuring import Board, figure, rounds, timed
from peaks import peak
from sites import PER_PATIENT, Template, filled
from sizes import LARGEST

from commands.cli import lastseen
from ledger.book import Ledger
from ledger.verify import verify_path
from ledger.verify.since import Verified

NEW = 1_000
"""Entries that came since the last verification."""
ACTS = 20
pytestmark = pytest.mark.bench


def test_w4b_what_came_since_is_verified_alone(
    board: Board, site_of: Callable[[int], Path], course: Template, tmp_path: Path
) -> None:
    """A verification of every morning that judges all years again is soon one of every month."""
    path = tmp_path / "grown.ledger"
    shutil.copyfile(site_of(LARGEST), path)
    with Ledger.open(path, read_only=True) as book:
        size, note = book.size, book.checkpoint()
    with closing(Ward.open(path, seed="since")) as ward:
        filled(ward, course, [f"{500_000 + number:06}" for number in range(NEW // PER_PATIENT)])
    short, since = site_of(NEW), Verified(note, "the day before")
    verdicts: set[str] = set()
    found = rounds(
        {
            "since": timed(lambda: verdicts.add(verify_path(path, since=since).verdict)),
            "alone": timed(lambda: verify_path(short)),
        }
    )
    assert {"continued"} == verdicts
    board.add(
        figure(
            "W4b",
            f"verify --since, +{NEW:,} on {size:,} entries",
            ours=found["since"],
            base=found["alone"],
            baseline=f"verify of {NEW:,} entries alone",
            faster=False,
            peak_mib=peak("since", path, str(size)),
        )
    )


def alone(ward: Ward) -> AbstractContextManager[None]:
    """Nothing beside the act."""
    assert ward.book.size
    return nullcontext()


def seen(ward: Ward) -> AbstractContextManager[None]:
    """The act as a command does it: compared with the head that was last seen, whose place its own head takes."""
    return lastseen.on_write(ward.book)


def test_an_act_with_its_head_kept_outside(
    board: Board, acted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A protection that makes every entry slow is switched off by whoever is in a hurry."""
    monkeypatch.setenv("DOSELEDGER_STATE", str(tmp_path / "state"))
    wards: dict[str, Ward] = {}
    try:
        for name in ("kept", "not kept"):
            shutil.copyfile(acted, path := tmp_path / f"{name}.ledger")
            wards[name] = Ward.open(path, seed=name, now=MONDAY + timedelta(days=60))

        def acting(name: str, around: Callable[[Ward], AbstractContextManager[None]]) -> Callable[[], float]:
            ward = wards[name]

            def act() -> None:
                for turn in range(ACTS):
                    with around(ward):
                        ward.do("nurse.1", "patient measure", patient="000003", weight=f"{70 + turn % 5}kg")

            return timed(act)

        systems = {"kept": acting("kept", seen), "not kept": acting("not kept", alone)}
        for once in systems.values():
            once()
        found = rounds(systems, 7)
        with Ledger.open(tmp_path / "kept.ledger", read_only=True) as book:
            assert lastseen.kept_of(book).note() == book.checkpoint()
    finally:
        for ward in wards.values():
            ward.close()
    board.add(
        figure(
            "LS",
            "act with its head compared and kept outside",
            ours=[one / ACTS for one in found["kept"]],
            base=[one / ACTS for one in found["not kept"]],
            baseline="the same act, nothing kept",
            goal="<= 1.15x",
            faster=False,
        )
    )
