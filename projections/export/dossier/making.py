"""Make dossiers: one file; or, where a record is long, one for each patient and an index over them.

A dossier is a function of the ledger's head and of what is asked for: made twice, it has the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ledger.book import Ledger
from ledger.errors import BadInput
from projections.export.dossier import blocks, page
from projections.export.dossier.state import state
from projections.export.file import new_file
from projections.export.scope import withheld
from projections.printed import View, second
from projections.replay import window

LIMIT = 5000
"""Entries in one page; a longer record is cut by patient, so that a browser stays quick with it."""
INDEX = "index.html"


class File(View, frozen=True, kw_only=True):
    """A dossier beside an index: the patient it is about, and its name."""

    patient: str
    file: str


class About(View, frozen=True, kw_only=True):
    """The block `dl-about`: what the page says of itself, compared by every verifier with the entries."""

    format: str
    ledger: str
    origin: str
    size: int
    root: str
    made_by: str
    as_of: str
    scope: str
    files: tuple[File, ...]


class Dossier(View, frozen=True, kw_only=True):
    """A dossier that was made: of the first `size` entries, of which `withheld` stand as hashes; its SHA-256.

    `missing` are texts that entries name and that this ledger does not have.
    """

    file: str
    patient: str | None
    size: int
    root: str
    withheld: int
    digest: str
    missing: tuple[str, ...]


class Dossiers(View, frozen=True, kw_only=True):
    """All files of one export: one page; or the index, and then the pages of the patients."""

    made: tuple[Dossier, ...]


def dossier(
    ledger: Ledger, name: str | os.PathLike[str], *, software: str, size: int | None = None, patient: str | None = None
) -> Dossier:
    """Write one page: of everything, or of one patient with the hashes of what is about others.

    Raises BadInput for a size that has no checkpoint, a patient who is not there, or a file that is.
    """
    stop = _sized(ledger, size)
    without = withheld(ledger, [] if patient is None else [patient], stop)
    patients = None if patient is None else [patient]
    scope = "all" if patient is None else f"patient/{patient}"
    return _made(ledger, name, size=stop, without=without, patients=patients, scope=scope, software=software)


def folder(
    ledger: Ledger, name: str | os.PathLike[str], *, software: str, size: int | None = None
) -> tuple[Dossier, ...]:
    """Write into a new folder one page for each patient, and before them an index of everything that is not theirs."""
    stop, target = _sized(ledger, size), Path(name)
    if target.exists():
        raise BadInput(f"There is already something at {target}.", why="an export never replaces another file")
    patients = [stream.partition("/")[2] for stream in ledger.streams("patient/") if ledger.stream(stream, up_to=stop)]
    files = tuple(File(patient=one, file=f"dossier-{one}.html") for one in patients)
    without = frozenset[int]().union(*(withheld(ledger, [one], stop) for one in patients))
    target.mkdir(mode=0o700)
    return (
        _made(
            ledger,
            target / INDEX,
            size=stop,
            without=without,
            patients=[],
            scope="index",
            software=software,
            files=files,
        ),
        *(dossier(ledger, target / one.file, software=software, size=stop, patient=one.patient) for one in files),
    )


def _sized(ledger: Ledger, size: int | None) -> int:
    stop = ledger.size if size is None else size
    ledger.checkpoint_at(stop)
    return stop


def _made(
    ledger: Ledger,
    name: str | os.PathLike[str],
    *,
    size: int,
    without: frozenset[int],
    patients: Sequence[str] | None,
    scope: str,
    software: str,
    files: tuple[File, ...] = (),
) -> Dossier:
    at, maker = window(ledger, now=ledger.log_time(size - 1), known_at=size), software.replace("/", " ")
    root = ledger.root_at(size).hex()
    about = About(
        format="doseledger-dossier/1",
        ledger=ledger.id,
        origin=ledger.origin,
        size=size,
        root=root,
        made_by=maker,
        as_of=second(at.known_at, at.zone),
        scope=scope,
        files=files,
    )
    with new_file(name) as out:
        out.write(page.head())
        missing = blocks.put(ledger, out, size=size, without=without)
        blocks.put_one(out, "state", state(ledger, size, software=maker, only=patients))
        blocks.put_one(out, "about", about)
        page.tail(out)
    return Dossier(
        file=os.fspath(name),
        patient=patients[0] if patients else None,
        size=size,
        root=root,
        withheld=len(without),
        digest=out.digest,
        missing=tuple(missing),
    )
