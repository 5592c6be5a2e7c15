"""Bundles that earlier releases made: they verify, their certificates hold, and they say what they said then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from ledger.book import Ledger
from ledger.verify import Outside, verify_path
from projections.certificate import paper
from projections.certificate.checking import check
from projections.export import carried

BUNDLES = sorted((Path(__file__).parent / "bundles").glob("*.zip"))
LEDGER = "9ac8528c7cd04a8dd971573067d1b86fd82fc4721a296da42340dfc0d7613d54"
SIZE, ROOT = 33, "bce105bca9ffa74046dd96dd280e962ef20fbe5594a2bc96b04b5624a0f18432"


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_a_bundle_of_an_earlier_release_still_verifies_and_is_still_certified(path):
    """A copy in an archive would no longer open with the program of its day after next (21 CFR 11.10(c))."""
    one = paper.read(Path(f"{path}.certificate.json").read_bytes())
    report = verify_path(path, outside=Outside(ledger=LEDGER))
    assert ("ok-unanchored", SIZE, ROOT, ()) == (report.verdict, report.entries, report.root, report.findings)
    found = check(str(path), one, Outside(ledger=LEDGER))
    assert ("certified", "ws1") == (found.answer, found.copy.device), found.rows
    with Ledger.open(path, read_only=True) as book:
        assert SIZE == len(list(book.entries()))


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_old_and_new_verifiers_agree_on_it(path, tmp_path):
    """The verifier in the archive, or the one of today, would call the copy false."""
    with ZipFile(path) as archive:
        archive.extractall(tmp_path)
    (bag,) = tmp_path.iterdir()
    then, now = bag / "data/09-verify/verify.py", Path(carried.__path__[0]) / "verify.py"
    said = [
        subprocess.run([sys.executable, "-I", str(one), str(path)], capture_output=True, text=True, check=True).stdout
        for one in (then, now)
    ]
    assert (bag / "data/09-verify/expected-output.txt").read_text() == said[0]
    for one in said:
        assert ROOT in one
        assert one.startswith("SELF-CONSISTENT")
