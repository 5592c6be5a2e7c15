"""The extension points of `eventsourcing` on a schema of a server: recorder and factory.

One append is one plain transaction under an advisory lock; positions and versions are ours, so the log has no gap
and a reader that follows it misses nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    InfrastructureFactory,
    Notification,
    NotSupportedError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    TrackingRecorder,
)
from eventsourcing.utils import Environment

from ledger.errors import OutcomeUnknown, Unavailable
from ledger.storage.application import Log
from ledger.storage.inserting import batch_of, statements
from ledger.storage.postgres.locks import channel, write_key
from ledger.storage.postgres.refusals import sentence, translated
from ledger.storage.postgres.session import Link, Session, spoken

_SELECT_UP = (
    "SELECT stream, version, kind, raw FROM entries"
    " WHERE stream = ? AND version > ? AND version <= ? ORDER BY version LIMIT ?"
)
_SELECT_DOWN = _SELECT_UP.replace("ORDER BY version", "ORDER BY version DESC")
_SELECT_ALL = (
    "SELECT leaf_index, stream, version, kind, raw FROM entries WHERE leaf_index >= ? AND leaf_index < ?"
    " AND (? OR kind = ANY(?)) ORDER BY leaf_index LIMIT ?"
)
_MOST = (1 << 62) - 1


class Recorder(ApplicationRecorder):
    """Keeps entries, and everything that hangs on them, in one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: object) -> Sequence[int]:
        """Store the batch that belongs to these events; nothing is stored, or everything is."""
        batch = batch_of(stored_events, kwargs)
        with self._transaction() as connection, connection.pipeline(), connection.cursor() as cursor:
            for sql, rows in statements(batch):
                cursor.executemany(spoken(sql), rows)
            cursor.execute(f'NOTIFY "{channel(self._session.schema)}"')
        return [row.leaf_index + 1 for row in batch.rows]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The entries of one stream."""
        rows = self._session.run(
            _SELECT_DOWN if desc else _SELECT_UP,
            (str(originator_id), gt or 0, _MOST if lte is None else lte, _MOST if limit is None else limit),
        )
        return [StoredEvent(stream, version, kind, raw) for stream, version, kind, raw in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The entries in the order of the log; notification ids are positions + 1."""
        first = 1 if start is None else start + (not inclusive_of_start)
        rows = self._session.run(
            _SELECT_ALL, (first - 1, _MOST if stop is None else stop, not topics, list(topics), limit)
        )
        return [Notification(stream, version, kind, raw, position + 1) for position, stream, version, kind, raw in rows]

    def max_notification_id(self) -> int | None:
        """The number of entries, which is the id of the last one."""
        return int(self._session.run("SELECT coalesce(max(leaf_index) + 1, 0) FROM entries")[0][0])

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Nothing subscribes here: who follows the log reads it from a position."""
        raise NotSupportedError(f"no subscription from {gt} to {topics}: read the log from a position")

    @contextmanager
    def _transaction(self) -> Iterator[Link]:
        """One transaction, alone among all writers; whatever goes wrong, the connection is left outside of it."""
        connection, name = self._session.connection, self._session.name
        try:
            with translated(name, writing=True):
                connection.execute(f"BEGIN; SELECT pg_advisory_xact_lock({write_key(self._session.schema)})")
                yield connection
        except BaseException:
            with contextlib.suppress(psycopg.Error):
                connection.execute("ROLLBACK")
            raise
        self._commit(connection)

    def _commit(self, connection: Link) -> None:
        told: list[str] = []

        def notice(diagnostic: psycopg.errors.Diagnostic) -> None:
            told.append(diagnostic.message_primary or "")

        connection.add_notice_handler(notice)
        try:
            done = connection.execute("COMMIT").statusmessage
        except psycopg.Error as error:
            with contextlib.suppress(psycopg.Error):
                connection.execute("ROLLBACK")
            raise sentence(error, self._session.name, committing=True) from error
        finally:
            connection.remove_notice_handler(notice)
        if done != "COMMIT":  # so a server answers where a statement before had failed
            raise Unavailable(
                "The server took the entry back; nothing was stored.",
                why=f"{self._session.name}: it answered COMMIT with {done}",
                fix="Run the same command again.",
            )
        if told:
            raise OutcomeUnknown(
                "The server stored the entry, and did not wait until its standby has it.",
                why=f"{self._session.name}: {told[0]}",
                fix="Run the same command id again when the standby is there: it is stored once.",
            )


class Factory(InfrastructureFactory[TrackingRecorder]):
    """Makes the recorder of a session; topics in an environment choose nothing here."""

    def __init__(self, env: Environment, session: Session) -> None:
        super().__init__(env)
        self._session = session

    def application_recorder(self) -> Recorder:
        """The recorder."""
        return Recorder(self._session)

    def aggregate_recorder(self, purpose: str = "events") -> NoReturn:
        """No recorder of anything but entries."""
        raise NotSupportedError(purpose)

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> NoReturn:
        """No recorder of positions: who follows the log keeps his own."""
        raise NotSupportedError(str(tracking_recorder_class))

    def process_recorder(self) -> ProcessRecorder:
        """No recorder of anything but entries."""
        raise NotSupportedError("process")


def log_of(session: Session) -> Log:
    """The application of the ledger in a session's schema."""
    return Log(lambda env: Factory(env, session), Recorder, create=False)
