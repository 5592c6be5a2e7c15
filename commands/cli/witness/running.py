"""`doseledger witness key`, `serve`, `cosign`: to be the witness of somebody's log, online or by file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from commands.cli import console, envelope
from commands.cli.options import Shared
from commands.cli.place import read_file, write_private
from commands.cli.witness.desk import Folder, KeyFile, Known, witness
from ledger.anchors.cosignature import witness_key as named
from ledger.anchors.memory import Memory
from ledger.errors import BadInput, Conflict, DoseLedgerError, IntegrityFailure, NotAllowed, Unavailable
from ledger.wire import Code

if TYPE_CHECKING:
    from commands.cli.witness.desk import Answered

_CODE = re.compile(get_args(Code)[1].pattern)


def witness_key(
    shared: Shared,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The witness's name in its signature lines, e.g. sponsor.example/w1.")
    ],
    key: Annotated[str, typer.Option("--key", metavar="FILE", help="The file of the key, to be made.")],
    state: Annotated[str, typer.Option("--state", metavar="FOLDER", help="Its memory, to be made.")],
) -> None:
    """Make the key and the memory of a witness; the line printed is what a ledger names it by."""
    from ledger.signing.keyfile import create_system

    if not _CODE.match(name):
        raise BadInput(
            f"{name!r} is not a name for a witness",
            why="letters, digits, dots, hyphens and strokes, at most 64",
            fix="an address that is yours, for example sponsor.example/w1",
        )
    path, beside = Path(key), Path(f"{key}.pub")
    text, public = create_system(comment=f"doseledger witness {name}")
    mine = named(name, public.raw)
    written: list[Path] = []
    try:
        for one, data in ((path, text), (beside, f"{mine.text()}\n".encode())):
            write_private(one, data)
            written.append(one)
        Memory.begin(Path(state), mine)
    except BaseException as error:
        for one in written:
            one.unlink()
        if isinstance(error, OSError):
            raise Unavailable(f"{state} cannot be written", why=error.strerror or str(error)) from error
        raise
    if shared.json:
        envelope.bare("witness-key", {"name": name, "key": mine.text(), "path": str(path), "state": state})
        return
    console.answer(mine.text())
    console.say(f"The line above, in {beside} too, is the public key: give it to whoever keeps the ledger.")
    console.say(f"Its secret key is in {path}, what it remembers in {state}.")
    console.say("Lose neither: with another memory this key could cosign another history; then it needs a new key.")


def witness_serve(
    shared: Shared,
    key: KeyFile,
    state: Folder,
    log: Known,
    bind: Annotated[
        str, typer.Option("--bind", metavar="ADDRESS:PORT", help="Where to listen; port 0 takes a free one.")
    ] = "127.0.0.1:8753",
) -> None:
    """Be a witness over HTTP (C2SP tlog-witness) until interrupted; each request is one line on stderr."""
    from commands.cli.witness.listening import Door, address

    found = witness(key, state, log)
    with Door(address(bind), found) as door:
        if shared.json:
            logs = sorted(found.logs)
            envelope.bare("witness-serve", {"url": door.url, "key": found.memory.key.text(), "logs": logs})
        else:
            console.answer(door.url)
            console.say(f"Witness {found.memory.key.text()}")
            for origin in found.logs:
                console.say(f"  of the log {origin}")
        console.flush()
        door.serve_forever()


def witness_cosign(
    shared: Shared,
    *,
    request: Annotated[
        str, typer.Argument(metavar="REQUEST", help="The request, as `witness request --out` wrote it.")
    ],
    key: KeyFile,
    state: Folder,
    log: Known,
    out: Annotated[str, typer.Option("--out", "-o", metavar="REPLY", help="The reply, a new file.")],
) -> None:
    """Cosign a request that came by file, as the same witness would over HTTP; the reply goes back by file."""
    answered = witness(key, state, log).answer(read_file(request))
    answer = answered.answer
    if answer.keep is None:
        raise _refusal(answered)
    write_private(Path(out), answer.keep)
    if shared.json:
        envelope.bare("witness-cosign", {"origin": answered.origin, "path": out, "note": answer.keep.decode()})
        return
    console.answer(out)
    console.say(f"{answered.origin}: {answer.why}")
    console.say(f"At the ledger: doseledger witness add {Path(out).name}")


def _refusal(answered: Answered) -> DoseLedgerError:
    """Say why a request by file was not cosigned, as an error of the exit code that fits."""
    answer, path = answered.answer, answered.incident
    match answer.status:
        case 409 if path is None:
            size = answer.body.decode().strip()
            fix = f"at the ledger, ask again: doseledger witness request --from {size} --out FILE"
            return Conflict("the request does not go on from what this witness cosigned", why=answer.why, fix=fix)
        case 409:
            fix = f"keep {path}: it proves the two histories to anybody: doseledger proof check"
            return IntegrityFailure("this log signed two histories", why=answer.why, fix=fix)
        case 422:
            where = f"; both heads are in {path}" if path is not None else ""
            fix = f"ask whoever keeps the ledger to verify it: doseledger verify{where}"
            return IntegrityFailure("this is not the log that was cosigned before", why=answer.why, fix=fix)
        case 404 | 403:
            fix = "compare --log with the key on the paper of the trial master file"
            return NotAllowed("this log is not cosigned here", why=answer.why, fix=fix)
        case 500:
            return Unavailable("this witness cannot answer", why=answer.why, fix="check its folder: --state")
        case _:
            return BadInput("this is no request to cosign", why=answer.why, fix="doseledger witness request --out FILE")
