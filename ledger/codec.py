"""The one way from stored bytes to an Entry and back; strict: one accepted form for every meaning.

docs/spec/entry.md is the specification. Foreign bytes raise `Malformed` and nothing else.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ledger.errors import Malformed
from ledger.events.base import Payload
from ledger.events.body import graded, open_body, references
from ledger.events.entry import Entry, Signer
from ledger.events.event import Event
from ledger.events.keys import RegistrarChanged, RegistrarRecovered
from ledger.events.people import KeyEnrolled
from ledger.events.record import EntryRecovered
from ledger.events.registry import KINDS
from ledger.events.study import LedgerCreated, RootRegistrar
from ledger.merkle.tree import leaf_hash
from ledger.signing import header as headers
from ledger.signing import jws

_PAYLOAD = msgspec.json.Decoder(Payload)
_RECOVERED = b'"kind":"entry.recovered/1"'
"""In canonical bytes, where every quotation mark inside a text is escaped, only that member looks like this."""
_COMMITMENT = re.compile(rb'"(sha256:[0-9a-f]{64})"')


class Opened(Struct, frozen=True):
    """An entry with the bytes a verifier needs: the parsed JWS and each protected header; `original` is one inside."""

    entry: Entry
    jws: jws.Jws
    headers: tuple[headers.Header, ...]
    original: Opened | None = None


def write_payload(payload: Payload) -> bytes:
    """Write the canonical payload bytes that are signed; refuses what a reader would refuse."""
    data = msgspec.json.encode(payload)
    open_payload(data)
    return data


def open_payload(data: bytes) -> tuple[Payload, Event]:
    """Open payload bytes; Malformed unless they are exactly what writing the same payload gives."""
    try:
        payload = _PAYLOAD.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("the payload is not that of an entry", why=str(error)) from error
    if msgspec.json.encode(payload) != data:
        raise Malformed("the payload is not canonical JSON", why="re-encoding it gives other bytes")
    event = open_body(payload.kind, payload.body)
    _consistent(payload, event)
    return payload, event


def open_entry(raw: bytes, *, log: str, position: int) -> Entry:
    """Open stored entry bytes at their place in the log."""
    return open_whole(raw, log=log, position=position).entry


def open_whole(raw: bytes, *, log: str, position: int) -> Opened:
    """Open stored entry bytes and keep what signature checking needs."""
    parsed = jws.parse(raw, jws.RECOVERED_LIMIT)
    payload, event = open_payload(parsed.payload)
    if isinstance(event, EntryRecovered):
        return _recovered(raw, parsed, payload, event, log=log, position=position)
    if len(parsed.payload) > jws.PAYLOAD_LIMIT:
        jws.parse(raw)  # says so
    return _opened(raw, parsed, payload, event, log=log, position=position)


def _opened(raw: bytes, parsed: jws.Jws, payload: Payload, event: Event, *, log: str, position: int) -> Opened:
    opened = tuple(headers.open_header(s.protected) for s in parsed.signatures)
    signers = tuple(_signer(h) for h in opened)
    entry = Entry(
        log=log,
        position=position,
        leaf=leaf_hash(raw).hex(),
        payload=payload,
        event=event,
        signers=signers,
        occurred_at=_occurred_at(payload, signers[0].at),
        recorded_at=_time(payload.recorded_at),
    )
    return Opened(entry, parsed, opened)


def _recovered(
    raw: bytes, parsed: jws.Jws, payload: Payload, event: EntryRecovered, *, log: str, position: int
) -> Opened:
    """Open an entry with another one inside, which says the same id, stream and time and is no recovered one itself."""
    outer = _opened(raw, parsed, payload, event, log=log, position=position)
    inside = event.entry.encode()
    bare = jws.parse(inside)
    said, what = open_payload(bare.payload)
    if isinstance(what, EntryRecovered):
        raise Malformed("a recovered entry carries another recovered one")
    if (said.id, said.stream, said.site, said.occurred) != (payload.id, payload.stream, payload.site, payload.occurred):
        raise Malformed("a recovered entry has another id, stream, site or time than the one it carries")
    inner = _opened(inside, bare, said, what, log=log, position=position)
    original = replace(inner.entry, leaf=outer.entry.leaf, attested=outer.entry.signers)
    return replace(outer, entry=replace(outer.entry, original=original), original=inner)


def commitments(payload: bytes) -> frozenset[str]:
    """List the commitments to texts in canonical payload bytes (no other string can look like one).

    Those of an entry inside a recovered one are among them.
    """
    found = frozenset(one.decode() for one in _COMMITMENT.findall(payload))
    if _RECOVERED not in payload:
        return found
    event = open_payload(payload)[1]
    return found | commitments(jws.parse(event.entry.encode()).payload) if isinstance(event, EntryRecovered) else found


def _signer(header: headers.Header) -> Signer:
    card, auth = header.signer, header.auth
    _time(header.at)
    return Signer(
        kid=header.kid,
        person=card.id,
        name=card.name,
        role=card.role,
        organisation=card.organisation,
        at=header.at,
        meaning=header.meaning.code,
        statement=header.meaning.text,
        n=header.n,
        act=auth.act,
    )


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{text!r} is not a time", why=str(error)) from error


def _occurred_at(payload: Payload, signed_at: str) -> datetime:
    """Place the entry in time; a day ends at its last millisecond, in the offset of the first signature."""
    at = payload.occurred.at
    return _time(at) if payload.occurred.precision == "minute" else _time(f"{at}T23:59:59.999{signed_at[-6:]}")


def _consistent(payload: Payload, event: Event) -> None:
    row = KINDS[payload.kind]
    family = payload.stream.partition("/")[0]
    if row.family not in ("any", family):
        raise Malformed(
            f"{payload.kind} on stream {payload.stream!r}", why=f"this kind belongs to a {row.family} stream"
        )
    if (payload.ledger == "") != (payload.kind == "ledger.created/1"):
        raise Malformed("the ledger id is empty", why="only the genesis entry has none")
    if graded(event) != (payload.dictionary is not None):
        raise Malformed(
            f"{payload.kind} and `dictionary` do not fit",
            why="it is named where a term or a grade is stated, and nowhere else",
        )
    _printed(event)
    named = {ref.id for ref in payload.causes}
    if len(named) != len(payload.causes):
        raise Malformed("`causes` names an entry twice")
    missing = [found for found in references(event) if found not in named]
    if missing:
        raise Malformed(
            f"the body names entry {missing[0]}", why="every entry named in a body is also named in `causes`"
        )


def _cards(event: Event) -> tuple[KeyEnrolled | RootRegistrar, ...]:
    match event:
        case LedgerCreated():
            return event.registrars
        case KeyEnrolled():
            return (event,)
        case RegistrarRecovered():
            return (event.registrar,)
        case RegistrarChanged(added=RootRegistrar() as added):
            return (added,)
        case _:
            return ()


def _printed(event: Event) -> None:
    for card in _cards(event):
        if max(len(card.name.encode()), len(card.organisation.encode())) > headers.NAME_LIMIT:
            raise Malformed(f"a printed name is longer than {headers.NAME_LIMIT} bytes")
