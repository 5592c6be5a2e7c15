"""Render a page from a template of this folder; the same values give the same bytes at every time and place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, **values: object) -> bytes:
    """Render `template`, a file name of this folder, to UTF-8 bytes.

    Everything is escaped; what is no HTML (a drawing of ours) has to come as markupsafe's Markup.
    """
    return (_templates().get_template(template).render(**values) + "\n").encode()


def pieces(template: str, **values: object) -> Iterator[bytes]:
    """Render as `render` does, piece by piece: a generator among the values is drawn from as the page grows."""
    for piece in _templates().get_template(template).generate(**values):
        yield piece.encode()
    yield b"\n"


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("projections.export.pages", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
