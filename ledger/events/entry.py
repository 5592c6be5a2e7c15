"""`Entry`: the opened form of a stored entry, which every reader folds."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

from ledger import wire
from ledger.events.base import Payload, Ref
from ledger.events.event import Event


class Signer(Struct, frozen=True):
    """One signature of an entry as its protected header states it (21 CFR 11.50): who, as what, when, meaning."""

    kid: str
    person: str
    name: str
    role: wire.Role
    organisation: str
    at: str
    meaning: wire.Meaning
    statement: str
    n: int
    act: str


class Entry(Struct, frozen=True):
    """One opened entry: its place in the log, its envelope, its event and its signers."""

    log: str
    position: int
    leaf: str
    payload: Payload
    event: Event
    signers: tuple[Signer, ...]
    occurred_at: datetime
    recorded_at: datetime
    original: Entry | None = None
    """Of an `entry.recovered/1` the entry that it carries, at this place: what it says, and who signed it then."""
    attested: tuple[Signer, ...] = ()
    """Of such an original those who attest it here."""

    @property
    def told(self) -> Entry:
        """What the course of events takes from this entry: itself, or the entry that was recovered by it."""
        return self if self.original is None else self.original

    @property
    def everyone(self) -> tuple[Signer, ...]:
        """Everybody who signed it: then, and where it was lost, here."""
        return (*self.signers, *self.attested)

    @property
    def id(self) -> str:
        """The UUIDv7 of the entry."""
        return self.payload.id

    @property
    def kind(self) -> str:
        """`noun.verb/version` from the closed registry."""
        return self.payload.kind

    @property
    def stream(self) -> str:
        """The stream, e.g. `patient/001-003`."""
        return self.payload.stream

    @property
    def occurred_on(self) -> date:
        """The site-local calendar day of `occurred`, as stated."""
        return date.fromisoformat(self.payload.occurred.at[:10])

    @property
    def author(self) -> Signer:
        """The first signer."""
        return self.signers[0]

    @property
    def ref(self) -> Ref:
        """This entry, as another entry names it."""
        return Ref(log=self.log, position=self.position, id=self.payload.id, leaf=self.leaf)
