"""What makes or uses keys of no person: a device's key, the recovery key, and counters that were used for nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from commands.cli import console, envelope, terminal
from commands.cli.options import Shared
from commands.cli.place import read_file, write_private
from commands.cli.session import Session, writing
from ledger.errors import BadInput, NotAllowed
from ledger.events.keys import MOST_NAMED, SignatureAbandoned

_TOKEN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z")


def device_create(
    shared: Shared,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The workstation's name in the record, e.g. ward-2.")],
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="FILE", help="Where its key goes; NAME.device-key when left out."),
    ] = None,
) -> None:
    """Make the key of a further workstation, and the card with which two registrars enrol it."""
    from ledger.admission.signatures import wire_jwk
    from ledger.events.study import Device
    from ledger.signing.keyfile import create_system

    if not _TOKEN.match(name):
        raise BadInput(f"{name!r} is not a name for a device", why="small letters, digits, dots and hyphens")
    path = Path(out or f"{name}.device-key").absolute()
    card = path.with_name(f"{name}.device-card")
    text, public = create_system(comment=f"doseledger device {name}")
    write_private(path, text)
    made = msgspec.json.encode(Device(id=name, key_id=public.kid, key=wire_jwk(public)))
    write_private(card, made)
    if shared.json:
        envelope.bare("device-create", {"device": name, "key_id": public.kid, "path": str(path), "card": str(card)})
        return
    console.answer(str(card))
    console.say(f"The key of {name} lies in {path}; on that machine, $DOSELEDGER_DEVICE_KEY names it.")
    console.say(f"Next: doseledger device enrol {card.name}, signed by two registrars.")


def registrar_recover(
    shared: Shared,
    request: Annotated[str, typer.Argument(metavar="REQUEST", help="The request file made by the new registrar.")],
    recovery_key: Annotated[
        str,
        typer.Option("--recovery-key", metavar="FILE", help="The file made with the ledger and kept apart. [required]"),
    ],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether to go on.")] = False,
) -> None:
    """Bring a registrar by the recovery key, where too few are left to bring one themselves."""
    from commands.keys import opened
    from commands.recovery import recover, require_recovery_key
    from ledger.signing.keyfile import open_system

    text = read_file(request).decode("utf-8", "replace")
    asked, key = opened(text), open_system(read_file(recovery_key))
    with writing(shared.ledger) as session:
        require_recovery_key(session.ledger, key)
        console.insist("Entry: registrar.recovered/1 on people")
        console.insist(f"    registrar   {asked.name} ({asked.person}), {asked.organisation}, key {asked.key_id[:8]}")
        console.insist("    signed by   the ledger's recovery key, for the same person: responsibility")
        if not yes and not terminal.agree("Use the recovery key?"):
            console.insist("Declined: nothing was signed.")
            raise typer.Exit(1)
        receipt = recover(session.ledger, session.post, text, key)
        _told(session, "registrar-recover", receipt.position, shared)


def key_abandon(
    shared: Shared,
    person: Annotated[str, typer.Argument(metavar="NAME", help="Whose key: a person's id, or a device's.")],
) -> None:
    """Record, signed by this device, that signature counters of a key were used for nothing that stands."""
    from commands.notes import note
    from projections.counters import never_arrived

    with writing(shared.ledger) as session:
        missing = never_arrived(session.ledger, person)
        if not missing:
            raise NotAllowed(f"no signature of {person} is missing", fix="see: doseledger verify")
        for kid, counters in missing:
            receipt = note(session.ledger, session.post, "security", _abandoned(kid, counters[:MOST_NAMED]))
            _told(session, "key-abandon", receipt.position, shared)


def _abandoned(kid: str, counters: tuple[int, ...]) -> Callable[[object, object], SignatureAbandoned]:
    return lambda _pad, _roster: SignatureAbandoned(key_id=kid, n=counters)


def _told(session: Session, name: str, position: int, shared: Shared) -> None:
    entry = session.ledger.entry(position)
    if shared.json:
        envelope.put(name, session.ledger, {"position": position, "entry": entry.id, "leaf": entry.leaf})
        return
    console.answer(
        f"v #{position}  {entry.kind}  {entry.stream}  {entry.payload.occurred.at}  "
        f"id {entry.id[:8]}  leaf {entry.leaf[:12]}"
    )
