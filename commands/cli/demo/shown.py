"""What the play came to, as its readers say it: cohorts, toxicities, clocks, drug books; the dossier and pictures."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from commands.cli import console, rows
from commands.cli.demo.cycles import DRUG
from commands.cli.place import write_private
from commands.cli.reads import cohort as cohort_reads
from commands.cli.reads import supply as supply_reads
from commands.cli.version import SOFTWARE
from ledger.book import Ledger
from projections import accountability, cohort
from projections.clocks import safety_reports
from projections.deviations import deviations
from projections.export import report
from projections.export.dossier import making
from projections.toxicity import toxicity_table

DRAWN = ("001-001", "001-002", "001-005")
"""The patients whose dose timelines are drawn: two cycles, a dose-limiting toxicity, a correction."""


def trial(ledger: Ledger, now: datetime) -> None:
    """Print the trial as it stands."""
    _heading("The cohort board: three patients per cohort, one dose-limiting toxicity (doseledger cohort show)")
    board = cohort.board(ledger, now=now)
    cohort_reads.tell(board, [one for one in board.levels if one.places])
    _heading("Dose-limiting toxicities, and the rulings on them (doseledger dlt candidates)")
    rows.show(cohort.dlt_candidates(ledger, now=now).candidates, "table", empty="No toxicity is a candidate.")
    _heading("Toxicities, each patient once at the worst grade (doseledger toxicity table)")
    grades = tuple(f"grade_{n}" for n in range(1, 6))
    rows.show(
        [row for row in toxicity_table(ledger, now=now).rows if row.attribution != "any"],
        "table",
        columns=("printed", "attribution", "patients", *grades, "serious"),
        right=("patients", *grades, "serious"),
    )
    _heading("Safety reports and their clocks (doseledger safety-report list)")
    rows.show(
        safety_reports(ledger, now=now).clocks,
        "table",
        columns=("due", "state", "patient", "report", "term", "since", "submitted_at"),
    )
    _heading("Findings, and what was said of them (doseledger deviation list)")
    rows.show(
        deviations(ledger, now=now).rows,
        "table",
        columns=("patient", "id", "severity", "nature", "disposition", "by", "text"),
    )
    _heading(f"The drug books, those of {DRUG} to the vial (doseledger accountability)")
    supply_reads.tell(accountability.accountability(ledger, now=now), DRUG)


def pictures(ledger: Ledger, folder: Path, now: datetime) -> tuple[Path, ...]:
    """Draw the trial and some patients as they stand now; an older drawing of theirs gives way."""
    drawn = {"trial": report.trial_picture(ledger, now=now)}
    drawn |= {number: report.patient_picture(ledger, number, now=now) for number in DRAWN}
    paths = tuple(folder / f"{name}.svg" for name in drawn)
    for path, picture in zip(paths, drawn.values(), strict=True):
        path.unlink(missing_ok=True)
        write_private(path, picture)
    return paths


def dossier(ledger: Ledger, path: Path) -> Path:
    """Make the dossier of the record as it stands now; an older one gives way."""
    path.unlink(missing_ok=True)
    making.dossier(ledger, path, software=SOFTWARE)
    return path


def _heading(words: str) -> None:
    console.answer(f"\n{words}")
