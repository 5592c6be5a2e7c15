"""Tables as CSV (RFC 4180, UTF-8, a header, lines that end in CR LF) in which no cell is a formula to a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula, in either width; some programs take it behind blanks too."""
_BREAKS = ("\t", "\r", "\n")
_HARMLESS = frozenset("0123456789.-:T+Z")
"""Times, amounts and offsets may begin with a sign: nothing else can stand in them."""


class _Line:
    """What the csv module writes a row to: it hands the line on as it is."""

    text = ""

    def write(self, text: str) -> None:
        """Take the line."""
        self.text = text


def lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[bytes]:
    """Give the header and each row as bytes, one by one."""
    line = _Line()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(columns)
    yield line.text.encode()
    for row in rows:
        writer.writerow([harmless(cell(value)) for value in row])
        yield line.text.encode(errors="replace")


def cell(value: object) -> str:
    """Write a value: nothing for null, yes or no, the parts of a list with semicolons between them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "; ".join(cell(one) for one in value)
    return str(value)


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula; it shows the text instead."""
    risky = text.startswith(_BREAKS) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if risky and not _HARMLESS.issuperset(text) else text
