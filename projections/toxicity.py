"""The toxicity table: for each term how many patients had it at which worst grade, in all and by attribution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import get_args

from ledger.book import Ledger
from ledger.course.dictionaries import in_force
from ledger.protocol.declared import Relation
from ledger.protocol.dictionary import Dictionary, load_dictionary
from projections import kept
from projections.card import NOTICE
from projections.kept import Views
from projections.printed import View, minute, second
from projections.replay import PatientAt, Window, opened_all, window

ANY, UNKNOWN = "any", "not assessed"
_STRENGTH = (UNKNOWN, *get_args(get_args(Relation)[0]))


class ToxicityRow(View, frozen=True, kw_only=True):
    """One term under one attribution: each patient counts once, at the worst grade; `any` is all of them together."""

    organ_class: str
    term: str
    printed: str
    attribution: str
    patients: int
    grade_1: int
    grade_2: int
    grade_3: int
    grade_4: int
    grade_5: int
    ungraded: int
    serious: int


class Cell(View, frozen=True, kw_only=True):
    """The worst grade of one term in one patient; null while it is not graded."""

    patient: str
    term: str
    grade: int | None
    attribution: str
    serious: bool


class ToxicityTable(View, frozen=True, kw_only=True):
    """The table by organ class and term, and the matrix of patients and terms that it counts."""

    size: int
    known_at: str
    valid_at: str
    patients: int
    drug: str | None
    rows: tuple[ToxicityRow, ...]
    matrix: tuple[Cell, ...]
    notice: str


def toxicity_table(
    ledger: Ledger,
    *,
    now: datetime,
    drug: str | None = None,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
    views: Views | None = None,
) -> ToxicityTable:
    """Give the table; by the attribution to one `drug`, or the strongest to any.

    With `views` what is kept of the patients is not worked out again.
    """
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    opened = opened_all(ledger, through, kept=kept.patients(ledger, through, views))
    cells = tuple(cell for one in opened for cell in _cells(one, drug))
    return ToxicityTable(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=minute(through.at),
        patients=len(opened),
        drug=drug,
        rows=tuple(_rows(cells, terms_of(ledger, through))),
        matrix=cells,
        notice=NOTICE,
    )


def terms_of(ledger: Ledger, through: Window) -> tuple[Dictionary, ...]:
    """Give the toxicity dictionaries that were in force, the newest first."""
    refs = [ref for _, ref in in_force(ledger.stream("study", up_to=through.size))]
    return tuple(_dictionary(ledger.blob(ref.digest)) for ref in reversed(refs))


@lru_cache(maxsize=8)
def _dictionary(data: bytes) -> Dictionary:
    return load_dictionary(data)


def _cells(opened: PatientAt, drug: str | None) -> Iterator[Cell]:
    """Give each term of a patient once: the worst grade and the strongest attribution of its episodes and readings."""
    episodes = [one for course in opened.courses for one in course.toxicities.values()]
    for term in sorted({one.term for one in episodes}):
        same = [one for one in episodes if one.term == term]
        relations = [
            relation for one in same for name, relation in one.relations.items() if drug is None or name == drug
        ]
        yield Cell(
            patient=opened.number,
            term=term,
            grade=max(one.worst for one in same) or None,
            attribution=max([UNKNOWN, *relations], key=_STRENGTH.index),
            serious=any(one.serious for one in same),
        )


def _rows(cells: Sequence[Cell], dictionaries: Sequence[Dictionary]) -> Iterator[ToxicityRow]:
    known = {name: _term(name, dictionaries) for name in {cell.term for cell in cells}}
    names = sorted(known, key=lambda name: (known[name][0], known[name][1]))
    for name in names:
        same = [cell for cell in cells if cell.term == name]
        for attribution in (ANY, *reversed(_STRENGTH)):
            counted = [cell for cell in same if attribution in (ANY, cell.attribution)]
            if counted:
                yield _row(name, known[name], attribution, counted)


def _row(name: str, printed: tuple[str, str], attribution: str, cells: Sequence[Cell]) -> ToxicityRow:
    grades = Counter(cell.grade for cell in cells)
    return ToxicityRow(
        organ_class=printed[0],
        term=name,
        printed=printed[1],
        attribution=attribution,
        patients=len(cells),
        grade_1=grades[1],
        grade_2=grades[2],
        grade_3=grades[3],
        grade_4=grades[4],
        grade_5=grades[5],
        ungraded=grades[None],
        serious=sum(cell.serious for cell in cells),
    )


def _term(name: str, dictionaries: Sequence[Dictionary]) -> tuple[str, str]:
    """Give organ class and printed form of a term, from the newest dictionary that has it."""
    found = next((one.terms[name] for one in dictionaries if name in one.terms), None)
    return (found.organ_class, found.printed) if found is not None else ("", name)
