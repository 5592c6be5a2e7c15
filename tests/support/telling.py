"""The effective history by its definition, written out naively: what tests compare the sweep with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from unsigned import instant

from ledger.course.history import History
from ledger.events.base import Need, Occurred, Wire
from ledger.events.body import open_body, references
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.safety import ToleranceAssessed, ToxicityReported

COMPLETION = timedelta(days=30)


@dataclass(frozen=True)
class Told:
    """One fact as the history must tell it."""

    id: str
    event: Wire
    occurred: Occurred
    at: datetime
    amended_by: str | None
    persons: tuple[str, ...]
    missing: tuple[Need, ...]


class Naive:
    """The definition, written out: what each entry says about another, until nothing changes any more."""

    def __init__(self, entries: Sequence[Entry], grant: frozenset[str] = frozenset()) -> None:
        self.entries = entries
        self.grant = grant
        self.struck: dict[str, Entry] = {}
        while (now := self.strikes()) != self.struck:
            self.struck = now

    def strikes(self) -> dict[str, Entry]:
        """Which entries are struck, and by which void first, if those struck so far are."""
        found: dict[str, Entry] = {}
        for one in self.entries:
            if isinstance(one.event, EntryVoided) and self.in_effect(one):
                found.setdefault(one.payload.corrects.id, one)
        return found

    def in_effect(self, one: Entry) -> bool:
        """Whether an amendment stands: not struck, and signed by all whom it needs."""
        return one.id not in self.struck and (one.id in self.grant or not self.missing(one))

    def signatures(self, one: Entry) -> list[tuple[str, str, str]]:
        """Everybody who signed an entry, in order: at once, or later, in time and not taken back."""
        found = [(s.person, s.meaning, s.role) for s in one.signers]
        for later in self.entries:
            if isinstance(later.event, EntryCountersigned) and later.event.target == one.id:
                in_time = later.recorded_at - one.recorded_at <= COMPLETION or not amends(one)
                if later.id not in self.struck and in_time:
                    found += [(s.person, s.meaning, s.role) for s in later.signers]
        return found

    def missing(self, one: Entry) -> tuple[Need, ...]:
        """The needs that nobody met; one person meets one need."""
        left, spent = list(one.payload.needs), set()
        for person, meaning, role in self.signatures(one):
            need = Need(meaning=meaning, role=role)
            if need in left and person not in spent:
                left.remove(need)
                spent.add(person)
        return tuple(left)

    def restatements(self, one: Entry) -> list[Entry]:
        """The corrections in effect that name an entry, and those that name them."""
        direct = [
            c
            for c in self.entries
            if isinstance(c.event, EntryCorrected) and c.payload.corrects.id == one.id and self.in_effect(c)
        ]
        return direct + [deeper for c in direct for deeper in self.restatements(c)]

    def head(self, one: Entry) -> Entry:
        """What an entry says now: its newest correction in effect, or itself."""
        return max([one, *self.restatements(one)], key=lambda entry: entry.position)

    def stands(self, one: Entry) -> bool:
        """Whether an entry says something of its own that counts."""
        return one.id not in self.struck and (not amends(one) or self.in_effect(one))

    def superseded(self) -> set[tuple[str, str]]:
        """Each entry that lost, with the newest of all corrections in effect that go back to the same entry."""
        found = set()
        for root in self.entries:
            if isinstance(root.event, EntryCorrected) and self.stands(root):
                continue  # it goes back further
            newest = self.head(root)
            older = [root, *self.restatements(root)] if self.stands(root) else self.restatements(root)
            found |= {(one.id, newest.id) for one in older if one is not newest}
        return found

    def awaiting(self) -> list[tuple[str, str | None, tuple[Need, ...]]]:
        """The amendments that wait for a signature, oldest first."""
        return [
            (one.id, one.payload.corrects.id, self.missing(one))
            for one in self.entries
            if amends(one) and one.id not in self.struck and not self.in_effect(one)
        ]

    def facts(self) -> list[Told]:
        """The facts in clinical order."""
        told = [self.told(one) for one in self.entries if one.id not in self.struck and is_fact(one)]
        own = {fact.id: fact.at for fact in told}
        at, before = dict(own), None
        while at != before:
            before = dict(at)
            for fact in told:
                namers = [before[other.id] for other in told if fact.id in named(other.event)]
                if fact.occurred.precision == "day":
                    at[fact.id] = min([own[fact.id], *namers])
        placed = [replace(fact, at=at[fact.id]) for fact in told]
        return sorted(placed, key=lambda fact: (fact.at, rank(fact.event), fact.id))

    def told(self, one: Entry) -> Told:
        """A fact as its newest correction restates it."""
        newest = self.head(one)
        event, stated = one.event, one.payload.occurred
        if isinstance(newest.event, EntryCorrected):
            event, stated = open_body(newest.event.kind, newest.event.body), newest.event.occurred
        persons = tuple(person for person, _, _ in self.signatures(one))
        by = None if newest is one else newest.id
        return Told(one.id, event, stated, instant(stated.at), by, persons, self.missing(one))


def amends(one: Entry) -> bool:
    """Whether an entry changes another one."""
    return isinstance(one.event, EntryCorrected | EntryVoided)


def is_fact(one: Entry) -> bool:
    """Whether an entry says something about the patient."""
    return not isinstance(one.event, EntryCorrected | EntryVoided | EntryCountersigned)


def named(event: Wire) -> list[str]:
    """The entries that a judgement is about."""
    return [event.dose] if isinstance(event, ToleranceAssessed | ToxicityReported) and event.dose else []


def rank(event: Wire) -> int:
    """The place of a kind among facts of one minute."""
    return {"ToleranceAssessed": 25, "ToxicityReported": 20}.get(type(event).__name__, 16)


def seen(history: History) -> tuple[object, ...]:
    """A history as plain values."""
    facts = [
        Told(
            fact.id,
            fact.event,
            fact.occurred,
            fact.occurred_at,
            fact.amended_by.id if fact.amended_by else None,
            tuple(s.person for s in fact.signers),
            fact.missing,
        )
        for fact in history.facts
    ]
    return (
        facts,
        {(one.id, by.id) for one, by in history.struck},
        {(one.id, by.id) for one, by in history.superseded},
        [(item.entry.id, item.target, item.missing) for item in history.awaiting],
    )


def told(entries: Sequence[Entry], grant: frozenset[str] = frozenset()) -> tuple[object, ...]:
    """What the definition says, as plain values."""
    naive = Naive(entries, grant)
    struck = {(name, by.id) for name, by in naive.struck.items()}
    return naive.facts(), struck, naive.superseded(), naive.awaiting()


def arrivals(entries: Sequence[Entry], random: Random) -> list[Entry]:
    """The entries in another order in which everything still comes behind what it is about."""
    names = {one.id for one in entries}
    about = {one.id: (set(subjects(one)) & names) - {one.id} for one in entries}
    done: list[Entry] = []
    while len(done) < len(entries):
        ready = [one for one in entries if one.id in about and not about[one.id] & about.keys()]
        done.append(random.choice(ready))
        del about[done[-1].id]
    return done


def subjects(one: Entry) -> Iterator[str]:
    """The entries that one is about, by its body or as what it amends."""
    event = one.event
    yield from references(open_body(event.kind, event.body) if isinstance(event, EntryCorrected) else event)
    if one.payload.corrects is not None:
        yield one.payload.corrects.id
