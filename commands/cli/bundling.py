"""`doseledger export bundle`: everything an inspector takes along, in one folder or ZIP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from commands.cli import console, envelope
from commands.cli.options import Shared
from commands.cli.pinned import pinned_path
from commands.cli.place import device_key_path, ledger_path
from commands.cli.session import reading
from ledger.book import Ledger
from ledger.errors import DoseLedgerError

if TYPE_CHECKING:  # loading it loads the libraries of the keys, which a copy without a device does without
    from ledger.signing.signer import Signer
    from projections.export.bundle.make import Bundled


def export_bundle(
    shared: Shared,
    *,
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="FILE.zip|FOLDER", help="A new ZIP, or a new or empty folder.")
    ],
    patient: Annotated[
        list[str] | None,
        typer.Option("--patient", metavar="NUMBER", help="Only this patient; repeatable. Others are withheld."),
    ] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="TIME|N", help="As it was known then; now when left out.")
    ] = None,
    recipient: Annotated[
        str | None, typer.Option("--recipient", metavar="WORDS", help="For whom it is; kept with the record of it.")
    ] = None,
) -> None:
    """Export the inspection bundle: record, audit trail, states, protocol, deviations and verifiers, in one bag."""
    from commands.cli.asof import reader
    from commands.cli.installed import build
    from commands.cli.recording import recorded
    from commands.cli.version import SOFTWARE
    from projections.export.bundle.make import make

    with reading(shared.ledger) as ledger:
        until = reader(ledger).place(known_at) if known_at is not None else None
        size = until if until is None or isinstance(until, int) else ledger.position_at(until)
        data = make(
            ledger,
            Path(out),
            software=SOFTWARE,
            build=build(),
            size=size,
            patients=patient or (),
            device=_device(shared.ledger, ledger, size),
        )
        if not shared.json:
            _tell(data)
        position = recorded(
            shared.ledger,
            "bundle",
            size=data.size,
            root=data.root,
            digest=data.digest,
            patients=data.patients,
            name=data.name,
            me=shared.me,
            recipient=recipient,
        )
        if shared.json:
            envelope.put("export-bundle", ledger, msgspec.structs.replace(data, recorded=position), size=data.size)


def _tell(data: Bundled) -> None:
    console.answer(data.path)
    whole = f", {data.withheld} of them withheld" if data.withheld else ""
    console.say(f"  {data.name}")
    console.say(f"  {data.size} entries{whole}, {data.texts} texts, {data.blobs} files")
    console.say(f"  {data.files} files; root {data.root}")
    console.say(f"  verified as a copy: {data.verdict}")
    console.say(f"  its tag manifest has SHA-256 {data.digest}{'' if data.signed else '; it is not signed'}")
    for commitment in data.missing:
        console.insist(f"! a text is missing: {commitment}", "warn")


def _device(option: str | None, ledger: Ledger, size: int | None) -> tuple[str, Signer] | None:
    """Find the enrolled key of this machine; without one the bundle is made all the same, and not signed."""
    if pinned_path(None) is not None:
        console.insist("! not signed: an inspection uses no key", "warn")
        return None
    try:
        data = device_key_path(ledger_path(option)).read_bytes()
    except OSError:
        console.insist("! not signed: the device's key does not lie beside the ledger", "warn")
        return None
    from ledger.signing.keyfile import open_system

    try:
        signer = open_system(data)
    except DoseLedgerError as error:
        console.insist(f"! not signed: {error.what}", "warn")
        return None
    enrolled = ledger.roster(size).devices.get(signer.public.kid)
    if enrolled is None or enrolled.ended is not None:
        console.insist("! not signed: the key beside the ledger is of no device that is enrolled in the copy", "warn")
        return None
    return enrolled.person, signer
