"""Make dossiers: one file; or, where a record is long, one for each patient and an index over them.

A dossier is a function of the ledger's head and of what is asked for: made twice, it has the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from ledger.book import Ledger
from ledger.errors import BadInput
from projections.export.dossier import blocks, page
from projections.export.dossier.state import Computed
from projections.export.file import new_file
from projections.export.scope import Split, scope_of, withheld
from projections.printed import View, second
from projections.replay import numbers

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
    build: str
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
    ledger: Ledger,
    name: str | os.PathLike[str],
    *,
    software: str,
    build: str = "",
    size: int | None = None,
    patient: str | None = None,
) -> Dossier:
    """Write one page: of everything, or of one patient with the hashes of what is about others.

    `build` is the SHA-256 of the program, empty where it is not known. Raises BadInput for a size that has no
    checkpoint, a patient who is not there, or a file that is.
    """
    pages = _Pages(ledger, size, software, build)
    return pages.everything(name) if patient is None else pages.patient(name, patient)


def again(
    ledger: Ledger,
    name: str | os.PathLike[str],
    *,
    software: str,
    build: str,
    scope: str,
    files: tuple[File, ...],
) -> Dossier:
    """Write the page that says it has this scope anew, from the ledger that was opened from it.

    Raises BadInput for a scope that is not that of what the ledger has.
    """
    pages = _Pages(ledger, None, software, build)
    if scope == "index":
        return pages.index(name, files)
    if scope != scope_of(ledger, ledger.size):
        if not (scope.startswith("patient/") and scope_of(ledger, ledger.size) == "all"):
            raise BadInput("The entries are another part of the record.")
        return pages.patient(name, scope.removeprefix("patient/"))
    return pages.everything(name)


def folder(
    ledger: Ledger, name: str | os.PathLike[str], *, software: str, build: str = "", size: int | None = None
) -> tuple[Dossier, ...]:
    """Write into a new folder one page for each patient, and before them an index of everything that is not theirs."""
    pages, target = _Pages(ledger, size, software, build), Path(name)
    if target.exists():
        raise BadInput(f"There is already something at {target}.", why="an export never replaces another file")
    files = tuple(File(patient=one, file=f"dossier-{one}.html") for one in pages.patients())
    target.mkdir(mode=0o700)
    return (
        pages.index(target / INDEX, files),
        *(pages.patient(target / one.file, one.patient) for one in files),
    )


class _Pages:
    """Pages of the first `size` entries; what they have in common is read once, for the first that needs it."""

    def __init__(self, ledger: Ledger, size: int | None, software: str, build: str) -> None:
        self._ledger = ledger
        self._size = ledger.size if size is None else size
        ledger.checkpoint_at(self._size)
        self._build = build
        self._maker = software.replace("/", " ")
        self._blocks = blocks.Blocks(ledger, self._size)
        self._computed = Computed(ledger, self._size, software=self._maker)

    @cached_property
    def _split(self) -> Split:
        return Split(self._ledger, self._size)

    def patients(self) -> tuple[str, ...]:
        """List the patients of whom there is an entry."""
        return numbers(self._ledger, self._computed.through)

    def everything(self, name: str | os.PathLike[str]) -> Dossier:
        """Write the page of everything that the ledger has: opened from the copy of one patient, his page."""
        scope = scope_of(self._ledger, self._size)
        family, _, number = scope.partition("/")
        if family == "patient":
            return self.patient(name, number)
        return self._made(name, without=withheld(self._ledger, (), self._size), scope=scope)

    def patient(self, name: str | os.PathLike[str], number: str) -> Dossier:
        """Write the page of one patient, with the hashes of what is about others."""
        without = self._split.withheld((number,))
        return self._made(name, without=without, scope=f"patient/{number}", only=(number,))

    def index(self, name: str | os.PathLike[str], files: tuple[File, ...]) -> Dossier:
        """Write the page of everything that is about nobody, over the pages of the patients."""
        without = self._split.of_nobody([one.patient for one in files])
        return self._made(name, without=without, scope="index", only=(), files=files)

    def _made(
        self,
        name: str | os.PathLike[str],
        *,
        without: frozenset[int],
        scope: str,
        only: Sequence[str] | None = None,
        files: tuple[File, ...] = (),
    ) -> Dossier:
        at, root = self._computed.through, self._ledger.root_at(self._size).hex()
        about = About(
            format="doseledger-dossier/1",
            ledger=self._ledger.id,
            origin=self._ledger.log_keys.at(self._size).origin,
            size=self._size,
            root=root,
            made_by=self._maker,
            build=self._build,
            as_of=second(at.known_at, at.zone),
            scope=scope,
            files=files,
        )
        with new_file(name) as out:
            out.write(page.head())
            missing = self._blocks.put(out, without)
            blocks.put_one(out, "state", self._computed.state(only))
            blocks.put_one(out, "about", about)
            page.tail(out)
        return Dossier(
            file=os.fspath(name),
            patient=only[0] if only else None,
            size=self._size,
            root=root,
            withheld=len(without),
            digest=out.digest,
            missing=tuple(missing),
        )
