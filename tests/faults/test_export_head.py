"""The page of a dossier, too, refuses the record of a copy that is of no head of the log, or on another's stream."""

from __future__ import annotations

import pytest
from minting import Site
from scripted import run, sheaf
from test_verify_admission import CASES, export, with_one
from test_verify_admission import ward as ward  # noqa: PLC0414 - a fixture

STREAMS = "a copy on another site's stream", "a clock on another site's stream", "a closing on another site's stream"
HEADS = "a copy with another root", "a copy of entries to come"


@pytest.mark.parametrize("name", [*HEADS, *STREAMS])
def test_the_page_names_what_append_refuses(ward, name: str) -> None:
    """A copy of another history, recorded as one of this, would be green in the inspector's browser alone."""
    make, code, _ = CASES[name]
    size = ward.site.book.size
    (said,) = run([sheaf(with_one(ward.site.book, make(ward))).case()])
    assert ("failed", [(size, code)]) == (
        said["verdict"],
        [(found["position"], found["code"]) for found in said["findings"]],
    )


def test_the_record_of_an_earlier_head_stands(ward) -> None:
    """A copy of how the record was last month could no longer be recorded."""
    site: Site = ward.site
    raw = export(beyond=-3, root=site.book.root_at(site.book.size - 3).hex())(ward)
    (said,) = run([sheaf(with_one(site.book, raw)).case()])
    assert ("self-consistent", []) == (said["verdict"], said["findings"])
