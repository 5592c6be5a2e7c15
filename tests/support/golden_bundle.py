"""The golden bundle: one that this program once made, which every later one must verify and check.

    python tests/support/golden_bundle.py     writes tests/golden/bundles/0.1.0.zip and its certificate anew

Done once for a release; what stands there stays. It is packed tighter than the program packs, which no reader minds.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import bundles
from acts import MONDAY, PATIENT, Ward, founded

from projections.certificate import paper

FOLDER = Path(__file__).parents[1] / "golden" / "bundles"
NAME = "0.1.0.zip"


def golden_bundle(out: Path) -> None:
    """Write the bundle of one patient with one dose and one reaction, and its certificate."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with closing(Ward.copy(founded(place / "begun.ledger"), place / "golden.ledger", now=MONDAY)) as ward:
            dose = ward.given("3mg")
            ward.now += timedelta(hours=1)
            ward.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", dose=dose, words="rigors")
            made = bundles.bundled(ward.book, place / NAME)
            one = bundles.certified(ward, made)
        with ZipFile(place / NAME) as plain, ZipFile(out / NAME, "w", ZIP_DEFLATED, compresslevel=9) as packed:
            for info in plain.infolist():
                packed.writestr(info, plain.read(info), ZIP_DEFLATED)
    (out / f"{NAME}.certificate.json").write_bytes(paper.written(one))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    golden_bundle(FOLDER)
