"""A key that is offered: named by its thumbprint, strong, never enrolled before, and held by who asks for it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime

import msgspec

from ledger import wire
from ledger.admission.problem import Problem
from ledger.admission.signatures import public_of
from ledger.course import needs
from ledger.course.people import Roster
from ledger.errors import DoseLedgerError, Malformed, NotAllowed
from ledger.events.entry import Entry
from ledger.events.keys import RegistrarChanged
from ledger.events.people import DeviceEnrolled, KeyEnrolled, KeyRequest
from ledger.logkeys import keys_of
from ledger.merkle.epochs import LogKeys
from ledger.signing import header as headers
from ledger.signing import jws, keys
from ledger.signing.keys import PublicKey

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


def request_payload(request: KeyRequest) -> bytes:
    """The canonical bytes that the owner of a new key signs."""
    return msgspec.json.encode(request)


def requested(text: str, asked: KeyRequest, found: list[Problem]) -> None:
    """Judge that the request was made for exactly this person, name, organisation and key, by that key."""
    person = asked.person
    try:
        request, _ = open_request(text)
    except DoseLedgerError as error:
        why = f"the request of {person} proves nothing: {error.what} {error.why}".rstrip()
        found.append(Problem("request", why, NotAllowed, "L1"))
        return
    if request != asked:
        found.append(Problem("request", f"the request of {person} is for another person or key", NotAllowed, "L1"))


def strong(kid: str | None, jwk: wire.Jwk, found: list[Problem]) -> None:
    """Judge that a key is one of the accepted kinds, cannot be guessed, and bears its own thumbprint."""
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


def unused(kid: str, holder: str, roster: Roster, at: datetime, found: list[Problem]) -> None:
    """Judge that no entry ever enrolled the key, and that none that may still be completed at log time `at` offers it.

    An offer that lapsed leaves its key to the holder it was offered for, and to nobody else.
    """
    first = roster.genesis
    kept = {first.recovery_key} if first is not None else set()
    log = keys_of(roster.turns)
    kept |= thumbprints(log) | {key.following for key in log.keys}
    if roster.key(kid) is not None or kid in kept:
        found.append(Problem("key-reused", f"the key {kid[:8]} was enrolled before", NotAllowed, fix=_OWN_KEY))
    for entry in roster.pending.values():
        for offered, whose in _offers(entry):
            if offered == kid and (whose != holder or waits(entry, at)):
                why = f"the key {kid[:8]} is offered by the entry at position {entry.position}"
                found.append(Problem("key-reused", why, NotAllowed, fix=_OWN_KEY))


def thumbprints(keys: LogKeys) -> set[str]:
    """The names of the keys that have sealed heads of the log."""
    return {PublicKey("Ed25519", key.public).kid for key in keys.keys if key.public}


def awaited(holder: str, roster: Roster, at: datetime, found: list[Problem]) -> None:
    """Judge that no other enrolment of this person or device waits for its second registrar at log time `at`."""
    for entry in roster.pending.values():
        if waits(entry, at) and any(whose == holder for _, whose in _offers(entry)):
            why = f"an enrolment of {holder} waits for its second registrar at position {entry.position}"
            found.append(Problem("key-reused", why, NotAllowed, fix=f"doseledger countersign {entry.position}"))


def waits(entry: Entry, at: datetime) -> bool:
    """Tell whether an incomplete entry may still be completed at log time `at`."""
    return at - entry.recorded_at <= needs.COMPLETION


def printed(names: Iterable[str], found: list[Problem]) -> None:
    """Notice printed names that are not in their composed form."""
    for name in names:
        if not unicodedata.is_normalized("NFC", name):
            why = f"the printed name {name!r} is not in its composed form (NFC)"
            found.append(Problem("name-form", why, severity="notice"))


_OWN_KEY = "a key belongs to one holder for ever; make another: doseledger key create"


def _offers(entry: Entry) -> Iterable[tuple[str, str]]:
    """The keys that an entry offers, each with its holder."""
    match entry.event:
        case KeyEnrolled() as event:
            yield event.key_id, event.person
        case DeviceEnrolled(device=device):
            yield device.key_id, device.id
        case RegistrarChanged(added=added) if added is not None:
            yield added.key_id, added.person
