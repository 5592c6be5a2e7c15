"""Taking persisted views on to the head of the log, or making them anew; what cannot be taken in stops its view."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from ledger.book import Ledger
from ledger.book.views import Progress, ViewStore
from ledger.errors import Conflict, Unavailable
from projections.views.definition import PREFIX, Definition, Place, Rests, site_wide
from projections.views.poison import Broken, Poison, poison_of, readable

PASSING = (Unavailable, Conflict)
"""Errors that are not the entries' fault: they go away, and stop no view."""


class Run(NamedTuple):
    """How far a view is now, how many rows were made, and the exit code of what stopped it; 0 where nothing did."""

    progress: Progress
    rows: int
    code: int


def take_on(ledger: Ledger, store: ViewStore, view: Definition, *, made_by: str) -> Run:
    """Take a view on to the head of the log; it is made anew where it is of another build or another history."""
    before = next((one for one in store.progress() if one.view == view.name), None)
    if before is None or not continues(ledger, before, made_by):
        return rebuild(ledger, store, view, made_by=made_by)
    head = ledger.size
    if before.size == head:
        return Run(before, 0, 0)
    streams, poison = readable(ledger, before.size, head)
    rows = dict(_stored(store, view)) if any(map(site_wide, streams)) else {}
    made = dict[str, bytes]()
    while (reach := head if poison is None else poison.position) > before.size:
        place = Place(ledger, reach)
        try:
            made = dict(_rows(view, place, _touched(place, streams[: reach - before.size], rows)))
            break
        except Broken as broken:
            poison = poison_of(ledger, view, broken, before.size, reach)
    after = _progress(ledger, view, made_by, reach, poison)
    store.advance(before, after, made.items())
    return Run(after, len(made), 0 if poison is None else poison.code)


def rebuild(ledger: Ledger, store: ViewStore, view: Definition, *, made_by: str) -> Run:
    """Make a view anew from all entries; the one that is read stays in its place until the other is whole."""
    reach, poison, count = ledger.size, None, 0

    def counted(place: Place) -> Iterator[tuple[str, bytes]]:
        nonlocal count
        count = 0
        for row in _rows(view, place, _numbers(ledger)):
            count += 1
            yield row

    while True:
        after = _progress(ledger, view, made_by, reach, poison)
        try:
            store.renew(after, counted(Place(ledger, reach)) if reach else ())
        except Broken as broken:
            poison = poison_of(ledger, view, broken, 0, reach)
            reach = poison.position
        else:
            return Run(after, count, 0 if poison is None else poison.code)


def continues(ledger: Ledger, progress: Progress, made_by: str) -> bool:
    """Tell whether a view is of this build, and the log begins with what it stands for."""
    if progress.made_by != made_by or progress.size > ledger.size:
        return False
    return progress.root == _root(ledger, progress.size)


def _rows(view: Definition, place: Place, numbers: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for number in numbers:
        try:
            entries = place.entries(number)
            row = view.row(place, number, entries) if entries else None
        except PASSING:
            raise
        except Exception as error:
            raise Broken(number, error) from error
        if row is not None:
            yield number, row


def _stored(store: ViewStore, view: Definition) -> tuple[tuple[str, bytes], ...]:
    found = store.read(view.name)
    return () if found is None else found[1]


def _touched(place: Place, streams: Iterable[str], rows: Mapping[str, bytes]) -> tuple[str, ...]:
    """Name the patients whose row is another after entries on these streams."""
    named = frozenset(streams)
    found = {name.removeprefix(PREFIX) for name in named if name.startswith(PREFIX)}
    if any(map(site_wide, named)):
        found |= {
            number
            for number, row in rows.items()
            if not place.grounds.hold(msgspec.json.decode(row, type=Rests).grounds)
        }
    return tuple(sorted(found))


def _numbers(ledger: Ledger) -> tuple[str, ...]:
    return tuple(name.removeprefix(PREFIX) for name in ledger.streams(PREFIX))


def _progress(ledger: Ledger, view: Definition, made_by: str, size: int, poison: Poison | None) -> Progress:
    at, why = (None, "") if poison is None else (poison.position, poison.why)
    return Progress(view.name, made_by, size, _root(ledger, size), at, why)


def _root(ledger: Ledger, size: int) -> str:
    return ledger.root_at(size).hex() if size else ""
