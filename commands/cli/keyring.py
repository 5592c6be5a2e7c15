"""The key files of whoever works here: where they lie, and how one is opened for one signing act."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from commands.alerting import passphrase_failed, require_admitted
from commands.cli import console, terminal
from commands.cli.place import keys_dir, setting
from commands.cli.session import Session
from commands.sealing import Hand
from ledger.errors import BadInput, NotAllowed, Question, WrongPassphrase
from ledger.signing.keyfile import open_key
from ledger.signing.signer import Signer

SUFFIX = ".key"
TRIES = 3
"""How often a passphrase may be typed at a terminal in one act."""


def names() -> list[str]:
    """Name the persons whose keys lie in the folder."""
    folder = keys_dir()
    return sorted(path.stem for path in folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


def path_of(person: str) -> Path:
    """Give the path of a person's key file."""
    return keys_dir() / f"{person}{SUFFIX}"


def retired(path: Path, kid: str) -> Path:
    """Give the name under which a key or its card is kept once another took its place; `kid` is its key's id."""
    return path.with_name(f"{path.name}.{kid[:8]}")


def who(option: str | None) -> str:
    """Tell who acts: `--as`, $DOSELEDGER_AS, the user's file, or the only key in the folder."""
    named = setting("as", option).value
    if named is not None:
        return named
    have = names()
    if len(have) == 1:
        return have[0]
    why = f"there are keys of {', '.join(have)}" if have else f"there is no key in {keys_dir()}"
    raise Question("it is not clear who you are", why=why, fix="--as NAME, or $DOSELEDGER_AS")


def unlock(person: str, session: Session, passphrases: Mapping[str, bytes]) -> Hand:
    """Open a person's key for this act and check that it is the one enrolled.

    Whoever is locked out is not even asked; each wrong passphrase is reported. Key files under 100 rounds of
    bcrypt open in training and simulation ledgers only.
    """
    require_admitted(session.ledger, session.post, person)
    active = session.roster.active_key(person)
    path = path_of(person)
    if active is not None and retired(path, active.kid).is_file():
        path = retired(path, active.kid)  # it was changed in another ledger, and is still the key of this one
    try:
        text = path.read_bytes()
    except OSError as error:
        raise NotAllowed(
            f"there is no key of {person} here",
            why=f"{path} cannot be read",
            fix="make one: doseledger key create; or name the folder: $DOSELEDGER_KEYS",
        ) from error
    signer = _opened(person, text, passphrases, session)
    if active is not None and active.kid != signer.public.kid:
        raise NotAllowed(
            f"the key file of {person} is not the key enrolled here",
            why=f"the file is {signer.public.kid[:8]}, enrolled is {active.kid[:8]}",
            fix="use the enrolled key, or have this one enrolled",
        )
    return Hand(person, signer)


def _opened(person: str, text: bytes, passphrases: Mapping[str, bytes], session: Session) -> Signer:
    fast = session.genesis.purpose != "production"
    if person in passphrases:
        try:
            return open_key(text, passphrases[person], allow_fast=fast)
        except WrongPassphrase:
            passphrase_failed(session.ledger, session.post, person)
            raise
    for left in reversed(range(TRIES)):
        try:
            said = terminal.passphrase(
                f"Passphrase of {person} (Ctrl-C to decline)", option=f"--passphrase-file {person}=FILE"
            )
            return open_key(text, said, allow_fast=fast)
        except WrongPassphrase:
            passphrase_failed(session.ledger, session.post, person)
            require_admitted(session.ledger, session.post, person)
            if not left:
                raise
            console.insist(f"  That is not the passphrase; {left} more.", "warn")
    raise BadInput("no passphrase was given")
