"""`doseledger session`: a key that stays open while its owner works, where the registrars allow it."""

from __future__ import annotations

import os
import resource
import socket
from pathlib import Path

from commands.cli import console, envelope, keyring, terminal
from commands.cli.keys import Descriptors, Passphrases
from commands.cli.openkeys import close, socket_of
from commands.cli.options import Shared
from commands.cli.session import writing
from ledger.errors import BadInput, NotAllowed
from ledger.signing import holding
from ledger.signing.signer import MemorySigner, Signer


def session_open(shared: Shared, passphrase_file: Passphrases = None, passphrase_fd: Descriptors = None) -> None:
    """Type the passphrase once; your key stays open until you close it or have signed nothing for a while."""
    given = terminal.given(passphrase_file or (), passphrase_fd or ())
    with writing(shared.ledger) as session:
        owner = keyring.who(shared.me)
        policy = session.roster.policy
        if policy.signing != "session":
            raise NotAllowed(
                "no key stays open here",
                why="the passphrase is asked for at every signing act",
                fix="two registrars can allow it: doseledger policy amend --signing session",
            )
        session.roster.require_person(owner, session.post.clock())
        if "" in given:
            given[owner] = given.pop("")
        close(session.ledger.id, owner)
        signer = keyring.unlock(owner, session, given).signer
        if not isinstance(signer, MemorySigner) or signer.public.alg != "Ed25519":
            raise BadInput(
                "this key lies in no file",
                why="only the key of a file can be held open",
                fix="a card asks for its PIN at every act",
            )
        path = socket_of(session.ledger.id, owner)
        ledger_id = session.ledger.id
        if shared.json:
            envelope.put(
                "session-open",
                session.ledger,
                {"person": owner, "minutes": policy.session_minutes, "socket": str(path)},
            )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    close(ledger_id, owner)
    listener = holding.listen(path)
    console.flush()
    if os.fork() == 0:
        _hold(listener, signer, policy.session_minutes * 60.0, path)
    listener.close()
    console.say(f"The key of {owner} is open; it closes after {policy.session_minutes} minutes without use.")
    console.say("What is to be signed is still shown, and you are asked. End it: doseledger session close")


def session_close(shared: Shared) -> None:
    """Close your open key now; the next act asks for the passphrase."""
    with writing(shared.ledger) as session:
        owner = keyring.who(shared.me)
        was = close(session.ledger.id, owner)
        if shared.json:
            envelope.put("session-close", session.ledger, {"person": owner, "was_open": was})
    console.say(f"The key of {owner} is closed." if was else f"No key of {owner} was open.")


def _hold(listener: socket.socket, signer: Signer, idle_s: float, path: Path) -> None:
    """Be the process that holds the key: without a terminal, without a core file, with nothing else open."""
    try:
        os.setsid()
        os.chdir("/")
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nowhere, standard)
        os.closerange(3, listener.fileno())
        os.closerange(listener.fileno() + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        holding.serve(listener, signer, idle_s)
    finally:
        path.unlink(missing_ok=True)
        os._exit(0)
