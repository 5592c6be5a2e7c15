"""The one JSON object that every command prints with `--json`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from commands.cli import console
from ledger.book import Ledger


def put(
    name: str,
    ledger: Ledger,
    data: object,
    *,
    valid_at: str | None = None,
    known_at: str | None = None,
    size: int | None = None,
) -> None:
    """Print data about a ledger: its id, its size and root (as known at that size), the two times, the data."""
    known = ledger.size if size is None else size
    head = {"id": ledger.id, "size": known, "root": ledger.root_at(known).hex()}
    _print({"schema": f"doseledger/{name}/1", "ledger": head, "valid_at": valid_at, "known_at": known_at, "data": data})


def about(name: str, head: dict[str, object], data: object) -> None:
    """Print data about a ledger that may not open: `head` is what is known of it."""
    _print({"schema": f"doseledger/{name}/1", "ledger": head, "valid_at": None, "known_at": None, "data": data})


def bare(name: str, data: object) -> None:
    """Print data that is about no ledger."""
    _print({"schema": f"doseledger/{name}/1", "ledger": None, "valid_at": None, "known_at": None, "data": data})


def _print(whole: dict[str, object]) -> None:
    console.answer(msgspec.json.format(msgspec.json.encode(whole, enc_hook=_plain), indent=2).decode())


def _plain(value: object) -> object:
    if isinstance(value, Decimal | datetime):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(type(value).__name__)
