"""The book of inspections: which file was looked at, with which bytes and which command; kept outside the ledger."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path

from commands.cli import console
from commands.cli.place import ledger_place, state_dir

NAME = "inspections.jsonl"


def fingerprint(path: str) -> dict[str, str]:
    """SHA-256 of a file, and of the write-ahead log beside a ledger; of a folder, that of its sorted list of hashes.

    The list has a line `<hex>  <path>` for each file, as `sha256sum` writes it. What cannot be read is left out.
    """
    place = Path(path)
    if place.is_dir():
        files = sorted(one.relative_to(place).as_posix() for one in place.rglob("*") if one.is_file())
        lines = "".join(f"{_digest(place / name)}  {name}\n" for name in files)
        return {"sha256": sha256(lines.encode()).hexdigest()}
    found = {"sha256": _digest(place)} if place.is_file() else {}
    log = Path(f"{path}-wal")
    return {**found, "wal_sha256": _digest(log)} if log.is_file() else found


def note(path: str, before: dict[str, str], command: Sequence[str], at: datetime) -> None:
    """Write down a look before it is taken; where that is not possible, say so and look all the same."""
    from ledger.book import masked

    line = {
        "at": at.isoformat(timespec="milliseconds"),
        "file": ledger_place(path),
        **before,
        "command": [masked(word) for word in command],
    }
    book = state_dir() / NAME
    try:
        book.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(book, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        console.insist(f"! this inspection is not noted in {book}: {error.strerror}", "warn")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
