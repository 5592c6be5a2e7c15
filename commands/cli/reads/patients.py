"""`status`, `todo` and `patient list`: the patients as the record has them."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.cli import cards, console, envelope, keeping, rows
from commands.cli.asof import Times, times
from commands.cli.options import AsOf, Layout, Shared
from commands.cli.session import reading
from ledger.book import Ledger
from ledger.errors import BadInput
from projections import patient as project

Number = Annotated[
    str | None, typer.Argument(metavar="PATIENT", help="The patient's number; all patients when left out.")
]


At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="ENTRY|dose:N|toxicity:N",
        help="What was known when this entry was written; what was changed since is shown apart.",
    ),
]


def status(shared: Shared, asof: AsOf, layout: Layout, patient: Number = None, at: At = None) -> None:
    """Show one patient's course, or one line for each patient."""
    with reading(shared.ledger) as ledger:
        when = times(ledger, asof)
        if at is not None:
            _then(shared, ledger, at, patient, when)
            return
        if patient is None:
            _overview(shared, layout, ledger, when, "overview")
            return
        data = project.status(ledger, patient, **when)
        if shared.json:
            envelope.put("status", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
        else:
            cards.card(data)


def _then(shared: Shared, ledger: Ledger, at: str, patient: str | None, when: Times) -> None:
    """Show a patient as he was known when an entry was written."""
    from commands.cli.reads.trail import told
    from projections.trail.history import named
    from projections.trail.then import then

    if when["known_at"] is not None:
        raise BadInput("--at says itself what was known", fix="leave --known-at out")
    entry = named(ledger, at, patient=patient, now=when["now"])
    data = then(ledger, entry, now=when["now"], patient=patient, valid_at=when["valid_at"])
    known = data.status
    if shared.json:
        envelope.put("status-at", ledger, data, valid_at=known.valid_at, known_at=known.known_at, size=known.size)
        return
    console.answer(f"Before entry #{data.entry} ({data.kind}) was written:")
    cards.card(known)
    console.answer("Changed since")
    told(data.later)


def patient_list(shared: Shared, asof: AsOf, layout: Layout) -> None:
    """List all patients with the state of their course."""
    with reading(shared.ledger) as ledger:
        _overview(shared, layout, ledger, times(ledger, asof), "patient-list")


def _overview(shared: Shared, layout: Layout, ledger: Ledger, when: Times, name: str) -> None:
    views = keeping.keeper()
    data = project.overview(ledger, **when, views=views)
    keeping.tell(views)
    if shared.json:
        envelope.put(name, ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
        return
    columns = (
        "patient",
        "state",
        "course",
        "protocol_step_mg",
        "counted",
        "remaining",
        "last_started",
        "lapses_on",
        "open_important",
        "due",
        "pending",
        "holds",
    )
    rows.show(
        data.patients,
        layout.format,
        columns=columns,
        right=columns[3:6] + columns[8:],
        empty="No patient is registered.",
    )
    if layout.format == "table" and data.pack is not None:
        cards.pack(data.pack.id, data.pack.version, data.pack.fictional_parameters)
        console.answer(data.notice)


def todo(
    shared: Shared,
    asof: AsOf,
    layout: Layout,
    patient: Annotated[str | None, typer.Option("--patient", metavar="NUMBER", help="Only this patient.")] = None,
    *,
    signatures: Annotated[
        bool, typer.Option("--signatures", help="The signature queue: every missing signature, in every stream.")
    ] = False,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="With --signatures: only those of this role.")
    ] = None,
) -> None:
    """List what is due, the earliest first: doses to start or end, assessments, signatures, open findings."""
    with reading(shared.ledger) as ledger:
        if signatures:
            from commands.cli.reads import safety

            safety.signatures(shared, ledger, times(ledger, asof), layout, role)
            return
        views = keeping.keeper()
        data = project.todo(ledger, patient=patient, **times(ledger, asof), views=views)
        keeping.tell(views)
        if shared.json:
            envelope.put("todo", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return
        rows.show(
            data.tasks,
            layout.format,
            columns=("due", "overdue", "patient", "what", "rule", "entry"),
            empty="Nothing is due.",
        )
        if asof.known_at is None:
            _anchor(ledger)


def _anchor(ledger: Ledger) -> None:
    """Say when the log's head has to be shown outside."""
    from projections.anchors import due

    found = due(ledger).sentence()
    if found:
        console.say(f"! {found}: doseledger anchor status", "warn")
