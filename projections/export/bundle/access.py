"""02-audit: every signature with its printed name, time and meaning; every copy, refusal and alarm of the device."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ledger.events.entry import Entry, Signer
from ledger.events.record import EntryRefused
from projections.export.bundle import tables
from projections.export.bundle.bag import Bag
from projections.export.bundle.scope import Scope
from projections.logbook import patient_of, payload_of
from projections.printed import View, second, utc
from projections.words import summary, texts

SIGNATURES, ACCESS = "02-audit/signatures.csv", "02-audit/access-log.csv"
_FAMILIES = ("attempts/", "exports/", "security/")


class SignatureRow(View, frozen=True, kw_only=True):
    """One signature (21 CFR 11.50): who, as what, when, with which meaning, under which entry; `n` is its counter."""

    entry: int
    id: str
    stream: str
    patient: str | None
    kind: str
    what: str
    person: str
    name: str
    role: str
    organisation: str
    meaning: str
    statement: str
    signed_at: str
    signed_at_utc: str
    key: str
    n: int


class AccessRow(View, frozen=True, kw_only=True):
    """Something that the device noted; `claimed_by` is who it was said to be, `proof` how far that was shown."""

    entry: int
    id: str
    kind: str
    recorded_at: str
    recorded_at_utc: str
    device: str
    claimed_by: str | None
    proof: str | None
    what: str
    words: tuple[str, ...]


def write(scope: Scope, bag: Bag) -> None:
    """Write both tables."""
    tables.put(bag, SIGNATURES, SignatureRow, _signatures(scope))
    tables.put(bag, ACCESS, AccessRow, accesses(scope))


def accesses(scope: Scope) -> Iterator[AccessRow]:
    """List what the device noted, in the order of the log."""
    streams = [name for name in scope.ledger.streams() if name.startswith(_FAMILIES)]
    found = [entry for name in streams for entry in scope.ledger.stream(name, up_to=scope.size)]
    for entry in sorted(found, key=lambda entry: entry.position):
        event, payload = entry.event, payload_of(entry)
        words = (f"{text.field}: {text.text or text.state}" for text in texts(scope.ledger, payload))
        yield AccessRow(
            entry=entry.position,
            id=entry.id,
            kind=entry.kind,
            recorded_at=second(entry.recorded_at, scope.window.zone),
            recorded_at_utc=utc(entry.recorded_at),
            device=entry.author.name,
            claimed_by=getattr(event, "claimed_by", None),
            proof=event.proof if isinstance(event, EntryRefused) else None,
            what=summary(event),
            words=tuple(words),
        )


def _signatures(scope: Scope) -> Iterator[SignatureRow]:
    for entry in scope.ledger.entries(0, scope.size):
        yield from (_signature(entry, signer) for signer in entry.signers)


def _signature(entry: Entry, signer: Signer) -> SignatureRow:
    return SignatureRow(
        entry=entry.position,
        id=entry.id,
        stream=entry.stream,
        patient=patient_of(entry),
        kind=entry.kind,
        what=summary(entry.event),
        person=signer.person,
        name=signer.name,
        role=signer.role,
        organisation=signer.organisation,
        meaning=signer.meaning,
        statement=signer.statement,
        signed_at=signer.at,
        signed_at_utc=utc(datetime.fromisoformat(signer.at)),
        key=signer.kid,
        n=signer.n,
    )
