"""How far a persisted view has come, and what a store of such views can do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from ledger.errors import Conflict

Rows = Iterable[tuple[str, bytes | None]]
"""Keys with what is kept under them; None for what is kept no longer."""


RESERVED = ""
"""The key of the row by which a runner that makes a view anew holds its generation; no patient has it."""


class Progress(NamedTuple):
    """A view stands for the first `size` entries, whose root it names; `made_by` is the build that made its rows.

    Where it goes no further, `stopped` says why the entry #`stopped_at` cannot be taken in; it is empty otherwise.
    """

    view: str
    made_by: str
    size: int
    root: str
    stopped_at: int | None = None
    stopped: str = ""


class ViewStore(Protocol):
    """Rows of views, each with its progress; the two are stored in one transaction, and read as of one moment."""

    @property
    def name(self) -> str:
        """How it is named to people."""
        ...

    def progress(self) -> tuple[Progress, ...]:
        """How far each view has come, by name."""
        ...

    def read(self, view: str) -> tuple[Progress, tuple[tuple[str, bytes], ...]] | None:
        """The progress of a view with all its rows, by key, as of one moment; None where it was never made."""
        ...

    def advance(self, before: Progress, after: Progress, rows: Rows) -> None:
        """Take a view from one place to the next; Conflict where it does not stand where `before` says."""
        ...

    def renew(self, after: Progress, rows: Iterable[tuple[str, bytes]]) -> None:
        """Make a view anew beside the one that is read, and put it in its place in one step.

        Conflict where another program made it meanwhile.
        """
        ...

    def wait(self, seconds: float) -> None:
        """Wait until something may have been appended to the ledger, at most so many seconds."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def overtaken(view: str) -> Conflict:
    """Another runner was faster."""
    return Conflict(
        f"Another program has taken the view {view} on.",
        why="two runners on the same views take turns",
        fix="Run the same command again.",
    )
