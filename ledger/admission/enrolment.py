"""Keys that enter the log: named by their thumbprint, strong, new, held by their owner, and of one kind of role."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import msgspec

from ledger import wire
from ledger.admission.problem import Problem
from ledger.admission.signatures import public_of
from ledger.course.people import Roster
from ledger.errors import DoseLedgerError, Malformed, NotAllowed
from ledger.events.base import Payload
from ledger.events.entry import Entry
from ledger.events.people import DeviceEnrolled, KeyEnrolled, KeyRequest
from ledger.events.row import REGISTRARS
from ledger.events.study import LedgerCreated
from ledger.signing import header as headers
from ledger.signing import jws, keys

_OUTSIDE = frozenset({"sponsor", "sponsor-medical", "monitor", "inspector"})
"""Roles of persons who are not of the site, and so hold none of its roles (DOMAIN.md section 7)."""
_REQUEST = msgspec.json.Decoder(KeyRequest)


def open_request(text: str) -> tuple[KeyRequest, headers.Header]:
    """The request with which a key was offered, once its own key has signed it with the meaning `possession`.

    Raises Malformed for anything but one signature over a canonical request, IntegrityFailure for a wrong one.
    """
    parsed = jws.parse(text.encode())
    try:
        request = _REQUEST.decode(parsed.payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("the payload of the key request is not one", why=str(error)) from error
    if msgspec.json.encode(request) != parsed.payload or len(parsed.signatures) != 1:
        raise Malformed("the key request is not in its one form")
    header, public = headers.open_header(parsed.signatures[0].protected), public_of(request.key)
    named = (
        header.kid,
        header.alg,
        header.meaning.code,
        header.signer.id,
        header.signer.name,
        header.signer.organisation,
    )
    if named != (public.kid, public.alg, "possession", request.person, request.name, request.organisation):
        raise Malformed("the signature of the key request is not that of its key and person")
    if request.key_id != public.kid:
        raise Malformed("the key request names another key than it carries")
    keys.check(
        public, jws.signing_input(parsed.signatures[0].protected, parsed.payload), parsed.signatures[0].signature
    )
    return request, header


def enrolments(entry: Entry, roster: Roster, found: list[Problem]) -> None:
    """Judge the keys that an entry brings into the log."""
    event = entry.event
    if isinstance(event, LedgerCreated):
        _genesis(event, found)
    elif isinstance(event, KeyEnrolled):
        _person(event, roster, found)
    elif isinstance(event, DeviceEnrolled):
        device = event.device
        _strong(device.key_id, device.key, found)
        waiting = [e.event.device for e in roster.pending.values() if isinstance(e.event, DeviceEnrolled)]
        known = {key.person for key in roster.devices.values()} | {one.id for one in waiting}
        if device.id in known or device.key_id in _known_keys(roster):
            found.append(Problem("key-reused", f"the device {device.id} or its key is already enrolled", NotAllowed))


def _genesis(event: LedgerCreated, found: list[Problem]) -> None:
    people = [registrar.person for registrar in event.registrars]
    kids = [*(registrar.key_id for registrar in event.registrars), event.device.key_id]
    for kid, key in zip(kids, [*(r.key for r in event.registrars), event.device.key], strict=True):
        _strong(kid, key, found)
    _strong(None, event.log_key, found)
    if len(set(people)) != len(people) or len(set(kids)) != len(kids):
        found.append(Problem("key-reused", "a person or a key stands twice in the first entry", NotAllowed))
    if not people:
        found.append(Problem("no-registrar", "the first entry names no root registrar", NotAllowed))
    if len(people) < max(2, event.quorum + 1):
        found.append(
            Problem(
                "few-registrars", f"{len(people)} root registrars; one who leaves cannot be replaced", severity="notice"
            )
        )
    for registrar in event.registrars:
        _printed((registrar.name, registrar.organisation), found)


def _person(event: KeyEnrolled, roster: Roster, found: list[Problem]) -> None:
    _strong(event.key_id, event.key, found)
    waiting = {e.event.person for e in roster.pending.values() if isinstance(e.event, KeyEnrolled)}
    if event.person in roster.people or event.person in waiting or event.key_id in _known_keys(roster):
        found.append(Problem("key-reused", f"{event.person} or this key is already enrolled", NotAllowed))
    roles = set(event.roles)
    outside, registrar = roles & _OUTSIDE, roles & REGISTRARS
    mixed = (outside and roles - _OUTSIDE) or (registrar and roles - REGISTRARS)
    if not roles or len(roles) != len(event.roles) or "system" in roles or mixed:
        why = f"{event.person} cannot hold the roles {', '.join(event.roles) or '(none)'} together"
        fix = "a registrar has no other role, nobody outside the site one of its roles, nobody is a system"
        found.append(Problem("roles-mixed", why, NotAllowed, fix=fix))
    try:
        request, _ = open_request(event.request)
    except DoseLedgerError as error:
        found.append(
            Problem(
                "request",
                f"the request of {event.person} proves nothing: {error.what} {error.why}".rstrip(),
                NotAllowed,
                "L1",
            )
        )
        return
    asked = (request.person, request.name, request.organisation, request.key_id, request.key)
    if asked != (event.person, event.name, event.organisation, event.key_id, event.key):
        found.append(
            Problem("request", f"the request of {event.person} is for another person or key", NotAllowed, "L1")
        )
    _printed((event.name, event.organisation), found)


def _strong(kid: str | None, jwk: wire.Jwk, found: list[Problem]) -> None:
    try:
        public = public_of(jwk)
        keys.require_strong(public)
    except DoseLedgerError as error:
        found.append(Problem("weak-key", f"{error.what} {error.why}".rstrip(), NotAllowed, "L1"))
        return
    if kid is not None and public.kid != kid:
        found.append(
            Problem("thumbprint", f"the key named {kid[:8]} has the thumbprint {public.kid[:8]}", NotAllowed, "L1")
        )


def _known_keys(roster: Roster) -> set[str]:
    waiting = [entry.event for entry in roster.pending.values()]
    people = {event.key_id for event in waiting if isinstance(event, KeyEnrolled)}
    devices = {event.device.key_id for event in waiting if isinstance(event, DeviceEnrolled)}
    return {*roster.keys, *roster.devices} | people | devices


def _printed(names: Iterable[str], found: list[Problem]) -> None:
    for name in names:
        if not unicodedata.is_normalized("NFC", name):
            why = f"the printed name {name!r} is not in its composed form (NFC)"
            found.append(Problem("name-form", why, severity="notice"))


def request_payload(request: KeyRequest) -> bytes:
    """The canonical bytes that the owner of a new key signs."""
    return msgspec.json.encode(request)


def is_genesis(payload: Payload) -> bool:
    """Tell whether the entry is of the kind that begins a ledger."""
    return payload.kind == "ledger.created/1"
