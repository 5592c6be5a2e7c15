"""`doseledger export jsonl`: the exact bytes of the entries, their texts and the files they name."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from commands.cli import console, envelope
from commands.cli.options import Shared
from commands.cli.session import reading
from ledger.errors import BadInput
from projections.export import jsonl


def export_jsonl(
    shared: Shared,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="A new folder for entries.jsonl, texts.jsonl and blobs; stdout (entries alone) when left out.",
        ),
    ] = None,
) -> None:
    """Export the record: one entry a line, byte for byte as it is stored and signed."""
    with reading(shared.ledger) as ledger:
        if out is None:
            if shared.json:
                raise BadInput(
                    "the entries themselves go to stdout", why="--json would mix with them", fix="--out FOLDER --json"
                )
            count = jsonl.entries(ledger, sys.stdout.buffer)
            console.say(f"{count} entries. Texts and files are exported with --out FOLDER.")
            return
        data = jsonl.directory(ledger, out)
        if shared.json:
            envelope.put("export-jsonl", ledger, data)
            return
        console.answer(data.directory)
        console.say(f"{data.size} entries, {data.texts} texts, {data.blobs} files; root {data.root}")
        for commitment in data.missing:
            console.insist(f"! a text is missing: {commitment}", "warn")
