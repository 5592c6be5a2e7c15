"""People as the record knows them: roles, keys, delegations, and who may sign what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from msgspec.structs import replace

from ledger.book import Ledger
from ledger.course.people import Delegation, Key, Person, Roster
from ledger.errors import BadInput
from ledger.events.base import Occurred
from ledger.events.people import KeyEnrolled, Task
from ledger.events.registry import KINDS
from ledger.events.row import KindRow, Requirement
from ledger.values import wire_minute
from projections.printed import View, second
from projections.replay import Window, window

KeyState = Literal["active", "expired", "rotated", "lost", "compromised", "left", "removed"]
"""`active`, past its last day, or how it ended; `removed`: its owner is no registrar any more."""


class KeyRow(View, frozen=True, kw_only=True):
    """A key: its full and short id, since which entry it is active, and whether it still is by log time.

    `ended` is the entry that ended it, `suspected_from` the first entry from which its signatures are in doubt.
    """

    id: str
    short: str
    kind: str
    since: int
    valid_until: str | None
    active: bool
    state: KeyState
    ended: int | None
    suspected_from: int | None


class DelegationRow(View, frozen=True, kw_only=True):
    """Tasks delegated by one entry; `holds` at the moment looked at."""

    entry: int
    tasks: tuple[str, ...]
    since: str
    until: str | None
    ended: str | None
    holds: bool


class PersonRow(View, frozen=True, kw_only=True):
    """One person: printed name, organisation, roles, keys and delegations."""

    person: str
    name: str
    organisation: str
    roles: tuple[str, ...]
    keys: tuple[KeyRow, ...]
    delegations: tuple[DelegationRow, ...]


class Awaited(View, frozen=True, kw_only=True):
    """An enrolment that gives nothing yet: what it still needs."""

    entry: int
    kind: str
    about: str


class People(View, frozen=True, kw_only=True):
    """Everybody of the site, the devices, and enrolments that await a signature."""

    site: str
    size: int
    known_at: str
    valid_at: str
    persons: tuple[PersonRow, ...]
    devices: tuple[PersonRow, ...]
    pending: tuple[Awaited, ...]


class MayRow(View, frozen=True, kw_only=True):
    """Somebody whose role may give a signature; `may` when his key and delegation hold too, else `why` not."""

    person: str
    name: str
    role: str
    may: bool
    why: str | None


class MaySign(View, frozen=True, kw_only=True):
    """One signature that a kind needs: the meanings it may have, and who may give it."""

    meanings: tuple[str, ...]
    persons: tuple[MayRow, ...]


class WhoMay(View, frozen=True, kw_only=True):
    """Who may sign one kind of entry at one moment; a `fact` is never refused for role or delegation in the site."""

    kind: str
    task: str | None
    fact: bool
    size: int
    at: str
    signatures: tuple[MaySign, ...]


def people(
    ledger: Ledger, *, now: datetime, valid_at: datetime | None = None, known_at: int | datetime | None = None
) -> People:
    """List everybody as known then."""
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    roster = ledger.roster(through.size)
    return People(
        site=roster.site,
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=second(through.at, through.zone),
        persons=tuple(_person(roster, one, through) for _, one in sorted(roster.people.items())),
        devices=tuple(_device(roster, key, through) for _, key in sorted(roster.devices.items())),
        pending=tuple(
            Awaited(entry=entry.position, kind=entry.kind, about=getattr(entry.event, "person", "a device"))
            for entry in roster.pending.values()
        ),
    )


def key_states(ledger: Ledger, *, now: datetime) -> dict[str, str]:
    """Say of every key that the ledger knows, or that waits for its signatures, in which state it is."""
    through = window(ledger, now=now)
    roster = ledger.roster(through.size)
    waiting = {
        entry.event.key_id: f"awaits #{entry.position}"
        for entry in roster.pending.values()
        if isinstance(entry.event, KeyEnrolled)
    }
    known = (*roster.keys.values(), *roster.devices.values())
    return waiting | {key.kid: _state(key, through) for key in known}


def who_may(
    ledger: Ledger, kind: str, *, now: datetime, at: datetime | None = None, known_at: int | datetime | None = None
) -> WhoMay:
    """Say who may sign a kind of entry, `infusion.started` or `infusion.started/1`; BadInput lists near kinds."""
    row = _kind(kind)
    through = window(ledger, now=now, valid_at=at, known_at=known_at)
    roster = ledger.roster(through.size)
    return WhoMay(
        kind=row.name,
        task=row.task,
        fact=row.factual,
        size=through.size,
        at=second(through.at, through.zone),
        signatures=tuple(_may_sign(roster, one, row.task, through) for one in row.signatures),
    )


def _kind(name: str) -> KindRow:
    found = [row for row in KINDS.values() if name in (row.name, row.name.partition("/")[0])]
    if not found:
        near = sorted(row for row in KINDS if row.startswith(name.partition(".")[0]))
        raise BadInput(f"There is no kind {name!r}.", fix=f"one of: {', '.join(near or sorted(KINDS))}")
    return found[-1]


def _may_sign(roster: Roster, wanted: Requirement, task: Task | None, through: Window) -> MaySign:
    rows = [
        _may(roster, person, role, task, through)
        for _, person in sorted(roster.people.items())
        for role in sorted(person.roles & wanted.roles)
    ]
    return MaySign(meanings=tuple(sorted(wanted.meanings)), persons=tuple(rows))


def _may(roster: Roster, person: Person, role: str, task: Task | None, through: Window) -> MayRow:
    why = None
    if not any(_active(key, through) for key in roster.keys.values() if key.person == person.id):
        why = "no active key"
    elif task is not None and not roster.delegated(person.id, task, _moment(through), through.at):
        why = f"no delegation for {task}"
    return MayRow(person=person.id, name=person.name, role=role, may=why is None, why=why)


def _moment(through: Window) -> Occurred:
    return Occurred(at=wire_minute(through.at), zone=through.zone.key, precision="minute", basis="observed")


def _active(key: Key, through: Window) -> bool:
    """A key ends by an entry, or by log time at the end of its last day of UTC."""
    return key.holds(through.known_at.astimezone(UTC))


def _person(roster: Roster, person: Person, through: Window) -> PersonRow:
    return PersonRow(
        person=person.id,
        name=person.name,
        organisation=person.organisation,
        roles=tuple(sorted(person.roles)),
        keys=tuple(_key(roster, key, through) for key in roster.keys.values() if key.person == person.id),
        delegations=tuple(_delegation(roster, one, through) for one in roster.delegations if one.person == person.id),
    )


def _device(roster: Roster, key: Key, through: Window) -> PersonRow:
    return PersonRow(
        person=key.person,
        name=f"Device {key.person}",
        organisation=f"Site {roster.site}",
        roles=("system",),
        keys=(_key(roster, key, through),),
        delegations=(),
    )


def _state(key: Key, through: Window) -> KeyState:
    if key.why is not None:
        return key.why
    return "active" if _active(key, through) else "expired"


def _key(roster: Roster, key: Key, through: Window) -> KeyRow:
    suspected = [doubt.since for doubt in roster.disputes.doubts if doubt.kid == key.kid]
    return KeyRow(
        id=key.kid,
        short=key.kid[:8],
        kind=key.jwk.crv,
        since=key.since,
        valid_until=key.valid_until.isoformat() if key.valid_until is not None else None,
        active=_active(key, through),
        state=_state(key, through),
        ended=key.ended,
        suspected_from=min(suspected, default=None),
    )


def _delegation(roster: Roster, one: Delegation, through: Window) -> DelegationRow:
    alone = replace(roster, delegations=(one,), people={})
    holds = any(alone.delegated(one.person, task, _moment(through), through.at) for task in one.tasks)
    tasks = tuple(sorted(one.tasks))
    return DelegationRow(
        entry=one.position, tasks=tasks, since=one.since, until=one.until, ended=one.ended, holds=holds
    )
