"""W9 and W10: the record as of any earlier time, and what leaves the house: its time, its size, its memory.

An export is made in a process of its own, whose processor time and greatest memory are its own.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

import msgspec
import pytest
from measuring import Board, figure, rounds
from test_speed_starting import spent

from ledger.book import Ledger
from projections.patient import status
from projections.replay import numbers, window

SIZES = tuple(int(size) for size in os.environ.get("BENCH_LEAVING", "2000").split(","))
"""Entries of the ledgers that are exported; BENCH_LEAVING=2000,20000,100000 needs some 10 GB of disk."""
SMALL = 2_000
"""Up to here five rounds are measured, above it one: a single run then takes minutes."""
PATIENT = "000003"
SiteOf = Callable[[int], Path]
pytestmark = pytest.mark.bench

_PROGRAM = """
import json, re, resource, sys
from pathlib import Path

from ledger.book import Ledger
from ledger.verify import verify_path
from projections.export import jsonl
from projections.export.bundle import make
from projections.export.dossier import making

what, name, out = sys.argv[1], sys.argv[2], Path(sys.argv[3])
with Ledger.open(name, read_only=True) as book:
    if what == "verify":
        assert verify_path(name).verdict == "ok-unanchored"
    elif what == "copy":
        jsonl.directory(book, out)
    elif what == "bundle":
        make.make(book, out.with_suffix(".zip"), software="doseledger/0", build="0" * 64)
    elif what == "dossier" and book.size > making.LIMIT:
        making.folder(book, out, software="doseledger/0")
    elif what == "dossier":
        making.dossier(book, out.with_suffix(".html"), software="doseledger/0")
    else:
        making.dossier(book, out.with_suffix(".html"), software="doseledger/0", patient=what)
used = resource.getrusage(resource.RUSAGE_SELF)
peak = re.search(r"VmHWM:\\s*([0-9]+)", Path("/proc/self/status").read_text()) if sys.platform == "linux" else None
print(json.dumps({
    "cpu_s": used.ru_utime + used.ru_stime,
    "peak_mib": (int(peak[1]) if peak else used.ru_maxrss) / 1024,
    "size_mib": sum(file.stat().st_size for file in out.parent.rglob("*") if file.is_file()) / 2**20,
}))
"""


@dataclass(frozen=True)
class Used:
    """What one export took: seconds of processor time, MiB of memory at most, MiB of files."""

    cpu_s: float
    peak_mib: float
    size_mib: float


def exporting(what: str, path: Path, folder: Path, kept: list[Used]) -> Callable[[], float]:
    """A round of one export into a new folder; `kept` takes what it used, the processor time is what it gives."""

    def measure() -> float:
        folder.mkdir()
        try:
            _, said = spent("-c", _PROGRAM, what, str(path), str(folder / "out"))
        finally:
            shutil.rmtree(folder)
        kept.append(msgspec.json.decode(said, type=Used))
        return kept[-1].cpu_s

    return measure


@pytest.mark.parametrize("size", SIZES)
def test_w10_what_leaves_the_house(board: Board, site_of: SiteOf, tmp_path: Path, size: int) -> None:
    """A copy that takes the night, or all memory of the workstation, is not made while the inspector waits."""
    path = site_of(size)
    names = {"bundle": "bundle", "dossier": "dossier of all", PATIENT: "one patient's dossier"}
    kept: dict[str, list[Used]] = {what: [] for what in ("verify", "copy", *names)}
    systems = {what: exporting(what, path, tmp_path / what, found) for what, found in kept.items()}
    found = rounds(systems, 5 if size <= SMALL else 1)
    for what, said in names.items():
        for base in ("verify", "copy"):
            board.add(
                figure(
                    "W10",
                    f"{said}, {size:,} entries, CPU",
                    ours=found[what],
                    base=found[base],
                    baseline={"verify": "doseledger verify", "copy": "export jsonl"}[base],
                    unit="s",
                    faster=False,
                )
            )
        for unit, of in (("memory", "peak_mib"), ("size", "size_mib")):
            board.add(
                figure(
                    "W10",
                    f"{said}, {size:,} entries, {unit}",
                    ours=[getattr(one, of) for one in kept[what]],
                    base=[getattr(one, of) for one in kept["copy"]],
                    baseline="export jsonl",
                    unit="MiB",
                    faster=False,
                )
            )
    assert all(one.size_mib > kept["copy"][0].size_mib for one in kept["bundle"])


def looking(path: Path, places: Sequence[tuple[str, int | None]]) -> Callable[[], float]:
    """Milliseconds of processor time of one card: of a patient as known after so many entries, None for now."""

    def measure() -> float:
        with Ledger.open(path, read_only=True) as book:
            now = book.log_time(book.size - 1)
            began = process_time()
            for number, known_at in places:
                assert number == status(book, number, now=now, known_at=known_at).patient
            return (process_time() - began) / len(places) * 1000

    return measure


@pytest.mark.parametrize("size", [size for size in SIZES if size < 100_000])
def test_w9_the_record_as_of_any_time(board: Board, site_of: SiteOf, size: int) -> None:
    """An inspector who moves from decision to decision and waits at each will look at fewer of them."""
    path, drawn = site_of(size), random.Random(20100301)
    with Ledger.open(path, read_only=True) as book:
        known = numbers(book, window(book, now=book.log_time(book.size - 1), known_at=size // 50))
    places = [(drawn.choice(known), drawn.randrange(size // 50, size)) for _ in range(100)]
    found = rounds({"then": looking(path, places), "now": looking(path, [(number, None) for number, _ in places])})
    what = f"status as of then, {size:,} entries: {1000 / median(found['then']):,.0f}/s"
    board.add(
        figure("W9", what, ours=found["then"], base=found["now"], baseline="the same patients as of now", faster=False)
    )
