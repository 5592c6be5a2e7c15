"""`dose calc`: the working of a calculated dose, printed as it can be checked with a pencil."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.cli import cards, console, envelope
from commands.cli.asof import times
from commands.cli.options import AsOf, Shared
from commands.cli.session import reading
from projections import dosing as project


def dose_calc(
    shared: Shared,
    asof: AsOf,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="The patient's number.")],
    day: Annotated[
        int | None, typer.Option("--day", metavar="N", help="The day of the cycle; today when left out.")
    ] = None,
) -> None:
    """Show the calculated dose of the cycle drug by day and by cycle, every factor with its source."""
    with reading(shared.ledger) as ledger:
        data = project.calculation(ledger, patient, day=day, **times(ledger, asof))
        if shared.json:
            envelope.put("dose-calc", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return
    where = f"cycle {data.cycle}" + ("" if data.open else " (not open)") + (f", day {data.day}" if data.day else "")
    level = f", level {data.level}" if data.level is not None else ""
    console.answer(console.paint(f"Patient {data.patient}   {data.drug}   {where}{level}", "bold"))
    for line in data.working:
        console.answer(f"  {line}")
    for row in data.factors:
        source = f"entry #{row.entry}" if row.entry is not None else "the pack"
        console.answer(f"  {row.name}: {row.value}, from {source}" + (f" ({row.rule})" if row.rule else ""))
    for hit in data.refused:
        console.answer(f"  the pack would refuse it: {hit.rule} {hit.text}")
    cards.pack(data.pack.id, data.pack.version, data.pack.fictional_parameters)
    console.answer(data.notice)
