"""`doseledger verify`: everything derived again from the stored bytes, and every difference named."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.cli import console, envelope
from commands.cli.options import Shared
from commands.cli.place import ledger_path, read_file
from ledger.verify import Finding, Report, verify_path

FIRST = 8
"""Findings that are printed: one changed byte breaks every checkpoint after it."""


def verify(
    shared: Shared,
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="A ledger file; the ledger when left out.")] = None,
    trusted: Annotated[
        str | None, typer.Option("--trusted", metavar="FILE", help="A checkpoint that was kept outside this ledger.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=f"Print every finding, not the first {FIRST} alone.")] = False,
) -> int:
    """Verify a ledger from its bytes up: exit 0 when it holds, 8 when anything is not what it must be."""
    path = ledger_path(file or shared.ledger)
    report = verify_path(path, trusted=read_file(trusted) if trusted is not None else None)
    if shared.json:
        envelope.about("verify", {"id": report.ledger, "size": report.entries, "root": report.root}, report)
        return report.exit_code
    tell(report, path, every=every)
    return report.exit_code


def tell(report: Report, path: str, *, every: bool = False) -> None:
    """Print a report for people."""
    good = report.exit_code == 0
    console.answer(console.paint(f"{'v' if good else 'x'} {_SENTENCES[report.verdict]}", "good" if good else "bad"))
    console.answer(f"  {path}: {report.entries} entries")
    console.answer(f"  ledger {report.ledger or 'unknown'}")
    console.answer(f"  root   {report.root or 'unknown'}")
    console.answer(f"  {report.anchor}")
    if report.first_bad is not None:
        first = report.first_bad
        console.answer(f"  first bad entry: #{first.position}{f' ({first.kind})' if first.kind else ''}: {first.why}")
    shown = report.findings if every else report.findings[:FIRST]
    for finding in shown:
        console.answer(f"  x {_line(finding)}")
    if len(shown) < len(report.findings):
        console.answer(f"  x ... and {len(report.findings) - len(shown)} more, most of which follow from these (--all)")
    for finding in report.notices:
        console.answer(f"  ! {_line(finding)}")
    console.answer(f"  checked: {', '.join(report.checked)}")
    if report.not_checked:
        console.answer(f"  NOT CHECKED: {', '.join(report.not_checked)}")


def _line(finding: Finding) -> str:
    place = f"#{finding.position} " if finding.position is not None else ""
    return f"{finding.level} {place}{finding.code}: {finding.why}"


_SENTENCES = {
    "ok": "Everything holds, up to a checkpoint kept outside.",
    "ok-unanchored": "Everything holds, but nothing outside this ledger vouches for it: not anchored.",
    "self-consistent": "It agrees with itself; nothing outside it was asked.",
    "stale": "It is older than a checkpoint that was seen before.",
    "fork": "It is another history than a checkpoint that was seen before.",
    "failed": "It must not be trusted as it is.",
}
