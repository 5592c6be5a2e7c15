"""05-protocol: every protocol pack and dictionary that was ever in force, and when which came into force."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ledger.events.entry import Entry
from ledger.events.study import DictionaryLoaded, ProtocolActivated
from projections.export.bundle import tables
from projections.export.bundle.bag import Bag
from projections.export.bundle.scope import Scope
from projections.printed import View, second, utc

ACTIVATIONS = "05-protocol/activations.csv"


class Activation(View, frozen=True, kw_only=True):
    """A pack or a dictionary that came into force; `file` holds its exact bytes, whose SHA-256 is `digest`."""

    entry: int
    what: str
    id: str
    version: str
    digest: str
    file: str
    in_force_since: str
    recorded_at: str
    recorded_at_utc: str
    signed_by: str
    made_up_parameters: tuple[str, ...]


def write(scope: Scope, bag: Bag) -> None:
    """Write the table and each file once, under a name that says what it is."""
    rows = [row for entry in scope.ledger.stream("study", up_to=scope.size) for row in _rows(scope, entry)]
    for row in {row.file: row for row in rows}.values():
        bag.put(f"05-protocol/{row.file}", scope.ledger.blob(row.digest))
    tables.put(bag, ACTIVATIONS, Activation, rows)


def _rows(scope: Scope, entry: Entry) -> Iterator[Activation]:
    event = entry.event
    if isinstance(event, ProtocolActivated):
        pack = event.pack
        yield _row(scope, entry, ("protocol pack", pack.id, pack.version, pack.digest), event.fictional)
    if isinstance(event, ProtocolActivated | DictionaryLoaded):
        terms = event.dictionary
        yield _row(scope, entry, ("toxicity dictionary", "ctcae", terms.ctcae, terms.digest), ())


def _row(scope: Scope, entry: Entry, what: tuple[str, str, str, str], made_up: tuple[str, ...]) -> Activation:
    kind, name, version, digest = what
    return Activation(
        entry=entry.position,
        what=kind,
        id=name,
        version=version,
        digest=digest,
        file=f"{re.sub(r'[^A-Za-z0-9._-]', '-', f'{name}-{version}')}-{digest[:8]}.toml",
        in_force_since=entry.payload.occurred.at,
        recorded_at=second(entry.recorded_at, scope.window.zone),
        recorded_at_utc=utc(entry.recorded_at),
        signed_by="; ".join(f"{s.name} ({s.role}): {s.meaning}, {s.at}" for s in entry.signers),
        made_up_parameters=made_up,
    )
