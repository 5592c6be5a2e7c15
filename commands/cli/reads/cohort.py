"""`cohort show` and `dlt candidates`: the dose levels with their patients, and what may have been dose-limiting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from commands.cli import cards, console, envelope, keeping, rows
from commands.cli.asof import times
from commands.cli.options import AsOf, Layout, Shared
from commands.cli.session import reading
from projections import cohort as project

LEVELS = (
    "level",
    "number",
    "mg_m2",
    "accrual",
    "slots",
    "free",
    "n",
    "dlt",
    "pending",
    "candidates",
    "outcomes",
    "next",
)
PLACES = ("patient", "cohort", "slot", "result", "doses", "window_start", "window_end", "unruled", "open_findings")
DECISIONS = ("entry", "level", "decision", "n", "dlt", "outcomes", "to", "basis", "decided_at", "basis_changed")


def cohort_show(
    shared: Shared,
    asof: AsOf,
    layout: Layout,
    level: Annotated[str | None, typer.Option("--level", metavar="LEVEL", help="Only this dose level.")] = None,
) -> None:
    """Show the cohort board: levels, slots, n and DLT, windows, candidates, decisions with basis and signatures."""
    with reading(shared.ledger) as ledger:
        views = keeping.keeper()
        data = project.board(ledger, **times(ledger, asof), views=views)
        keeping.tell(views)
        if shared.json:
            envelope.put("cohort-show", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return
        wanted = [one for one in data.levels if level in (None, one.level)]
        if layout.format != "table":
            rows.show([place for one in wanted for place in one.places], layout.format, empty="Nobody is enrolled.")
            return
        tell(data, wanted)
        cards.pack(data.pack.id, data.pack.version, data.pack.fictional_parameters)
        console.answer(data.notice)


def tell(data: project.Board, wanted: Sequence[project.LevelRow]) -> None:
    """Print the board of some levels for people."""
    rows.show(wanted, "table", columns=LEVELS, right=LEVELS[1:3] + LEVELS[4:10])
    for one in wanted:
        _level(one)
    for finding in data.findings:
        console.answer(console.paint(f"! {finding.rule} {finding.text}", "bad"))
    console.answer(f"Outcomes: {data.outcomes or 'none yet'} ({data.direction})")


def _level(one: project.LevelRow) -> None:
    if one.places:
        console.answer(f"\nLevel {one.level}:")
        rows.show(one.places, "table", columns=PLACES, right=PLACES[1:3])
    if one.decisions:
        rows.show(one.decisions, "table", columns=DECISIONS, right=("entry", "n", "dlt", "basis"))
        for decided in one.decisions:
            for signed in decided.signatures:
                console.answer(f"  #{decided.entry} {signed.name}, {signed.role}, {signed.meaning}, {signed.at}")


def dlt_candidates(shared: Shared, asof: AsOf, layout: Layout) -> None:
    """List what the pack's definition makes dose-limiting; what nobody ruled on comes first and blocks a decision."""
    with reading(shared.ledger) as ledger:
        views = keeping.keeper()
        data = project.dlt_candidates(ledger, **times(ledger, asof), views=views)
        keeping.tell(views)
        if shared.json:
            envelope.put("dlt-candidates", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return
        rows.show(data.candidates, layout.format, empty="No toxicity is a candidate.")
        if layout.format == "table":
            cards.pack(data.pack.id, data.pack.version, data.pack.fictional_parameters)
            console.answer(data.notice)
