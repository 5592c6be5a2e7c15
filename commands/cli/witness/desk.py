"""A witness at work: its key, its memory and the logs it knows, and what it answers to one request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.cli import clock
from commands.cli.place import read_file
from ledger.anchors.cosignature import cosign
from ledger.anchors.memory import Memory
from ledger.anchors.witnessing import Answer, Asked, Logs, ask
from ledger.errors import BadInput, DoseLedgerError
from ledger.merkle.note import VerifierKey

if TYPE_CHECKING:
    from ledger.signing.signer import Signer

KeyFile = Annotated[str, typer.Option("--key", metavar="FILE", help="The witness's key, as `witness key` made it.")]
Folder = Annotated[str, typer.Option("--state", metavar="FOLDER", help="Its memory: what it cosigned of each log.")]
Known = Annotated[
    list[str],
    typer.Option(
        "--log",
        metavar="KEY",
        help="The verifier key of a log that it cosigns, NAME+ID+KEY, or a file with it; repeatable.",
    ),
]


@dataclass(frozen=True)
class Answered:
    """What is answered, which log it is about (empty where nobody can tell), and the file of an incident."""

    answer: Answer
    origin: str = ""
    incident: Path | None = None


@dataclass(frozen=True)
class Witness:
    """One witness; safe to use from several threads, and beside other processes with the same memory."""

    memory: Memory
    logs: Logs
    signer: Signer

    def answer(self, body: bytes) -> Answered:
        """Answer the body of a request; what is cosigned is remembered before this returns.

        500 where the memory cannot be read or written: nothing is cosigned then.
        """
        asked = ask(body, self.logs)
        if not isinstance(asked, Asked):
            return Answered(asked)
        key, at = self.memory.key, int(clock.now().timestamp())
        try:
            found, incident = self.memory.answer(asked, partial(cosign, key=key, at=at, sign=self.signer.sign))
        except (OSError, DoseLedgerError) as error:
            why = f"the memory of this witness cannot be used: {error}"
            return Answered(Answer(500, b"this witness cannot answer now\n", why), asked.head.origin)
        return Answered(found, asked.head.origin, incident)


def witness(key: str, state: str, logs: Sequence[str]) -> Witness:
    """Open a witness: its key file, its folder, and the keys of the logs it knows."""
    from ledger.signing.keyfile import open_system

    signer = open_system(read_file(key))
    known: dict[str, tuple[VerifierKey, ...]] = {}
    for one in map(_log_key, logs):
        known[one.name] = (*known.get(one.name, ()), one)
    if not known:
        raise BadInput("no log is named", why="a witness cosigns the logs it was told to", fix="--log NAME+ID+KEY")
    return Witness(Memory.open(Path(state), signer.public.raw), known, signer)


def _log_key(said: str) -> VerifierKey:
    from commands.cli.named import verifier_key
    from ledger.signing.keys import PublicKey, require_strong

    found = verifier_key(said)
    require_strong(PublicKey("Ed25519", found.public))
    return found
