"""The derived columns: what the tables say about an entry, computed from its bytes in this one place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from ledger.events.entry import Entry
from ledger.events.record import LogClock
from ledger.events.review import TextRedacted
from ledger.merkle.tree import Interior

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Row(NamedTuple):
    """One row of `entries`, in the order of its columns; times in milliseconds since 1970-01-01 UTC."""

    leaf_index: int
    stream: str
    version: int
    kind: str
    id: bytes
    command_id: bytes
    command_index: int
    occurred_at: int
    recorded_at: int
    log_time: int
    leaf: bytes
    raw: bytes


class SignerRow(NamedTuple):
    """One row of `signers`: key, its counter, the entry and which of its signatures, and whose it is."""

    kid: str
    n: int
    leaf_index: int
    i: int
    person: str


class TextRow(NamedTuple):
    """One row of `texts`: a text, and the first entry that is committed to it."""

    commitment: str
    leaf_index: int
    salt: bytes
    text: bytes


class Batch(Struct, frozen=True):
    """Everything that one append stores, in one transaction; or several appends that are carried over."""

    rows: Sequence[Row]
    signers: Sequence[SignerRow]
    nodes: Sequence[Interior]
    size: int
    note: bytes
    texts: Sequence[TextRow] = ()
    blobs: Sequence[tuple[str, bytes]] = ()
    redacted: Sequence[tuple[str, int]] = ()
    """Commitments whose texts go, each with the position of the redaction."""
    earlier: Sequence[tuple[int, bytes]] = ()
    """Checkpoints of smaller sizes, where entries of several appends are carried over at once."""


def uuid_bytes(text: str) -> bytes:
    """The 16 bytes of a UUID that the grammar has accepted."""
    return bytes.fromhex(text.replace("-", ""))


def milliseconds(when: datetime) -> int:
    """Whole milliseconds since 1970-01-01 UTC of an aware time; smaller parts are cut off."""
    return (when - _EPOCH) // _MILLISECOND


def moment(at: int) -> datetime:
    """The time that `milliseconds` made this number of."""
    return _EPOCH + at * _MILLISECOND


def log_time(entry: Entry, before: int | None) -> int:
    """T(p): the newest `recorded_at` up to this entry; a `log.clock` with `reset` starts anew (RECORD section 2)."""
    recorded = milliseconds(entry.recorded_at)
    if before is None or (isinstance(entry.event, LogClock) and entry.event.reset):
        return recorded
    return max(before, recorded)


def row_of(entry: Entry, raw: bytes, *, version: int, at: int) -> Row:
    """The row of an entry; `version` counts the entries of its stream from 1, `at` is its log time."""
    payload = entry.payload
    return Row(
        leaf_index=entry.position,
        stream=payload.stream,
        version=version,
        kind=payload.kind,
        id=uuid_bytes(payload.id),
        command_id=uuid_bytes(payload.command.id),
        command_index=payload.command.index,
        occurred_at=milliseconds(entry.occurred_at),
        recorded_at=milliseconds(entry.recorded_at),
        log_time=at,
        leaf=bytes.fromhex(entry.leaf),
        raw=raw,
    )


def signer_rows(entry: Entry) -> tuple[SignerRow, ...]:
    """The rows of an entry's signatures."""
    return tuple(SignerRow(s.kid, s.n, entry.position, i, s.person) for i, s in enumerate(entry.signers))


def redactions(entries: Iterable[Entry]) -> Iterator[tuple[str, int]]:
    """List the commitments whose texts some entries delete, each with the position of its redaction."""
    for entry in entries:
        event = entry.told.event
        if isinstance(event, TextRedacted):
            for commitment in event.commitments:
                yield commitment, entry.position
