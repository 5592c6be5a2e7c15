"""`toxicity table`, `deviation list`, `safety-report list` and the signature queue: what the record says of safety."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.cli import console, envelope, keeping, rows
from commands.cli.asof import Times, times
from commands.cli.options import AsOf, Layout, Shared
from commands.cli.session import reading
from ledger.book import Ledger

Patient = Annotated[str | None, typer.Option("--patient", metavar="NUMBER", help="Only this patient.")]


def toxicity_table(
    shared: Shared,
    asof: AsOf,
    layout: Layout,
    drug: Annotated[
        str | None, typer.Option("--drug", metavar="DRUG", help="By the attribution to this drug; else the strongest.")
    ] = None,
) -> None:
    """Show how many patients had each term at which worst grade, in all and by attribution."""
    from projections.toxicity import toxicity_table as table

    with reading(shared.ledger) as ledger:
        views = keeping.keeper()
        data = table(ledger, drug=drug, **times(ledger, asof), views=views)
        keeping.tell(views)
        if shared.json:
            envelope.put("toxicity-table", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return
        grades = tuple(f"grade_{n}" for n in range(1, 6))
        rows.show(
            data.rows,
            layout.format,
            columns=("organ_class", "printed", "attribution", "patients", *grades, "ungraded", "serious"),
            right=("patients", *grades, "ungraded", "serious"),
            empty="No toxicity was reported.",
        )


def deviation_list(
    shared: Shared,
    asof: AsOf,
    layout: Layout,
    patient: Patient = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that nobody has answered.")] = False,
) -> None:
    """List every finding with what was said of it and how long it has been open; hindsight is no deviation."""
    from projections.deviations import deviations

    with reading(shared.ledger) as ledger:
        views = keeping.keeper()
        data = deviations(ledger, patient=patient, only_open=only_open, **times(ledger, asof), views=views)
        keeping.tell(views)
        if shared.json:
            envelope.put("deviation-list", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return
        rows.show(
            data.rows,
            layout.format,
            columns=("patient", "id", "occurred", "severity", "nature", "disposition", "open_h", "by", "text"),
            right=("open_h",),
            empty="No finding.",
        )


def safety_report_list(shared: Shared, asof: AsOf, layout: Layout, patient: Patient = None) -> None:
    """List the safety reports that fall due, the earliest first, then those that were sent."""
    from projections.clocks import safety_reports

    with reading(shared.ledger) as ledger:
        views = keeping.keeper()
        data = safety_reports(ledger, patient=patient, **times(ledger, asof), views=views)
        keeping.tell(views)
        if shared.json:
            envelope.put(
                "safety-report-list", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size
            )
            return
        rows.show(
            data.clocks,
            layout.format,
            columns=("due", "state", "patient", "report", "term", "ae", "since", "submitted_at"),
            empty="No safety report falls due.",
        )
        if layout.format == "table" and data.clocks:
            console.say("A clock of days ends with the sponsor's local day; a term the pack expects has none.")


def signatures(shared: Shared, ledger: Ledger, when: Times, layout: Layout, role: str | None) -> None:
    """Print the signature queue."""
    from projections.queue import queue

    data = queue(ledger, role=role, **when)
    if shared.json:
        envelope.put("todo-signatures", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
        return
    rows.show(
        data.signatures,
        layout.format,
        columns=("entry", "state", "stream", "kind", "what", "meaning", "role", "signed_by", "since", "lapses"),
        empty="No signature is missing.",
    )
