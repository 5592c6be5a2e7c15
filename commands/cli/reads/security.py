"""`security alerts`: what devices reported, and whether somebody must still look at it."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.cli import console, envelope, rows
from commands.cli.asof import reader
from commands.cli.options import Layout, Shared
from commands.cli.session import reading


def security_alerts(
    shared: Shared,
    layout: Layout,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME|#N", help="Only what was reported from then on.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="TIME|N", help="As known at this time or number of entries.")
    ] = None,
) -> int:
    """List wrong passphrases, lockouts, throttled attempts and clock trouble; exit 1 while one listed is open."""
    from projections.alerts import alerts

    with reading(shared.ledger) as ledger:
        here = reader(ledger)
        start = None
        if since is not None:
            start = int(since[1:]) if since.startswith("#") and since[1:].isdecimal() else here.place(since)
        data = alerts(
            ledger, now=here.now, since=start, known_at=here.place(known_at) if known_at is not None else None
        )
        if shared.json:
            envelope.put("security-alerts", ledger, data, known_at=data.known_at, size=data.size)
        else:
            columns = ("entry", "at", "what", "person", "count", "off_s", "until", "open", "by")
            rows.show(
                data.rows, layout.format, columns=columns, right=("count", "off_s"), empty="Nothing was reported."
            )
            waiting = [row.entry for row in data.rows if row.open]
            if waiting and layout.format == "table":
                named = " ".join(f"#{entry}" for entry in waiting[:64])
                console.say(f"! {len(waiting)} open: look, then: doseledger security acknowledge {named}", "warn")
    return 1 if any(row.open for row in data.rows) else 0
