"""The pages of a folder share what they read, and are the pages that are made one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from acts import Ward
from dossiers import SOFTWARE, whole

from ledger.book import Ledger
from projections.export.dossier import making
from projections.export.scope import Split, withheld
from projections.replay import numbers, window


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Two patients, with corrections, a void, a reaction, a pending correction and a late entry between them."""
    found = whole(tmp_path_factory.mktemp("folder") / "trial.ledger")
    yield found
    found.book.close()


@pytest.fixture(scope="module")
def patients(ward: Ward) -> tuple[str, ...]:
    """Their numbers."""
    found = numbers(ward.book, window(ward.book, now=ward.local))
    assert len(found) > 1
    return found


def test_a_page_of_a_folder_is_that_of_its_patient(ward: Ward, patients: tuple[str, ...], tmp_path: Path) -> None:
    """An inspector who asks for one patient again would get another record than the one in the folder."""
    made = making.folder(ward.book, tmp_path / "all", software=SOFTWARE)
    alone = [
        making.dossier(ward.book, tmp_path / f"{one}.html", software=SOFTWARE, patient=one).digest for one in patients
    ]
    assert alone == [one.digest for one in made[1:]]


def test_the_index_has_what_every_page_has(ward: Ward, patients: tuple[str, ...]) -> None:
    """The index is opened by whoever gets any page: an entry about one patient must not be in it."""
    size = ward.book.size
    each = [withheld(ward.book, [one], size) for one in patients]
    assert each[0] != each[1]
    assert frozenset().union(*each) == Split(ward.book, size).of_nobody(patients)


def test_the_log_is_gone_through_once_for_all_pages(
    ward: Ward, patients: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a thousand patients a pass for each would take a day, and the export would not be made."""
    passes: list[tuple[int, int]] = []
    entries = Ledger.entries

    def counted(self: Ledger, start: int = 0, stop: int | None = None) -> object:
        passes.append((start, self.size if stop is None else stop))
        return entries(self, start, stop)

    monkeypatch.setattr(Ledger, "entries", counted)
    made = making.folder(ward.book, tmp_path / "all", software=SOFTWARE)
    assert len(patients) + 1 == len(made)
    assert [(0, ward.book.size)] == passes
