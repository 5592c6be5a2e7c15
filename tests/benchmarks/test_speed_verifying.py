"""W4b and what last-seen costs: a verification behind a checkpoint, and an append that is compared and kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path
from time import perf_counter, process_time

import pytest
from measuring import Board, figure, rounds
from minting import Site
from sizes import ENTRIES

from commands.cli import console, lastseen
from ledger.book import Ledger
from ledger.events.patient import PatientMeasured
from ledger.verify import Report, Verified, verify_path

BEHIND = min(1_000, ENTRIES // 2)
"""Entries that came since."""
APPENDS = 20
"""Appends in one round."""
SiteOf = Callable[[int], Path]
pytestmark = pytest.mark.bench


def test_w4b_going_on_from_a_checkpoint(board: Board, site_of: SiteOf) -> None:
    """Who must wait for all of it every morning looks once a year."""
    path = site_of(ENTRIES)
    with Ledger.open(path, read_only=True) as book:
        size = book.size
        notes = {behind: book.checkpoint_at(size - behind) for behind in (0, BEHIND)}
    reports: list[Report] = []

    def spent(behind: int | None) -> Callable[[], float]:
        verified = None if behind is None else Verified(notes[behind], "before")

        def measure() -> float:
            began = process_time()
            reports.append(verify_path(path, since=verified))
            return (process_time() - began) * 1000

        return measure

    found = rounds({"all": spent(None), "since": spent(BEHIND), "nothing new": spent(0)})
    assert {"ok-unanchored", "continued"} == {report.verdict for report in reports}
    share = [value * BEHIND / size for value in found["all"]]
    baseline = f"their share of verifying all {size:,}"
    what = f"verify {BEHIND:,} behind a checkpoint, CPU"
    board.add(figure("W4b", what, ours=found["since"], base=share, baseline=baseline, goal="<= 1x", faster=False))
    board.add(
        figure(
            "W4b",
            "verify with nothing new, CPU",
            ours=found["nothing new"],
            base=share,
            baseline=baseline,
            faster=False,
        )
    )


def test_an_append_that_is_compared_and_kept(board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory of what was seen that slows the bedside down is switched off."""
    monkeypatch.setenv("DOSELEDGER_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(console, "manner", console.Manner(quiet=True))
    sites = {name: Site(tmp_path / f"{name}.ledger", seed=name).staffed() for name in ("kept", "alone")}

    def appending(name: str) -> Callable[[], float]:
        site = sites[name]

        def measure() -> float:
            taken = 0.0
            for _ in range(APPENDS):
                site.tick()
                raw = site.draft("patient/001-001", PatientMeasured(weight_kg="70", height_cm=None), by="nina")
                began = perf_counter()
                with lastseen.on_write(site.book) if name == "kept" else nullcontext():
                    site.store(raw)
                taken += perf_counter() - began
            return taken / APPENDS * 1000

        return measure

    with closing(sites["kept"].book), closing(sites["alone"].book):
        found = rounds({name: appending(name) for name in sites}, 9)
    for site in sites.values():
        assert "ok-unanchored" == verify_path(site.path).verdict
    board.add(
        figure(
            "LS",
            "append, compared with last seen and kept",
            ours=found["kept"],
            base=found["alone"],
            baseline="append alone",
            goal="<= 1.15x",
            faster=False,
        )
    )
