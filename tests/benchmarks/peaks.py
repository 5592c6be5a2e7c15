"""What something costs in a process of its own, which does it once: the time, and the most memory that it held.

`peaks.py WHAT PLACE [MORE]`: WHAT is one of `DEEDS`, PLACE a ledger.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

LATER = datetime(2010, 6, 1, tzinfo=UTC)
HERE = Path(__file__).resolve().parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join((str(HERE), str(HERE.parent / "support")))}
"""What a process needs that is to find the modules of the benchmarks."""


@dataclass(frozen=True)
class Cost:
    """Milliseconds from the first import to the end, and MiB of memory at most."""

    ms: float
    mib: float


def peak(what: str, place: str | Path, *more: str) -> float:
    """MiB that a process held at most which did nothing else."""
    return cost(what, place, *more).mib


def cost(what: str, place: str | Path, *more: str) -> Cost:
    """What a process needed which did nothing else."""
    words = [sys.executable, __file__, what, str(place), *more]
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    ms, mib = done.stdout.split()[-2:]
    return Cost(float(ms), float(mib))


def held() -> float:
    """MiB that this process held at most."""
    if sys.platform == "linux":
        found = re.search(r"VmHWM:\s*([0-9]+)", Path("/proc/self/status").read_text(encoding="utf-8"))
        assert found is not None
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _act(place: str) -> None:
    from acts import MONDAY, Ward

    with closing(Ward.open(place, seed="memory", now=MONDAY + timedelta(days=90))) as ward:
        for weight in range(70, 90):
            ward.do("nurse.1", "patient measure", patient="000000", weight=f"{weight}kg")


def _rebuild(place: str) -> None:
    from rivals import rebuilt

    rebuilt(place)


def _verify(place: str) -> None:
    from ledger.verify import verify_path

    assert "ok-unanchored" == verify_path(place).verdict


def _since(place: str, size: str) -> None:
    from ledger.book import Ledger
    from ledger.verify import verify_path
    from ledger.verify.since import Verified

    with Ledger.open(place, read_only=True) as book:
        note = book.checkpoint_at(int(size))
    assert "continued" == verify_path(place, since=Verified(note, "before")).verdict


def _status(place: str) -> None:
    from ledger.book import Ledger
    from projections.patient import status

    with Ledger.open(place, read_only=True) as book:
        status(book, "000000", now=LATER)


def _export(place: str) -> None:
    from ledger.book import Ledger
    from projections.export import jsonl

    with Ledger.open(place, read_only=True) as book, Path(os.devnull).open("wb") as out:
        jsonl.entries(book, out)


def _move(place: str, target: str) -> None:
    from ledger.anchors import opener
    from ledger.book import Ledger
    from ledger.book.moving import move

    with Ledger.open(place, read_only=True) as book:
        move(place, target, opener(lambda: book.log_keys))


DEEDS: dict[str, Callable[..., None]] = {
    "act": _act,
    "rebuild": _rebuild,
    "verify": _verify,
    "since": _since,
    "status": _status,
    "export": _export,
    "move": _move,
}


if __name__ == "__main__":
    began = perf_counter()
    DEEDS[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(f"{(perf_counter() - began) * 1000:.3f} {held():.1f}\n")
