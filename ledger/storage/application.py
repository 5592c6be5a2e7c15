"""The event-sourced application of one ledger, wherever its tables lie: what an entry is to `eventsourcing`.

A topic is the name of a kind from our own registry, never a module path; the state is the entry's bytes,
verbatim; the notification id is `leaf_index` + 1. The process environment is not read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    ApplicationRecorder,
    EventStore,
    InfrastructureFactory,
    JSONTranscoder,
    Mapper,
    StoredEvent,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType

from ledger import codec
from ledger.errors import IntegrityFailure, Malformed
from ledger.events.event import Event
from ledger.events.registry import KINDS
from ledger.signing import jws


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as `eventsourcing` sees it: the stream, its version there, the kind, the event and the bytes."""

    originator_id: str
    originator_version: int
    kind: str
    event: Event
    raw: bytes


class EntryMapper(Mapper[str]):
    """Turns entries into stored events and back; nothing but our strict codec opens bytes."""

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """The row of an entry; refuses whatever is not one of ours."""
        if not isinstance(domain_event, Stored):
            raise IntegrityFailure(
                "Only entries are stored in a ledger.", why=f"this is a {type(domain_event).__name__}"
            )
        return StoredEvent(
            domain_event.originator_id, domain_event.originator_version, domain_event.kind, domain_event.raw
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Stored:
        """The entry of a row; Malformed unless kind and stream are those that its bytes name."""
        if stored_event.topic not in KINDS:
            raise Malformed(f"unknown kind {stored_event.topic!r}", why="it is not in this version's registry")
        payload, event = codec.open_payload(jws.parse(stored_event.state, jws.RECOVERED_LIMIT).payload)
        if (payload.kind, payload.stream) != (stored_event.topic, stored_event.originator_id):
            raise Malformed(
                f"the row says {stored_event.topic} on {stored_event.originator_id}",
                why=f"its bytes say {payload.kind} on {payload.stream}",
            )
        return Stored(payload.stream, stored_event.originator_version, payload.kind, event, stored_event.state)


Parts = Callable[[Environment], InfrastructureFactory[Any]]
"""Makes the factory of a database."""


class Log(Application[str]):
    """The application: `events.put(entries, batch=...)` and the readers."""

    name = "doseledger"

    def __init__(self, parts: Parts, recorder: type[ApplicationRecorder], *, create: bool) -> None:
        """Build it on the factory of `parts`, whose recorder is exactly a `recorder`; `create` makes the tables."""
        self._parts = parts
        self._create = create
        super().__init__()
        kinds = (type(self.mapper), type(self.recorder), type(self.events))
        if kinds != (EntryMapper, recorder, EventStore) or self.snapshots is not None:
            raise IntegrityFailure("The storage was not built from the parts it must have.", why=str(kinds))

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """A closed environment: the variables of the process are not read."""
        return Environment(
            name,
            {
                "SQLITE_DBNAME": "file::memory:",
                "ORIGINATOR_ID_TYPE": "text",
                "CREATE_TABLE": "y" if self._create else "n",
                **(env or {}),
            },
        )

    def construct_factory(self, env: Environment) -> InfrastructureFactory[TrackingRecorder]:
        """Our factory, whatever a topic says."""
        return self._parts(env)

    def construct_mapper(self) -> EntryMapper:
        """Our mapper, whatever a topic says."""
        return EntryMapper(transcoder=JSONTranscoder())
