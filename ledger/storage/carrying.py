"""A ledger carried over to another place: where it grows until it is whole, and how a stretch of it is stored.

A file grows in `<path>.part`, entry by entry under its own checkpoints, and gets its name when whole; tables
on a server say how much they lack. An interrupted run leaves what it made; the next one goes on behind the last
checkpoint that is stored there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ledger.errors import IntegrityFailure, Unavailable
from ledger.events.entry import Entry
from ledger.merkle import tree
from ledger.merkle.checkpoint import Checkpoint
from ledger.storage import files
from ledger.storage.application import Stored
from ledger.storage.location import is_url
from ledger.storage.postgres import driver
from ledger.storage.reader import Reader
from ledger.storage.refusals import translated
from ledger.storage.rows import Batch, TextRow, redactions, signer_rows
from ledger.storage.store import Store
from ledger.storage.turn import Take, of_file
from ledger.storage.whole import announce

PART = ".part"
"""What the name of a ledger ends with while it is not whole."""

Heads = Mapping[int, tuple[bytes, Checkpoint]]
"""Size to the signed note and what it says."""


@contextmanager
def unfinished(path: str, size: int, root: bytes, check: Callable[[str], object] | None = None) -> Iterator[Store]:
    """Begin the ledger that shall lie at `path`, or go on with it; it is one when the block ends well.

    It will hold `size` entries under `root`. Before a file takes its name `check` looks at it, where it lies; where
    that raises, nothing is left. On a server nothing could be taken back, so nothing is checked there. Raises
    Unavailable where something lies at `path`, it lies on a network share, or another program makes it too.
    """
    if is_url(path):
        with _on_server(path, size, root) as store:
            yield store
        return
    files.require_local(path)
    part = f"{path}{PART}"
    with ExitStack() as stack:
        _alone(stack, of_file(part), part)
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
            if check is not None:
                check(part)
        except BaseException:
            files.discard(part)
            raise
        files.publish(part, path)
        files.discard(part)


@contextmanager
def _on_server(url: str, size: int, root: bytes) -> Iterator[Store]:
    """Go on with the ledger in the tables at a URL, which say that it is not whole until it is."""
    driver.require()
    from ledger.storage.postgres import opening  # noqa: PLC0415 - the driver loads for a URL alone

    with ExitStack() as stack:
        store = opening.carry_on(url)
        stack.callback(store.close)
        _alone(stack, store.take, store.path)
        announce(store.reader, size, root)
        yield store


def _alone(stack: ExitStack, take: Take, name: str) -> None:
    try:
        stack.enter_context(take(0))
    except Unavailable as error:
        raise Unavailable(
            f"The copy {name} cannot be written, or another program is writing it.",
            why=error.why,
            fix="Wait for the other program; check the folder and who may write in it.",
        ) from error


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
    if os.path.lexists(part):
        files.require_own(part)
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
