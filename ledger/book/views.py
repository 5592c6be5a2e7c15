"""The door to the persisted views of a ledger: rows that no command decides on, and that can be made anew."""

from __future__ import annotations

from ledger.book.ledger import Ledger
from ledger.copies.form import form_of
from ledger.errors import Unavailable
from ledger.storage.location import is_url
from ledger.storage.views.progress import Progress, Rows, ViewStore
from ledger.storage.views.sqlite import ViewFile, beside

__all__ = ["Progress", "Rows", "ViewStore", "make_views", "views_of"]


def views_of(ledger: Ledger) -> ViewStore | None:
    """Open the views of a ledger for reading; None where none are kept, as of every copy.

    Unavailable or IntegrityFailure where they cannot be read: the ledger itself can.
    """
    if is_url(ledger.path):
        from ledger.storage.postgres.views import ViewTables  # noqa: PLC0415 - the driver loads for a URL alone

        return ViewTables.look(ledger.opened_as)
    return None if form_of(ledger.path) is not None else ViewFile.look(beside(ledger.path))


def make_views(ledger: Ledger) -> ViewStore:
    """Open the views of a ledger for writing, and make a place for them where there is none.

    Unavailable for a copy, and on a server where its owner made no place for them.
    """
    if is_url(ledger.path):
        from ledger.storage.postgres.views import ViewTables  # noqa: PLC0415 - as above

        return ViewTables.make(ledger.opened_as)
    if form_of(ledger.path) is not None:
        raise Unavailable("No views are kept of a copy.", fix="Name the ledger itself: --ledger PATH")
    return ViewFile.make(beside(ledger.path))
