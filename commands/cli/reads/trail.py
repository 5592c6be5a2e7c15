"""`history`, `activity`, `diff`: every change and why, everything somebody did, and what came between two heads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.cli import cards, console, envelope, lastseen, rows
from commands.cli.asof import Reader, reader
from commands.cli.options import Layout, Shared
from commands.cli.place import read_file
from commands.cli.session import reading
from ledger.book import Ledger
from ledger.errors import BadInput
from projections.trail.row import TrailRow

Known = Annotated[
    str | None,
    typer.Option("--known-at", metavar="TIME|N", help="As it was known at this time, or after the first N entries."),
]
_SORTS = ("recorded", "occurred", "record", "field", "person")


def history(
    shared: Shared,
    layout: Layout,
    patient: Annotated[
        str | None, typer.Argument(metavar="PATIENT", help="The patient's number; everything when left out.")
    ] = None,
    *,
    record: Annotated[
        str | None,
        typer.Option(
            "--record", metavar="ENTRY|dose:N|toxicity:N", help="Only this record, and what signs or amends it."
        ),
    ] = None,
    field: Annotated[
        str | None, typer.Option("--field", metavar="NAME", help="Only this field, e.g. given_mg or occurred.at.")
    ] = None,
    person: Annotated[
        str | None, typer.Option("--person", metavar="NAME", help="Only what this person signed.")
    ] = None,
    changes: Annotated[
        bool, typer.Option("--changes", help="Only what changed something: corrections and voids.")
    ] = False,
    sort: Annotated[str, typer.Option("--sort", metavar="|".join(_SORTS), help="The order of the rows.")] = "recorded",
    known_at: Known = None,
) -> None:
    """Show every change to a record, field by field: old, new, who, when and why; the first entry is one of them."""
    from projections.trail.history import history as project

    if sort not in _SORTS:
        raise BadInput(f"{sort!r} is not an order of the rows", fix=f"--sort {'|'.join(_SORTS)}")
    with reading(shared.ledger) as ledger:
        here = reader(ledger)
        data = project(
            ledger,
            now=here.now,
            patient=patient,
            record=record,
            field=field,
            person=person,
            known_at=here.place(known_at) if known_at is not None else None,
        )
        found = [row for row in data.rows if not changes or row.transaction in ("correct", "void")]
        found.sort(key=lambda row: _place(row, sort))
        if shared.json:
            data = type(data)(
                patient=data.patient, record=data.record, size=data.size, known_at=data.known_at, rows=tuple(found)
            )
            envelope.put("history", ledger, data, known_at=data.known_at, size=data.size)
            return
    if layout.format != "table":
        rows.show(found, layout.format)
        return
    told(found)
    console.say(f"As known at {data.known_at} ({data.size} entries).")


def _place(row: TrailRow, order: str) -> tuple[datetime | int | str, int]:
    """Give the place of a row in an order; rows of one place stay in the order in which they were written."""
    if order == "occurred":
        whole = row.occurred if "T" in row.occurred else f"{row.occurred}T23:59{row.recorded_at[-6:]}"
        return datetime.fromisoformat(whole), row.position
    by: dict[str, int | str] = {"record": row.record, "field": row.field, "person": row.person}
    return by.get(order, row.position), row.position


def told(found: Iterable[TrailRow]) -> None:
    """Print rows of the trail for people."""
    lines = [
        [
            f"#{row.position}",
            row.transaction + _state(row),
            f"#{row.record} {row.record_kind.partition('/')[0]}",
            row.field,
            _amount(row.old, row.unit),
            _amount(row.new, row.unit),
            cards.signed(row.signatures),
            row.organisation,
            row.recorded_at,
            ": ".join(part for part in (row.reason, row.reason_text) if part),
        ]
        for row in found
    ]
    if not lines:
        console.say("Nothing.")
        return
    console.table(
        ["entry", "change", "record", "field", "old", "new", "signed", "organisation", "recorded", "why"], lines
    )


def _state(row: TrailRow) -> str:
    if row.in_force is None:
        return ", no effect"
    return "" if row.in_force == row.position else f", in force since #{row.in_force}"


def _amount(value: str | None, unit: str | None) -> str:
    return "" if value is None else f"{value} {unit}" if unit is not None else value


def activity(
    shared: Shared,
    layout: Layout,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The person's name in the ledger, or a device.")],
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME|N", help="Only what was written after this.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME|N", help="Only what was written up to this.")
    ] = None,
) -> None:
    """Show everything somebody did: signed, was named as having done, or was said to have tried."""
    from projections.activity import activity as project

    with reading(shared.ledger) as ledger:
        here = reader(ledger)
        data = project(
            ledger,
            person,
            since=here.place(since) if since is not None else None,
            until=here.place(until) if until is not None else None,
        )
        if shared.json:
            envelope.put("activity", ledger, data, size=data.size)
            return
    if layout.format != "table":
        rows.show(data.rows, layout.format)
        return
    console.answer(console.paint(f"{data.name} ({data.person}), {', '.join(data.roles)}, {data.organisation}", "bold"))
    console.table(
        ["entry", "recorded", "part", "about", "kind", "what", "signed", "answer"],
        [
            [
                f"#{row.position}",
                row.recorded_at,
                row.part,
                row.patient or row.stream,
                row.kind,
                row.what,
                cards.signed([row.signature]) if row.signature is not None else "",
                " ".join((row.answer or "").split()),
            ]
            for row in data.rows
        ],
    )
    console.say(", ".join(f"{part}: {count}" for part, count in data.counts.items()) or "Nothing.")
    if "claimed" in data.counts:
        console.say("What was only claimed in this name is not shown to be this person's act.", "warn")


def diff(
    shared: Shared,
    first: Annotated[
        str,
        typer.Argument(metavar="A", help="A number of entries, a time, or the file of a checkpoint that was kept."),
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="The other one.")],
) -> int:
    """Show what came between two heads of the log: only appended, and what it changed for each patient; exit 1."""
    from projections.difference import difference

    with reading(shared.ledger) as ledger:
        here = reader(ledger)
        roots: dict[int, bytes] = {}
        sizes = [_size(ledger, here, text, roots) for text in (first, second)]
        data = difference(ledger, sizes[0], sizes[1], now=here.now, roots=roots)
        differs = data.first.size != data.second.size
        if shared.json:
            envelope.put("diff", ledger, data)
            return int(differs)
    console.answer(f"from {data.first.size} entries ({data.first.at}), root {data.first.root}")
    console.answer(f"to   {data.second.size} entries ({data.second.at}), root {data.second.root}")
    console.answer("The longer log begins with the shorter one: nothing was changed, removed or reordered.")
    if differs:
        console.answer("Appended")
        console.table(
            ["entry", "recorded", "occurred", "about", "kind", "what", "signed"],
            [
                [
                    f"#{row.position}",
                    row.recorded_at,
                    row.occurred,
                    row.patient or row.stream,
                    row.kind,
                    row.what,
                    cards.signed(row.signatures),
                ]
                for row in data.appended
            ],
        )
    if data.patients:
        console.answer("What it changed")
        rows.show(data.patients, "table")
    return int(differs)


def _size(ledger: Ledger, here: Reader, text: str, roots: dict[int, bytes]) -> int:
    """Read a head: a number of entries, a checkpoint file whose signature is checked, or a time."""
    if re.fullmatch(r"#?[0-9]{1,16}", text) is None and Path(text).is_file():
        kept = lastseen.opener_of(ledger).ever(read_file(text))
        roots[kept.size] = kept.root
        return kept.size
    place = here.place(text)
    if isinstance(place, datetime):
        return ledger.position_at(place)
    if place > ledger.size:
        raise BadInput(f"The log never held {place} entries.", why=f"it has {ledger.size}")
    return place
