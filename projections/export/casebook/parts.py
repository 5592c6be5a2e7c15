"""What a casebook is made of: sections of tables, whose cells say what stands and strike what was replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

How = Literal["", "old", "soft", "bad", "good", "tag"]
"""`old` was replaced and is struck through; `tag` is a word about the row as a whole, as VOID or LATE."""
Status = Literal["VALID", "STALE", "DISPUTED", "REPUDIATED", "REVOKED-AFTER", "INVALID"]
"""Whether a signature stands."""
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that no page may hold; U+FFFD stands for them."""
_WHOLE = re.compile(r"(?<!\S)((?=\S*[0-9A-Z])[\w:.+#]{1,12}(?:-[\w:.+]{1,19}){1,4},?)(?!\S)")
"""A word with hyphens: a time, a day, a rule, the number of a patient or a lot."""


class Piece(Struct, frozen=True):
    """Some words of a cell; `line` begins a line of its own."""

    text: str
    how: How = ""
    line: bool = False

    @property
    def runs(self) -> tuple[tuple[bool, str], ...]:
        """The text in runs; those that are true are one word, as a time with its offset, and are never broken."""
        found = ((_WHOLE.fullmatch(run) is not None, run) for run in _WHOLE.split(self.text))
        return tuple(run for run in found if run[1])


Cell = tuple[Piece, ...]


class Row(Struct, frozen=True):
    """One row, and the positions of the entries that it rests on; a `struck` row is of an entry that was voided.

    The last cell of a row with fewer cells than its table has columns goes on to the end.
    """

    entries: tuple[int, ...]
    cells: tuple[Cell, ...]
    struck: bool = False


class Table(Struct, frozen=True):
    """A table with its caption and columns; `empty` is said where there are no rows."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    empty: str


class Manifest(Struct, frozen=True):
    """A signature as it is printed (21 CFR 11.50): `status` says whether it stands, `why` what makes it not."""

    position: int
    kind: str
    name: str
    person: str
    role: str
    organisation: str
    meaning: str
    statement: str
    at: str
    at_utc: str
    key: str
    status: Status
    why: str


class Section(Struct, frozen=True):
    """A part of the casebook: its tables, its drawings, and the signatures of every entry that it shows."""

    key: str
    heading: str
    words: str
    tables: tuple[Table, ...] = ()
    pictures: tuple[str, ...] = ()
    signatures: tuple[Manifest, ...] = ()

    @property
    def entries(self) -> tuple[int, ...]:
        """The positions of all entries that its rows rest on, each once, in log order."""
        return tuple(sorted({place for table in self.tables for row in table.rows for place in row.entries}))


def says(text: str | None, how: How = "", *, line: bool = False) -> Piece:
    """Make words for a cell; nothing is a dash."""
    return Piece(_UNSEEN.sub("\ufffd", text) if text else "-", how, line)


def cell(text: str | None, how: How = "") -> Cell:
    """Make a cell of one piece; nothing is an empty cell."""
    return (says(text, how),) if text else ()


def lines(pieces: Iterable[Piece]) -> Cell:
    """Put every piece on a line of its own."""
    return tuple(Piece(one.text, one.how, line=True) for one in pieces)


def entry(position: int | None) -> str:
    """Name an entry as people do; nothing where there is none."""
    return "" if position is None else f"#{position}"


def measured(amount: str | None, unit: str | None) -> str | None:
    """Write an amount with its unit; nothing where there is none."""
    return amount if amount is None or unit is None else f"{amount} {unit}"
