"""The tables of a bundle worked out again from the entries in it: a changed table is found, whoever wrote manifests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from ledger.book import Ledger
from ledger.copies import open_copy
from ledger.copies.bag import Files
from ledger.verify import Finding
from projections.export.bundle import issues, protocol, record, state, subjects, trail
from projections.export.bundle.bag import Bag
from projections.export.bundle.scope import Scope

SHELVES = (record, trail, subjects, protocol, state, issues)
"""What writes the tables that follow from the entries and the software alone: made once, and made again to compare."""
_INFO, _LIMIT = "bag-info.txt", 1 << 20


def maker(path: str) -> str:
    """The software and its build that made the bundle at a path, as the bundle says; empty where it does not."""
    with open_copy(path) as copy:
        return "" if copy.files is None else _said(copy.files).get("Bag-Software-Agent", "")


def replayed(ledger: Ledger, *, software: str, build: str) -> Iterator[Finding]:
    """Every table of the bundle that `ledger` was opened from, and that its entries make otherwise."""
    with open_copy(ledger.path) as copy, tempfile.TemporaryDirectory(prefix="doseledger-") as folder:
        if copy.files is None:
            return
        patients = _said(copy.files).get("Patients", "all")
        chosen = () if patients == "all" else tuple(patients.split(", "))
        made = Bag(Path(folder))
        scope = Scope(ledger, ledger.size, chosen, software, build)
        for shelf in SHELVES:
            shelf.write(scope, made)
        for name in made.names:
            if _digest(copy.files, f"data/{name}") != made.digest(name):
                yield Finding("L3", "replay", f"data/{name} is not what the entries of the bundle make it")


def _said(files: Files) -> dict[str, str]:
    """What bag-info.txt says, by label; continued lines are joined as BagIt writes them."""
    file = files.open(_INFO)
    if file is None:
        return {}
    with file:
        text = file.read(_LIMIT).decode("utf-8", "replace")
    lines = text.replace("\n ", " ").replace("\n\t", " ").splitlines()
    return {label: value.strip() for label, _, value in (line.partition(":") for line in lines)}


def _digest(files: Files, name: str) -> str:
    file = files.open(name)
    if file is None:
        return ""
    made = sha256()
    with file:
        while data := file.read(_LIMIT):
            made.update(data)
    return made.hexdigest()
