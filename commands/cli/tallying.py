"""Counts of refused attempts that are not kept one by one: a private file of this user, one for each ledger."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from commands.cli.place import state_dir


@dataclass(frozen=True)
class FileTally:
    """The counts of one ledger; call it inside the writer's turn, which keeps other runs out."""

    path: Path

    def names(self) -> list[str]:
        """What is counted now."""
        return sorted(self._read())

    def add(self, key: str) -> int:
        """Count one more, and give how many there are."""
        counts = self._read()
        counts[key] = counts.get(key, 0) + 1
        self._write(counts)
        return counts[key]

    def take(self, key: str) -> int:
        """Give how many there are, and begin anew."""
        counts = self._read()
        if key not in counts:
            return 0
        found = counts.pop(key)
        self._write(counts)
        return found

    def _read(self) -> dict[str, int]:
        """Read the counts; a file that says nothing sensible counts nothing."""
        try:
            read = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return {}
        counts = read if isinstance(read, dict) else {}
        return {str(key): count for key, count in counts.items() if isinstance(count, int) and count > 0}

    def _write(self, counts: dict[str, int]) -> None:
        if not counts:
            self.path.unlink(missing_ok=True)
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self.path.with_suffix(f".{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(counts).encode())
        draft.replace(self.path)


def tally_of(ledger_id: str) -> FileTally:
    """Give the counts of a ledger."""
    return FileTally(state_dir() / "tallies" / f"{ledger_id[:32]}.json")
