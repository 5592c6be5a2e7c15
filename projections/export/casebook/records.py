"""The records of a patient, kind by kind: every field as it stands, what it replaced, and who signed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import groupby

from ledger.events.entry import Entry
from projections.export.casebook.parts import Cell, Piece, Row, Table, cell, entry, measured, says
from projections.export.casebook.source import Source
from projections.printed import second
from projections.trail.fields import Point, of_fact

COLUMNS = ("Entry", "Occurred", "What", "Stated", "State", "Signed")
_UNIT = re.compile(r"_(?:mg_m2|ml_min|ml_h|m2|mg|ml|kg|cm|giga|min|ms|h)\Z")
_PART = re.compile(r"(?P<whole>.+)\.(?P<n>[0-9]+)\.(?P<field>[^.]+)\Z")
"""A field of one of several parts, as `given.0.agent`."""
_BESIDE = ("occurred.at", "occurred.basis", "unit")
"""Points that stand in another column, or with their value."""


def table(source: Source, caption: str, wanted: Callable[[str], bool], empty: str) -> Table:
    """Show the records whose kind, without its version, is wanted."""
    found = (one for one in source.records if wanted(_noun(one)))
    return Table(caption, COLUMNS, tuple(record_row(source, one) for one in found), empty)


def record_row(source: Source, one: Entry) -> Row:
    """Show one record."""
    fact = source.facts.get(one.position)
    event, occurred = (one.event, one.payload.occurred) if fact is None else (fact.event, fact.occurred)
    points = of_fact(event, occurred, one.payload)
    struck = source.effects.get(one.id) == "void"
    how = source.value(occurred.at, (one.position,), "occurred.at")
    basis = () if occurred.basis == "observed" else (says(f"time: {occurred.basis}", "soft", line=True),)
    recorded = says(f"recorded {second(one.recorded_at, source.opened.window.zone)}", "soft", line=True)
    return Row(
        entries=source.whole((one.position,)),
        cells=(
            cell(entry(one.position)),
            (*how, *basis, recorded),
            cell(_noun(one).replace(".", " ").replace("-", " ")),
            _crossed(_stated(source, one, points), struck=struck),
            source.state(one),
            source.signed(source.whole((one.position,))),
        ),
        struck=struck,
    )


def _noun(one: Entry) -> str:
    return one.kind.partition("/")[0]


def _stated(source: Source, one: Entry, points: Mapping[str, Point]) -> Cell:
    """Say every point after the other; what was changed, and each of several parts, begins a line of its own."""
    gone = (name for (record, name) in source.changes if record == one.position and name not in points)
    names = [name for name in (*points, *gone) if name not in _BESIDE]
    found: list[Piece] = []
    for part, same in groupby(names, key=_part):
        if part:
            found.append(says(part, "soft", line=True))
        for place, name in enumerate(same):
            found += _point(source, one, points, name, first=not found or (bool(part) and place == 0))
    return tuple(found)


def _point(source: Source, one: Entry, points: Mapping[str, Point], name: str, *, first: bool) -> Cell:
    """Say one point: its name, its value, and what stood there before."""
    point = points.get(name)
    value = source.words.show(point[1]) if point is not None else "(taken out)"
    changed = source.changed((one.position,), name)
    mark = "" if first or changed else "\u00b7 "
    label = says(f"{mark}{_label(name, points)}", "soft", line=bool(changed))
    return (label, says(measured(value, point[2] if point is not None else None)), *changed)


def _part(name: str) -> str:
    """Name the part that a field belongs to, `given 1`; nothing for a field of its own."""
    found = _PART.match(name)
    return f"{found['whole'].replace('_', ' ')} {int(found['n']) + 1}:" if found is not None else ""


def _label(name: str, points: Mapping[str, Point]) -> str:
    """Write the name of a field without the unit that stands with its value."""
    last = name.rpartition(".")[2] if _PART.match(name) else name.replace(".", " ")
    point = points.get(name)
    return (_UNIT.sub("", last) if point is not None and point[2] is not None else last).replace("_", " ")


def _crossed(pieces: Cell, *, struck: bool) -> Cell:
    """Strike everything of a record that was voided."""
    return tuple(Piece(one.text.removeprefix("\u00b7 "), "old", one.line) for one in pieces) if struck else pieces
