"""`doseledger export jsonl`: the exact bytes of the entries, their texts, checkpoints and the files they name."""

from __future__ import annotations

import sys
from hashlib import file_digest
from pathlib import Path
from typing import Annotated

import typer

from commands.cli import console, envelope
from commands.cli.options import Shared
from commands.cli.session import reading
from ledger.book import Ledger
from ledger.errors import BadInput
from projections.export import jsonl
from projections.export.scope import withheld


def export_jsonl(
    shared: Shared,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="A new folder for the whole copy; stdout (entries alone, not recorded) when left out.",
        ),
    ] = None,
    patient: Annotated[
        list[str] | None,
        typer.Option("--patient", metavar="NUMBER", help="Only this patient; repeatable. Others are withheld."),
    ] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="TIME|N", help="As it was known then; now when left out.")
    ] = None,
) -> None:
    """Export the record: one entry a line, byte for byte as it is stored and signed."""
    with reading(shared.ledger) as ledger:
        size = _size(ledger, known_at)
        if out is None:
            if shared.json:
                raise BadInput(
                    "the entries themselves go to stdout", why="--json would mix with them", fix="--out FOLDER --json"
                )
            count = jsonl.entries(ledger, sys.stdout.buffer, size=size, without=withheld(ledger, patient or (), size))
            console.say(f"{count} entries. Texts, checkpoints and files are exported with --out FOLDER.")
            return
        data = jsonl.directory(ledger, out, size=size, patients=patient or ())
        if shared.json:
            envelope.put("export-jsonl", ledger, data, size=size)
        else:
            _tell(data)
    from commands.cli.recording import recorded

    with (Path(data.directory) / "entries.jsonl").open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    recorded(shared.ledger, "jsonl", size=size, root=data.root, digest=digest, patients=patient or (), me=shared.me)


def _size(ledger: Ledger, known_at: str | None) -> int:
    from commands.cli.asof import reader
    from projections.replay import window

    here = reader(ledger)
    return window(ledger, now=here.now, known_at=here.place(known_at) if known_at is not None else None).size


def _tell(data: jsonl.Exported) -> None:
    console.answer(data.directory)
    hidden = f" ({data.withheld} withheld)" if data.withheld else ""
    console.say(f"{data.size} entries{hidden}, {data.texts} texts, {data.blobs} files; root {data.root}")
    for commitment in data.missing:
        console.insist(f"! a text is missing: {commitment}", "warn")
