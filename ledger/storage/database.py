"""What a ledger's tables lie in, as far as reading and auditing need to know: a file, or a schema on a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol


class Database(Protocol):
    """One open database. Statements are written with `?` for a parameter, and in words that both kinds know."""

    @property
    def name(self) -> str:
        """How it is named to people: a path, or a URL without its password."""
        ...

    @property
    def unread(self) -> list[str]:
        """What `flaws` could not look at, in words."""
        ...

    @property
    def among(self) -> str:
        """What stands behind a column that must be one of a list: `IN (...)` or `= ANY(...)`, with one parameter."""
        ...

    def listed(self, values: Iterable[str | int]) -> object:
        """Give a list as the parameter of `among`."""
        ...

    def all(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The rows of one statement, all as they stood at one moment; raises our own errors alone."""
        ...

    def shape(self) -> Iterator[tuple[str, str]]:
        """What is wrong with the tables as they are declared: of what kind, and why. Cheap, however many rows."""
        ...

    def flaws(self) -> Iterator[tuple[str, str]]:
        """What is wrong with the tables themselves, whatever their rows say; `shape` first."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...
