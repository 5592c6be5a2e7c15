"""From the bytes of a body to its event and back, and the other entries that a body names."""

from __future__ import annotations

from functools import cache
from threading import Lock

import msgspec

from ledger.errors import Malformed
from ledger.events import archive, dosing, record, study
from ledger.events.base import Wire
from ledger.events.event import Event
from ledger.events.registry import KINDS, kind_of

_MAKING = Lock()
"""msgspec looks at a struct when its first decoder is made; two threads that look at once crash the interpreter."""


@cache
def _decoder(kind: str) -> msgspec.json.Decoder[Wire] | None:
    """Make the decoder of a kind when it is first needed: most commands read few kinds."""
    row = KINDS.get(kind)
    if row is None:
        return None
    with _MAKING:
        return msgspec.json.Decoder(row.struct)


def open_body(kind: str, body: bytes | msgspec.Raw) -> Event:
    """Open the body of a kind; Malformed when the kind is unknown or the body is not its struct, canonically."""
    decoder = _decoder(kind)
    if decoder is None:
        raise Malformed(
            f"unknown kind {kind!r}",
            why="it is not in this version's registry",
            fix="read it with the version that wrote it",
        )
    raw = bytes(body)
    try:
        event = decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the body is not a {kind}", why=str(error)) from error
    if msgspec.json.encode(event) != raw:
        raise Malformed(f"the body of {kind} is not canonical JSON", why="re-encoding it gives other bytes")
    if isinstance(event, record.EntryCorrected):
        if event.kind.startswith(_OF_OTHERS):
            raise Malformed(f"{event.kind} cannot be corrected", why="entries about entries are voided, not corrected")
        open_body(event.kind, event.body)
    return event  # type: ignore[return-value]


def close_body(event: Wire) -> msgspec.Raw:
    """Write the canonical body of an event."""
    return msgspec.Raw(msgspec.json.encode(event))


_OF_OTHERS = ("entry.", "log.", "entries.", "query.", "record.", "site.", "audit.", "text.")
"""How the kinds begin that speak about entries: no correction restates one."""
REFERENCE_FIELDS = (
    "order",
    "dose",
    "toxicity",
    "graded",
    "hold",
    "overrides",
    "target",
    "delegation",
    "toxicities",
    "factors",
    "opened",
    "reverses",
    "source",
    "export",
    "targets",
    "query",
    "queries",
    "lock",
)
"""The body fields that hold entry ids; each id is also named in `causes`, with position and leaf."""


_NAMED: dict[type[Wire], tuple[str, ...]] = {
    row.struct: tuple(name for name in row.struct.__struct_fields__ if name in REFERENCE_FIELDS)
    for row in KINDS.values()
}


def restated(event: Wire) -> Wire:
    """Give what an entry says: a correction says what it restates."""
    return open_body(event.kind, event.body) if isinstance(event, record.EntryCorrected) else event


def graded(event: Wire) -> bool:
    """Tell whether an event speaks in the terms of the toxicity dictionary."""
    return kind_of(restated(event)).graded


def blobs(event: Wire) -> tuple[tuple[str, str], ...]:
    """List the files that an entry names: what each is, and its digest. They are stored beside the entry."""
    match event:
        case study.ProtocolActivated():
            return ("protocol pack", event.pack.digest), ("dictionary", event.dictionary.digest)
        case study.DictionaryLoaded():
            return (("dictionary", event.dictionary.digest),)
        case archive.AnchorMade(evidence=str(digest)):
            return ((f"evidence of a {event.form}", digest),)
        case study.LedgerRestored(evidence=str(digest)):
            return (("head of what was lost", digest),)
        case _:
            return ()


def references(event: Wire) -> tuple[str, ...]:
    """List the entry ids that a body names, or that the body restated by a correction names."""
    event = restated(event)
    found: list[str] = []
    for name in _NAMED[type(event)]:
        value = getattr(event, name)
        if isinstance(value, str):
            found.append(value)
        elif value is not None:
            named = (one.source if isinstance(one, dosing.Factor) else one for one in value)
            found.extend(one for one in named if one is not None)
    return tuple(found)
