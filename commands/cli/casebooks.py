"""`doseledger report casebook`: one patient on one page, to read and to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands.cli import console, envelope
from commands.cli.asof import times
from commands.cli.options import AsOf, Shared
from commands.cli.recording import recorded
from commands.cli.session import reading
from commands.cli.version import SOFTWARE

if TYPE_CHECKING:  # kept out of the start of every other command
    from projections.export.casebook.making import Casebook, Written


def report_casebook(
    shared: Shared,
    asof: AsOf,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="The patient's number.")],
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="The new file; a name made of patient, size and root when left out."
        ),
    ] = None,
) -> None:
    """Write the casebook of a patient: one page to read and print, with every change and every signature."""
    from projections.export.casebook.making import casebook
    from projections.export.file import new_file

    with reading(shared.ledger) as ledger:
        when = times(ledger, asof)
        made = casebook(ledger, patient, software=SOFTWARE, known_at=when["known_at"], valid_at=when["valid_at"])
        data = made.written(out if out is not None else _name(made))
        with new_file(data.file) as sink:
            sink.write(made.page)
        if shared.json:
            envelope.put("report-casebook", ledger, data, size=data.size)
        else:
            _tell(data)
    recorded(
        shared.ledger,
        "casebook",
        size=data.size,
        root=data.root,
        digest=data.digest,
        patients=(data.patient,),
        me=shared.me,
    )


def _name(made: Casebook) -> str:
    """Name a casebook by what it is: whom it is about, size and the first digits of the root."""
    return f"casebook-{made.patient}-{made.size}-{made.root[:8]}.html"


def _tell(data: Written) -> None:
    console.answer(data.file)
    console.say(f"  {data.entries} entries with {data.signatures} signatures, of {data.size}; root {data.root}")
    console.say(f"  SHA-256 {data.digest}")
