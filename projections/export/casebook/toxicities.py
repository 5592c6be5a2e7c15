"""The toxicities with the course of their grades, what they were attributed to, and the rulings on them."""

from __future__ import annotations

from ledger.events.body import references
from ledger.events.entry import Entry
from projections.card import Toxicity
from projections.export.casebook import records
from projections.export.casebook.parts import Cell, Row, Section, Table, cell, entry, lines, says
from projections.export.casebook.source import Source

COLUMNS = ("Entry", "Term", "Onset", "Grades", "Cause", "Serious, DLT", "Ended", "State", "Signed")
_NOUNS = frozenset({"toxicity", "seriousness", "expectedness", "dlt", "report"})


def section(source: Source) -> Section:
    """Show the episodes, then every entry behind them."""
    rows = tuple(_episode(source, one) for one in source.card.aes)
    return Section(
        "toxicities",
        "Toxicities",
        "Graded by the dictionary in force; the grade that counts is the worst of an episode.",
        (
            Table("Episodes", COLUMNS, rows, "None was reported."),
            records.table(
                source, "Every entry about toxicities", lambda noun: noun.partition(".")[0] in _NOUNS, "None."
            ),
        ),
    )


def _episode(source: Source, one: Toxicity) -> Row:
    family = _family(source, one)
    places = [each.position for each in family]
    graded = [each.position for each in family if each.kind.startswith(("toxicity.graded", "toxicity.regraded"))]
    ended = [each.position for each in family if each.kind.startswith("toxicity.resolved")]
    causes = [each.position for each in family if each.kind.startswith("toxicity.attributed")]
    serious = [each.position for each in family if each.kind.startswith("seriousness.")]
    end = f"{one.resolved_at}: {one.outcome}" if one.resolved_at is not None else "not resolved"
    dose = f"during or after the dose {entry(one.dose)}" if one.dose is not None else "not linked to a dose"
    return Row(
        source.whole(places),
        (
            cell(entry(one.entry)),
            (
                *source.value(one.term, (one.entry,), "term"),
                *lines(cell(one.dictionary and f"CTCAE {one.dictionary}", "soft")),
                *source.changed((one.entry,), "verbatim"),
            ),
            (*source.value(one.onset, (one.entry,), "occurred.at"), says(dose, "soft", line=True)),
            (*_grades(source, one, graded), *source.changed(graded, "grade")),
            (
                *lines(says(f"{drug}: {relation}") for drug, relation in one.relations.items()),
                *source.changed(causes, "relation"),
            ),
            (
                says({True: "serious", False: "not serious", None: "seriousness not judged"}[one.serious]),
                *source.changed(serious, "serious"),
                says({True: "DLT", False: "no DLT", None: "no ruling on DLT"}[one.dlt], line=True),
            ),
            (says(end), *source.changed(ended, "outcome", "occurred.at")),
            source.state(source.by_position[one.entry]),
            source.signed(source.whole((one.entry, *graded))),
        ),
    )


def _family(source: Source, one: Toxicity) -> list[Entry]:
    """Give the records of one episode: its report, and what names it."""
    return [
        each
        for each in source.records
        if each.id == one.id or (each.kind.partition(".")[0] in _NOUNS and one.id in references(source.event(each)))
    ]


def _grades(source: Source, one: Toxicity, graded: list[int]) -> Cell:
    """Say the grades in their order; what a later judgement replaced is struck, with the entry that did."""
    found = [says(f"worst {one.grade}" if one.grade is not None else "not graded", line=True)]
    found += [says(f"grade {p.grade} from {p.since} ({entry(p.entry)})", line=True) for p in one.grades]
    for row in (row for place in graded for row in source.steps.get(place, ())):
        if row.field != "grade" or row.transaction != "context" or row.old is None:
            continue
        if row.in_force is None:
            words = f"grade {row.new} proposed in {entry(row.position)}: no effect, it lacks a signature"
            found.append(says(words, "bad", line=True))
        else:
            found += [says(f"grade {row.old}", "old", line=True), says(f"regraded in {entry(row.position)}", "soft")]
    return tuple(found)
