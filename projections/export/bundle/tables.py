"""Tables of a bundle: views of one class as CSV, one row each."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from projections.export import tables
from projections.export.bundle.bag import Bag
from projections.printed import View


def put(bag: Bag, name: str, row: type[View], rows: Iterable[View]) -> None:
    """Write views of the class `row` as a table of all their fields."""
    columns = tuple(field.name for field in msgspec.structs.fields(row))
    with bag.file(name) as out:
        for line in tables.lines(columns, ([getattr(one, column) for column in columns] for one in rows)):
            out.write(line)
