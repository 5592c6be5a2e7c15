"""What an option names from outside the ledger: its id from the paper, the verifier keys of its log and of others."""

from __future__ import annotations

import re
from collections.abc import Callable

from commands.cli.place import read_file
from ledger.anchors.cosignature import parse_witness_key
from ledger.errors import BadInput, Malformed
from ledger.merkle.note import VerifierKey, parse_vkey

_ID = re.compile(r"[0-9a-f]{64}")


def ledger_id(said: str | None) -> str | None:
    """Tell a ledger's id from a path, in groups or capitals too: None for anything but an id."""
    plain = "".join(said.split()).lower() if said is not None else ""
    return plain if _ID.fullmatch(plain) else None


def id_beside(file: str | None, said: str | None) -> str | None:
    """The id that --ledger gives beside a file; BadInput for a mistyped one, which would be compared with nothing."""
    known = ledger_id(said)
    if file is not None and said is not None and known is None:
        raise BadInput(
            f"{said!r} is no ledger id",
            why="beside a file, --ledger gives the id to compare",
            fix="64 digits 0-9 a-f, from the trial master file",
        )
    return known


def verifier_key(said: str) -> VerifierKey:
    """Read the verifier key of a log, given as it is or in a file."""
    return _key(said, parse_vkey, "a log", "give NAME+ID+KEY, as docs/spec/checkpoint.md says, or a file with it")


def witness_key(said: str) -> VerifierKey:
    """Read the key of a witness, given as it is or in a file."""
    return _key(said, parse_witness_key, "a witness", "give NAME+ID+KEY as the witness prints it, or a file with it")


def _key(said: str, parse: Callable[[str], VerifierKey], whose: str, fix: str) -> VerifierKey:
    text = said if "+" in said else read_file(said).decode("utf-8", "replace").strip()
    try:
        return parse(text)
    except Malformed as error:
        raise BadInput(f"this is no verifier key of {whose}", why=error.what, fix=fix) from error
