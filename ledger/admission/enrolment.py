"""Who comes into the log with a key: the first entry's people, persons, devices, registrars; each id for one holder."""

from __future__ import annotations

from datetime import datetime

from ledger.admission.offered import awaited, printed, requested, strong, unused
from ledger.admission.problem import Problem
from ledger.course.people import Roster
from ledger.errors import NotAllowed
from ledger.events.base import Payload
from ledger.events.entry import Entry
from ledger.events.keys import RegistrarChanged, RegistrarRecovered
from ledger.events.people import DeviceEnrolled, KeyEnrolled, KeyRequest
from ledger.events.row import REGISTRARS
from ledger.events.study import Device, LedgerCreated, RootRegistrar

_OUTSIDE = frozenset({"sponsor", "sponsor-medical", "monitor", "inspector"})
"""Roles of persons who are not of the site, and so hold none of its roles (DOMAIN.md section 7)."""


def is_genesis(payload: Payload) -> bool:
    """Tell whether the entry is of the kind that begins a ledger."""
    return payload.kind == "ledger.created/1"


def enrolments(entry: Entry, roster: Roster, at: datetime, found: list[Problem]) -> None:
    """Judge the keys that an entry brings into the log at log time `at`."""
    match entry.event:
        case LedgerCreated() as event:
            _genesis(event, found)
        case KeyEnrolled() as event:
            _person(event, roster, at, found)
        case DeviceEnrolled(device=device):
            _device(device, roster, at, found)
        case RegistrarChanged() as event if event.added is not None and event.request is not None:
            _registrar(event.added, event.request, event.removed, roster, at, found)
        case RegistrarRecovered() as event:
            _registrar(event.registrar, event.request, None, roster, at, found)
            why = f"{event.registrar.person} became a registrar by the recovery key"
            found.append(Problem("recovered", why, severity="notice"))
        case _:
            pass


def _genesis(event: LedgerCreated, found: list[Problem]) -> None:
    people = [registrar.person for registrar in event.registrars]
    kids = [*(registrar.key_id for registrar in event.registrars), event.device.key_id]
    for kid, key in zip(kids, [*(r.key for r in event.registrars), event.device.key], strict=True):
        strong(kid, key, found)
    strong(None, event.log_key, found)
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
        printed((registrar.name, registrar.organisation), found)


def _person(event: KeyEnrolled, roster: Roster, at: datetime, found: list[Problem]) -> None:
    strong(event.key_id, event.key, found)
    unused(event.key_id, event.person, roster, at, found)
    awaited(event.person, roster, at, found)
    _same_person(event.person, event.name, roster, at, found)
    roles = set(event.roles)
    outside, registrar = roles & _OUTSIDE, roles & REGISTRARS
    mixed = (outside and roles - _OUTSIDE) or (registrar and roles - REGISTRARS)
    if not roles or len(roles) != len(event.roles) or "system" in roles or mixed:
        why = f"{event.person} cannot hold the roles {', '.join(event.roles) or '(none)'} together"
        fix = "a registrar has no other role, nobody outside the site one of its roles, nobody is a system"
        found.append(Problem("roles-mixed", why, NotAllowed, fix=fix))
    elif registrar or _was_registrar(event.person, roster):
        why = f"{event.person} is or would be a registrar, and registrars come and go by the quorum"
        found.append(Problem("registrar", why, NotAllowed, fix="doseledger registrar change"))
    card = KeyRequest(
        format=1,
        person=event.person,
        name=event.name,
        organisation=event.organisation,
        key_id=event.key_id,
        key=event.key,
    )
    requested(event.request, card, found)
    printed((event.name, event.organisation), found)


def _registrar(  # noqa: PLR0917 - what a registrar who comes is judged by
    one: RootRegistrar, request: str, removed: str | None, roster: Roster, at: datetime, found: list[Problem]
) -> None:
    strong(one.key_id, one.key, found)
    unused(one.key_id, one.person, roster, at, found)
    awaited(one.person, roster, at, found)
    if one.person in roster.people and not _was_registrar(one.person, roster):
        why = f"{one.person} is enrolled, and a registrar has no other role"
        found.append(Problem("roles-mixed", why, NotAllowed, fix="a registrar bears an id of his own"))
    elif one.person != removed:
        _same_person(one.person, one.name, roster, at, found)
    card = KeyRequest(
        format=1, person=one.person, name=one.name, organisation=one.organisation, key_id=one.key_id, key=one.key
    )
    requested(request, card, found)
    printed((one.name, one.organisation), found)


def _device(device: Device, roster: Roster, at: datetime, found: list[Problem]) -> None:
    strong(device.key_id, device.key, found)
    unused(device.key_id, device.id, roster, at, found)
    awaited(device.id, roster, at, found)
    if device.id in roster.people or any(key.person == device.id for key in roster.devices.values()):
        why = f"the id {device.id} was given before, and ids are never used again"
        found.append(Problem("key-reused", why, NotAllowed, fix="choose another name for the device"))


def _same_person(person: str, name: str, roster: Roster, at: datetime, found: list[Problem]) -> None:
    """An id is one person's for ever: it is enrolled again for him alone, once all his keys have ended or expired."""
    known = roster.people.get(person)
    if any(key.person == person for key in roster.devices.values()):
        found.append(Problem("key-reused", f"the id {person} is that of a device", NotAllowed))
    if known is None:
        return
    if known.name != name:
        why = f"the id {person} is that of {known.name}, for ever"
        found.append(Problem("key-reused", why, NotAllowed, fix="a new person has a new id"))
    elif any(key.person == person and key.holds(at) for key in roster.keys.values()):
        why = f"{person} is already enrolled, and his key is valid"
        fix = "its owner changes it: doseledger key rotate; a lost one ends first: doseledger key revoke"
        found.append(Problem("key-reused", why, NotAllowed, fix=fix))


def _was_registrar(person: str, roster: Roster) -> bool:
    known = roster.people.get(person)
    return known is not None and "registrar" in known.roles
