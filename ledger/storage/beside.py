"""What hangs on some consecutive entries, read in a few statements instead of a few for each of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from ledger import codec
from ledger.errors import DoseLedgerError
from ledger.storage.reader import Reader
from ledger.storage.rows import Row
from ledger.storage.schema import LOG

_LAST = (1 << 62) - 1
"""Beyond this no statement of SQLite can name a position."""


class Beside:
    """The entries of some rows, opened, and the rows of the other tables that belong to them.

    `signers` by key and counter, `nodes` (the hashes that these entries complete) by level and index,
    `notes` (checkpoints) by size. Values are as the file has them, whatever their class.
    """

    def __init__(self, reader: Reader, rows: Sequence[Row]) -> None:
        first, last = max(rows[0].leaf_index, 0), min(rows[-1].leaf_index, _LAST)
        self._opened = {row.leaf_index: _open(row) for row in rows}
        self.signers = _signers(reader, (one for one in self._opened.values() if isinstance(one, codec.Opened)))
        self.nodes = _nodes(reader, first, last)
        self.notes: dict[int, bytes] = dict(
            reader.all("SELECT size, note FROM checkpoints WHERE size > ? AND size <= ?", (first, last + 1))
        )

    def opened(self, position: int) -> codec.Opened | str:
        """The entry at a position, or why it cannot be opened."""
        return self._opened[position]


def _open(row: Row) -> codec.Opened | str:
    try:
        return codec.open_whole(row.raw if type(row.raw) is bytes else b"", log=LOG, position=row.leaf_index)
    except DoseLedgerError as error:
        return f"{error.what} {error.why}".strip()


def _signers(reader: Reader, entries: Iterable[codec.Opened]) -> dict[tuple[str, int], tuple[object, ...]]:
    wanted: dict[str, list[int]] = {}
    for one in entries:
        for signer in one.entry.signers:
            wanted.setdefault(signer.kid, []).append(signer.n)
    return {
        (row[0], row[1]): row
        for kid, counters in wanted.items()
        for row in reader.all(
            "SELECT kid, n, leaf_index, i, person FROM signers WHERE kid = ? AND n IN (SELECT value FROM json_each(?))",
            (kid, json.dumps(counters)),
        )
    }


def _nodes(reader: Reader, first: int, last: int) -> dict[tuple[int, int], object]:
    return {
        (level, index): value
        for height in range(1, (last + 1).bit_length())
        for level, index, value in reader.all(
            "SELECT level, idx, hash FROM nodes WHERE level = ? AND idx >= ? AND idx < ?",
            (height, first >> height, (last + 1) >> height),
        )
    }
