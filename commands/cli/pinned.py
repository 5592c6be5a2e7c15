"""The record that `inspect` has opened: while it is pinned every command reads it, and none writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ledger.errors import BadInput, NotAllowed


@dataclass
class _Pin:
    path: str | None = None


_pin = _Pin()


@contextmanager
def pinned(path: str) -> Iterator[None]:
    """Pin a ledger file or a copy for the commands that run in the block."""
    before, _pin.path = _pin.path, path
    try:
        yield
    finally:
        _pin.path = before


def pinned_path(option: str | None) -> str | None:
    """The pinned record, None where nothing is pinned; BadInput where a command names another one."""
    if _pin.path is not None and option not in {None, _pin.path}:
        from ledger.book import shown

        raise BadInput(
            f"inspect reads {shown(_pin.path)} alone",
            why=f"the command names {shown(option or '')}",
            fix="leave --ledger and FILE out behind inspect",
        )
    return _pin.path


def require_unpinned() -> None:
    """Refuse (NotAllowed) to write while a record is inspected."""
    if _pin.path is not None:
        from ledger.book import shown

        raise NotAllowed(
            "an inspection writes nothing",
            why=f"{shown(_pin.path)} was opened with inspect",
            fix="run the command without inspect, on the ledger itself",
        )
