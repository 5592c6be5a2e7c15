"""The audit trail and the signatures as tables, all columns, in the order of the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Protocol

import msgspec

from ledger.book import Ledger
from ledger.events.entry import Entry, Signer
from projections.export import tables
from projections.logbook import patient_of
from projections.printed import Signature, View, utc
from projections.trail import TrailRow, rows
from projections.trail.rows import of_patient

COLUMNS = tuple(field.name for field in msgspec.structs.fields(TrailRow))
"""The columns of the audit trail; docs/reference/audit-trail.md says what each of them holds."""


class SignatureRow(View, frozen=True, kw_only=True):
    """One signature (21 CFR 11.50): who, as what, when, with which meaning, under which entry; `n` is its counter."""

    position: int
    entry_id: str
    stream: str
    patient: str | None
    kind: str
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
    recorded_at_utc: str


SIGNATURE_COLUMNS = tuple(field.name for field in msgspec.structs.fields(SignatureRow))


class Out(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


def trail(ledger: Ledger, out: Out, *, size: int | None = None, patients: Sequence[str] = ()) -> int:
    """Write the audit trail of the first `size` entries, of these patients alone where any are named; counts rows."""
    return _written(out, tables.lines(COLUMNS, map(_cells, _rows(ledger, size, patients))))


def signatures(ledger: Ledger, out: Out, *, size: int | None = None, patients: Sequence[str] = ()) -> int:
    """Write every signature of the first `size` entries, of these patients alone where any are named."""
    stop = ledger.size if size is None else size
    found = chain.from_iterable(_signatures(entry) for entry in _entries(ledger, stop, patients))
    cells = ([getattr(row, name) for name in SIGNATURE_COLUMNS] for row in found)
    return _written(out, tables.lines(SIGNATURE_COLUMNS, cells))


def manifested(signed: Iterable[Signature]) -> Iterator[str]:
    """Say each signature as 21 CFR 11.50 wants it printed: name, role, organisation, meaning, local time and UTC."""
    for one in signed:
        yield f"{one.name} ({one.person}), {one.role}, {one.organisation}: {one.meaning} {one.at} ({one.at_utc})"


def _written(out: Out, lines: Iterable[bytes]) -> int:
    """Write a header and the rows after it; gives the number of rows."""
    count = -1
    for line in lines:
        out.write(line)
        count += 1
    return count


def _rows(ledger: Ledger, size: int | None, patients: Sequence[str]) -> Iterator[TrailRow]:
    if not patients:
        return rows(ledger, size=size)
    return chain.from_iterable(rows(ledger, patient=one, size=size) for one in patients)


def _entries(ledger: Ledger, stop: int, patients: Sequence[str]) -> Iterator[Entry]:
    if not patients:
        return ledger.entries(0, stop)
    return chain.from_iterable(ledger.stream(of_patient(ledger, one, stop), up_to=stop) for one in patients)


def _cells(row: TrailRow) -> Sequence[object]:
    return [tuple(manifested(row.signatures)) if name == "signatures" else getattr(row, name) for name in COLUMNS]


def _signatures(entry: Entry) -> Iterator[SignatureRow]:
    for signer in entry.everyone:
        yield _signature(entry, signer)


def _signature(entry: Entry, signer: Signer) -> SignatureRow:
    return SignatureRow(
        position=entry.position,
        entry_id=entry.id,
        stream=entry.stream,
        patient=patient_of(entry),
        kind=entry.kind,
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
        recorded_at_utc=utc(entry.recorded_at),
    )
