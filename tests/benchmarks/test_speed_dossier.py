"""W11: a dossier of 2,000 entries, from the open file to the verdict in a browser, beside the program's own verify."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from dossiers import SOFTWARE, in_a_browser, opened, running
from measuring import Board, figure, rounds, timed

from ledger.book import Ledger
from ledger.verify import verify_path
from projections.export.dossier import making

ENTRIES = 2_000
pytestmark = [pytest.mark.bench, in_a_browser]


def test_w11_dossier(board: Board, site_of: Callable[[int], Path], tmp_path: Path) -> None:
    """A page that takes a minute to say whether it is genuine is believed before it has said so."""
    path = tmp_path / "dossier.html"
    with Ledger.open(site_of(ENTRIES), read_only=True) as book:
        making.dossier(book, path, software=SOFTWARE)
    with running() as browser:

        def page() -> float:
            with opened(browser, path, "about") as found:
                assert "self-consistent" == found.verdict
                said = re.search(r"Verified in (\d+) ms", found.text("main"))
                assert said is not None
                return float(said[1])

        verified = rounds({"ours": page, "program": timed(lambda: verify_path(path))})
    board.add(
        figure(
            "W11",
            f"dossier of {ENTRIES:,} entries verified in the browser",
            ours=verified["ours"],
            base=verified["program"],
            baseline="doseledger verify of the same file",
        )
    )
