"""The record as lines: the exact bytes of every entry, the texts they commit to, and the files they name.

`entries.jsonl` holds one entry a line, byte for byte as stored; `texts.jsonl` one {commitment, salt, text} a line, in
the order in which entries first name them; `blobs/` one file for each digest. A reader must bear a text that stands
twice. Nothing grows with the ledger but the files.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from ledger import codec
from ledger.book import Ledger
from ledger.errors import BadInput, IntegrityFailure, Unavailable
from ledger.events.body import blobs
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected
from ledger.signing import jws
from projections.printed import View

ENTRIES, TEXTS, BLOBS = "entries.jsonl", "texts.jsonl", "blobs"


class TextLine(View, frozen=True, kw_only=True):
    """One line of `texts.jsonl`: SHA-256 over the salt (here hexadecimal) and the UTF-8 text is the commitment."""

    commitment: str
    salt: str
    text: str


class Exported(View, frozen=True, kw_only=True):
    """What was written: counts, the head that the entries make, and the texts that this ledger does not have."""

    directory: str
    size: int
    root: str
    texts: int
    blobs: int
    missing: tuple[str, ...]


def entries(ledger: Ledger, out: BinaryIO, *, size: int | None = None) -> int:
    """Write the entry lines alone, the first `size` of them (all, when None); give their number."""
    stop = ledger.size if size is None else size
    for _, raw in ledger.raws(0, stop):
        out.write(raw)
        out.write(b"\n")
    return stop


def directory(ledger: Ledger, path: str | os.PathLike[str], *, size: int | None = None) -> Exported:
    """Write everything into a new or empty directory, readable by this user alone; it appears whole or not at all.

    Raises BadInput for a directory that holds something, Unavailable where nothing can be written.
    """
    target = Path(path)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInput(f"{target.name} is not an empty directory.", why="an export never mixes with other files")
    try:
        return _written(ledger, target, ledger.size if size is None else size)
    except OSError as error:
        raise Unavailable(
            f"The export could not be written: {error.strerror}.", fix="Give another directory."
        ) from error


def _written(ledger: Ledger, target: Path, size: int) -> Exported:
    partial = Path(tempfile.mkdtemp(prefix=".export-", dir=target.absolute().parent))
    try:
        with _new(partial / ENTRIES) as out:
            entries(ledger, out, size=size)
        texts, missing = _texts(ledger, partial, size)
        blobs = _blobs(ledger, partial, size)
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    root = ledger.root_at(size).hex()
    return Exported(directory=str(target), size=size, root=root, texts=texts, blobs=blobs, missing=missing)


def _texts(ledger: Ledger, partial: Path, size: int) -> tuple[int, tuple[str, ...]]:
    count, missing = 0, list[str]()
    with _new(partial / TEXTS) as out:
        for position, raw in ledger.raws(0, size):
            for commitment in _new_commitments(ledger, position, raw):
                found = ledger.salted(commitment)
                if found is None:
                    missing.append(commitment)
                    continue
                salt, text = found
                line = TextLine(commitment=commitment, salt=salt.hex(), text=_words(text, position))
                out.write(msgspec.json.encode(line) + b"\n")
                count += 1
    return count, tuple(missing)


def _new_commitments(ledger: Ledger, position: int, raw: bytes) -> list[str]:
    """List the commitments of an entry; a correction repeats those of what it restates."""
    payload = jws.parse(raw).payload
    found = codec.commitments(payload)
    if found and b'"kind":"entry.corrected/' in payload:
        entry = codec.open_entry(raw, log=ledger.log, position=position)
        found -= _restated(ledger, entry)
    return sorted(found)


def _restated(ledger: Ledger, entry: Entry) -> frozenset[str]:
    head = entry.payload.corrects
    if not isinstance(entry.event, EntryCorrected) or head is None or head.position is None:
        return frozenset()
    return codec.commitments(jws.parse(ledger.raw(head.position)).payload)


def _words(text: bytes, position: int) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise IntegrityFailure(f"A text of entry #{position} is not UTF-8.", fix="Run `doseledger verify`.") from error


def _blobs(ledger: Ledger, partial: Path, size: int) -> int:
    folder = partial / BLOBS
    folder.mkdir(mode=0o700)
    for digest in _digests(ledger, size):
        if not (folder / digest).exists():
            with _new(folder / digest) as out:
                out.write(ledger.blob(digest))
    return sum(1 for _ in folder.iterdir())


def _digests(ledger: Ledger, size: int) -> Iterator[str]:
    for entry in ledger.stream("study", up_to=size):
        yield from (digest for _, digest in blobs(entry.event))


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
