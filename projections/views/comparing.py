"""Persisted views against the entries: what is kept must be what is made of them, byte by byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress

from ledger.book import Ledger
from ledger.book.views import Progress, ViewStore, views_of
from ledger.errors import DoseLedgerError, Unavailable
from ledger.verify import Finding
from projections.views.definition import PREFIX, VIEWS, Definition, Place
from projections.views.running import continues


def compared(ledger: Ledger, made_by: str) -> Iterator[Finding]:
    """Give every row of a view of this build that is not what the entries make of it, and every row too many or few."""
    with suppress(Unavailable):  # a file that cannot be used misleads nobody, and `left_out` names it
        store = views_of(ledger)
        if store is not None:
            with closing(store):
                for view in VIEWS:
                    yield from _compared(ledger, store, view, made_by)


def left_out(ledger: Ledger, made_by: Callable[[], str]) -> tuple[str, ...] | None:
    """Say which views cannot be compared: those of another build, which alone can make them again, or a broken file.

    None where there are no views at all.
    """
    try:
        store = views_of(ledger)
        if store is None:
            return None
        with closing(store):
            found = store.progress()
    except DoseLedgerError as error:
        return (f"the views beside the ledger: {error.what}",)
    us = made_by()
    return tuple(
        f"the view {one.view}, made by {one.made_by or 'an unknown program'}" for one in found if one.made_by != us
    )


def _compared(ledger: Ledger, store: ViewStore, view: Definition, made_by: str) -> Iterator[Finding]:
    found = store.read(view.name)
    if found is None or found[0].made_by != made_by:
        return
    progress, rows = found
    if not continues(ledger, progress, made_by):
        yield _finding(f"the view {view.name} stands for {progress.size} entries of another history")
        return
    kept = dict(rows)
    if progress.size:
        yield from _rows(Place(ledger, progress.size), progress, view, kept)
    for number in sorted(kept):
        yield _finding(f"the view {view.name} keeps a row of {number}, of whom the ledger knows nothing")


def _rows(place: Place, progress: Progress, view: Definition, kept: dict[str, bytes]) -> Iterator[Finding]:
    for name in place.ledger.streams(PREFIX):
        number = name.removeprefix(PREFIX)
        entries = place.entries(number)
        if not entries:
            continue
        said = kept.pop(number, None)
        if said is None:
            yield _finding(f"the view {view.name} lacks the row of {number}")
        elif said != view.row(place, number, entries):
            yield _finding(
                f"the row of {number} in the view {view.name} is not what its {progress.size} entries make of it"
            )


def _finding(why: str) -> Finding:
    return Finding("L3", "view", why)
