"""A copy made of a copy for some patients is one for these patients: nothing it says of itself is wider."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from acts import PATIENT, Ward
from bundles import BUILD
from dossiers import SOFTWARE, whole

from ledger.book import Ledger
from projections.export import jsonl
from projections.export.bundle.make import make
from projections.export.dossier import making
from projections.export.scope import scope_of


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A record of two patients."""
    found = whole(tmp_path_factory.mktemp("part") / "trial.ledger")
    yield found
    found.book.close()


def about(page: Path) -> str:
    """The scope that a dossier says it has."""
    _, _, rest = page.read_bytes().partition(b'id="dl-about">\n')
    return str(msgspec.json.decode(rest.partition(b"\n")[0])["scope"])


def test_the_page_of_one_patient_stays_that(ward: Ward, tmp_path: Path) -> None:
    """A part of the record, exported again, would tell an inspector that it is all of it."""
    first = making.dossier(ward.book, tmp_path / "one.html", software=SOFTWARE, patient=PATIENT)
    with closing(Ledger.open(tmp_path / "one.html", read_only=True)) as copy:
        again = making.dossier(copy, tmp_path / "again.html", software=SOFTWARE)
    assert (first.withheld, first.root, PATIENT) == (again.withheld, again.root, again.patient)
    assert f"patient/{PATIENT}" == about(tmp_path / "again.html")


def test_the_bundle_of_one_patient_stays_that(ward: Ward, tmp_path: Path) -> None:
    """The tables of a part would be read as those of the whole site, with a cohort board of one patient."""
    first = make(ward.book, tmp_path / "one", software=SOFTWARE, build=BUILD, patients=[PATIENT])
    with closing(Ledger.open(tmp_path / "one", read_only=True)) as copy:
        again = make(copy, tmp_path / "again", software=SOFTWARE, build=BUILD)
    assert (first.digest, (PATIENT,)) == (again.digest, again.patients)


def test_lines_keep_what_is_withheld(ward: Ward, tmp_path: Path) -> None:
    """What stood as a hash would be gone, and the copy be no copy of this log."""
    first = jsonl.directory(ward.book, tmp_path / "one", patients=[PATIENT])
    with closing(Ledger.open(tmp_path / "one", read_only=True)) as copy:
        again = jsonl.directory(copy, tmp_path / "again")
        assert (first.withheld, first.root) == (again.withheld, again.root)
        assert f"patient/{PATIENT}" == scope_of(copy, copy.size)


def test_an_index_is_a_part(ward: Ward, tmp_path: Path) -> None:
    """What is left of two patients is nobody's, and would be called the whole record."""
    making.folder(ward.book, tmp_path / "all", software=SOFTWARE)
    with closing(Ledger.open(tmp_path / "all" / making.INDEX, read_only=True)) as copy:
        making.dossier(copy, tmp_path / "again.html", software=SOFTWARE)
        bundled = make(copy, tmp_path / "bag", software=SOFTWARE, build=BUILD)
    assert "part" == about(tmp_path / "again.html")
    assert () == bundled.patients
    assert "Patients: none\n" in (tmp_path / "bag" / "bag-info.txt").read_text(encoding="utf-8")


def test_nothing_withheld_is_all(ward: Ward, tmp_path: Path) -> None:
    """The whole record would be taken for a part, and what is missing asked for."""
    making.dossier(ward.book, tmp_path / "all.html", software=SOFTWARE)
    with closing(Ledger.open(tmp_path / "all.html", read_only=True)) as copy:
        making.dossier(copy, tmp_path / "again.html", software=SOFTWARE)
    assert "all" == about(tmp_path / "again.html")
    assert (tmp_path / "all.html").read_bytes() == (tmp_path / "again.html").read_bytes()
