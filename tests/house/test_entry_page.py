"""The specification of the entry says what the program does: grammars, sentences, members, and the example's bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import entry_page
import pytest
import shapes

pytestmark = pytest.mark.docs

PAGE = Path(__file__).parents[2] / "docs" / "spec" / "entry.md"


def test_the_written_blocks_are_fresh(golden: Callable[[Path, str], None]) -> None:
    """Another implementation would accept or write what this one refuses."""
    golden(PAGE, entry_page.filled(PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("heading", "root"),
    [("Payload", "payload"), ("Protected header", "protected header"), ("The key request", "key request")],
)
def test_the_members_stand_in_the_order_of_the_signed_bytes(heading: str, root: str) -> None:
    """Somebody who writes entries by the page would write them in an order that no reader accepts."""
    assert list(shapes.fields(shapes.ROOTS[root])) == entry_page.members(PAGE.read_text(encoding="utf-8"), heading)


def test_every_part_stands_with_its_members_in_order() -> None:
    """As above, for what is inside the envelope and the header."""
    structs = {
        part.__name__: list(shapes.fields(part))
        for name in ("payload", "protected header")
        for part in shapes.parts(shapes.ROOTS[name])
    }
    assert structs == entry_page.parts(PAGE.read_text(encoding="utf-8"))
