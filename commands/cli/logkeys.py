"""`doseledger log rotate-key`: the log goes on with the key to which it committed itself before."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.cli import acting, console, keyring, logfiles, outbox
from commands.cli.options import Shared, Signing
from commands.cli.place import ledger_path, next_log_key_path
from commands.cli.session import writing
from commands.cli.writing import dry, report
from commands.draft import Circumstances
from ledger.errors import BadInput

_DONE = "The log had its next key already; now it is the one beside the ledger."


def log_rotate_key(
    shared: Shared,
    signing: Signing,
    *,
    following: Annotated[
        str | None,
        typer.Option("--next", metavar="FILE", help="The next key, from the safe; the one beside the ledger else."),
    ] = None,
) -> None:
    """Change the key of the log: its heads are signed with the next one, and a key after that is made.

    As many registrars sign as act together. It works too where the key in use is lost; else that one stays beside it.
    """
    from commands.logkeys import RotateLogKey
    from ledger.signing.keyfile import open_system

    path = ledger_path(shared.ledger)
    if logfiles.settle(path):
        console.say(_DONE)
        return
    place, text = logfiles.following(path, following)
    offered = open_system(text)
    with writing(shared.ledger, keyless=True) as session:
        acting.send_waiting(session)
        if logfiles.settle(path):
            console.say(_DONE)
            return
        committed = session.ledger.log_keys.newest.following
        if offered.public.kid != committed:
            raise BadInput(
                f"{place} is not the next key of this log",
                why=f"the log committed itself to the key {committed[:8]}, this is {offered.public.kid[:8]}",
                fix="bring the file that was made with the key in use: --next FILE",
            )
        taken, after = logfiles.prepare(path, text)
        session.ledger.hold(taken)
        act = RotateLogKey(key=taken.public, following=after.public.kid)
        persons = [keyring.who(shared.me), *(signing.witness or ())]
        command = acting.command_id(signing.command_id)
        doing = acting.Doing(session, act, Circumstances(), persons, signing, command)
        try:
            if signing.dry_run:
                dry(doing, shared)
                return
            report(session, "log rotate-key", acting.do(doing), shared)
        finally:
            if not logfiles.settle(path) and not outbox.waiting(session.ledger.id):
                logfiles.drop(path)
    console.say(f"The heads of the log are signed with the new key. Bring {next_log_key_path(path)} to the safe.")
    if following is not None:
        console.say(f"{place} is in use now; its copy in the safe is not the next key any more.")
