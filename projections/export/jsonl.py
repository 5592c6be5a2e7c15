"""The record as a copy of lines: the bytes of every entry, its texts, the signed checkpoints, and the files named.

docs/spec/copy.md says what each file holds. A copy for some patients has the leaf hash of every other entry in its
place. Nothing grows with the ledger but the files, and the list of what is left out.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from ledger import codec
from ledger.book import Ledger
from ledger.copies.form import BLOBS, CHECKPOINTS, ENTRIES, TEXTS
from ledger.copies.lines import CheckpointLine, TextLine, line_of, stub
from ledger.errors import BadInput, IntegrityFailure, Unavailable
from ledger.events.body import blobs
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected
from ledger.signing import jws
from projections.export.scope import withheld
from projections.printed import View


class Exported(View, frozen=True, kw_only=True):
    """What was written: counts, the head that the entries make, and the texts that this ledger does not have.

    `size` counts the entries, of which `withheld` stand as their hashes alone.
    """

    directory: str
    size: int
    root: str
    withheld: int
    texts: int
    checkpoints: int
    blobs: int
    missing: tuple[str, ...]


class Stubs:
    """The lines of withheld entries, made when the first one is needed and kept for further copies of one ledger."""

    _LINE = len(stub(bytes(32))) + 1

    def __init__(self, ledger: Ledger, size: int) -> None:
        self._ledger = ledger
        self._size = size

    @cached_property
    def _all(self) -> memoryview:
        return memoryview(b"".join(stub(self._ledger.leaf(position)) + b"\n" for position in range(self._size)))

    def lines(self, start: int, stop: int) -> bytes:
        """The lines from `start` to before `stop`."""
        return bytes(self._all[start * self._LINE : stop * self._LINE])


def entries(
    ledger: Ledger,
    out: BinaryIO,
    *,
    size: int | None = None,
    without: frozenset[int] = frozenset(),
    stubs: Stubs | None = None,
) -> int:
    """Write the entry lines alone, the first `size` of them (all, when None); give their number.

    `without` are the positions that are left out (`scope.withheld`): their leaf hashes stand there.
    """
    stop, at = ledger.size if size is None else size, 0
    hidden = stubs or Stubs(ledger, stop)
    for position, raw in _shown(ledger, stop, without):
        if at < position:
            out.write(hidden.lines(at, position))
        out.write(raw)
        out.write(b"\n")
        at = position + 1
    if at < stop:
        out.write(hidden.lines(at, stop))
    return stop


def texts(ledger: Ledger, out: BinaryIO, *, size: int, without: frozenset[int] = frozenset()) -> tuple[int, list[str]]:
    """Write the texts of the first `size` entries; give their number, and the commitments whose text is missing.

    What one of these entries redacted is not missing: the copy says itself who deleted it. Raises BadInput where a
    later entry redacted one: a copy of so few entries would name words that nobody has, and not say why.
    """
    count, missing = 0, list[str]()
    for position, raw in _shown(ledger, size, without):
        for commitment in _new_commitments(ledger, position, raw, without):
            found = ledger.salted(commitment)
            if found is None:
                gone = ledger.redacted(commitment)
                if gone is not None and gone >= size:
                    raise BadInput(
                        f"The first {size} entries cannot be copied: words of #{position} were deleted later.",
                        why=f"#{gone} redacted them, and a copy without it could not be verified",
                        fix=f"export the first {gone + 1} entries or more: --known-at {gone + 1}",
                    )
                if gone is None:
                    missing.append(commitment)
                continue
            salt, words = found
            out.write(line_of(TextLine(commitment, salt.hex(), _words(words, position))))
            count += 1
    return count, missing


def checkpoints(ledger: Ledger, out: BinaryIO, *, size: int) -> int:
    """Write the signed checkpoints of at most `size` entries; give their number."""
    count = 0
    for covered, note in ledger.checkpoints(size):
        out.write(line_of(CheckpointLine(covered, note.decode())))
        count += 1
    return count


def digests(ledger: Ledger, size: int) -> tuple[str, ...]:
    """The files that the first `size` entries name, each once, in the order in which they are first named."""
    naming = ("study", *ledger.streams("archive/"))
    found = (entry for name in naming for entry in ledger.stream(name, up_to=size))
    ordered = sorted(found, key=lambda entry: entry.position)
    return tuple(dict.fromkeys(digest for entry in ordered for _, digest in blobs(entry.event)))


def directory(
    ledger: Ledger, path: str | os.PathLike[str], *, size: int | None = None, patients: Sequence[str] = ()
) -> Exported:
    """Write everything into a new or empty directory, readable by this user alone; it appears whole or not at all.

    With `patients` the entries of all others are left out. Raises BadInput for a directory that holds something, a
    size that is not that of a checkpoint and a patient who is not there, Unavailable where nothing can be written.
    """
    target = Path(path)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInput(f"{target.name} is not an empty directory.", why="an export never mixes with other files")
    stop = ledger.size if size is None else size
    ledger.checkpoint_at(stop)
    try:
        return _written(ledger, target, stop, withheld(ledger, patients, stop))
    except OSError as error:
        raise Unavailable(
            f"The export could not be written: {error.strerror}.", fix="Give another directory."
        ) from error


def _written(ledger: Ledger, target: Path, size: int, without: frozenset[int]) -> Exported:
    partial = Path(tempfile.mkdtemp(prefix=".export-", dir=target.absolute().parent))
    try:
        with _new(partial / ENTRIES) as out:
            entries(ledger, out, size=size, without=without)
        with _new(partial / TEXTS) as out:
            said, missing = texts(ledger, out, size=size, without=without)
        with _new(partial / CHECKPOINTS) as out:
            sealed = checkpoints(ledger, out, size=size)
        files = digests(ledger, size)
        (partial / BLOBS).mkdir(mode=0o700)
        for digest in files:
            with _new(partial / BLOBS / digest) as out:
                out.write(ledger.blob(digest))
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Exported(
        directory=str(target),
        size=size,
        root=ledger.root_at(size).hex(),
        withheld=len(without),
        texts=said,
        checkpoints=sealed,
        blobs=len(files),
        missing=tuple(missing),
    )


def _shown(ledger: Ledger, stop: int, without: frozenset[int]) -> Iterator[tuple[int, bytes]]:
    """Every position up to before `stop` that is not left out, with its bytes; only these are read."""
    at = 0
    for hidden in (*sorted(without), stop):
        if at < hidden:
            yield from ledger.raws(at, hidden)
        at = hidden + 1


def _new_commitments(ledger: Ledger, position: int, raw: bytes, without: frozenset[int]) -> list[str]:
    """List the commitments of an entry; a correction repeats those of what it restates."""
    payload = jws.parse(raw, jws.RECOVERED_LIMIT).payload
    found = codec.commitments(payload)
    if found and b'"kind":"entry.corrected/' in payload:
        entry = codec.open_entry(raw, log=ledger.log, position=position)
        found -= _restated(ledger, entry, without)
    return sorted(found)


def _restated(ledger: Ledger, entry: Entry, without: frozenset[int]) -> frozenset[str]:
    head = entry.payload.corrects
    if not isinstance(entry.event, EntryCorrected) or head is None or head.position is None or head.position in without:
        return frozenset()
    return codec.commitments(jws.parse(ledger.raw(head.position), jws.RECOVERED_LIMIT).payload)


def _words(text: bytes, position: int) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise IntegrityFailure(f"A text of entry #{position} is not UTF-8.", fix="Run `doseledger verify`.") from error


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
