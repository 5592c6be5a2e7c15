"""A ledger carried over into another file: where it grows until it is whole, and how a stretch of it is stored.

It grows in `<path>.part`, entry by entry under its own checkpoints, and gets its name when nothing is missing any more.
An interrupted run leaves the file; the next one goes on behind the last checkpoint that is stored there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ledger.errors import IntegrityFailure, Unavailable
from ledger.events.entry import Entry
from ledger.merkle import tree
from ledger.merkle.checkpoint import Checkpoint
from ledger.storage import files
from ledger.storage.application import Stored
from ledger.storage.reader import Reader
from ledger.storage.refusals import translated
from ledger.storage.rows import Batch, TextRow, redactions, signer_rows
from ledger.storage.store import Store
from ledger.storage.turn import of_file

PART = ".part"
"""What the name of a ledger ends with while it is not whole."""

Heads = Mapping[int, tuple[bytes, Checkpoint]]
"""Size to the signed note and what it says."""


@contextmanager
def unfinished(path: str, check: Callable[[str], object] = str) -> Iterator[Store]:
    """Begin the ledger that shall lie at `path`, or go on with it; it takes its name when the block ends well.

    Before that `check` looks at what was made, at the place where it lies; where it raises, nothing is left. Raises
    Unavailable where something lies at `path`, it lies on a network share, or another program makes it too.
    """
    files.require_local(path)
    part = f"{path}{PART}"
    with ExitStack() as stack:
        try:
            stack.enter_context(of_file(part)(0))
        except Unavailable as error:
            raise Unavailable(
                f"The copy {part} cannot be written, or another program is writing it.",
                why=error.why,
                fix="Wait for the other program; check the folder and who may write in it.",
            ) from error
        if Path(path).exists():
            raise Unavailable(
                f"There is already a file at {path}.", fix="Choose another path; a ledger is never overwritten."
            )
        store = _begun(part)
        try:
            yield store
        finally:
            store.close()
        try:
            check(part)
        except BaseException:
            files.discard(part)
            raise
        files.publish(part, path)
        files.discard(part)


def carry(
    store: Store,
    entries: Sequence[tuple[Entry, bytes]],
    heads: Heads,
    *,
    texts: Iterable[TextRow],
    blobs: Iterable[tuple[str, bytes]],
) -> None:
    """Store entries that another ledger holds, with the checkpoints it made of them, in one transaction.

    `heads` are all of them, the last one of all the entries. Raises IntegrityFailure where a checkpoint is not of the
    entries that stand here, and what `Store.append` raises where nothing could be stored.
    """
    start = store.reader.size()
    frontier = store.reader.frontier(start)
    interior: list[tree.Interior] = []
    for entry, _ in entries:
        grown = tree.append(entry.position, frontier, bytes.fromhex(entry.leaf))
        frontier = grown.frontier
        interior += grown.interior
        head = heads.get(entry.position + 1)
        if head is not None and head[1].root != tree.frontier_root(frontier):
            raise IntegrityFailure(
                f"The checkpoint of {entry.position + 1} entries is not of the entries that stand there.",
                why="the root over them is another one",
                fix="Run `doseledger verify` on the ledger that is copied.",
            )
    size = start + len(entries)
    rows = store.rows(entries, start)
    batch = Batch(
        rows=rows,
        signers=[one for entry, _ in entries for one in signer_rows(entry)],
        nodes=interior,
        size=size,
        note=heads[size][0],
        earlier=[(at, note) for at, (note, _) in sorted(heads.items()) if at < size],
        texts=tuple(texts),
        blobs=tuple(blobs),
        redacted=tuple(redactions(entry for entry, _ in entries)),
    )
    store.log.events.put(
        [Stored(r.stream, r.version, r.kind, e.event, r.raw) for r, (e, _) in zip(rows, entries, strict=True)],
        batch=batch,
    )
    store.reader.keep(size, frontier)


def digests(reader: Reader) -> list[str]:
    """Name every file that a ledger keeps, whether an entry names it or not; sorted."""
    return [digest for (digest,) in reader.all("SELECT digest FROM blobs ORDER BY digest")]


def _begun(part: str) -> Store:
    """The unfinished ledger at `part`, as it was left or new."""
    if Path(part).exists():
        if not _untouched(part):
            return Store.open(part)
        files.discard(part)
    files.make(part)
    return Store.create(part)


def _untouched(part: str) -> bool:
    """Whether a run ended before it made any table."""
    with translated(part):
        connection = files.connect(part, mode="rw")
        try:
            return not connection.execute(files.OBJECTS).fetchall()
        finally:
            connection.close()
