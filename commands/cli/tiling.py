"""`doseledger export tiles`: the log as static files that programs of others know how to read."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.cli import console, envelope
from commands.cli.options import Shared
from commands.cli.recording import recorded
from commands.cli.session import reading
from projections.export.tiles import directory


def export_tiles(
    shared: Shared,
    out: Annotated[str, typer.Option("--out", "-o", metavar="FOLDER", help="A new or empty folder.")],
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="TIME|N", help="As it was known then; now when left out.")
    ] = None,
) -> None:
    """Export the log in the form C2SP tlog-tiles: hashes, entries and the checkpoint, as static files of 256 each."""
    from commands.cli.asof import reader
    from projections.replay import window

    with reading(shared.ledger) as ledger:
        here = reader(ledger)
        place = here.place(known_at) if known_at is not None else None
        data = directory(ledger, out, size=window(ledger, now=here.now, known_at=place).size)
        if shared.json:
            envelope.put("export-tiles", ledger, data, size=data.size)
        else:
            console.answer(data.directory)
            console.say(
                f"{data.size} entries; files of entries: {data.bundles}, of hashes: {data.tiles}; root {data.root}"
            )
            console.say("Texts and protocol packs are not in tiles; they are in: doseledger export bundle")
    recorded(shared.ledger, "tiles", size=data.size, root=data.root, digest=data.digest, me=shared.me)
