"""`doseledger help`: the pages that no single command's help has room for."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.cli import console, envelope
from commands.cli.options import Shared
from commands.cli.topics import PAGES, overview
from ledger.errors import BadInput


def help(
    shared: Shared,
    topic: Annotated[
        str | None, typer.Argument(help=f"One of: {', '.join(PAGES)}.", autocompletion=lambda: list(PAGES))
    ] = None,
) -> None:
    """Show a page on a topic, or the list of commands."""
    if topic is not None and topic not in PAGES:
        raise BadInput(f"there is no page on {topic!r}", fix=f"one of: {', '.join(PAGES)}")
    text = overview() if topic is None else PAGES[topic]
    if shared.json:
        envelope.bare("help", {"topic": topic, "text": text})
    else:
        console.answer(text)
