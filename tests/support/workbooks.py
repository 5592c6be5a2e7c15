"""Small workbooks in the form of NCI's: a clean copy with a code, an organ class, a term and a text for each grade."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import openpyxl

HEAD = ("MedDRA Code", "MedDRA SOC", "CTCAE Term", *(f"Grade {n} \xa0\xa0" for n in range(1, 6)), "Definition")
CARDIAC = "Cardiac disorders"
ROWS = (
    ("10002272", "Blood and lymphatic system disorders", "Anemia", (1, 2, 3, 4, 5)),
    ("10029366", "Investigations", "Neutrophil count decreased", (1, 2, 3, 4)),
    ("10000001", CARDIAC, "Made up for this test, with a comma", (2, 3)),
    ("10000002", CARDIAC, "Made up for this test with a comma", (1,)),
)
"""A term of our own table, one with limits, and two that only a full workbook has and whose tokens would be one."""


def workbook(
    rows: Iterable[tuple[str, str, str, Sequence[int]]] = ROWS,
    *,
    title: str = "CTCAE v5.0 Clean Copy",
    head: Sequence[str] = HEAD,
) -> bytes:
    """Make a workbook of these rows."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet(title)
    sheet.append(list(head))
    for code, organ_class, term, grades in rows:
        texts = [f"the publisher's text of grade {n}" if n in grades else " -" for n in range(1, 6)]
        sheet.append([code, organ_class, term, *texts, "the publisher's definition"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
