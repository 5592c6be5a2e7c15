"""The rows of a patient's trail as transactions: one for each entry and record, in the order in which they held."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Literal

from msgspec import Struct

from projections.trail import TrailRow
from projections.trail.rows import AMENDS

Type = Literal["Insert", "Update", "Remove", "Context"]
"""The transaction types of ODM that are used; `Context` changes nothing."""
SIGNS = "entry.countersigned/1"


class Item(Struct, frozen=True):
    """One item of a transaction; `value` is null where it is removed."""

    field: str
    type: Literal["Insert", "Update", "Remove"]
    value: str | None
    unit: str | None


class Transaction(Struct, frozen=True):
    """What one entry does to one record. `said` tells what it would do, while it has no effect."""

    type: Type
    record: int
    kind: str
    row: TrailRow
    items: tuple[Item, ...]
    said: str | None


def transactions(rows: Iterable[TrailRow]) -> tuple[Transaction, ...]:
    """Put the rows of one patient in the order in which they took effect, which is that of writing where none has."""
    groups = [tuple(group) for _, group in groupby(rows, key=lambda row: (row.position, row.record, row.in_force))]
    groups.sort(key=lambda group: (_since(group[0]), group[0].position))
    kinds = {group[0].record: group[0].record_kind for group in groups}
    stands: set[int] = set()
    return tuple(_transaction(group, kinds, stands) for group in groups)


def _since(row: TrailRow) -> int:
    return row.position if row.in_force is None else row.in_force


def _transaction(group: tuple[TrailRow, ...], kinds: dict[int, str], stands: set[int]) -> Transaction:
    row = group[0]
    record, kind = row.record, row.record_kind
    if row.kind == SIGNS and row.transaction == "context" and row.about is not None:
        return Transaction("Context", row.about, kinds.get(row.about, kind), row, (), None)
    if row.record_kind == SIGNS:
        # A signature is no data of its own: its void is seen in what it had completed.
        return Transaction("Context", record, kind, row, (), f"voids the signature of #{record}")
    items = tuple(_item(one) for one in group if one.field != AMENDS)
    amends = row.transaction in ("correct", "void")
    if row.in_force is None:
        if amends:
            return Transaction("Context", record, kind, row, (), _proposed(group))
        stands.add(record)
        return Transaction("Insert", record, kind, row, items, "without effect while a signature is lacking")
    if not items:
        return Transaction("Context", record, kind, row, (), f"{row.transaction}: changes no field")
    if all(one.new is None for one in group):
        stands.discard(record)
        return Transaction("Remove", record, kind, row, (), None)
    if record in stands:
        return Transaction("Update", record, kind, row, items, None)
    stands.add(record)
    return Transaction("Insert", record, kind, row, items, None)


def _item(row: TrailRow) -> Item:
    if row.new is None:
        return Item(row.field, "Remove", None, row.unit)
    changed = row.old is not None and row.transaction in ("correct", "void")
    return Item(row.field, "Update" if changed else "Insert", row.new, row.unit)


def _proposed(group: Iterable[TrailRow]) -> str:
    changes = "; ".join(f"{row.field}: {_said(row.old)} -> {_said(row.new)}" for row in group)
    return f"without effect while a signature is lacking: {changes}"


def _said(value: str | None) -> str:
    return "nothing" if value is None else value
