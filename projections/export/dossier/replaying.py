"""The dossier made again from the entries in it: a page that shows something else beside a true record is found."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ledger.book import Ledger
from ledger.copies import open_copy
from ledger.errors import BadInput
from ledger.verify import Finding
from projections.export.dossier import making

_COMPUTED = re.compile(rb'(id="dl-(?:state|about)">\n)[^<]*')
_TWICE = 2
"""A page this many times as long as the one made again is not read to tell where it differs."""


def maker(path: str) -> str:
    """The software and its build that made the dossier at a path, as it says; empty where it does not."""
    with open_copy(path) as copy:
        return "" if copy.about is None else f"{copy.about.made_by}, build {copy.about.build}"


def partly(path: str) -> bool:
    """Whether what the dossier computed cannot be computed again, because it rests on the times of withheld entries."""
    with open_copy(path) as copy:
        return next(copy.withheld(), None) is not None


def replayed(ledger: Ledger, *, software: str, build: str) -> Iterator[Finding]:
    """Compare the dossier that `ledger` was opened from with the one that its entries make, byte for byte.

    Where entries are withheld, what was computed (`dl-state`) and `dl-about` are left out.
    """
    with open_copy(ledger.path) as copy, tempfile.TemporaryDirectory(prefix="doseledger-") as folder:
        if copy.about is None:
            return
        place, again = Path(ledger.path), Path(folder) / "again.html"
        files = tuple(making.File(patient=one.patient, file=one.file) for one in copy.about.files)
        try:
            making.again(ledger, again, software=software, build=build, scope=copy.about.scope, files=files)
        except BadInput as error:
            yield _finding(f"dl-about says the scope {copy.about.scope}, which its entries do not have: {error.what}")
            return
        if place.stat().st_size > _TWICE * again.stat().st_size:
            yield _finding("the page is longer than its entries make it")
            return
        there, made = place.read_bytes(), again.read_bytes()
        if next(copy.withheld(), None) is not None:
            there, made = (_COMPUTED.sub(rb"\1", one) for one in (there, made))
        if there != made:
            around, computed = (_COMPUTED.sub(rb"\1", one) for one in (there, made))
            what = "what it computed (dl-state, dl-about)" if around == computed else "the page around the record"
            yield _finding(f"{what} is not what the entries of the dossier make it")


def _finding(why: str) -> Finding:
    return Finding("L3", "replay", why)
