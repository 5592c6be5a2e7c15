"""`export csv`, `export audit-html`, `export odm`: the audit trail as files for spreadsheets, readers and sponsors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from commands.cli import console, envelope
from commands.cli.asof import reader
from commands.cli.options import Shared
from commands.cli.place import read_file
from commands.cli.recording import recorded
from commands.cli.session import reading
from commands.cli.version import SOFTWARE
from ledger.book import Ledger
from ledger.errors import Unavailable

if TYPE_CHECKING:  # kept out of the start of every other command
    from ledger.events.exports import Form
    from projections.export.file import Made, Sink

Out = Annotated[
    str, typer.Option("--out", "-o", metavar="FILE", help="The new file; it is never written over another.")
]
Patients = Annotated[
    list[str] | None,
    typer.Option("--patient", metavar="NUMBER", help="Only this patient; repeatable. All when left out."),
]
Known = Annotated[
    str | None,
    typer.Option("--known-at", metavar="TIME|N", help="As it was known at this time, or after the first N entries."),
]
Writing = Callable[[Ledger, "Sink", int], int]
"""Writes the first entries of a ledger somewhere and counts what it wrote."""


def export_csv(
    shared: Shared,
    out: Out,
    patient: Patients = None,
    known_at: Known = None,
    *,
    signatures: Annotated[
        bool, typer.Option("--signatures", help="Every signature instead: printed name, role, meaning, time, key.")
    ] = False,
) -> None:
    """Export the audit trail as a table: one row for each field that was entered or changed, with all columns."""
    from projections.export.audit import table

    write = table.signatures if signatures else table.trail
    _made(
        shared,
        lambda ledger, sink, size: write(ledger, sink, size=size, patients=_each(patient)),
        form="signatures-csv" if signatures else "audit-csv",
        out=out,
        patients=_each(patient),
        known_at=known_at,
    )


def export_audit_html(shared: Shared, out: Out, patient: Patients = None, known_at: Known = None) -> None:
    """Export the audit trail as a page to read and to print, patient by patient, with every signature in full."""
    from projections.export.audit import page

    _made(
        shared,
        lambda ledger, sink, size: page.write(ledger, sink, software=SOFTWARE, size=size, patients=_each(patient)),
        form="audit-html",
        out=out,
        patients=_each(patient),
        known_at=known_at,
    )


def export_odm(
    shared: Shared,
    out: Out,
    patient: Patients = None,
    known_at: Known = None,
    sign: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--sign", metavar="CERT KEY", help="Sign the file: an X.509 certificate and its RSA key, both as PEM."
        ),
    ] = None,
) -> None:
    """Export the patients' data with its audit trail and signatures as CDISC ODM-XML 1.3.2, transactional."""
    from projections.export.odm import document

    def write(ledger: Ledger, sink: Sink, size: int) -> int:
        if sign is None:
            return document.write(ledger, sink, software=SOFTWARE, size=size, patients=_each(patient))
        import io

        signing = _signing()
        certificate, key = (read_file(name) for name in sign)
        whole = io.BytesIO()
        count = document.write(ledger, whole, software=SOFTWARE, size=size, patients=_each(patient))
        sink.write(signing(whole.getvalue(), key=key, certificate=certificate))
        return count

    _made(shared, write, form="odm", out=out, patients=_each(patient), known_at=known_at)


def _each(patients: list[str] | None) -> tuple[str, ...]:
    """Give the patients that are named, each once."""
    return tuple(dict.fromkeys(patients or ()))


def _signing() -> Callable[..., bytes]:
    try:
        from projections.export.odm.signing import signed
    except ImportError as error:
        raise Unavailable(
            "signing XML needs a library that is not installed",
            why=str(error),
            fix="install doseledger[xml-signature], or leave --sign out",
        ) from error
    return signed


def _made(
    shared: Shared, write: Writing, *, form: Form, out: str, patients: Sequence[str], known_at: str | None
) -> None:
    """Write a file, say what it is, and let the ledger know."""
    from projections.export.file import Made, new_file
    from projections.replay import window

    with reading(shared.ledger) as ledger:
        here = reader(ledger)
        size = window(ledger, now=here.now, known_at=here.place(known_at) if known_at is not None else None).size
        with new_file(out) as sink:
            count = write(ledger, sink, size)
        root = ledger.root_at(size).hex()
        data = Made(file=out, size=size, root=root, rows=count, digest=sink.digest)
        if shared.json:
            envelope.put(f"export-{form}", ledger, data, size=size)
        else:
            _tell(data)
    recorded(shared.ledger, form, size=size, root=root, digest=data.digest, patients=patients, me=shared.me)


def _tell(data: Made) -> None:
    console.answer(data.file)
    console.say(f"{data.rows} rows of {data.size} entries; root {data.root}")
    console.say(f"SHA-256 {data.digest}")
