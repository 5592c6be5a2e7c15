"""What a forger with a hex editor would do: change one dose in a copy of the ledger file."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from ledger.book import Ledger
from ledger.errors import Unavailable
from ledger.events.dosing import InfusionCompleted

WINDOW = 48
"""Bytes around the change that find its place in the file."""


@dataclass(frozen=True)
class Forged:
    """The copy that was changed: which entry, from what to what."""

    path: Path
    position: int
    before: str
    after: str


def forge(path: Path, copy: Path) -> Forged:
    """Copy a ledger file that nobody writes to; its newest completed infusion of 30 mg becomes one of 10 mg."""
    with Ledger.open(path, read_only=True) as ledger:
        entries = [e for e in ledger.entries() if isinstance(e.event, InfusionCompleted) and e.event.given_mg == "30"]
        position = entries[-1].position
        raw = ledger.raw(position)
    text = raw.decode()
    start = text.index('"payload":"') + len('"payload":"')
    payload = text[start : text.index('"', start)]
    changed = _changed(payload)
    at = next(i for i, (old, new) in enumerate(zip(payload, changed, strict=True)) if old != new)
    low, high = max(0, at - WINDOW), at + WINDOW
    data = path.read_bytes()
    old, new = payload[low:high].encode(), changed[low:high].encode()
    if data.count(old) != 1:
        raise Unavailable(
            "the place of the dose in the file was not found",
            why="its bytes are not in one piece",
            fix="play the demonstration anew in another folder",
        )
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(data.replace(old, new))
    copy.chmod(0o600)
    return Forged(copy, position, "30 mg", "10 mg")


def _changed(payload: str) -> str:
    data = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    forged = data.replace(b'"given_mg":"30"', b'"given_mg":"10"', 1)
    return base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
