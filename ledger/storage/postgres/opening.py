"""A ledger on a server, opened for writing, and for its first entry."""

from __future__ import annotations

from collections.abc import Callable

from ledger.errors import IntegrityFailure, Unavailable
from ledger.storage.postgres import catalogue
from ledger.storage.postgres.locks import of_server
from ledger.storage.postgres.looking import require_begun, require_ours
from ledger.storage.postgres.recorder import log_of
from ledger.storage.postgres.server import OnServer
from ledger.storage.postgres.session import Session
from ledger.storage.reader import Reader
from ledger.storage.store import Store
from ledger.storage.whole import promised, require_whole


def write(url: str) -> Store:
    """Open the ledger at a URL for writing; IntegrityFailure where its tables are not ours."""
    return _if(require_whole, _if(require_begun, _store(url)))


def begin(url: str) -> Store:
    """Open the prepared tables at a URL for the first entry; Unavailable where there is one."""
    store = _store(url)
    if store.reader.size():
        store.close()
        raise _taken(store.path)
    return _if(require_whole, store)


def carry_on(url: str) -> Store:
    """Open the prepared tables at a URL for a ledger that is carried over; Unavailable where a whole one is there."""
    store = _store(url)
    if store.reader.size() and store.reader.size() >= promised(store.reader):
        store.close()
        raise _taken(store.path)
    return store


def _if(required: Callable[[Reader], object], store: Store) -> Store:
    try:
        required(store.reader)
    except BaseException:
        store.close()
        raise
    return store


def _taken(name: str) -> Unavailable:
    return Unavailable(
        f"There is already a ledger at {name}.",
        fix="Choose another schema, or another database; a ledger is never overwritten.",
    )


def _store(url: str) -> Store:
    session = Session(url, read_only=False)
    try:
        require_ours(session)
        _require_guarded(session)
        return Store(Reader(OnServer(session)), log_of(session), of_server(session))
    except BaseException:
        session.close()
        raise


def _require_guarded(session: Session) -> None:
    changed = catalogue.differences(session)
    if changed:
        raise IntegrityFailure(
            "The tables of this ledger are not as they were made; nothing is written into it.",
            why="; ".join(changed),
            fix="Keep the database as it is and run: doseledger verify",
        )
