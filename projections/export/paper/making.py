"""The page for the binder: trial, ledger, size and root in groups, the signed note as a QR code, how to compare."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import tzinfo

import segno
from markupsafe import Markup

from ledger.anchors import paper
from ledger.book import Ledger
from projections.export.pages.page import render
from projections.heads import ShownHead, head
from projections.printed import View


class PaperAnchor(View, frozen=True, kw_only=True):
    """A page that was made: `lines` are the number of entries and the root as they are printed, with check codes."""

    file: str | None
    ledger: str
    size: int
    root: str
    lines: tuple[str, ...]
    at: str
    log_key: str
    recorded: int | None


def page(ledger: Ledger, size: int, zone: tzinfo, *, printed_at: str, software: str) -> tuple[ShownHead, bytes]:
    """Give the head of `size` entries and its page, as UTF-8 bytes; the same values give the same bytes."""
    shown = head(ledger, size, zone)
    genesis = ledger.roster(1).genesis
    lines = paper.written(size, shown.root)
    typed = " ".join(lines[:1]), " ".join(lines[1:])
    return shown, render(
        "paper.html.j2",
        title=f"Checkpoint of {size} entries",
        trial="" if genesis is None else genesis.trial,
        ledger=_groups(ledger.id),
        size_line=lines[0],
        root_lines=lines[1:],
        command=f"doseledger verify --paper '{typed[0]} {typed[1]}'",
        head=shown,
        qr=Markup(drawn(shown.note.encode())),  # noqa: S704 - a drawing of segno's, with no text of anybody in it
        printed_at=printed_at,
        software=software,
    )


def drawn(note: bytes) -> str:
    """The exact bytes of a note as a QR code (ISO/IEC 18004, byte mode, level M), as SVG to stand in a page."""
    out = io.BytesIO()
    made = segno.make(note, mode="byte", error="m", micro=False, boost_error=False)
    made.save(out, kind="svg", scale=4, border=4, xmldecl=False, svgns=True, title="The signed checkpoint as a QR code")
    return out.getvalue().decode()


def _groups(digits: str) -> Sequence[str]:
    """An id in groups of four, eight to a line."""
    groups = [digits[at : at + 4] for at in range(0, len(digits), 4)]
    return [" ".join(groups[at : at + 8]) for at in range(0, len(groups), 8)]
