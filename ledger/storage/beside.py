"""What hangs on some consecutive entries, read in a few statements instead of a few for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger import codec
from ledger.errors import DoseLedgerError
from ledger.merkle.tree import leaf_hash
from ledger.storage.reader import Reader
from ledger.storage.rows import Row
from ledger.storage.schema import LOG

_TEXTS = "SELECT commitment, leaf_index, salt, text FROM texts WHERE commitment"
_REDACTIONS = "SELECT commitment FROM redactions WHERE commitment"
_LAST = (1 << 62) - 1
"""Beyond this no statement of SQLite can name a position."""


class Beside:
    """The entries of some rows, opened, and the rows of the other tables that belong to them.

    Of `opened` an entry is taken over where it was opened from the same bytes.

    `signers` by key and counter, `nodes` (the hashes that these entries complete) by level and index, `notes`
    (checkpoints) by size, `texts` by commitment, `redacted` commitments. Values are as the file has them, whatever
    their class.
    """

    def __init__(self, reader: Reader, rows: Sequence[Row], opened: Mapping[int, codec.Opened]) -> None:
        first, last = max(rows[0].leaf_index, 0), min(rows[-1].leaf_index, _LAST)
        raws = {row.leaf_index: row.raw if type(row.raw) is bytes else b"" for row in rows}
        self._leaves = {position: leaf_hash(raw) for position, raw in raws.items()}
        self._opened = {
            position: _open(position, raw, self._leaves[position], opened.get(position))
            for position, raw in raws.items()
        }
        self.signers = _signers(reader, (one for one in self._opened.values() if isinstance(one, codec.Opened)))
        self.nodes = _nodes(reader, first, last)
        self.notes: dict[int, bytes] = dict(
            reader.all("SELECT size, note FROM checkpoints WHERE size > ? AND size <= ?", (first, last + 1))
        )
        self._commitments = {
            position: codec.commitments(one.jws.payload)
            for position, one in self._opened.items()
            if isinstance(one, codec.Opened)
        }
        named = sorted(frozenset().union(*self._commitments.values()))
        self.texts = {row[0]: row for row in _named(reader, _TEXTS, named)}
        self.redacted = frozenset(row[0] for row in _named(reader, _REDACTIONS, named))

    def opened(self, position: int) -> codec.Opened | str:
        """The entry at a position, or why it cannot be opened."""
        return self._opened[position]

    def commitments(self, position: int) -> frozenset[str]:
        """The texts that the entry at a position is committed to; it can be opened."""
        return self._commitments[position]

    def leaf(self, position: int) -> bytes:
        """The leaf hash of the bytes at a position."""
        return self._leaves[position]


def _named(reader: Reader, sql: str, commitments: Sequence[str]) -> list[Any]:
    return reader.all(f"{sql} {reader.database.among}", (reader.database.listed(commitments),)) if commitments else []


def _open(position: int, raw: bytes, leaf: bytes, known: codec.Opened | None) -> codec.Opened | str:
    if known is not None and known.entry.leaf == leaf.hex():
        return known
    try:
        return codec.open_whole(raw, log=LOG, position=position)
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
            f"SELECT kid, n, leaf_index, i, person FROM signers WHERE kid = ? AND n {reader.database.among}",  # noqa: S608 - words of the database's own
            (kid, reader.database.listed(counters)),
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
