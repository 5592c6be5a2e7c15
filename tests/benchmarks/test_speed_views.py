"""W12: the lists of all patients, read from the entries and from persisted views; and what the views cost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from measuring import ROUNDS, Board, figure, rounds, timed
from sizes import ENTRIES, MANY, ladder

from ledger.book import Ledger
from ledger.book.views import make_views
from projections.accountability import accountability
from projections.patient import overview
from projections.views.definition import VIEWS
from projections.views.keeper import Keeper
from projections.views.running import rebuild

SIZES = ladder(ENTRIES)[-2:]
LATER = datetime(2010, 6, 1, tzinfo=UTC)
US = "doseledger 0.1.0, build 0"
READERS = {"all patients": overview, "drug books": accountability}
pytestmark = pytest.mark.bench


def read(path: Path, reader: Callable[..., object], views: Keeper | None) -> object:
    """What one command does: open the ledger, and give a list."""
    with Ledger.open(path, read_only=True) as book:
        return reader(book, now=LATER, views=views)


@pytest.mark.parametrize("size", SIZES)
def test_w12_all_patients_from_a_view(board: Board, site_of: Callable[[int], Path], size: int) -> None:
    """Nobody looks at a list for which he waits as long as for a coffee, and the patient who is due is forgotten."""
    path = site_of(size)

    def make() -> None:
        with Ledger.open(path, read_only=True) as book, closing(make_views(book)) as store:
            for view in VIEWS:
                rebuild(book, store, view, made_by=US)

    make()
    count = ROUNDS if size <= MANY else 1
    for what, reader in READERS.items():
        assert read(path, reader, None) == read(path, reader, Keeper(lambda: US))
        found = rounds(
            {
                "with": timed(lambda reader=reader: read(path, reader, Keeper(lambda: US))),
                "without": timed(lambda reader=reader: read(path, reader, None)),
            },
            count,
        )
        said = f"{what} from a view, {size:,} entries"
        board.add(figure("W12", said, ours=found["with"], base=found["without"], baseline="the same from the entries"))
    raws = Path(f"{path}.views").stat().st_size / 1024
    found = rounds({"make": timed(make), "without": timed(lambda: read(path, overview, None))}, min(count, 3))
    board.add(
        figure(
            "W12",
            f"both views made anew, {size:,} entries",
            ours=found["make"],
            base=found["without"],
            baseline="all patients from the entries",
            faster=False,
        )
    )
    board.add(
        figure(
            "W12",
            f"file of the views, {size:,} entries",
            ours=[raws],
            base=[path.stat().st_size / 1024],
            baseline="the file of the ledger",
            unit="KiB",
            faster=False,
        )
    )
