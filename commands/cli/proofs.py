"""`doseledger proof`: the proof that one entry stands in the log, to be checked far from the ledger."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.cli import console, envelope, named
from commands.cli.options import Shared
from commands.cli.place import read_file, write_private
from commands.cli.session import reading
from ledger import held
from ledger.errors import BadInput, IntegrityFailure
from ledger.merkle.proof_file import HEADER
from projections import heads, proofs

if TYPE_CHECKING:
    from ledger.book import Ledger
    from projections.proofs import ProofChecked


def proof_make(
    shared: Shared,
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="Its number (#402) or the first digits of its id.")],
    size: Annotated[
        int | None, typer.Option("--size", metavar="N", help="Under the head of N entries; the newest when left out.")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="A new file, FILE.tlog-proof; stdout else.")
    ] = None,
) -> None:
    """Prove that an entry stands in the log, in the form C2SP tlog-proof: its place, the path, the signed head."""
    with reading(shared.ledger) as ledger:
        data = proofs.prove(ledger, ledger.find(entry), size)
        if out is not None:
            write_private(Path(out), data.proof.encode())
        if shared.json:
            envelope.put("proof-make", ledger, data, size=data.size)
            return
    if out is not None:
        console.answer(out)
    else:
        console.raw(data.proof.encode())
    console.say(f"#{data.entry} {data.kind}, leaf {data.leaf}")
    console.say(f"under the head of {data.size} entries, root {data.root}")


def proof_check(
    shared: Shared,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A proof: of an entry, or of two histories.")],
    entry: Annotated[
        str | None,
        typer.Option(
            "--entry", metavar="FILE", help="The exact bytes of the entry; those of the ledger when left out."
        ),
    ] = None,
    ledger_id: Annotated[
        str | None,
        typer.Option("--ledger-id", metavar="ID", help="The id from the trial master file; the proof must be of it."),
    ] = None,
    log_key: Annotated[
        str | None,
        typer.Option("--log-key", metavar="KEY", help="The verifier key of the log, from outside; or a file with it."),
    ] = None,
) -> int:
    """Check a proof: exit 0 when it holds, 8 when it does not. No ledger is needed where the key is given.

    Of an entry: that it stood at its place in the log. Of a fork: that the log signed two histories.
    """
    outside = named.ledger_id(ledger_id)
    if ledger_id is not None and outside is None:
        raise BadInput(f"{ledger_id!r} is no ledger id", fix="64 digits 0-9 a-f, from the trial master file")
    data = read_file(file)
    fork = data.startswith(b"{")
    raw = _line(read_file(entry)) if entry is not None else None
    key = named.verifier_key(log_key) if log_key is not None else None
    with nullcontext() if key is not None and (fork or raw is not None) else reading(shared.ledger) as ledger:
        opened = heads.opener_of(key, ledger)
        found = (
            proofs.check_two(data, opened, ledger_id=outside)
            if fork
            else proofs.check_entry(data, opened, raw=raw, ledger=ledger, ledger_id=outside)
        )
        _tell(found, shared, ledger)
    if key is None and not shared.json:
        console.say("  The key of the log comes from this ledger itself; --log-key takes the one on paper.")
    return 0 if found.holds else IntegrityFailure.exit_code


def is_proof(file: str) -> bool:
    """Whether a file is one of the two proofs, by its first bytes."""
    try:
        with held.reading(file) as opened:
            start = opened.read(64)
    except OSError:
        return False  # whoever reads it as something else says what is wrong with it
    return start.startswith((f"{HEADER}\n".encode(), b'{"format":"doseledger-fork/'))


def _line(data: bytes) -> bytes:
    """An entry as a line of an export, or as it is."""
    return data.removesuffix(b"\n")


def _tell(found: ProofChecked, shared: Shared, ledger: Ledger | None) -> None:
    if shared.json:
        if ledger is None:
            envelope.bare("proof-check", found)
        else:
            envelope.put("proof-check", ledger, found)
        return
    if not found.holds:
        console.answer(console.paint("x It proves nothing.", "bad"))
        console.answer(f"  {found.why}")
    elif found.proves == "fork":
        console.answer(console.paint("x It holds: the log signed two histories.", "bad"))
    else:
        kind = f" ({found.kind})" if found.kind is not None else ""
        console.answer(
            console.paint(f"v The entry #{found.entry}{kind} stood in the log of {found.size} entries.", "good")
        )
    console.answer(f"  log  {found.origin}")
    console.answer(f"  head {found.size} entries, root {found.root}")
    if found.leaf is not None:
        console.answer(f"  leaf {found.leaf}")
