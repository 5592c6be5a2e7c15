"""`report patient`, `report trial` and `report deviations`: what people read, with a plot where one is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.cli import cards, console, envelope, rows
from commands.cli.asof import times
from commands.cli.options import AsOf, Layout, Shared
from commands.cli.place import write_private
from commands.cli.session import reading

_ISSUES = ("patient", "id", "occurred", "severity", "nature", "disposition", "by", "text")
_REPORTS = ("due", "state", "patient", "report", "term", "ae", "submitted_at")
_RULES = ("rule", "severity", "nature", "findings", "patients", "open")


def report_patient(
    shared: Shared,
    asof: AsOf,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="The patient's number.")],
    svg: Annotated[
        str | None, typer.Option("--svg", metavar="FILE", help="Draw the dose timeline into this new file.")
    ] = None,
) -> None:
    """Report on one patient: card, everything in clinical order, findings, safety reports; --svg draws the doses."""
    from projections.export import report

    with reading(shared.ledger) as ledger:
        when = times(ledger, asof)
        data = report.of_patient(ledger, patient, **when)
        _draw(svg, report.patient_picture(ledger, patient, **when) if svg is not None else b"")
        known = data.status
        if shared.json:
            envelope.put(
                "report-patient", ledger, data, valid_at=known.valid_at, known_at=known.known_at, size=known.size
            )
            return
    cards.card(data.status)
    _heading("In clinical order")
    rows.show(data.timeline.rows, "table", columns=("occurred", "entry", "what", "state", "by", "reason"))
    _heading("Findings")
    rows.show(data.deviations, "table", columns=_ISSUES[1:], empty="None.")
    _heading("Safety reports")
    rows.show(data.clocks, "table", columns=_REPORTS, empty="None falls due.")


def report_trial(
    shared: Shared,
    asof: AsOf,
    svg: Annotated[
        str | None, typer.Option("--svg", metavar="FILE", help="Draw the swimmer plot into this new file.")
    ] = None,
) -> None:
    """Report on the trial: patients, toxicities by worst grade, safety reports, findings; --svg draws the patients."""
    from projections.export import report

    with reading(shared.ledger) as ledger:
        when = times(ledger, asof)
        data = report.of_trial(ledger, **when)
        _draw(svg, report.trial_picture(ledger, **when) if svg is not None else b"")
        known = data.overview
        if shared.json:
            envelope.put(
                "report-trial", ledger, data, valid_at=known.valid_at, known_at=known.known_at, size=known.size
            )
            return
    _heading("Patients")
    rows.show(
        data.overview.patients,
        "table",
        columns=("patient", "state", "course", "counted", "remaining", "open_important", "due", "pending", "holds"),
        empty="No patient is registered.",
    )
    _heading("Toxicities, each patient once at the worst grade")
    grades = tuple(f"grade_{n}" for n in range(1, 6))
    rows.show(
        [row for row in data.toxicity.rows if row.attribution == "any"],
        "table",
        columns=("organ_class", "printed", "patients", *grades, "serious"),
        right=("patients", *grades, "serious"),
        empty="None was reported.",
    )
    _heading("Safety reports")
    rows.show(data.clocks, "table", columns=_REPORTS, empty="None falls due.")
    _heading("Findings")
    rows.show(data.deviations, "table", columns=_RULES, right=_RULES[3:], empty="None.")
    if data.overview.pack is not None:
        cards.pack(data.overview.pack.id, data.overview.pack.version, data.overview.pack.fictional_parameters)
    console.answer(data.overview.notice)


def report_deviations(shared: Shared, asof: AsOf, layout: Layout) -> None:
    """Report on the deviations: counted by rule, then each with what was said and done about it."""
    from projections.export import report

    with reading(shared.ledger) as ledger:
        data = report.of_deviations(ledger, **times(ledger, asof))
        if shared.json:
            envelope.put(
                "report-deviations", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size
            )
            return
    if layout.format != "table":
        rows.show(data.rows, layout.format, empty="No finding.")
        return
    _heading("By rule")
    rows.show(data.summary, "table", columns=_RULES, right=_RULES[3:], empty="No finding.")
    _heading("Each of them")
    rows.show(
        data.rows,
        "table",
        columns=(*_ISSUES, "important", "root_cause", "action"),
        empty="No finding.",
    )


def _heading(words: str) -> None:
    console.answer(f"\n{words}")


def _draw(name: str | None, picture: bytes) -> None:
    """Write a plot into a new file that only its owner can read: it names patients."""
    if name is None:
        return
    write_private(Path(name), picture)
    console.say(f"The plot is {name}.")
