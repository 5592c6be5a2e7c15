"""An error as its reader sees it: what happened, why, what to do; or the same as JSON."""

from __future__ import annotations

import json

from commands.cli import console
from ledger.errors import Conflict, DoseLedgerError, Refused


def show(error: DoseLedgerError) -> None:
    """Print an error to stderr: as text, or as one JSON object where the run asked for JSON; never a password."""
    from ledger.book import masked

    if console.manner.json:
        console.insist(masked(json.dumps({"schema": "doseledger/error/1", "error": fields(error)}, ensure_ascii=False)))
        return
    rules = f"   [{', '.join(error.rules)}]" if isinstance(error, Refused) and error.rules else ""
    console.insist(f"x {masked(sentence(error.what))}{rules}", "bad")
    if error.why:
        console.insist(f"  Why: {masked(error.why)}")
    if error.fix:
        console.insist(f"  To do: {masked(error.fix)}")
    if error.attempt is not None:
        console.insist(f"  The attempt is kept as #{error.attempt}.")
    if error.counted:
        console.insist("  The attempt is counted: it was tried too often to be kept each time.")


def fields(error: DoseLedgerError) -> dict[str, object]:
    """Give what a program needs to know of an error."""
    return {
        "class": type(error).__name__,
        "exit": error.exit_code,
        "what": error.what,
        "why": error.why,
        "fix": error.fix,
        "rules": list(error.rules) if isinstance(error, Refused) else [],
        "winner": error.winner if isinstance(error, Conflict) else None,
        "attempt": error.attempt,
    }


def sentence(text: str) -> str:
    """Begin with a capital, unless the first word is somebody's id, and end with a full stop."""
    text = text.strip()
    if text.partition(" ")[0].isalpha():
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."
