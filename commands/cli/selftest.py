"""`doseledger key selftest`: whether a key opens, signs, and would be accepted; nothing is written anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from commands.cli import clock, console, envelope, keyring, terminal
from commands.cli.keys import Descriptors, Passphrases, card
from commands.cli.options import Shared
from commands.cli.session import reading
from ledger.course.people import Roster
from ledger.errors import DoseLedgerError, NotAllowed, Unavailable

PROBE = b"doseledger key selftest: this is no entry of any ledger"
"""What is signed: bytes that no reader takes for an entry or a checkpoint."""


@dataclass(frozen=True)
class Check:
    """One thing that was tried."""

    check: str
    ok: bool
    why: str


def key_selftest(
    shared: Shared,
    person: Annotated[str | None, typer.Argument(metavar="NAME", help="Whose key; yours when left out.")] = None,
    passphrase_file: Passphrases = None,
    passphrase_fd: Descriptors = None,
) -> int:
    """Try a key: it opens, signs a probe that verifies, and is the one enrolled and valid here. Nothing is logged."""
    owner = person or keyring.who(shared.me)
    given = terminal.given(passphrase_file or (), passphrase_fd or ())
    kid, checks = _of_the_file(owner, given)
    checks += _of_the_ledger(owner, kid, shared.ledger)
    good = all(check.ok for check in checks)
    if shared.json:
        envelope.bare("key-selftest", {"person": owner, "key_id": kid, "ok": good, "checks": checks})
    else:
        for check in checks:
            console.answer(f"{'v' if check.ok else 'x'} {check.check}: {check.why}")
    return 0 if good else 1


def _of_the_file(owner: str, given: dict[str, bytes]) -> tuple[str, list[Check]]:
    from ledger.signing import keys

    signer = keyring.alone(owner, given)
    keys.check(signer.public, PROBE, signer.sign(PROBE))
    mine = card(owner)
    same = mine.key_id == signer.public.kid
    return signer.public.kid, [
        Check("opens", ok=True, why=f"with the passphrase; {signer.public.alg}, key {signer.public.kid[:8]}"),
        Check("signs", ok=True, why="a probe, and the signature holds"),
        Check("card", ok=same, why="names this key" if same else f"names another: key {mine.key_id[:8]}"),
    ]


def _of_the_ledger(owner: str, kid: str, option: str | None) -> list[Check]:
    try:
        with reading(option) as ledger:
            roster = ledger.roster()
    except Unavailable as error:
        return [Check("enrolled", ok=False, why=f"not known: {error.what}")]
    return [_enrolled(owner, kid, roster)]


def _enrolled(owner: str, kid: str, roster: Roster) -> Check:
    try:
        key = roster.require_key(kid, owner)
        if not key.holds(clock.now()):
            raise NotAllowed(f"it expired on {key.valid_until}")
    except DoseLedgerError as error:
        return Check("enrolled", ok=False, why=error.what)
    until = f"to the end of {key.valid_until} (UTC)" if key.valid_until is not None else "without a last day"
    return Check("enrolled", ok=True, why=f"since position {key.since}, {until}")
