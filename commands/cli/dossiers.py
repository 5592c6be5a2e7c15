"""`doseledger export dossier`: the record as one HTML file that checks itself in a browser without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands.cli import console, envelope
from commands.cli.asof import reader
from commands.cli.options import Shared
from commands.cli.recording import recorded
from commands.cli.session import reading
from commands.cli.version import SOFTWARE
from ledger.book import Ledger

if TYPE_CHECKING:  # kept out of the start of every other command
    from projections.export.dossier.making import Dossier


def export_dossier(
    shared: Shared,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE|FOLDER",
            help="The new file; a name made of trial, size and root when left out. "
            "More than 5,000 entries make a folder: an index, and one file for each patient.",
        ),
    ] = None,
    patient: Annotated[
        str | None,
        typer.Option("--patient", metavar="NUMBER", help="Only this patient; of others the hashes stand there."),
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option(
            "--known-at", metavar="TIME|N", help="As it was known at this time, or after the first N entries."
        ),
    ] = None,
) -> None:
    """Export a dossier: one page that verifies itself and shows the record as known at any time, without a network."""
    from commands.cli.installed import build
    from projections.export.dossier import making
    from projections.replay import window

    with reading(shared.ledger) as ledger:
        here = reader(ledger)
        place = here.place(known_at) if known_at is not None else None
        size = window(ledger, now=here.now, known_at=place).size
        name = out if out is not None else _name(ledger, size, patient)
        if patient is None and size > making.LIMIT:
            made = making.folder(ledger, name.removesuffix(".html"), software=SOFTWARE, build=build(), size=size)
        else:
            made = (making.dossier(ledger, name, software=SOFTWARE, build=build(), size=size, patient=patient),)
        if shared.json:
            envelope.put("export-dossier", ledger, making.Dossiers(made=made), size=size)
        else:
            _tell(made)
    for one in made:
        recorded(
            shared.ledger,
            "dossier",
            size=one.size,
            root=one.root,
            digest=one.digest,
            patients=() if one.patient is None else (one.patient,),
            me=shared.me,
            last=one is made[-1],
        )


def _name(ledger: Ledger, size: int, patient: str | None) -> str:
    """Name a dossier by what it is: trial, whom it is about, size and the first digits of the root."""
    from projections.export.scope import scope_of

    _, trial, *_ = ledger.origin.split("/")
    _, _, whose = scope_of(ledger, size).rpartition("/")
    return f"dossier-{trial}-{patient or whose}-{size}-{ledger.root_at(size).hex()[:8]}.html"


def _tell(made: tuple[Dossier, ...]) -> None:
    for one in made:
        hidden = f", {one.withheld} withheld" if one.withheld else ""
        console.answer(one.file)
        console.say(f"  {one.size} entries{hidden}; root {one.root}")
        for commitment in one.missing:
            console.insist(f"! a text is missing: {commitment}", "warn")
    console.say("Open it in a browser; no network is needed. Compare its root with the one above.")
