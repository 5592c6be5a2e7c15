"""Lists: as a table for people, as CSV or JSON lines for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import msgspec

from commands.cli import console
from ledger.errors import BadInput

FORMATS = ("table", "csv", "jsonl")


def show(
    found: Sequence[object],
    form: str,
    *,
    columns: Sequence[str] = (),
    right: Sequence[str] = (),
    empty: str = "Nothing.",
) -> None:
    """Print rows of one class; `columns` names those of the table, CSV and JSON lines have all."""
    if form not in FORMATS:
        raise BadInput(f"{form!r} is not a form of a list", fix=f"--format {'|'.join(FORMATS)}")
    plain: list[dict[str, Any]] = [msgspec.to_builtins(row) for row in found]
    if form == "jsonl":
        for row in plain:
            console.answer(msgspec.json.encode(row).decode())
        return
    if not plain:
        console.say(empty)
        return
    if form == "csv":
        _csv(plain)
        return
    names = list(columns or plain[0])
    console.table(
        [name.replace("_", " ") for name in names],
        [[cell(row[name]) for name in names] for row in plain],
        right=frozenset(name.replace("_", " ") for name in right),
    )


def _csv(plain: Sequence[dict[str, Any]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(plain[0])
    writer.writerows([_harmless(cell(value)) for value in row.values()] for row in plain)
    console.answer(out.getvalue().removesuffix("\n"))


def _harmless(text: str) -> str:
    """Keep a spreadsheet from reading a value as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "@", "\t") else text


def cell(value: object) -> str:
    """Write a value into a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {cell(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value)
    return str(value)
