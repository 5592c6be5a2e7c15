"""NCI's CTCAE workbook as a dictionary: its terms, their organ classes and which grades exist, and nothing else of it.

No MedDRA code and no text of a definition or grade is taken over. Terms that our own table has are taken from there,
with its tokens, aliases, words and laboratory limits, and with the grades of the workbook.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ledger.errors import BadInput
from ledger.protocol.dictionary import Dictionary, Term, load_dictionary

PUBLISHED: Mapping[str, int] = {"5.0": 837, "6.0": 850}
"""How many terms the published workbooks hold (v5.0 of 2017-11-27, v6.0 of 2025)."""
LARGEST = 64 * 2**20
"""The most bytes that a workbook may unfold to; NCI's are about 5 MiB."""
_WORDS = "by the published table"
_TITLE = re.compile(r"CTCAE v(?P<version>[0-9]+\.[0-9]+) Clean Copy", re.IGNORECASE)
_CLASS, _TERM, _GRADE = re.compile(r"\bSOC$"), re.compile(r"\bterm$", re.IGNORECASE), re.compile(r"Grade ([1-5])$")
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What the library raises for a file that is no workbook, or a broken one; it has no error of its own for that."""
_ABSENT = frozenset({"", "-", "\u2013", "\u2014"})


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What a workbook gave: the dictionary, the file's SHA-256, its number of terms, and how it differs."""

    dictionary: Dictionary
    workbook: str
    terms: int
    differences: tuple[str, ...]


def read_workbook(data: bytes, own: Mapping[str, Dictionary]) -> Imported:
    """Read a workbook; `own` is our table by version. BadInput when it is no CTCAE workbook that can be read."""
    version, rows = _sheet(data)
    if version not in own:
        raise BadInput(f"this is CTCAE {version}", fix=f"give the workbook of one of: {', '.join(own)}")
    terms = list(_terms(rows))
    ours = own[version]
    known = {term.printed.lower(): term for term in ours.terms.values()}
    body = {"format": 1, "version": version, "notice": ours.notice, **_tables(terms, known)}
    blob = msgspec.json.encode(body)
    return Imported(
        dictionary=load_dictionary(blob),
        workbook=hashlib.sha256(data).hexdigest(),
        terms=len(terms),
        differences=tuple(_differences(version, terms, known)),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    printed: str
    organ_class: str
    grades: tuple[int, ...]


def _sheet(data: bytes) -> tuple[str, Iterator[Sequence[object]]]:
    """Give the version and the rows of the clean copy."""
    try:
        size, sheets = _opened(data)
    except _UNREADABLE as error:
        raise BadInput(
            "this is not a workbook (.xlsx)", why=str(error), fix="give NCI's file as it was downloaded"
        ) from error
    if size > LARGEST:
        raise BadInput(f"the workbook unfolds to {size} bytes", why=f"more than {LARGEST} is not read")
    for title, rows in sheets.items():
        found = _TITLE.match(title)
        if found is not None:
            return found["version"], iter(rows)
    raise BadInput("the workbook has no sheet `CTCAE v... Clean Copy`", why=f"its sheets: {', '.join(sheets)}"[:300])


def _opened(data: bytes) -> tuple[int, dict[str, list[Sequence[object]]]]:
    """Give the size that the file unfolds to, and its clean copy among the names of its sheets."""
    import openpyxl

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(part.file_size for part in archive.infolist())
    if size > LARGEST:
        return size, {}
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    clean = (sheet for sheet in book.worksheets if _TITLE.match(sheet.title))
    names: dict[str, list[Sequence[object]]] = {sheet.title: [] for sheet in book.worksheets}
    return size, names | {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in clean}


def _terms(rows: Iterator[Sequence[object]]) -> Iterator[_Row]:
    place = _columns([_text(cell) for cell in next(rows, ())])
    seen: set[str] = set()
    for number, row in enumerate(rows, start=2):
        cells = [_text(cell) for cell in row]
        cells += [""] * (max(place.values()) + 1 - len(cells))
        printed, organ_class = cells[place["term"]], cells[place["class"]]
        if not printed and not organ_class:
            continue
        grades = tuple(grade for grade in range(1, 6) if cells[place[str(grade)]] not in _ABSENT)
        if not printed or not organ_class or not grades or max(len(printed), len(organ_class)) > 400:
            raise BadInput(f"row {number} of the workbook lacks a term, an organ class or grades")
        if printed.lower() in seen:
            raise BadInput(f"row {number} of the workbook: {printed} is there twice")
        seen.add(printed.lower())
        yield _Row(printed, organ_class, grades)


def _columns(head: Sequence[str]) -> dict[str, int]:
    """Find the columns by what stands above them."""
    found: dict[str, int] = {}
    for place, name in enumerate(head):
        grade = _GRADE.match(name)
        if grade is not None:
            found[grade[1]] = place
        elif _CLASS.search(name):
            found["class"] = place
        elif _TERM.search(name):
            found["term"] = place
    missing = {"class", "term", "1", "2", "3", "4", "5"} - set(found)
    if missing:
        raise BadInput(
            "the first row of the clean copy does not name its columns", why=f"missing: {', '.join(sorted(missing))}"
        )
    return found


def _text(cell: object) -> str:
    return "" if cell is None else " ".join(str(cell).split())


def _tables(rows: Sequence[_Row], known: Mapping[str, Term]) -> dict[str, object]:
    """Write the terms, and the limits of those that have any, as `load_dictionary` reads them."""
    terms: dict[str, object] = {}
    limits: dict[str, object] = {}
    taken = {name for term in known.values() for name in (term.name, *term.aliases)}
    for row in rows:
        ours = known.get(row.printed.lower())
        token = ours.name if ours is not None else _token(row.printed, taken)
        taken.add(token)
        words = ours.words if ours is not None else {}
        terms[token] = {
            "printed": row.printed,
            "organ_class": row.organ_class,
            "aliases": ours.aliases if ours is not None else (),
            "grades": {str(grade): words.get(grade, _WORDS) for grade in row.grades},
        }
        if ours is not None and ours.limits is not None and ours.grades == row.grades:
            limits[token] = ours.limits
    return {"terms": terms, "limits": limits}


def _token(printed: str, taken: set[str]) -> str:
    """Make the token of a term from its printed form; a number follows where it is taken."""
    base = re.sub(r"[^a-z0-9]+", "-", printed.lower()).strip("-")[:60].strip("-")
    names = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _differences(version: str, rows: Sequence[_Row], known: Mapping[str, Term]) -> Iterator[str]:
    """Say how the file differs from what was published, and from our own table."""
    published = PUBLISHED.get(version)
    if published is not None and len(rows) != published:
        yield f"it holds {len(rows)} terms, the published CTCAE {version} {published}"
    there = {row.printed.lower(): row for row in rows}
    for name, term in known.items():
        if name not in there:
            yield f"it lacks {term.printed}"
        elif there[name].grades != term.grades:
            grades = (",".join(map(str, one)) for one in (there[name].grades, term.grades))
            yield f"{term.printed} has grades {' there, here '.join(grades)}"
