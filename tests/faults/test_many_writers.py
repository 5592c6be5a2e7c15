"""Eight programs write at once, at three sites on one server: no gap, no fork, one winner for each slot."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import crowd
import pytest
import server
from minting import Site

from ledger.book import Ledger
from ledger.merkle import proof
from ledger.merkle.checkpoint import parse
from ledger.verify import verify_path

SITES = (3, 3, 2)
"""How many programs write at each site."""
SECONDS = 1.5
LOCKS = ("locked", "busy", "deadlock", "serialize", "in use", "lost;")


def started(place: str, *words: str) -> subprocess.Popen[str]:
    """A program at a ledger."""
    command = [sys.executable, crowd.__file__, place, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(programs: list[subprocess.Popen[str]]) -> list[list[str]]:
    """What each of them was told; none may have failed."""
    outputs = [one.communicate(timeout=300) for one in programs]
    assert [("", 0)] * len(programs) == [(err, one.returncode) for (_, err), one in zip(outputs, programs, strict=True)]
    return [out.splitlines() for out, _ in outputs]


def crowded(places: list[str], seconds: float, stop: Path) -> None:
    """Let everybody write and read for some seconds, and judge what is there afterwards."""
    readers = [started(place, "follow", str(stop)) for place in places]
    writers = {
        place: [started(place, "write", f"{i} {number}", str(seconds)) for number in range(count)]
        for i, (place, count) in enumerate(zip(places, SITES, strict=True))
    }
    told = {place: [line for lines in ended(programs) for line in lines] for place, programs in writers.items()}
    stop.touch()
    seen = ended(readers)
    for place, followed in zip(places, seen, strict=True):
        judged(place, told[place], followed)


def judged(place: str, told: list[str], followed: list[str]) -> None:
    """One ledger after the crowd."""
    with Ledger.open(server.by(place, server.INSPECT), read_only=True) as book:
        assert [f"{position} {sha256(raw).hexdigest()}" for position, raw in book.raws()] == followed
        entries = list(book.entries())
        assert list(range(book.size)) == [entry.position for entry in entries]
        facts = [(int(line.split()[1]), line.split()[2]) for line in told if line.startswith("fact")]
        assert [] == [at for at, leaf in facts if entries[at].leaf != leaf]
        slots = Counter(e.event.person for e in entries if e.kind == "key.enrolled/1" and "slot" in e.event.person)
        assert set(slots.values()) <= {1}
        won = {line.split()[2]: int(line.split()[1]) for line in told if line.startswith("slot")}
        assert won == {e.event.person: e.position for e in entries if getattr(e.event, "person", "") in slots}
        lost = [line for line in told if line.startswith(("lost", "refused"))]
        assert lost
        assert [] == [line for line in lost if any(word in line.lower() for word in LOCKS)]
        heads = [(size, parse(note)[0]) for size, note in book.checkpoints(book.size)]
        assert [size for size, _ in heads] == [head.size for _, head in heads]
        for (old, before), (new, after) in zip(heads[::7], heads[1::7], strict=False):
            proof.check_consistency(old, new, book.prove_consistency(old, new), before.root, after.root)
        assert [] == list(book.audit())
    assert () == verify_path(place).findings


@pytest.fixture
def places() -> list[str]:
    """Three sites with their people."""
    found = [server.place() for _ in SITES]
    for i, place in enumerate(found):
        Site(place, seed=f"site {i}").staffed().book.close()
    return found


def test_eight_programs_at_three_sites(places: list[str], tmp_path: Path) -> None:
    """Two wards would enrol one patient into the same slot, or a follower would never learn of a dose."""
    crowded(places, SECONDS, tmp_path / "stop")


@pytest.mark.soak
def test_eight_programs_for_a_long_time(places: list[str], tmp_path: Path, soak_seconds: float) -> None:
    """What happens once in a thousand days would happen in the second year of the trial."""
    crowded(places, soak_seconds, tmp_path / "stop")
