"""Signed bytes on their way: written to this user's disk before they are sent, removed when their fate is known."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from commands.cli.place import state_dir, write_private
from commands.post import Parcel
from ledger.errors import BadInput


def folder(ledger_id: str) -> Path:
    """Give the folder of one ledger's outbox."""
    return state_dir() / "outbox" / ledger_id[:32]


def keeper(ledger_id: str) -> Callable[[Parcel], None]:
    """Make the function that saves signed bytes before they are sent, readable by this user alone, on the disk."""

    def keep(parcel: Parcel) -> None:
        path = _path(ledger_id, parcel.command)
        path.unlink(missing_ok=True)
        write_private(path, _written(parcel))

    return keep


def _written(parcel: Parcel) -> bytes:
    data = {
        "command": parcel.command,
        "entries": [_text(entry) for entry in parcel.entries],
        "texts": {name: [_text(salt), _text(words)] for name, (salt, words) in parcel.texts.items()},
        "blobs": {name: _text(content) for name, content in parcel.blobs.items()},
    }
    return json.dumps(data).encode()


def waiting(ledger_id: str) -> list[Parcel]:
    """Give what lies in the outbox, oldest first."""
    here = folder(ledger_id)
    if not here.is_dir():
        return []
    found = sorted(here.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    return [_read(path) for path in found]


def every(ledger_id: str) -> list[Parcel]:
    """Give whatever lies here, what the ledger refused too; oldest first."""
    here = folder(ledger_id)
    found = [path for path in here.iterdir() if path.suffix in {".json", ".refused"}] if here.is_dir() else []
    return [_read(path) for path in sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))]


def one(ledger_id: str, command: str) -> Parcel | None:
    """Give the parcel of one act."""
    path = _path(ledger_id, command)
    return _read(path) if path.is_file() else None


def done(ledger_id: str, command: str) -> None:
    """Remove a parcel whose fate is known."""
    _path(ledger_id, command).unlink(missing_ok=True)


def set_aside(ledger_id: str, parcel: Parcel) -> Path:
    """Keep a parcel that the ledger refused, under another name, for the person to look at."""
    path = _path(ledger_id, parcel.command)
    return path.rename(path.with_suffix(".refused"))


def forget(ledger_id: str, commitments: Collection[str]) -> None:
    """Take the words of redacted texts out of whatever lies here, sent or set aside; the signed bytes stay."""
    here = folder(ledger_id)
    for path in sorted(here.iterdir()) if here.is_dir() else ():
        if path.suffix not in {".json", ".refused"}:
            continue
        parcel = _read(path)
        kept = {name: held for name, held in parcel.texts.items() if name not in commitments}
        if len(kept) < len(parcel.texts):
            path.unlink()
            write_private(path, _written(replace(parcel, texts=kept)))


def _path(ledger_id: str, command: str) -> Path:
    return folder(ledger_id) / f"{command}.json"


def _read(path: Path) -> Parcel:
    try:
        data = json.loads(path.read_bytes())
        texts = {name: (_bytes(salt), _bytes(words)) for name, (salt, words) in data["texts"].items()}
        blobs = {name: _bytes(content) for name, content in data["blobs"].items()}
        return Parcel(data["command"], tuple(_bytes(entry) for entry in data["entries"]), texts, blobs)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            "a file of the outbox is damaged", why=f"{path}: {error}", fix="look at it; then move it away"
        ) from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
