"""`doseledger key`: make a signing key, write the request a registrar needs, list the keys of this folder."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from commands.cli import clock, console, envelope, keyring, rows, terminal
from commands.cli.backing import Backend
from commands.cli.options import Layout, Shared
from commands.cli.place import keys_dir, write_private
from ledger.errors import BadInput, DoseLedgerError, Unavailable

_TOKEN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z")

Passphrases = Annotated[
    list[str] | None,
    typer.Option("--passphrase-file", metavar="[NAME=]PATH", help="A file that holds the passphrase, for scripts."),
]
Descriptors = Annotated[
    list[str] | None, typer.Option("--passphrase-fd", metavar="[NAME=]N", help="An open file descriptor that gives it.")
]


ENDED = frozenset({"rotated", "lost", "compromised", "left", "removed", "expired"})
"""The states of a key in whose place another may be made."""


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lies open beside a key file: whose it is, as it will be printed, and its public name."""

    person: str
    name: str
    organisation: str
    key_id: str


def card_path(person: str) -> Path:
    """Give the path of the card beside a key."""
    return keys_dir() / f"{person}.card"


def card(person: str) -> Card:
    """Read the card of a key made here; Unavailable when there is none."""
    try:
        return msgspec.json.decode(card_path(person).read_bytes(), type=Card)
    except OSError as error:
        raise Unavailable(
            f"there is no key of {person} here",
            why=f"{card_path(person)} cannot be read",
            fix=f"make one: doseledger key create {person}",
        ) from error
    except msgspec.MsgspecError as error:
        raise BadInput(f"the card of {person} is damaged", why=str(error), fix="make the key anew") from error


def new_passphrase(person: str, given: dict[str, bytes]) -> bytes:
    """Take the passphrase of a new key from a file, or ask for it twice."""
    if given:
        return given.get(person, next(iter(given.values())))
    first = terminal.passphrase(f"New passphrase for {person}")
    if terminal.passphrase("The same passphrase again") != first:
        raise BadInput("the two passphrases differ", fix="try again; nothing was written")
    return first


def save_key(person: str, name: str, organisation: str, passphrase: bytes, *, rounds: int = 100) -> Card:
    """Make a key and write its file and its card; never over another."""
    made, text = _new_key(person, name, organisation, passphrase, rounds=rounds)
    _save(made, text)
    return made


def _new_key(person: str, name: str, organisation: str, passphrase: bytes, *, rounds: int = 100) -> tuple[Card, bytes]:
    from ledger.signing.keyfile import create

    text, public = create(passphrase, rounds=rounds, comment=f"doseledger {person}")
    return Card(person=person, name=name, organisation=organisation, key_id=public.kid), text


def _save(made: Card, text: bytes) -> None:
    write_private(keyring.path_of(made.person), text)
    card_path(made.person).unlink(missing_ok=True)
    write_private(card_path(made.person), msgspec.json.encode(made))


def key_create(
    shared: Shared,
    where: Backend,
    *,
    person: Annotated[str, typer.Argument(metavar="NAME", help="Your id in the ledger, e.g. nurse.1.")],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Your name as it is printed beside every signature.")
    ] = None,
    organisation: Annotated[
        str | None, typer.Option("--organisation", metavar="NAME", help="Where you work, as printed.")
    ] = None,
    passphrase_file: Passphrases = None,
    passphrase_fd: Descriptors = None,
) -> None:
    """Make your signing key: a file that only your passphrase opens. Nobody can recover the passphrase.

    With --backend, use a key that an ssh-agent or a card holds already; a small file says where it is.
    """
    if not _TOKEN.match(person):
        raise BadInput(
            f"{person!r} is not a name for a person",
            why="small letters, digits, dots and hyphens",
            fix="for example nurse.1",
        )
    old = _ended(person, shared.ledger) if keyring.path_of(person).exists() else None
    printed = name or (
        old.name if old else terminal.ask("Your name, as printed beside every signature:", option="--name NAME")
    )
    works = organisation or (
        old.organisation if old else terminal.ask("Where you work, as printed:", option="--organisation NAME")
    )
    elsewhere = where.found()
    if elsewhere is None:
        passphrase = new_passphrase(person, terminal.given(passphrase_file or (), passphrase_fd or ()))
        made, text = _new_key(person, printed, works, passphrase)
    else:
        text, public = elsewhere
        made = Card(person=person, name=printed, organisation=works, key_id=public.kid)
    if old is not None:
        for path in (keyring.path_of(person), card_path(person)):
            path.rename(keyring.retired(path, old.key_id))
        console.say(f"The file of the ended key {old.key_id[:8]} stays beside it.")
    _save(made, text)
    if shared.json:
        envelope.bare("key-create", {**msgspec.to_builtins(made), "path": str(keyring.path_of(person))})
        return
    console.answer(str(keyring.path_of(person)))
    console.say(f"The key of {made.name} ({made.organisation}) is made; its public name is {made.key_id[:8]}.")
    console.say(f"Next: doseledger key request {person} > {person}.request, and give that file to a registrar.")


def _ended(person: str, option: str | None) -> Card:
    """Give the card of a key that the ledger ended; Unavailable for any other: a key is never overwritten."""
    states = _states(option) or {}
    if card_path(person).is_file() and states.get(card(person).key_id, "active") in ENDED:
        return card(person)
    raise Unavailable(
        f"there is already a key of {person}",
        why=str(keyring.path_of(person)),
        fix="a key is never overwritten; choose another name or another folder ($DOSELEDGER_KEYS)",
    )


def key_request(
    shared: Shared,
    person: Annotated[str | None, typer.Argument(metavar="NAME", help="Whose key.")] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write it; stdout when left out.")
    ] = None,
    passphrase_file: Passphrases = None,
    passphrase_fd: Descriptors = None,
) -> None:
    """Write the request with which a registrar enrols your key; it is signed by the key itself."""
    from commands.people import key_request as make
    from commands.post import Ids

    owner = person or keyring.who(shared.me)
    mine = card(owner)
    given = terminal.given(passphrase_file or (), passphrase_fd or ())
    signer = keyring.alone(owner, given)
    now = clock.now()
    text = make(owner, mine.name, mine.organisation, signer, now=now, new_id=Ids(now, os.urandom))
    if out is not None:
        write_private(Path(out), text.encode())
        console.say(f"{out}: give it to a registrar, who enrols it: doseledger person enrol {out} --role ROLE")
    if shared.json:
        envelope.bare("key-request", {"person": owner, "path": out, "request": text})
    elif out is None:
        console.answer(text)


@dataclass(frozen=True)
class KeyRow:
    """One key file of the folder."""

    person: str
    name: str
    organisation: str
    key_id: str
    mode: str
    path: str
    state: str


def key_list(shared: Shared, layout: Layout) -> None:
    """List the keys of your folder, and what the ledger says of each; none is opened."""
    states = _states(shared.ledger)
    found = []
    for person in keyring.names():
        path = keyring.path_of(person)
        mine = card(person) if card_path(person).is_file() else Card(person=person, name="", organisation="", key_id="")
        found.append(
            KeyRow(
                person,
                mine.name,
                mine.organisation,
                mine.key_id,
                f"{path.stat().st_mode & 0o777:04o}",
                str(path),
                states.get(mine.key_id, "not enrolled") if states is not None else "",
            )
        )
    if shared.json:
        envelope.bare("key-list", {"folder": str(keys_dir()), "keys": found})
        return
    rows.show(found, layout.format)


def _states(option: str | None) -> dict[str, str] | None:
    """Say what the ledger knows of every key; None where there is no ledger to ask."""
    from commands.cli.session import reading
    from projections.people import key_states

    try:
        with reading(option) as ledger:
            return key_states(ledger, now=clock.now())
    except DoseLedgerError:
        return None
