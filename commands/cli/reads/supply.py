"""`lot list` and `accountability`: the study drug on the shelf, and where every vial of it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from commands.cli import console, envelope, keeping, rows
from commands.cli.asof import times
from commands.cli.options import AsOf, Layout, Shared
from commands.cli.session import reading
from ledger.course.history import effective
from ledger.course.stock import quarantines
from ledger.events.supply import LotReceived
from projections import accountability as project


@dataclass(frozen=True)
class LotRow:
    """A lot as received; its state is that of today."""

    lot: str
    agent: str
    strength_mg: str
    vials: int
    expiry: str
    location: str
    entry: int
    quarantined: bool


def lot_list(shared: Shared, layout: Layout) -> None:
    """List the lots that were received, and whether they are in quarantine."""
    with reading(shared.ledger) as ledger:
        shelves = [ledger.stream(name) for name in ledger.streams("supply/")]
        held = {lot: changes[-1][1] for lot, changes in quarantines(shelves).items()}
        facts = sorted((fact for one in shelves for fact in effective(one).facts), key=lambda fact: fact.entry.position)
        found = [
            LotRow(
                event.lot,
                event.agent,
                event.strength_mg,
                event.vials,
                event.expiry,
                event.location,
                fact.entry.position,
                held.get(event.lot, False),
            )
            for fact in facts
            if isinstance(event := fact.event, LotReceived)
        ]
        if shared.json:
            envelope.put("lot-list", ledger, {"lots": found})
            return
        rows.show(found, layout.format, right=("strength_mg", "vials"), empty="No lot was received.")


@dataclass(frozen=True)
class Printed:
    """One line of the log as a table or a spreadsheet has it: the book it stands in, then the line."""

    agent: str
    strength_mg: str
    lot: str
    location: str
    at: str
    what: str
    vials: int
    balance: int
    patient: str | None
    dose: int | None
    prepared_mg: str | None
    wasted_mg: str | None
    given_mg: str | None
    counted: int | None
    other: str | None
    by: str
    witness: str
    entry: int
    struck_by: int | None


COLUMNS = (
    "at",
    "what",
    "vials",
    "balance",
    "patient",
    "dose",
    "wasted_mg",
    "given_mg",
    "counted",
    "other",
    "by",
    "witness",
    "entry",
    "struck_by",
)
RIGHT = ("vials", "balance", "dose", "prepared_mg", "wasted_mg", "given_mg", "counted", "entry", "struck_by")


def accountability(
    shared: Shared,
    asof: AsOf,
    layout: Layout,
    *,
    lot: Annotated[str | None, typer.Option("--lot", metavar="LOT", help="Only this lot.")] = None,
    agent: Annotated[str | None, typer.Option("--agent", metavar="DRUG", help="Only this drug.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 unless the balance of every lot is 0 or explained.")
    ] = False,
) -> int:
    """Show the drug accountability log: a running balance in vials for each lot and location, and where the mg went."""
    with reading(shared.ledger) as ledger:
        views = keeping.keeper()
        data = project.accountability(ledger, **times(ledger, asof), lot=lot, agent=agent, views=views)
        keeping.tell(views)
        if shared.json:
            at, known = data.valid_at, data.known_at
            envelope.put("accountability", ledger, data, valid_at=at, known_at=known, size=data.size)
        elif layout.format != "table":
            rows.show([_printed(book, line) for book in data.books for line in book.lines], layout.format)
        else:
            tell(data)
    return 1 if check and not data.explained else 0


def tell(data: project.Accountability, agent: str | None = None) -> None:
    """Print the log for people: the books line by line, of one agent where one is named, then every lot's totals."""
    for book in data.books:
        if agent not in (None, book.agent):
            continue
        what = f"{book.agent} {book.strength_mg} mg, lot {book.lot}, {book.location}"
        console.answer(f"{what}: balance {book.balance}")
        rows.show([_printed(book, line) for line in book.lines], "table", columns=COLUMNS, right=RIGHT)
        console.answer("")
    rows.show(data.lots, "table", right=tuple(project.LotRow.__struct_fields__[3:-1]), empty="No drug was received.")
    for one in data.findings:
        console.answer(console.paint(f"! {one.id} {one.text}", "warn"))
    if data.books:
        console.say("v Every balance is 0 or explained." if data.explained else _unexplained(data))


def _unexplained(data: project.Accountability) -> str:
    named = ", ".join(one.lot for one in data.lots if not one.explained)
    whose = f" of lot {named}" if named else ""
    return f"! A balance{whose} is not explained yet: see what is asked above, and the column UNEXPLAINED MG."


def _printed(book: project.BookRow, line: project.LineRow) -> Printed:
    return Printed(
        book.agent,
        book.strength_mg,
        book.lot,
        book.location,
        line.at,
        line.what,
        line.change,
        line.balance,
        line.patient,
        line.dose,
        line.prepared_mg,
        line.wasted_mg,
        line.given_mg,
        line.counted,
        line.other,
        line.by,
        ", ".join(line.witnesses) or ("missing" if line.witness_missing else ""),
        line.entry,
        line.struck_by,
    )
