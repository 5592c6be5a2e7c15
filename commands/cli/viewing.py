"""`doseledger view`: the persisted views beside a ledger: taken on to its head, made anew, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from commands.cli import console, envelope, rows
from commands.cli.keeping import made_by
from commands.cli.options import Layout, Shared
from commands.cli.session import reading
from ledger.errors import BadInput

if TYPE_CHECKING:
    from projections.views.running import Run

COLUMNS = ("view", "state", "size", "behind", "stopped_at", "why", "root")


@dataclass(frozen=True)
class Ran:
    """What a run made of one view: `rows` of it, up to the first `size` entries, whose root is `root`."""

    view: str
    size: int
    root: str
    rows: int
    stopped_at: int | None
    why: str


@dataclass(frozen=True)
class Runs:
    """What a run made of each view."""

    views: tuple[Ran, ...]


def view_run(
    shared: Shared,
    *,
    follow: Annotated[
        bool, typer.Option("--follow/--once", help="Go on with every entry that is appended, until interrupted.")
    ] = False,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", help="With --follow: look again after so long at the latest.")
    ] = 1.0,
    lasting: Annotated[
        float | None, typer.Option("--for", metavar="SECONDS", help="With --follow: end after so long.")
    ] = None,
) -> int:
    """Take every view on to the head of the ledger; where there is none, or it is of another build, it is made.

    An entry that a view cannot take in stops this view alone; the exit code is that of its error.
    """
    from ledger.book.views import make_views
    from projections.views.definition import VIEWS
    from projections.views.running import take_on

    if every <= 0:
        raise BadInput("--every takes a number of seconds above 0")
    us, until = made_by(), None if lasting is None else monotonic() + lasting
    with reading(shared.ledger) as ledger:
        store = make_views(ledger)
        try:
            seen = -1
            while True:
                if ledger.size != seen:
                    seen = ledger.size
                    ran = [take_on(ledger, store, view, made_by=us) for view in VIEWS]
                    if not shared.json:
                        _tell(ran)
                if not follow or (until is not None and monotonic() >= until):
                    break
                store.wait(every if until is None else max(0.0, min(every, until - monotonic())))
        finally:
            store.close()
        if shared.json:
            envelope.put("view-run", ledger, _runs(ran), size=seen)
    return max(one.code for one in ran)


def view_rebuild(
    shared: Shared,
    view: Annotated[str | None, typer.Argument(metavar="[VIEW]", help="Only this view; all when left out.")] = None,
) -> int:
    """Make the views anew from all entries; the old ones are read until the new ones are whole."""
    from ledger.book.views import make_views
    from projections.views.definition import VIEWS
    from projections.views.running import rebuild

    wanted = [one for one in VIEWS if view in {None, one.name}]
    if not wanted:
        raise BadInput(f"there is no view {view}", fix=f"the views are: {', '.join(one.name for one in VIEWS)}")
    us = made_by()
    with reading(shared.ledger) as ledger:
        store = make_views(ledger)
        try:
            ran = [rebuild(ledger, store, one, made_by=us) for one in wanted]
        finally:
            store.close()
        if shared.json:
            envelope.put("view-rebuild", ledger, _runs(ran))
        else:
            _tell(ran)
    return max(one.code for one in ran)


def view_status(shared: Shared, layout: Layout) -> None:
    """Show how far each view has come, and why one has stopped."""
    from projections.views.standing import standing

    with reading(shared.ledger) as ledger:
        data = standing(ledger, made_by())
        if shared.json:
            envelope.put("view-status", ledger, data, size=data.size)
            return
        rows.show(data.views, layout.format, columns=COLUMNS, right=("size", "behind", "stopped_at"))


def _runs(ran: Sequence[Run]) -> Runs:
    return Runs(tuple(map(_ran, ran)))


def _ran(run: Run) -> Ran:
    at = run.progress
    return Ran(at.view, at.size, at.root, run.rows, at.stopped_at, at.stopped)


def _tell(ran: Sequence[Run]) -> None:
    for one in _runs(ran).views:
        console.answer(f"{one.view}: {one.size} entries, {one.rows} rows made, root {one.root or 'none'}")
        if one.why:
            why = console.one_line(one.why)
            console.insist(f"x The view {one.view} has stopped: it cannot take in the entry #{one.stopped_at}.", "bad")
            console.insist(f"  Why: {why}")
            console.insist("  To do: use a version of the program that can; every other view goes on")
