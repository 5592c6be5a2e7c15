"""A copy opened as a ledger to read: its bytes in a private file, compared with the log's newest signed checkpoint.

That comparison is cheap and enough to read from: every entry is one that the log sealed, at its place. Who was allowed
to sign what, only a verification says.
"""

from __future__ import annotations

import sys
from hashlib import sha256

from ledger import codec
from ledger.copies import Copy, PrivateFolder, Withheld, open_copy
from ledger.errors import DoseLedgerError, IntegrityFailure, Unavailable
from ledger.logkeys import turned
from ledger.merkle.epochs import LogKeys
from ledger.signing import keys
from ledger.storage.reader import Reader
from ledger.storage.rebuilt import Rebuilt

_CHUNK = 256
_FIX = "Run `doseledger verify` on it: it names every difference."


def reader_of(path: str) -> Reader:
    """Read the copy at `path` into a private file, which goes when the reader is closed.

    Raises Unavailable for entries alone (lines, tiles), which are too little to read from, and IntegrityFailure where
    the copy is not one log under its newest signed checkpoint, or a text is not the one that was signed.
    """
    with open_copy(path) as copy:
        if copy.form in {"lines", "tiles"}:
            raise Unavailable(
                "These are the entries alone.",
                why="the checkpoints, texts and protocol packs that the commands need are not with them",
                fix="Open the whole folder; `doseledger verify` reads the entries alone too.",
            )
        folder = PrivateFolder()
        try:
            rebuilt = Rebuilt(folder.path / "ledger")
            try:
                _fill(rebuilt, copy)
                return rebuilt.finish(folder.close)
            except BaseException:
                rebuilt.close()
                raise
        except BaseException:
            folder.close()
            raise


def _fill(rebuilt: Rebuilt, copy: Copy) -> None:
    log_keys = LogKeys()
    written: set[bytes] = set()
    for start in range(0, copy.size, _CHUNK):
        raws = copy.raws(start, min(start + _CHUNK, copy.size))
        for position, raw in enumerate(raws, start):
            if isinstance(raw, Withheld):
                rebuilt.withhold(raw.leaf)
                continue
            opened = _opened(raw, position, copy.log)
            log_keys = turned(log_keys, opened.entry)
            rebuilt.add(opened.entry, raw or b"")
            _texts(rebuilt, copy, opened, written)
    for size, note in copy.notes(1, sys.maxsize):
        rebuilt.note(size, note)
    for digest in copy.digests():
        rebuilt.blob(digest, copy.blob(digest) or b"")
    _sealed(rebuilt, copy, log_keys)


def _opened(raw: bytes | None, position: int, log: str) -> codec.Opened:
    try:
        return codec.open_whole(raw or b"", log=log, position=position)
    except DoseLedgerError as error:
        raise IntegrityFailure(
            f"The entry #{position} of the copy cannot be read.", why=error.what, fix=_FIX
        ) from error


def _texts(rebuilt: Rebuilt, copy: Copy, opened: codec.Opened, written: set[bytes]) -> None:
    for commitment in codec.commitments(opened.jws.payload):
        name = bytes.fromhex(commitment.removeprefix("sha256:"))
        found = None if name in written else copy.text(commitment)
        if found is None:
            continue
        written.add(name)
        if sha256(found[0] + found[1]).digest() != name:
            raise IntegrityFailure(
                f"A text of the entry #{opened.entry.position} is not the one that was signed.", fix=_FIX
            )
        rebuilt.text(commitment, *found)


def _sealed(rebuilt: Rebuilt, copy: Copy, log_keys: LogKeys) -> None:
    """Refuse a copy whose entries are not those that the log's key has sealed."""
    if not log_keys.keys:
        raise IntegrityFailure("The copy does not begin with the first entry of a ledger.", fix=_FIX)
    newest = copy.notes(copy.size, copy.size + 1)
    if not newest:
        raise IntegrityFailure(f"The copy has no signed checkpoint of its {copy.size} entries.", fix=_FIX)
    try:
        head = log_keys.open(newest[0][1], keys.check_ed25519)
    except DoseLedgerError as error:
        raise IntegrityFailure("The newest checkpoint of the copy does not hold.", why=error.what, fix=_FIX) from error
    if (head.size, head.root) != (copy.size, rebuilt.root):
        raise IntegrityFailure("The entries of the copy are not those that the log has sealed.", fix=_FIX)
