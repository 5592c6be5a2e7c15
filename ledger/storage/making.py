"""The ledger that a name names, opened for writing, and a new one made: a file here, or a schema on a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.storage import files
from ledger.storage.location import is_url
from ledger.storage.postgres import driver
from ledger.storage.store import Store


def store_at(name: str) -> Store:
    """Open an existing ledger for writing.

    Raises Unavailable where there is none that can be, IntegrityFailure where its tables are not ours.
    """
    if not is_url(name):
        return Store.open(name)
    driver.require()
    from ledger.storage.postgres import opening  # noqa: PLC0415 - the driver loads for a URL alone

    return opening.write(name)


@contextmanager
def made_at(name: str) -> Iterator[Store]:
    """Begin a new ledger, which takes its name when the block has stored its first entry and closed it.

    On a server the tables must be there, and empty. Raises Unavailable where something is, or nothing can be made.
    """
    if is_url(name):
        driver.require()
        from ledger.storage.postgres import opening  # noqa: PLC0415 - the driver loads for a URL alone

        yield opening.begin(name)
        return
    files.require_local(name)
    temporary = files.reserve(name)
    try:
        yield Store.create(temporary)
        files.publish(temporary, name)
    finally:
        files.discard(temporary)
