"""How far the persisted views of a ledger have come, as people are shown it."""

from __future__ import annotations

from typing import Literal

from ledger.book import Ledger
from ledger.book.views import Progress, views_of
from projections.printed import View
from projections.views.definition import VIEWS, Definition
from projections.views.running import continues

State = Literal["at the head", "behind", "stopped", "of another build", "of another history", "not made"]


class ViewRow(View, frozen=True, kw_only=True):
    """One view: it stands for the first `size` entries, with their `root`; `behind` are the entries after them.

    A view that is stopped cannot take in the entry `stopped_at`, and says `why`.
    """

    view: str
    what: str
    state: State
    size: int
    root: str
    behind: int
    stopped_at: int | None
    why: str
    made_by: str


class Standing(View, frozen=True, kw_only=True):
    """All views of a ledger of `size` entries."""

    size: int
    root: str
    views: tuple[ViewRow, ...]


def standing(ledger: Ledger, made_by: str) -> Standing:
    """Tell how far each view has come; Unavailable where the views cannot be read."""
    store = views_of(ledger)
    found: dict[str, Progress] = {}
    if store is not None:
        try:
            found = {one.view: one for one in store.progress()}
        finally:
            store.close()
    size = ledger.size
    rows = tuple(_row(ledger, found.get(view.name), view, made_by, size) for view in VIEWS)
    return Standing(size=size, root=ledger.root_at(size).hex(), views=rows)


def _row(ledger: Ledger, progress: Progress | None, view: Definition, made_by: str, size: int) -> ViewRow:
    found = Progress(view.name, "", 0, "") if progress is None else progress
    return ViewRow(
        view=view.name,
        what=view.what,
        state="not made" if progress is None else _state(ledger, progress, made_by, size),
        size=found.size,
        root=found.root,
        behind=max(0, size - found.size),
        stopped_at=found.stopped_at,
        why=found.stopped,
        made_by=found.made_by,
    )


def _state(ledger: Ledger, progress: Progress, made_by: str, size: int) -> State:
    if progress.made_by != made_by:
        return "of another build"
    if not continues(ledger, progress, made_by):
        return "of another history"
    if progress.stopped:
        return "stopped"
    return "at the head" if progress.size >= size else "behind"
