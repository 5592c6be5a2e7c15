"""What a long verification says while it runs: a line on the terminal, behind half a second of silence."""

from __future__ import annotations

from time import monotonic
from typing import Self

from commands.cli import console

SILENT_S = 0.5
"""Seconds that pass before anything is said."""
EVERY_S = 0.2
"""Seconds between two looks at how far it is."""


class Going:
    """Tells on stderr how many entries of how many were judged; only a person at a terminal is told.

    with Going("judged") as told:
        told(done, of)
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._told = console.watched()
        self._next = monotonic() + SILENT_S
        self._line = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Take the line away, however the block ended."""
        if self._line:
            console.over("")

    def __call__(self, done: int, of: int) -> None:
        """Tell it, where it is time to."""
        if not self._told or monotonic() < self._next:
            return
        self._next = monotonic() + EVERY_S
        self._line = True
        console.over(f"  {done:,} of {of:,} entries {self._what}")
