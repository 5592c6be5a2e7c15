"""What `verify` is given from outside: a head on paper, cosigned notes, keys of witnesses, roots of authorities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from commands.cli import console, terminal
from commands.cli.named import witness_key
from commands.cli.place import read_file
from ledger.anchors import paper
from ledger.anchors.paper import Paper
from ledger.errors import BadInput
from ledger.verify import Outside


@dataclass(frozen=True)
class Vouchers:
    """The options that say who vouches."""

    paper: Annotated[
        str | None,
        typer.Option(
            "--paper",
            metavar="TEXT|FILE|-",
            help="A head on paper: the number of entries and the root, with the check codes or without; "
            "`-` asks line by line.",
        ),
    ] = None
    cosigned: Annotated[
        str | None, typer.Option("--cosigned", metavar="FILE", help="A cosigned checkpoint that a witness kept.")
    ] = None
    witness: Annotated[
        list[str] | None,
        typer.Option(
            "--witness", metavar="KEY", help="The verifier key of a witness, from himself; or a file. Repeatable."
        ),
    ] = None
    tsa_root: Annotated[
        list[str] | None,
        typer.Option(
            "--tsa-root", metavar="PEM", help="The root certificate of a time-stamp authority, from itself. Repeatable."
        ),
    ] = None


def given(vouchers: Vouchers, outside: Outside) -> Outside:
    """Add what the options give; BadInput names what cannot be read."""
    if vouchers.tsa_root:
        from ledger.signing.certificates import read_roots

        roots = tuple(one for name in vouchers.tsa_root for one in read_roots(read_file(name)))
        outside = replace(outside, roots=roots)
    return replace(
        outside,
        paper=None if vouchers.paper is None else on_paper(vouchers.paper),
        cosigned=None if vouchers.cosigned is None else read_file(vouchers.cosigned),
        witnesses=tuple(witness_key(one) for one in vouchers.witness or ()),
    )


def on_paper(said: str) -> Paper:
    """Read a head on paper: typed, from a file, or asked for line by line, each line checked as it is typed."""
    if said != "-":
        try:
            typed = Path(said).read_text(encoding="utf-8") if Path(said).is_file() else said
        except (OSError, ValueError):
            typed = said
        return paper.read(typed)
    if not terminal.present():
        raise BadInput("there is no terminal to type at", fix="--paper 'ENTRIES ROOT', or a file with both")
    names = ("Entries", *(f"Root, line {number}" for number in range(1, paper.LINES + 1)))
    size, *lines = (_asked(number, name) for number, name in enumerate(names))
    return Paper(int(size), "".join(lines))


def _asked(number: int, name: str) -> str:
    while True:
        try:
            return paper.read_line(number, terminal.ask(f"{name}:", option="--paper 'ENTRIES ROOT'"))
        except BadInput as error:
            console.insist(f"! {error.what}: {error.why}", "warn")
