"""A drawing of shapes and words, each with a tooltip; what a colour says is also said by a letter, a form or a pattern.

Coordinates are in pixels; they are rounded to a tenth, so that the bytes do not depend on the machine.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ledger.protocol.model import Protocol

INK, FAINT, PALE, PAPER = "#1a1a1a", "#767676", "#dcdcdc", "#ffffff"
DRUGS = ("#0072b2", "#009e73", "#cc79a7", "#e69f00")
GRADES = ("#ffffff", "#fff3b0", "#fdd17a", "#f6a04d", "#d95f30", "#8c1d18")
"""The fill of each grade, pale to dark; index 0 is for what is not graded."""
HATCH = "hatch"
_SPACE = "http://www.w3.org/2000/svg"


class Canvas:
    """An SVG document under construction."""

    def __init__(self, width: float, height: float, title: str, words: str) -> None:
        """Begin a picture with its name and what it shows, for those who cannot see it."""
        self.root = ET.Element(
            "svg",
            {
                "xmlns": _SPACE,
                "width": _px(width),
                "height": _px(height),
                "viewBox": f"0 0 {_px(width)} {_px(height)}",
                "role": "img",
                "aria-labelledby": "title desc",
                "font-family": "Helvetica, Arial, DejaVu Sans, sans-serif",
                "font-size": "11",
            },
        )
        ET.SubElement(self.root, "title", {"id": "title"}).text = title
        ET.SubElement(self.root, "desc", {"id": "desc"}).text = words
        pattern = ET.SubElement(
            ET.SubElement(self.root, "defs"),
            "pattern",
            {"id": HATCH, "width": "6", "height": "6", "patternUnits": "userSpaceOnUse"},
        )
        ET.SubElement(pattern, "path", {"d": "M0 6L6 0", "stroke": FAINT, "stroke-width": "0.7"})
        self._put("rect", "", x=0, y=0, width=width, height=height, fill=PAPER)

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str,
        tip: str = "",
        line: str = "",
        dash: str = "",
    ) -> None:
        """Draw a box; `fill` is a colour, `none`, or HATCH."""
        paint = f"url(#{HATCH})" if fill == HATCH else fill
        edge = {"stroke": line} if line else {}
        dashes = {"stroke_dasharray": dash} if dash else {}
        self._put("rect", tip, x=x, y=y, width=max(width, 0), height=max(height, 0), fill=paint, **edge, **dashes)

    def line(
        self, start: tuple[float, float], end: tuple[float, float], *, ink: str = INK, width: float = 1, tip: str = ""
    ) -> None:
        """Draw a line."""
        self._put("line", tip, x1=start[0], y1=start[1], x2=end[0], y2=end[1], stroke=ink, stroke_width=width)

    def shape(self, points: Sequence[tuple[float, float]], *, fill: str, line: str = INK, tip: str = "") -> None:
        """Draw a closed shape."""
        text = " ".join(f"{_px(x)},{_px(y)}" for x, y in points)
        self._put("polygon", tip, points=text, fill=fill, stroke=line)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        ink: str = INK,
        size: int = 11,
        anchor: str = "start",
        bold: bool = False,
        tip: str = "",
    ) -> None:
        """Write words with their foot at `y`."""
        weight = {"font_weight": "bold"} if bold else {}
        size_of = {"font_size": size} if size != 11 else {}
        at = {"text_anchor": anchor} if anchor != "start" else {}
        node = self._put("text", tip, x=x, y=y, fill=ink, **size_of, **at, **weight)
        if tip:
            node[0].tail = words
        else:
            node.text = words

    def pack(self, x: float, y: float, protocol: Protocol) -> None:
        """Name the protocol pack, and say how many of its values are made up; the tooltip names them."""
        names = ", ".join(protocol.fictional)
        made_up = f"; {len(protocol.fictional)} FICTIONAL values" if names else ""
        self.text(x, y, f"{protocol.id} {protocol.version}{made_up}", ink=FAINT, size=9, tip=names)

    def svg(self) -> bytes:
        """Give the document."""
        whole = ET.ElementTree(self.root)
        ET.indent(whole, space=" ")
        text: str = ET.tostring(self.root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()

    def _put(self, tag: str, tip: str, **attributes: str | float) -> ET.Element:
        named = {
            name.replace("_", "-"): value if isinstance(value, str) else _px(value)
            for name, value in attributes.items()
        }
        node = ET.SubElement(self.root, tag, named)
        if tip:
            ET.SubElement(node, "title").text = tip
        return node


class Days:
    """A scale of days: from the start of `first` to the end of `last`, between two edges in pixels."""

    def __init__(self, first: date, last: date, left: float, right: float) -> None:
        self.first, self.last, self.left = first, last, left
        self.per_day = (right - left) / ((last - first).days + 1)

    def x(self, at: datetime) -> float:
        """Place a local time."""
        begin = datetime.combine(self.first, datetime.min.time(), at.tzinfo)
        wall = at.replace(tzinfo=None) - begin.replace(tzinfo=None)
        return self.left + wall / timedelta(days=1) * self.per_day

    def day(self, day: date) -> float:
        """Place the start of a day."""
        return self.left + (day - self.first).days * self.per_day

    def ticks(self, apart: float) -> list[date]:
        """Choose days to write down, at least `apart` pixels from each other: every 1, 2, 7, 14, 28 ... days."""
        steps = (1, 2, 7, 14, 28, 56, 112, 364)
        step = next((one for one in steps if one * self.per_day >= apart), steps[-1])
        return [self.first + timedelta(days=n) for n in range(0, (self.last - self.first).days + 1, step)]


def _px(number: float) -> str:
    text = f"{number:.1f}"
    return text.removesuffix(".0")
