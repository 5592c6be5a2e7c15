"""The bundle made again from the entries in it: a changed, added or missing file is found, whoever wrote manifests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from ledger.book import Ledger
from ledger.copies import open_copy
from ledger.copies.bag import MANIFEST, SIGNATURES, TAG_MANIFEST, Files, FolderFiles, digest_in
from ledger.errors import BadInput
from ledger.verify import Finding
from projections.export.bundle.make import make

_INFO, _LIMIT = "bag-info.txt", 1 << 20


def maker(path: str) -> str:
    """The software and its build that made the bundle at a path, as the bundle says; empty where it does not."""
    with open_copy(path) as copy:
        return "" if copy.files is None else _said(copy.files).get("Bag-Software-Agent", "")


def replayed(ledger: Ledger, *, software: str, build: str) -> Iterator[Finding]:
    """Every file of the bundle that `ledger` was opened from, and that its entries make otherwise, or not at all.

    The manifests and what signs them are left to their own checks.
    """
    with open_copy(ledger.path) as copy, tempfile.TemporaryDirectory(prefix="doseledger-") as folder:
        if copy.files is None:
            return
        patients = _said(copy.files).get("Patients", "all")
        chosen = () if patients in {"all", "none"} else tuple(patients.split(", "))
        try:
            again = make(ledger, Path(folder) / "again", software=software, build=build, patients=chosen)
        except BadInput as error:
            yield _finding(f"{_INFO} names other patients than the entries do: {error.what}")
            return
        made, held = FolderFiles(Path(again.path)), set(copy.files.names())
        for name in sorted({*made.names(), *held} - {MANIFEST, TAG_MANIFEST}):
            there = digest_in(made, name)
            if name.startswith(SIGNATURES) or digest_in(copy.files, name) == there:
                continue
            said = "is not what the entries of the bundle make it" if there else "is nothing that the entries make"
            yield _finding(f"{name} {said if name in held else 'is missing'}")


def _finding(why: str) -> Finding:
    return Finding("L3", "replay", why)


def _said(files: Files) -> dict[str, str]:
    """What bag-info.txt says, by label; continued lines are joined as BagIt writes them."""
    file = files.open(_INFO)
    if file is None:
        return {}
    with file:
        text = file.read(_LIMIT).decode("utf-8", "replace")
    lines = text.replace("\n ", " ").replace("\n\t", " ").splitlines()
    return {label: value.strip() for label, _, value in (line.partition(":") for line in lines)}
