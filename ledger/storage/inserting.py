"""What one append runs in its transaction, in words that a file and a server both know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from eventsourcing.persistence import StoredEvent

from ledger.errors import IntegrityFailure
from ledger.storage.rows import Batch


def batch_of(stored_events: Sequence[StoredEvent], options: Mapping[str, object]) -> Batch:
    """Give the batch that belongs to these events; IntegrityFailure where there is none, or that of others."""
    batch = options.get("batch")
    if not isinstance(batch, Batch) or [(r.stream, r.version, r.kind, r.raw) for r in batch.rows] != [
        (s.originator_id, s.originator_version, s.topic, s.state) for s in stored_events
    ]:
        raise IntegrityFailure("Entries are stored with their leaves and a checkpoint, or not at all.")
    return batch


def statements(batch: Batch) -> Iterator[tuple[str, Sequence[Sequence[object]]]]:
    """Every statement that stores a batch, in order, with the rows it is run for; `?` stands for a parameter."""
    yield "INSERT INTO entries VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", batch.rows
    yield "INSERT INTO signers VALUES (?,?,?,?,?)", batch.signers
    yield "INSERT INTO nodes VALUES (?,?,?)", batch.nodes
    yield "INSERT INTO checkpoints VALUES (?,?)", [*batch.earlier, (batch.size, batch.note)]
    if batch.texts:
        yield "INSERT INTO texts VALUES (?,?,?,?)", batch.texts
    if batch.blobs:
        yield "INSERT INTO blobs VALUES (?,?)", batch.blobs
    if batch.redacted:
        yield "INSERT INTO redactions VALUES (?,?)", batch.redacted
        yield "DELETE FROM texts WHERE commitment = ?", [(commitment,) for commitment, _ in batch.redacted]
