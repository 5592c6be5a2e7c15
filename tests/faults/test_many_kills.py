"""Writers on several machines are killed, again and again: whatever was acknowledged stands there afterwards."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import power
import pytest
import server
from minting import Site

from commands.cli.lastseen import opener_of
from ledger.book import Ledger, Receipt
from ledger.book.moving import move
from ledger.verify import verify_path

NAMES = ("nina", "norbert", "clara")
KILLS = 6
Place = Callable[[], str]


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A staffed site: in a file, or on a server."""
    path = tmp_path / "trial.ledger"
    Site(path).staffed().book.close()
    if request.param == "file":
        return str(path)
    found = server.shared()
    url = found.url(found.fresh())
    with Ledger.open(path, read_only=True) as ledger:
        move(path, url, opener_of(ledger))
    return url


def killed(place: str, chance: random.Random, seed: int) -> list[Receipt]:
    """Three people write at once and one after the other is killed; the receipts that they had been given."""
    running = [
        subprocess.Popen(power.writer(place, 10_000, name, f"{name} {seed}"), stdout=subprocess.PIPE) for name in NAMES
    ]
    receipts: list[Receipt] = []
    try:
        for process in chance.sample(running, len(running)):
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 5)):
                receipts += _receipt(process.stdout.readline())
            process.kill()
            receipts += [one for line in process.stdout for one in _receipt(line)]
    finally:
        for process in running:
            process.kill()
            process.communicate()
    return receipts


def _receipt(line: bytes) -> list[Receipt]:
    """The receipt of a line; the last line of somebody who was killed may be half of one."""
    if not line.endswith(b"\n"):
        return []
    found = power.told(line)
    assert found is not None, line
    return [found]


def stands(place: str, receipts: list[Receipt]) -> None:
    """Every receipt is true, each of another entry, and the whole is what an inspector accepts."""
    with Ledger.open(place, read_only=True) as book:
        assert [] == [one.position for one in receipts if not power.kept(book, one)]
        assert len(receipts) == len({one.position for one in receipts})
        assert list(range(book.size)) == [entry.position for entry in book.entries()]
    assert () == verify_path(place, workers=1).findings


def test_what_was_acknowledged_stands(place: str) -> None:
    """The ward loses its power in the middle of the morning round: a dose is in nobody's record, or in it twice."""
    chance = random.Random(7)
    receipts = [one for seed in range(KILLS // len(NAMES)) for one in killed(place, chance, seed)]
    assert len(receipts) >= KILLS
    stands(place, receipts)


@pytest.mark.soak
def test_hundreds_of_kills(place: str, soak_seconds: float) -> None:
    """After a year of power cuts the one entry that nobody misses would be missing."""
    chance, until, seed = random.Random(11), monotonic() + soak_seconds, 0
    receipts: list[Receipt] = []
    while monotonic() < until:
        receipts += killed(place, chance, seed)
        seed += 1
    assert len(receipts) >= seed
    stands(place, receipts)
