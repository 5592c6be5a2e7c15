"""`doseledger key rotate`: a new key takes the place of the old one, in the ledger and in the folder of keys.

The new key lies beside the old one under the name `.next` until the ledger has it. Whatever interrupts that, the same
command run again finds out from the ledger which of the two is the key, and loses neither.
"""

from __future__ import annotations

import os
import uuid
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from commands.cli import acting, clock, console, keyring, outbox, terminal
from commands.cli.backing import Backend
from commands.cli.keys import Card, card, card_path, new_passphrase
from commands.cli.options import Shared, Signing
from commands.cli.place import write_private
from commands.cli.session import Session, writing
from commands.cli.unlocking import signer_of
from commands.cli.writing import dry, report
from commands.draft import Circumstances
from ledger.errors import BadInput


def key_rotate(
    shared: Shared,
    signing: Signing,
    where: Backend,
    *,
    person: Annotated[str | None, typer.Argument(metavar="NAME", help="Whose key; yours when left out.")] = None,
    valid_until: Annotated[
        str | None,
        typer.Option(
            "--valid-until",
            metavar="DAY",
            help="The last day of the new key; where it is later than the old one's, a registrar signs too.",
        ),
    ] = None,
    new_passphrase_file: Annotated[
        str | None,
        typer.Option("--new-passphrase-file", metavar="PATH", help="A file that holds the new key's passphrase."),
    ] = None,
) -> None:
    """Change your key: the old one signs the new one in, and nothing after that."""
    owner = person or keyring.who(shared.me)
    until = _day(valid_until)
    with writing(shared.ledger) as session:
        acting.send_waiting(session)
        if _settled(owner, session):
            console.say(f"The new key of {owner} was in the ledger already; now it is the one in the folder.")
            return
        _drop(owner)
        session.roster.require_person(owner, session.post.clock())
        given = terminal.given([new_passphrase_file] if new_passphrase_file else (), ())
        try:
            _changed(owner, until, given, session, shared=shared, signing=signing, where=where)
        finally:
            if not _settled(owner, session) and not outbox.waiting(session.ledger.id):
                _drop(owner)


def _changed(
    owner: str,
    until: date | None,
    given: dict[str, bytes],
    session: Session,
    *,
    shared: Shared,
    signing: Signing,
    where: Backend,
) -> None:
    from commands.keys import RotateKey
    from commands.people import key_request
    from commands.post import Ids
    from ledger.signing.keyfile import create

    mine, now = card(owner), clock.now()
    elsewhere = where.found()
    if elsewhere is None:
        passphrase = new_passphrase(owner, given)
        text, public = create(passphrase, comment=f"doseledger {owner}")
    else:
        text, public = elsewhere
        passphrase = keyring.secret(owner, text, given)
    write_private(_next(keyring.path_of(owner)), text)
    made = Card(person=owner, name=mine.name, organisation=mine.organisation, key_id=public.kid)
    write_private(_next(card_path(owner)), msgspec.json.encode(made))
    signer = signer_of(text, passphrase, fast=False)
    request = key_request(owner, mine.name, mine.organisation, signer, now=now, new_id=Ids(now, os.urandom))
    act = RotateKey(request=request, protection=signer.method, valid_until=until)
    persons = [owner, *(signing.witness or ())]
    doing = acting.Doing(session, act, Circumstances(), persons, signing, signing.command_id or str(uuid.uuid4()))
    if signing.dry_run:
        dry(doing, shared)
        return
    report(session, "key rotate", acting.do(doing), shared)
    _settled(owner, session)
    console.say(f"The key file of {owner} is the new one; the old one stays beside it and signs nothing here.")


def _settled(owner: str, session: Session) -> bool:
    """Put the next key in the place of the old one where the ledger has it; tell whether that was so."""
    waiting, active = _next(card_path(owner)), session.roster.active_key(owner)
    if not waiting.is_file():
        return False
    name = msgspec.json.decode(waiting.read_bytes(), type=Card).key_id
    if active is None or active.kid != name:
        return False
    for path in (keyring.path_of(owner), card_path(owner)):
        old = card(owner).key_id if card_path(owner).is_file() else ""
        if _next(path).is_file():
            if path.is_file() and old != name:
                path.rename(keyring.retired(path, old))
            _next(path).rename(path)
    return True


def _drop(owner: str) -> None:
    """Remove a next key that the ledger never had and never will."""
    for path in (keyring.path_of(owner), card_path(owner)):
        _next(path).unlink(missing_ok=True)


def _next(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{text!r} is not a day", why=str(error), fix="for example 2026-12-31") from error
