"""The log as static files that any reader of C2SP tlog-tiles knows: tiles of hashes, bundles of entries, checkpoint."""

from __future__ import annotations

import os
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

from ledger.book import Ledger
from ledger.errors import BadInput, Unavailable
from ledger.merkle import tiles
from projections.printed import View


class Tiled(View, frozen=True, kw_only=True):
    """What was written: the head that the checkpoint signs, the files, and the SHA-256 of the checkpoint."""

    directory: str
    size: int
    root: str
    tiles: int
    bundles: int
    digest: str


def directory(ledger: Ledger, path: str | os.PathLike[str], *, size: int | None = None) -> Tiled:
    """Write the first `size` entries (all, when None) into a new or empty directory; it appears whole or not at all.

    Texts and packs have no place in this form. Raises BadInput for a directory that holds something, a size that is
    not that of a checkpoint and a record from which entries were withheld, Unavailable where nothing can be written.
    """
    target = Path(path)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInput(f"{target.name} is not an empty directory.", why="an export never mixes with other files")
    if ledger.withheld():
        raise BadInput("Tiles hold every entry.", why="of some entries this copy has the hashes alone")
    stop = ledger.size if size is None else size
    note = ledger.checkpoint_at(stop)
    try:
        partial = Path(tempfile.mkdtemp(prefix=".export-", dir=target.absolute().parent))
        try:
            counts = _written(ledger, partial, stop, note)
            partial.replace(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise Unavailable(
            f"The export could not be written: {error.strerror}.", fix="Give another directory."
        ) from error
    return Tiled(
        directory=str(target),
        size=stop,
        root=ledger.root_at(stop).hex(),
        tiles=counts[0],
        bundles=counts[1],
        digest=sha256(note).hexdigest(),
    )


def _written(ledger: Ledger, folder: Path, size: int, note: bytes) -> tuple[int, int]:
    """Write every file; the checkpoint last, because it says that all others are there."""
    made = [0, 0]
    for tile in tiles.tiles(size):
        _put(folder / tile.path(), tile.hashes(ledger.node))
        made[0] += 1
    for bundle in tiles.bundles(size):
        raws = (raw for _, raw in ledger.raws(bundle.start, bundle.start + bundle.width))
        _put(folder / bundle.path(), tiles.pack(raws))
        made[1] += 1
    _put(folder / tiles.CHECKPOINT, note)
    return made[0], made[1]


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
