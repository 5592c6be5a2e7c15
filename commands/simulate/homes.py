"""Where the throw-away ledgers of a scenario lie: files in a folder, or whatever else keeps ledgers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Protocol


class Home(Protocol):
    """Gives places to ledgers, each by the name with which it is opened."""

    def new(self) -> str:
        """Give the place of a ledger that is still to be made."""
        ...

    def copy(self, original: str) -> str:
        """Copy a ledger, which somebody may have open, and give the place of the copy."""
        ...


class Folder:
    """Ledger files in one folder."""

    def __init__(self, work: Path) -> None:
        self._work = work

    def new(self) -> str:
        """The file of the scenario itself."""
        return str(self._work / "simulation.ledger")

    def copy(self, original: str) -> str:
        """The file of a fork, or of a tried order of a race."""
        copies = len(list(self._work.glob("copy-*.ledger")))
        path = str(self._work / f"copy-{copies}.ledger")
        for suffix in ("", "-wal"):
            source = Path(f"{original}{suffix}")
            if source.exists():
                shutil.copyfile(source, f"{path}{suffix}")
        return path
