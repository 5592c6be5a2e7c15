"""Tables as files: CSV as RFC 4180 has it, in UTF-8, with nothing that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from projections.export.bundle.bag import Bag
from projections.printed import View

_FORMULA = ("=", "+", "@", "\t", "\r", "-")
_PLAIN = frozenset("0123456789.-:T+Z")


def put(bag: Bag, name: str, row: type[View], rows: Iterable[View]) -> int:
    """Write views of one class as a table of all their fields; gives the number of rows."""
    columns = tuple(field.encode_name for field in msgspec.structs.fields(row))
    plain = (msgspec.to_builtins(one) for one in rows)
    return lines(bag, name, columns, ([one[column] for column in columns] for one in plain))


def lines(bag: Bag, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write rows under these columns; gives the number of rows."""
    count = 0
    with bag.file(name) as out:
        text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_harmless(_cell(value)) for value in row])
            count += 1
        text.detach()
    return count


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) and not _PLAIN.issuperset(text) else text


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_cell(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_cell(item) for item in value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)
