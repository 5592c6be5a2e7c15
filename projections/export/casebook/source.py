"""What a casebook is read from: the patient, the card, the trail, and what is said about each entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ledger.book import Ledger
from ledger.course.history import Fact
from ledger.events.base import Need
from ledger.events.entry import Entry
from ledger.events.event import Event, ReviewEvent
from ledger.events.record import EntryCountersigned, EntryVoided
from projections.card import Status
from projections.effects import Effect, effects
from projections.export.casebook.parts import Cell, Piece, entry, measured, says
from projections.find.found import Ask
from projections.find.found import span as length
from projections.patient import card
from projections.printed import needed
from projections.replay import PatientAt
from projections.trail import TrailRow, rows
from projections.trail.fields import Words
from projections.trail.standing import root

Changes = Mapping[tuple[int, str], tuple[TrailRow, ...]]


@dataclass(frozen=True)
class Source:
    """One patient through a window, and the ledger that he is read from."""

    ledger: Ledger
    opened: PatientAt

    @property
    def ask(self) -> Ask:
        """The window, as the questions of inspectors take it."""
        through = self.opened.window
        return Ask(now=through.at, valid_at=through.valid_at, known_at=through.size, patient=self.opened.number)

    @cached_property
    def card(self) -> Status:
        """The card as it is printed by `status`."""
        return card(self.opened)

    @cached_property
    def words(self) -> Words:
        """How values are written."""
        found = Words(self.ledger)
        for one in self.opened.entries:
            found.met(one.id, one.position)
        return found

    @cached_property
    def trail(self) -> tuple[TrailRow, ...]:
        """The audit trail of the patient."""
        return tuple(rows(self.ledger, patient=self.opened.number, size=self.opened.window.size))

    @cached_property
    def steps(self) -> Mapping[int, tuple[TrailRow, ...]]:
        """The rows of the trail by the entry that makes them."""
        found: dict[int, list[TrailRow]] = {}
        for row in self.trail:
            found.setdefault(row.position, []).append(row)
        return {position: tuple(same) for position, same in found.items()}

    @cached_property
    def changes(self) -> Changes:
        """What corrections, and voids of corrections, did to each field of each record that stands."""
        found: dict[tuple[int, str], list[TrailRow]] = {}
        for row in self.trail:
            if row.transaction in ("correct", "void") and not self._whole(row):
                found.setdefault((row.record, row.field), []).append(row)
        return {place: tuple(same) for place, same in found.items()}

    def _whole(self, row: TrailRow) -> bool:
        """Tell whether a row is of a void that takes a whole record out, or would."""
        if row.transaction != "void" or row.new is not None:
            return False
        return row.in_force is None or self.effects.get(self.by_position[row.record].id) == "void"

    @cached_property
    def effects(self) -> Mapping[str, Effect]:
        """What became of every entry, by its id."""
        return effects(self.opened.entries, self.opened.history, self.opened.window.known_at)

    @cached_property
    def facts(self) -> Mapping[int, Fact]:
        """The facts as recorded, by the position of the entry that stated them first."""
        return {fact.entry.position: fact for fact in self.opened.history.facts}

    @cached_property
    def by_position(self) -> Mapping[int, Entry]:
        """The patient's entries by position."""
        return {one.position: one for one in self.opened.entries}

    @cached_property
    def about(self) -> Mapping[int, tuple[int, ...]]:
        """The amendments and later signatures of each record, in log order; what amends another is about its record."""
        found: dict[int, list[int]] = {}
        for one in self.opened.entries:
            record = self.record(one)
            if record is not one:
                found.setdefault(record.position, []).append(one.position)
        return {position: tuple(same) for position, same in found.items()}

    def entry(self, position: int) -> Entry:
        """Give an entry of the patient, or of another stream."""
        return self.by_position.get(position) or self.ledger.entry(position)

    def record(self, one: Entry) -> Entry:
        """Give the record that an entry amends or signs in the end; itself, when it is one."""
        by_id = self.opened.by_id
        found = root(one, by_id)
        while isinstance(found.event, EntryCountersigned) and found.event.target in by_id:
            found = root(by_id[found.event.target], by_id)
        return found

    @cached_property
    def records(self) -> tuple[Entry, ...]:
        """Every record that is shown, in the order of its time: what happened after the clinical moment is left out."""
        until = self.opened.window.until
        own = [one for one in self.opened.entries if self.record(one) is one]
        found = own if until is None else [one for one in own if self._by(one, until)]
        return tuple(sorted(found, key=lambda one: (self._moment(one), one.position)))

    def _by(self, one: Entry, until: datetime) -> bool:
        """Tell whether a record is of the time up to a moment: a fact as it stands, all else as it was written."""
        if one.position in self.facts:
            return True
        history = self.opened.history
        stated = isinstance(one.event, ReviewEvent) or one.id in {old.id for old, _ in history.struck}
        return (stated or one.id in {item.entry.id for item in history.awaiting}) and one.occurred_at <= until

    @cached_property
    def shown(self) -> frozenset[int]:
        """The positions of the records that are shown."""
        return frozenset(one.position for one in self.records)

    def _moment(self, one: Entry) -> float:
        fact = self.facts.get(one.position)
        return (fact.occurred_at if fact is not None else one.occurred_at).timestamp()

    def whole(self, positions: Iterable[int | None]) -> tuple[int, ...]:
        """Give records with everything that amends or signs them."""
        named = [place for place in positions if place is not None]
        return tuple(dict.fromkeys(found for place in named for found in (place, *self.about.get(place, ()))))

    def value(self, text: str | None, records: Iterable[int], *fields: str, unit: str | None = None) -> Cell:
        """Write a value as it stands, then what was changed in it; `fields` are where it comes from in `records`."""
        changed = self.changed(records, *fields)
        return (says(measured(text, unit)), *changed) if text is not None or changed else ()

    def changed(self, records: Iterable[int], *fields: str) -> Cell:
        """Strike what stood in some fields before, each with the entry and the reason that changed it.

        A change that waits for a signature is said, and strikes nothing.
        """
        places = [(record, name) for record in records for name in fields]
        found = sorted((row for place in places for row in self.changes.get(place, ())), key=lambda row: row.position)
        pieces = []
        for row in found:
            why = f"{entry(row.position)} {reason(row)}".strip()
            if row.in_force is None:
                what = measured(row.new, row.unit) or "nothing"
                pieces.append(says(f"{what} proposed in {why}: no effect, it lacks a signature", "bad", line=True))
            elif row.old is not None:
                pieces += [says(measured(row.old, row.unit), "old", line=True), says(why, "soft")]
            else:
                pieces.append(says(f"added in {why}", "soft", line=True))
        return tuple(pieces)

    def event(self, one: Entry) -> Event:
        """Give what a record says as it stands, as it was first written where it does not stand."""
        fact = self.facts.get(one.position)
        return fact.event if fact is not None else one.event

    def state(self, one: Entry) -> Cell:
        """Say what became of a record: corrected, void, waiting, late, in doubt; nothing where it simply stands."""
        return tuple(self._states(one))

    def _states(self, one: Entry) -> Iterator[Piece]:
        history = self.opened.history
        fact = self.facts.get(one.position)
        if fact is not None and fact.amended_by is not None:
            yield says(f"CORRECTED in {entry(fact.amended_by.position)}", "tag", line=True)
        if fact is not None and fact.missing:
            yield says(f"INCOMPLETE: lacks {lacking(fact.missing)}", "tag", line=True)
        for old, by in history.struck:
            if old.id == one.id:
                told = self.steps.get(by.position, ())
                yield says(f"VOID by {entry(by.position)}", "tag", line=True)
                yield says(reason(told[0]) if told else None, "soft", line=True)
        for item in history.awaiting:
            if item.entry.id == one.id:
                word = "LAPSED: never had" if item.lapsed(self.opened.window.known_at) else "PENDING: lacks"
                yield says(f"{word} {lacking(item.missing)}", "tag", line=True)
            elif item.target == one.id:
                what = "VOID" if isinstance(item.entry.event, EntryVoided) else "CORRECTION"
                yield says(
                    f"{what} proposed in {entry(item.entry.position)}, which lacks a signature", "tag", line=True
                )
        late = next((row for row in self.steps.get(one.position, ()) if row.transaction == "late"), None)
        if late is not None:
            yield says("LATE", "tag", line=True)
            yield says(f"recorded {length(one.recorded_at - one.occurred_at)} later", "soft")
            if late.reason:
                yield says(reason(late), "soft", line=True)
        doubt = self.opened.setting.roster.disputes.doubt_of(one)
        if doubt is not None:
            yield says(doubt.upper(), "tag", line=True)

    def signed(self, positions: Iterable[int]) -> Cell:
        """Say who signed entries, briefly: printed name, meaning, local time. The end of the section has all of it."""
        found = []
        for place in positions:
            for signer in self.entry(place).everyone:
                found += [
                    says(f"{entry(place)} {signer.name}, {signer.role}: {signer.meaning}", line=True),
                    says(signer.at, "soft"),
                ]
        return tuple(found)


def reason(row: TrailRow) -> str:
    """Write the reason of an entry: its code and its words."""
    return ": ".join(part for part in (row.reason, row.reason_text) if part)


def lacking(missing: Iterable[Need]) -> str:
    """Write the signatures that are missing."""
    return " and ".join(f"`{one.meaning}` by {one.role}" for one in map(needed, missing))
