"""Which form of copy lies at a path, told by its bytes and never by its name (docs/spec/copy.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ledger import held

Form = Literal["folder", "bundle", "archive", "dossier", "lines", "tiles"]
"""`bundle` is a folder with a bag in it, `archive` a ZIP of one; `tiles` is a folder with the log in static files."""

ENTRIES, TEXTS, CHECKPOINTS, BLOBS = "entries.jsonl", "texts.jsonl", "checkpoints.jsonl", "blobs"
"""The four files of a copy; the last is a folder of files."""
INSIDE = "data/01-ledger/"
"""Where they lie in a bag."""
_ZIP = b"PK\x03\x04"
_LOOK = 4096
"""Bytes at the beginning of a file that tell what it is."""


def form_of(path: str) -> Form | None:
    """The form of the copy at `path`; None where something else lies there, or nothing, or nothing readable."""
    place = Path(path)
    if place.is_dir():
        if (place / "bagit.txt").is_file() or (place / INSIDE / ENTRIES).is_file():
            return "bundle"
        if (place / ENTRIES).is_file():
            return "folder"
        return "tiles" if (place / "checkpoint").is_file() and (place / "tile").is_dir() else None
    if not place.is_file():
        return None
    try:
        with held.reading(place) as file:
            start = file.read(_LOOK)
    except OSError:
        return None
    if start.startswith(_ZIP):
        return "archive"
    if start.startswith(b"{"):
        return "lines"
    return "dossier" if start.lstrip()[:14].lower() == b"<!doctype html" else None
