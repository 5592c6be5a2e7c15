"""The page for the binder: what is drawn on it is the signed note, and it is the same page each time."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
import qr
from hypothesis import given, settings
from hypothesis import strategies as st
from minting import Site

from projections.export.paper.making import drawn, page

ZONE = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with a few entries."""
    return Site(tmp_path_factory.mktemp("paper") / "trial.ledger").staffed()


def test_the_code_on_the_page_is_the_signed_note(site: Site) -> None:
    """Whoever scans the page at the inspection must get the note that was signed, byte for byte."""
    shown, made = page(site.book, site.book.size, ZONE, printed_at="2026-01-12T08:00:00+01:00", software="x 1")
    text = made.decode()
    svg = text[text.index("<svg") : text.index("</svg>") + 6]
    assert site.book.checkpoint() == qr.decoded(qr.drawn(svg)) == shown.note.encode()


def test_the_page_is_one_file_without_a_network(site: Site) -> None:
    """A page that fetches something would look different, or be empty, when it is opened in ten years."""
    made = [
        page(site.book, site.book.size, ZONE, printed_at="2026-01-12T08:00:00+01:00", software="x 1")[1].decode()
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert [] == [word for word in ("http://", "src=", "<script", "url(", "@import") if word in _without_names(made[0])]


def _without_names(text: str) -> str:
    return text.replace('xmlns="http://www.w3.org/2000/svg"', "")


@given(st.binary(min_size=220, max_size=440))
@settings(max_examples=12, deadline=None)
def test_any_note_is_drawn_so_that_it_can_be_read(note: bytes) -> None:
    """A long trial name must not make a page that no camera reads."""
    assert note == qr.decoded(qr.drawn(drawn(note)))


def test_a_damaged_drawing_is_refused() -> None:
    """The reader of these tests must itself be able to say no."""
    matrix = qr.drawn(drawn(bytes(range(256))))
    matrix[20][30] = not matrix[20][30]
    with pytest.raises(AssertionError, match="damaged"):
        qr.decoded(matrix)
