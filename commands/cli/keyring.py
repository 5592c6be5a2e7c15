"""The key files of whoever works here: where they lie, and how one is opened for one signing act."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from commands.alerting import passphrase_failed, require_admitted
from commands.cli import console, terminal
from commands.cli.openkeys import fresh, open_key_of
from commands.cli.place import keys_dir, open_to_others, setting
from commands.cli.session import Session
from commands.cli.unlocking import secret_of, signer_of
from commands.sealing import Hand
from ledger.errors import BadInput, NotAllowed, Question, WrongPassphrase
from ledger.signing.agent import AgentSigner
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
    held = _held(person, session) if person not in passphrases else None
    if held is not None:
        return Hand(person, held, first=fresh(session.ledger.id, person))
    path = path_of(person)
    if active is not None and retired(path, active.kid).is_file():
        path = retired(path, active.kid)  # it was changed in another ledger, and is still the key of this one
    try:
        text = path.read_bytes()
    except OSError as error:
        raise _missing(person) from error
    if open_to_others(path):
        raise NotAllowed(
            f"the key file of {person} can be read by others",
            why=f"{path} has the mode {path.stat().st_mode & 0o777:04o}",
            fix=f"chmod 600 {path}; and change the key if somebody may have copied it: doseledger key rotate",
        )
    signer = _opened(person, text, passphrases, session)
    if active is not None and active.kid != signer.public.kid:
        raise NotAllowed(
            f"the key file of {person} is not the key enrolled here",
            why=f"the file is {signer.public.kid[:8]}, enrolled is {active.kid[:8]}",
            fix="use the enrolled key, or have this one enrolled",
        )
    return Hand(person, signer, first=signer.method != "agent")


def _missing(person: str) -> NotAllowed:
    return NotAllowed(
        f"there is no key of {person} here",
        why=f"{path_of(person)} cannot be read",
        fix="make one: doseledger key create; or name the folder: $DOSELEDGER_KEYS",
    )


def alone(person: str, given: Mapping[str, bytes]) -> Signer:
    """Open a person's key without a ledger: for its request, and to try it. Key files may be fast ones."""
    try:
        text = path_of(person).read_bytes()
    except OSError as error:
        raise _missing(person) from error
    return signer_of(text, secret(person, text, given), fast=True)


def secret(person: str, text: bytes, given: Mapping[str, bytes]) -> bytes:
    """Take what opens a key from what was given, or ask for it; nothing where an agent holds it open."""
    called = secret_of(text)
    said = given.get(person, given.get("", b""))
    return said or (terminal.passphrase(f"{called} of {person}") if called else b"")


def silent(person: str, session: Session) -> bool:
    """Tell whether this person's key signs without any passphrase being asked for: it is held open."""
    path = path_of(person)
    if _held(person, session) is not None:
        return True
    return path.is_file() and not secret_of(path.read_bytes())


def _held(person: str, session: Session) -> AgentSigner | None:
    """Find the key that the person keeps open, where the policy lets a key stay open."""
    active = session.roster.active_key(person)
    if active is None or session.roster.policy.signing != "session":
        return None
    return open_key_of(session.ledger.id, person, active.kid)


def _opened(person: str, text: bytes, passphrases: Mapping[str, bytes], session: Session) -> Signer:
    fast, called = session.genesis.purpose != "production", secret_of(text)
    if not called:
        _require_session(person, session)
        return signer_of(text, b"", fast=fast)
    if person in passphrases:
        try:
            return signer_of(text, passphrases[person], fast=fast)
        except WrongPassphrase:
            passphrase_failed(session.ledger, session.post, person)
            raise
    for left in reversed(range(TRIES)):
        try:
            said = terminal.passphrase(
                f"{called} of {person} (Ctrl-C to decline)", option=f"--passphrase-file {person}=FILE"
            )
            return signer_of(text, said, fast=fast)
        except WrongPassphrase:
            passphrase_failed(session.ledger, session.post, person)
            require_admitted(session.ledger, session.post, person)
            if not left:
                raise
            console.insist(f"  That does not open it; {left} more.", "warn")
    raise BadInput("no passphrase was given")


def _require_session(person: str, session: Session) -> None:
    """Refuse (NotAllowed) a key that stays open where the site's policy asks for the passphrase at every act."""
    if session.roster.policy.signing != "session":
        raise NotAllowed(
            f"the key of {person} is held open by an agent",
            why="here the passphrase is asked for at every signing act",
            fix="use a key file or a card; or the registrars allow it: doseledger policy amend --signing session",
        )
