"""02-audit: what was changed by whom, every signature, and every copy, refusal and alarm that the device noted."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.record import EntryRefused
from projections.export.audit import page, table
from projections.export.bundle import tables
from projections.export.bundle.bag import Bag
from projections.export.bundle.scope import Scope
from projections.export.odm import document
from projections.logbook import payload_of
from projections.printed import View, second, utc
from projections.words import summary, texts

TRAIL, PAGE = "02-audit/audit-trail.csv", "02-audit/audit-trail.html"
SIGNATURES, ACCESS, ODM = "02-audit/signatures.csv", "02-audit/access-log.csv", "02-audit/odm132.xml"
_FAMILIES = ("attempts/", "exports/", "archive/", "security/")


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
    """Write the trail three times, for spreadsheets, for readers and for sponsors, and both tables beside it."""
    ledger, size, software = scope.ledger, scope.size, scope.software
    with bag.file(TRAIL) as out:
        table.trail(ledger, out, size=size)
    with bag.file(PAGE) as out:
        page.write(ledger, out, software=software, size=size)
    with bag.file(SIGNATURES) as out:
        table.signatures(ledger, out, size=size)
    with bag.file(ODM) as out:
        document.write(ledger, out, software=software, size=size)
    tables.put(bag, ACCESS, AccessRow, _accesses(scope))


def _accesses(scope: Scope) -> Iterator[AccessRow]:
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
