"""`doseledger checkpoint`: the signed heads of the log, and whether two of them are of one history."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from commands.cli import console, envelope, rows
from commands.cli.options import Layout, Shared
from commands.cli.pinned import pinned_path
from commands.cli.place import read_file, setting, write_private
from commands.cli.session import reading
from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.merkle.checkpoint import parse
from projections import heads

if TYPE_CHECKING:
    from projections.heads import Compared, Verdict

LogKey = Annotated[
    str | None,
    typer.Option("--log-key", metavar="KEY", help="The verifier key of the log, from outside; or a file with it."),
]


def checkpoint_show(
    shared: Shared,
    size: Annotated[
        int | None, typer.Option("--size", metavar="N", help="The head of the first N entries; the newest else.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write the note into a new file, to be kept outside."),
    ] = None,
    key_out: Annotated[
        str | None,
        typer.Option("--key-out", metavar="FILE", help="Write the verifier key of the log into a new file."),
    ] = None,
) -> None:
    """Show the signed head of the log: how many entries there are, and the root over all of them."""
    from commands.cli.asof import reader

    with reading(shared.ledger) as ledger:
        data = heads.head(ledger, ledger.size if size is None else size, ZoneInfo(reader(ledger).zone))
        if out is not None:
            write_private(Path(out), data.note.encode())
        if key_out is not None:
            write_private(Path(key_out), f"{data.log_key}\n".encode())
        if shared.json:
            envelope.put("checkpoint-show", ledger, data, size=data.size)
            return
    for file in (out, key_out):
        if file is not None:
            console.answer(file)
    if out is None and key_out is None:
        console.raw(data.note.encode())
    console.say(f"{data.size} entries, the newest of {data.at}")
    console.say(f"root    {_grouped(data.root)}")
    console.say(f"log key {data.log_key}")


def checkpoint_list(shared: Shared, layout: Layout) -> None:
    """List the signed heads of the log: one for each act, the oldest first."""
    from commands.cli.asof import reader

    with reading(shared.ledger) as ledger:
        data = heads.heads(ledger, ZoneInfo(reader(ledger).zone))
        if shared.json:
            envelope.put("checkpoint-list", ledger, data)
            return
    rows.show(data.rows, layout.format)


def checkpoint_compare(
    shared: Shared,
    first: Annotated[str, typer.Argument(metavar="A", help="A checkpoint: a file, or a number of entries.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    proof: Annotated[
        str | None,
        typer.Option("--proof", metavar="FILE", help="Where two histories are found: write the proof into a new file."),
    ] = None,
    log_key: LogKey = None,
) -> int:
    """Compare two checkpoints: exit 0 when B goes on from A, 1 when it is older or was given up, 8 for a fork.

    Of the same size they need the key of the log alone; of different sizes the ledger or a copy with its tree.
    """
    from commands.cli.named import verifier_key

    key = verifier_key(log_key) if log_key is not None else None
    alone = key is not None and (_of_one_size(first, second) or not _has_ledger(shared))
    with nullcontext() if alone else reading(shared.ledger) as ledger:
        notes = _note(first, ledger), _note(second, ledger)
        data = heads.compare(ledger, *notes, heads.opener_of(key, ledger))
        if data.fork is not None and proof is not None:
            write_private(Path(proof), data.fork.written())
        if not shared.json:
            _tell(data, proof)
        elif ledger is None:
            envelope.bare("checkpoint-compare", data)
        else:
            envelope.put("checkpoint-compare", ledger, data)
    return _EXITS[data.verdict]


def _of_one_size(first: str, second: str) -> bool:
    """Whether both are files, of heads of the same size: no tree is needed to compare them."""
    if any(said.isdecimal() and not Path(said).exists() for said in (first, second)):
        return False
    sizes = {parse(read_file(said))[0].size for said in (first, second)}
    return len(sizes) == 1


def _has_ledger(shared: Shared) -> bool:
    return pinned_path(shared.ledger) is not None or setting("ledger", shared.ledger).value is not None


def _note(said: str, ledger: Ledger | None) -> bytes:
    """Read a checkpoint that is named by its file or, in a ledger, by its size."""
    if not said.isdecimal() or Path(said).exists():
        return read_file(said)
    if ledger is None:
        raise BadInput(f"{said} names a checkpoint of a ledger, and none is open", fix="--ledger PATH, or a file")
    return ledger.checkpoint_at(int(said))


def _tell(data: Compared, proof: str | None) -> None:
    code = _EXITS[data.verdict]
    style = "good" if code == 0 else "bad" if code == 8 else "warn"
    mark = {"good": "v", "bad": "x", "warn": "!"}[style]
    console.answer(console.paint(f"{mark} {_SENTENCES[data.verdict]}", "good" if code == 0 else "bad"))
    console.answer(f"  {data.why}")
    console.answer(f"  log {data.origin}")
    for name, one in (("A", data.first), ("B", data.second)):
        console.answer(f"  {name}   {one.size} entries, root {one.root}")
    if data.fork is not None:
        console.say(
            f"  the proof is in {proof}: doseledger proof check {proof}"
            if proof is not None
            else "  --proof FILE writes a proof that anybody can check"
        )


def _grouped(root: str) -> str:
    """A root in groups of four digits, to be compared with paper."""
    return " ".join(root[at : at + 4] for at in range(0, len(root), 4))


_EXITS: dict[Verdict, int] = {"same": 0, "consistent": 0, "restored": 1, "older": 1, "unknown": 1, "fork": 8}
_SENTENCES: dict[Verdict, str] = {
    "same": "Both are the same head.",
    "consistent": "B goes on from A: one history.",
    "restored": "One of them was given up: registrars signed that the ledger goes on without it.",
    "older": "B is older than A: one history.",
    "unknown": "It cannot be told whether they are of one history.",
    "fork": "FORK: the log signed two histories.",
}
