"""Times that a key press saved before anything was asked: stopping an infusion never waits for a passphrase."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, cast

from commands.cli.place import state_dir

What = Literal["interrupt", "resume", "complete", "abort"]


@dataclass(frozen=True)
class Moment:
    """What was done to an infusion and when, by the machine's clock; not yet signed."""

    dose: int
    what: What
    at: str


def _path(ledger_id: str, dose: int) -> Path:
    return state_dir() / "moments" / ledger_id[:32] / f"{dose}.json"


def save(ledger_id: str, dose: int, what: What, at: datetime) -> Moment:
    """Save a time, on the disk before this returns."""
    moment = Moment(dose, what, at.isoformat(timespec="minutes"))
    path = _path(ledger_id, dose)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:
        json.dump(asdict(moment), file)
        file.flush()
        os.fsync(file.fileno())
    return moment


def saved(ledger_id: str, dose: int) -> Moment | None:
    """Give the saved time of an infusion, if its act was not signed yet."""
    try:
        data = json.loads(_path(ledger_id, dose).read_bytes())
        return Moment(int(data["dose"]), cast("What", data["what"]), str(data["at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def done(ledger_id: str, dose: int) -> None:
    """Forget a saved time: its act is signed."""
    _path(ledger_id, dose).unlink(missing_ok=True)
