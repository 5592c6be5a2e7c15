"""What was changed afterwards: corrections with old and new values, voids, late entries, and what still waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ledger.course.history import Awaiting
from ledger.events.record import EntryCorrected
from projections.export.casebook.parts import Cell, Piece, Row, Section, Table, cell, entry, lines, measured, says
from projections.export.casebook.source import Source, lacking, reason
from projections.printed import second
from projections.trail import TrailRow

_CORRECTIONS = ("Entry", "Record", "What was changed", "Why", "In force", "Decided while the old value stood", "Signed")
_VOIDS = ("Entry", "Record", "What was taken out", "Why", "In force", "Decided while it stood", "Signed")
_DECISIONS = (
    "eligibility.assessed",
    "patient.enrolled",
    "dose.ordered",
    "order.amended",
    "infusion.started",
    "tolerance.assessed",
    "override.granted",
    "hold.lifted",
    "cycle.opened",
    "dlt.adjudicated",
)
"""Kinds by which somebody decides about the patient on what the record says."""
_LATE = ("Entry", "Kind", "Occurred", "Recorded", "Late by", "Why", "Signed")
_WAITING = ("Entry", "Kind", "What it would do", "Lacks", "Since", "Signed")


def section(source: Source) -> Section:
    """Show every amendment, late entry and missing signature."""
    return Section(
        "corrections",
        "Corrections, voids, late and unsigned entries",
        "Nothing is overwritten: what was replaced stands struck through beside what replaced it, with the reason.",
        (
            Table("Corrections", _CORRECTIONS, tuple(_amendments(source, "correct")), "Nothing was corrected."),
            Table("Voided entries", _VOIDS, tuple(_amendments(source, "void")), "Nothing was voided."),
            Table("Late entries", _LATE, tuple(_late(source)), "None."),
            Table("Entries that lack a signature", _WAITING, tuple(_waiting(source)), "None."),
        ),
    )


def _amendments(source: Source, change: str) -> Iterator[Row]:
    amends = (row for row in source.trail if row.transaction == change and row.record in source.shown)
    for (position, record), same in groupby(amends, key=lambda row: (row.position, row.record)):
        found = list(same)
        row = found[0]
        effect = f"since {entry(row.in_force)}" if row.in_force is not None else "no effect: it lacks a signature"
        signatures = (position, *source.about.get(position, ()))
        named = [
            place for place in source.about.get(record, ()) if place > position and _signs(source, place, position)
        ]
        yield Row(
            tuple(dict.fromkeys((position, record, *signatures, *named))),
            (
                cell(entry(position)),
                (says(entry(record)), says(row.record_kind.partition("/")[0], "soft")),
                lines_of(found),
                _why(row),
                cell(effect, "" if row.in_force is not None else "bad"),
                _decided(source, row),
                source.signed(dict.fromkeys((*signatures, *named))),
            ),
        )


def _decided(source: Source, row: TrailRow) -> Cell:
    """Name the decisions that were taken after the record was written, and before the amendment was in force."""
    until = row.in_force if row.in_force is not None else row.position
    between = (one for one in source.opened.entries if row.record < one.position < until)
    found = [one for one in between if one.kind.startswith(_DECISIONS)]
    return lines(says(f"{entry(one.position)} {one.kind.partition('/')[0]}") for one in found)


def _signs(source: Source, place: int, position: int) -> bool:
    """Tell whether an entry is a later signature under another."""
    return getattr(source.by_position[place].event, "target", None) == source.by_position[position].id


def lines_of(found: Sequence[TrailRow]) -> Cell:
    """Say every changed field: its name, the old value struck, and the new one; a proposal strikes nothing."""
    pieces: list[Piece] = []
    for row in found:
        pieces.append(says(f"{row.field}:", "soft", line=True))
        old, new = measured(row.old, row.unit), measured(row.new, row.unit)
        if row.in_force is None:
            pieces.append(says(f"{old or 'nothing'} stands; {new or 'nothing'} is proposed"))
            continue
        pieces += [*cell(old, "old"), *cell(new)]
        if new is None and row.transaction != "void":
            pieces.append(says("(taken out)", "bad"))
    return tuple(pieces)


def _why(row: TrailRow) -> Cell:
    query = f"answers the query {entry(row.query)}" if row.query is not None else None
    return (says(reason(row)), *lines(cell(query, "soft")))


def _late(source: Source) -> Iterator[Row]:
    for one in sorted(source.records, key=lambda one: one.position):
        row = next((row for row in source.steps.get(one.position, ()) if row.transaction == "late"), None)
        if row is not None:
            minutes = row.delay_min
            yield Row(
                source.whole((one.position,)),
                (
                    cell(entry(one.position)),
                    cell(row.kind.partition("/")[0]),
                    source.value(row.occurred, (one.position,), "occurred.at"),
                    cell(row.recorded_at),
                    cell(
                        f"{minutes // 60} h {minutes % 60:02d} min" if minutes is not None else "only the day is stated"
                    ),
                    _why(row) if row.reason else (),
                    source.signed((one.position,)),
                ),
            )


def _waiting(source: Source) -> Iterator[Row]:
    """Show what has no effect until somebody signs, and what stands and still lacks a signature."""
    zone = source.opened.window.zone
    for item in source.opened.history.awaiting:
        one = item.entry
        yield Row(
            source.whole((one.position,)),
            (
                cell(entry(one.position)),
                cell(one.kind.partition("/")[0]),
                _would(source, item),
                (*_lapsed(source, item), says(lacking(item.missing))),
                cell(second(one.recorded_at, zone)),
                source.signed((one.position,)),
            ),
        )
    for fact in source.opened.history.facts:
        if fact.missing:
            yield Row(
                source.whole((fact.entry.position,)),
                (
                    cell(entry(fact.entry.position)),
                    cell(fact.kind.partition("/")[0]),
                    cell("INCOMPLETE: it stands, and counts"),
                    cell(lacking(fact.missing)),
                    cell(second(fact.entry.recorded_at, zone)),
                    source.signed((fact.entry.position,)),
                ),
            )


def _would(source: Source, item: Awaiting) -> Cell:
    target = source.opened.by_id.get(item.target or "")
    what = f"amend {entry(target.position)}" if target is not None else "take effect"
    corrected = isinstance(item.entry.event, EntryCorrected)
    return (says(what), *(lines_of(source.steps[item.entry.position]) if corrected else ()))


def _lapsed(source: Source, item: Awaiting) -> Cell:
    over = item.lapsed(source.opened.window.known_at)
    return (says("LAPSED" if over else "PENDING", "tag"),)
