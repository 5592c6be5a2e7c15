"""`doseledger verify`: everything derived again from the stored bytes, and every difference named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from commands.cli import cards, console, envelope, lastseen, verified
from commands.cli.going import Going
from commands.cli.named import id_beside, verifier_key
from commands.cli.options import Shared
from commands.cli.outside import Vouchers, given
from commands.cli.place import ledger_path, read_file
from commands.cli.proofs import is_proof, proof_check
from commands.cli.version import SOFTWARE
from ledger.anchors.evidence import Held
from ledger.anchors.sandwich import Sandwich
from ledger.book import Ledger, shown
from ledger.copies import form_of
from ledger.errors import DoseLedgerError, IntegrityFailure, Unavailable
from ledger.verify import Finding, Outside, Rebuild, Report, verify_path

FIRST = 8
"""Findings that are printed: one changed byte breaks every checkpoint after it."""


def verify(
    shared: Shared,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="A ledger file, a copy of any form, or a proof; the ledger when left out."),
    ] = None,
    *,
    trusted: Annotated[
        str | None,
        typer.Option("--trusted", "--expect", metavar="FILE", help="A checkpoint that was kept outside this ledger."),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            "--state", metavar="FOLDER", help="Where what was last seen is kept; the state folder of this user else."
        ),
    ] = None,
    log_key: Annotated[
        str | None,
        typer.Option("--log-key", metavar="KEY", help="The verifier key of the log, from outside; or a file with it."),
    ] = None,
    vouchers: Vouchers,
    entry: Annotated[
        str | None,
        typer.Option("--entry", metavar="ENTRY", help="Say too between which times outside this entry was written."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="FILE", help="A checkpoint you verified before: judge what came since alone."),
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="The same, from the newest head that was verified here.")] = False,
    every: Annotated[bool, typer.Option("--all", help=f"Print every finding, not the first {FIRST} alone.")] = False,
) -> int:
    """Verify a ledger or a copy from its bytes up: exit 0 when it holds, 8 when anything is not what it must be.

    Beside FILE, --ledger may give the ledger id from the trial master file instead of a path: it is then compared.
    """
    known = id_beside(file, shared.ledger)
    if file is not None and is_proof(file):
        aside = replace(shared, ledger=None) if known else shared
        return proof_check(aside, file, ledger_id=known, log_key=log_key)
    path = ledger_path(file or (None if known else shared.ledger))
    seen = lastseen.before_verify(path, state)
    outside = Outside(ledger=known, log_key=verifier_key(log_key) if log_key is not None else None)
    outside = given(vouchers, outside)
    if trusted is not None:
        outside = replace(outside, trusted=read_file(trusted))
    else:
        kept = lastseen.instead_of(path, state) if seen is None else seen.note
        outside = outside if kept is None else replace(outside, trusted=kept, held_as=lastseen.HELD_AS)
    before = verified.asked(since, seen, path, newest=new)
    rebuilds, left_out = tables(path)
    with Going("judged") as told:
        report = verify_path(path, outside=outside, rebuilds=rebuilds, since=before, progress=told)
    if seen is not None:
        lastseen.after_verify(seen, path, good=report.exit_code == 0, compared=trusted is None)
        verified.keep(seen, report, path)
    compared = remade(path, report, rebuilds)
    still = (one for one in report.not_checked if one not in compared)
    report = replace(report, not_checked=(*still, *left_out))
    if entry is not None:
        report = replace(report, sandwich=between(path, entry))
    if shared.json:
        envelope.about("verify", {"id": report.ledger, "size": report.entries, "root": report.root}, report)
        return report.exit_code
    tell(report, path, every=every)
    return report.exit_code


def between(path: str, said: str) -> Sandwich | None:
    """Say between which times outside an entry was written, by the anchors that stand in the record.

    None, with the reason on stderr, where the record cannot be read: what is wrong with it the report says. BadInput
    for what names no entry.
    """
    from projections.anchors import sandwich

    try:
        with Ledger.open(path, read_only=True) as ledger:
            return sandwich(ledger, ledger.find(said))
    except (IntegrityFailure, Unavailable) as error:
        console.insist(f"! the times around an entry cannot be told: {error.what}", "warn")
        return None


def tables(path: str) -> tuple[list[Rebuild], list[str]]:
    """How views, a bundle or a dossier are made again to be compared; or why not, where another program made them."""
    form = form_of(path)
    if form is None:
        from commands.cli.views import compared

        return compared(path)
    if form not in {"bundle", "archive", "dossier"}:
        return [], []
    from commands.cli.installed import build
    from projections.export.bundle import replaying as bundles
    from projections.export.dossier import replaying as dossiers

    maker, replayed = (dossiers.maker, dossiers.replayed) if form == "dossier" else (bundles.maker, bundles.replayed)
    here = build()
    us = f"{SOFTWARE.replace('/', ' ')}, build {here}"
    try:
        made_by = maker(path)
    except DoseLedgerError:
        return [], []  # the verification says why it cannot be read
    if made_by != us:
        what = "what the page computed" if form == "dossier" else "the tables beside the record"
        return [], [f"{what}, made by {made_by or 'an unknown program'}; this is {us}"]
    return [partial(replayed, software=SOFTWARE, build=here)], []


def remade(path: str, report: Report, rebuilds: Sequence[Rebuild]) -> frozenset[str]:
    """What a verification names as not checked, and was: every byte of a dossier that holds and was made again."""
    if not rebuilds or form_of(path) != "dossier" or report.exit_code != 0:
        return frozenset()
    from ledger.copies.copy import AROUND
    from projections.export.dossier.replaying import partly

    return frozenset() if partly(path) else frozenset({AROUND})


def tell(report: Report, path: str, *, every: bool = False) -> None:
    """Print a report for people."""
    good = report.exit_code == 0
    console.answer(console.paint(f"{'v' if good else 'x'} {_SENTENCES[report.verdict]}", "good" if good else "bad"))
    console.answer(f"  {shown(path)}: {report.entries} entries")
    console.answer(f"  ledger {report.ledger or 'unknown'}")
    console.answer(f"  root   {report.root or 'unknown'}")
    console.answer(f"  {report.anchor}")
    if report.first_bad is not None:
        first = report.first_bad
        kind = f" ({first.kind})" if first.kind else ""
        console.answer(f"  first bad entry: #{first.position}{kind}: {console.one_line(first.why)}")
    some = report.findings if every else report.findings[:FIRST]
    for finding in some:
        console.answer(f"  x {_line(finding)}")
    if len(some) < len(report.findings):
        console.answer(f"  x ... and {len(report.findings) - len(some)} more, most of which follow from these (--all)")
    for finding in report.notices:
        console.answer(f"  ! {_line(finding)}")
    for line in vouched(report):
        console.answer(f"  {console.one_line(line)}")
    console.answer(f"  checked: {', '.join(report.checked)}")
    if report.not_checked:
        console.answer(f"  NOT CHECKED: {console.one_line('; '.join(report.not_checked))}")


def vouched(report: Report) -> Iterator[str]:
    """The anchors in the record, and the times around an entry that was asked for, a line each."""
    for one in report.anchors:
        whose = f" by {one.authority} at {one.at}" if one.authority is not None else ""
        yield f"anchor #{one.entry}: {one.form}{whose}, {one.size} entries; {one.why}"
    if report.sandwich is not None:
        yield from cards.around(report.sandwich, {one.entry: _worth(one) for one in report.anchors})


def _worth(one: Held) -> str:
    """What a time is worth that an anchor gives; empty where whoever signed it is known from outside."""
    if one.state != "good":
        return "WRONG" if one.state == "wrong" else "NOT CHECKED"
    return "" if one.known else "by the word of a witness that only this ledger names"


def _line(finding: Finding) -> str:
    place = f"#{finding.position} " if finding.position is not None else ""
    return console.one_line(f"{finding.level} {place}{finding.code}: {finding.why}")


_SENTENCES = {
    "ok": "Everything holds, as far as something outside saw it.",
    "ok-unanchored": "Everything holds, but nothing outside this ledger vouches for it: not anchored.",
    "self-consistent": "It agrees with itself; nothing outside it was asked.",
    "continued": "What came since holds; what was verified before was not looked at again.",
    "stale": "It is older than a checkpoint that was seen before.",
    "fork": "It is another ledger, or another history, than the one that is known from outside.",
    "failed": "It must not be trusted as it is.",
}
