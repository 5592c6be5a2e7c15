"""XML as it is written: element by element, escaped, one element a line, nothing kept in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_UNFIT = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold; U+FFFD stands for them."""
_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_IN_TEXT = str.maketrans(_TEXT)
_IN_VALUE = str.maketrans(_TEXT | {'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


class Out(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


class Xml:
    """A document that grows."""

    def __init__(self, out: Out) -> None:
        self._out = out
        self._depth = 0
        self._put('<?xml version="1.0" encoding="UTF-8"?>')

    @contextmanager
    def within(self, name: str, **attributes: str | None) -> Iterator[None]:
        """Write an element whose children are written inside the block; null attributes are left out."""
        self._put(f"<{name}{_attributes(attributes)}>")
        self._depth += 1
        yield
        self._depth -= 1
        self._put(f"</{name}>")

    def empty(self, name: str, **attributes: str | None) -> None:
        """Write an element without content."""
        self._put(f"<{name}{_attributes(attributes)}/>")

    def text(self, name: str, content: str, **attributes: str | None) -> None:
        """Write an element that holds a text."""
        self._put(f"<{name}{_attributes(attributes)}>{_escaped(content, _IN_TEXT)}</{name}>")

    def _put(self, line: str) -> None:
        self._out.write(f"{' ' * self._depth}{line}\n".encode())


def _attributes(attributes: dict[str, str | None]) -> str:
    # `xml_lang` is `xml:lang`: a colon cannot stand in a keyword.
    return "".join(
        f' {name.replace("xml_", "xml:")}="{_escaped(value, _IN_VALUE)}"'
        for name, value in attributes.items()
        if value is not None
    )


def _escaped(text: str, table: dict[int, str]) -> str:
    return _UNFIT.sub("\ufffd", text).translate(table)
