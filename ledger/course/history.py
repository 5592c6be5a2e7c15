"""The effective history of one stream: what its entries say once corrections, voids and signatures are counted.

One sweep from the newest entry to the oldest: an amendment only names earlier entries, so everything that can
touch an entry is decided when it is reached.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from ledger.course import needs
from ledger.events.base import Need, Occurred
from ledger.events.body import open_body, references
from ledger.events.entry import Entry, Signer
from ledger.events.event import Event, of_review
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.registry import KINDS

FEW = 8
"""Doubted entries of one patient that are also left out one by one; of more, all together are the other reading."""


class Fact(Struct, frozen=True):
    """One entry as it stands: restated by `amended_by` where corrected; `missing` signatures make it INCOMPLETE."""

    entry: Entry
    event: Event
    occurred: Occurred
    occurred_at: datetime
    amended_by: Entry | None
    signers: tuple[Signer, ...]
    missing: tuple[Need, ...]

    @property
    def id(self) -> str:
        """The id of the entry that stated the fact first; others name it by this."""
        return self.entry.id

    @property
    def rank(self) -> int:
        """The place of the fact's kind among facts of the same minute."""
        return KINDS[self.kind].rank

    @property
    def kind(self) -> str:
        """The kind of the fact as restated."""
        return self.entry.kind if self.amended_by is None else _kind(self.amended_by)


class Awaiting(Struct, frozen=True):
    """An entry without effect until `missing` is signed: an amendment of `target`, or a kind that needs completion."""

    entry: Entry
    target: str | None
    missing: tuple[Need, ...]

    def lapsed(self, at: datetime) -> bool:
        """Whether it was not completed in time, and so will never take effect."""
        return at - self.entry.recorded_at > needs.COMPLETION


class History(Struct, frozen=True):
    """The facts in clinical order, and what was taken out of them and by whom; what reviews them is no fact.

    An entry is superseded by the newest of all corrections in effect that go back to the same entry as it does.
    """

    facts: tuple[Fact, ...]
    struck: tuple[tuple[Entry, Entry], ...]
    superseded: tuple[tuple[Entry, Entry], ...]
    awaiting: tuple[Awaiting, ...]


def effective(
    entries: Iterable[Entry],
    *,
    sees: Callable[[Entry], bool] | None = None,
    valid_at: datetime | None = None,
    grant: frozenset[str] = frozenset(),
) -> History:
    """Give the history as the entries that `sees` admits tell it, up to `valid_at`.

    Entries named in `grant` are taken as complete: the second reading of an amendment that awaits a signature.
    """
    visible = [entry for entry in entries if sees is None or sees(entry)]
    sweep = _Sweep(grant)
    for entry in reversed(visible):
        sweep.take(entry)
    facts = _placed(sweep.facts)
    if valid_at is not None:
        facts = [fact for fact in facts if fact.occurred_at <= valid_at]
    facts.sort(key=_clinical)
    return History(tuple(facts), tuple(sweep.struck), _newest(sweep.superseded), tuple(reversed(sweep.awaiting)))


def readings(
    entries: Sequence[Entry],
    *,
    at: datetime,
    sees: Callable[[Entry], bool] | None = None,
    valid_at: datetime | None = None,
    doubted: frozenset[str] = frozenset(),
) -> tuple[History, ...]:
    """Give every reading that still stands at `at`.

    As recorded; all pending amendments applied, and each alone; without the entries that are `doubted`, and without
    each of them alone where they are few. What is doubted counts in the first, so a limit that it reaches is reached.
    """
    recorded = effective(entries, sees=sees, valid_at=valid_at)
    pending = [item.entry.id for item in recorded.awaiting if not item.lapsed(at)]
    grants = _all_and_each(pending)
    found = [recorded, *(effective(entries, sees=sees, valid_at=valid_at, grant=grant) for grant in grants)]
    for without in _all_and_each([entry.id for entry in entries if entry.id in doubted], most=FEW):
        kept = [entry for entry in entries if entry.id not in without]
        found.append(effective(kept, sees=sees, valid_at=valid_at))
        if pending:
            found.append(effective(kept, sees=sees, valid_at=valid_at, grant=frozenset(pending)))
    return tuple(found)


def _all_and_each(names: Sequence[str], most: int | None = None) -> list[frozenset[str]]:
    """Give them all together, and each alone where they are several and not more than `most`."""
    together = [frozenset(names)] if names else []
    alone = len(names) > 1 and (most is None or len(names) <= most)
    return [*together, *(frozenset({name}) for name in names)] if alone else together


def continued(
    before: tuple[History, ...], entries: Sequence[Entry], added: int, *, at: datetime
) -> tuple[History, ...]:
    """Give the `readings` of entries of which `before` are the readings without the last `added`.

    A fact that nothing waits for and that says nothing about others is put in its place; anything else is
    swept anew.
    """
    recorded, later = before[0], entries[len(entries) - added :]
    if recorded.awaiting:
        return readings(entries, at=at)
    if not added:
        return before
    days = {fact.id for fact in recorded.facts if fact.occurred.precision == "day"}
    days |= {one.id for one in later if one.payload.occurred.precision == "day"}
    if any(KINDS[one.kind].completed or _says_of_others(one) or _names(one, days) for one in later):
        return readings(entries, at=at)
    facts = list(recorded.facts)
    for entry in later:
        if of_review(entry.event):
            continue
        signers = entry.signers
        fact = Fact(
            entry, entry.event, entry.payload.occurred, entry.occurred_at, None, signers, _missing(entry, signers)
        )
        facts.insert(bisect_right(facts, _clinical(fact), key=_clinical), fact)
    return (replace(recorded, facts=tuple(facts)),)


def _says_of_others(entry: Entry) -> bool:
    return isinstance(entry.event, EntryCountersigned | EntryCorrected | EntryVoided)


def _names(entry: Entry, days: set[str]) -> bool:
    return not of_review(entry.event) and not days.isdisjoint(references(entry.event))


def _clinical(fact: Fact) -> tuple[datetime, int, str]:
    """The order of facts: when it happened, the rank of its kind, its id."""
    return fact.occurred_at, fact.rank, fact.entry.payload.id


def _missing(entry: Entry, signers: tuple[Signer, ...]) -> tuple[Need, ...]:
    return needs.missing(entry.payload, signers) if entry.payload.needs else ()


def _kind(amendment: Entry) -> str:
    event = amendment.event
    return event.kind if isinstance(event, EntryCorrected) else amendment.kind


class _Sweep:
    """The state of the sweep: what later entries say about earlier ones."""

    def __init__(self, grant: frozenset[str]) -> None:
        self.grant = grant
        self.voided: dict[str, Entry] = {}
        self.amended: dict[str, Entry] = {}
        self.added: dict[str, list[Entry]] = {}
        self.facts: list[Fact] = []
        self.struck: list[tuple[Entry, Entry]] = []
        self.superseded: list[tuple[Entry, Entry]] = []
        self.awaiting: list[Awaiting] = []

    def take(self, entry: Entry) -> None:
        if (voided_by := self.voided.get(entry.id)) is not None:
            self.struck.append((entry, voided_by))
            return
        event = entry.event
        if of_review(event):
            return
        if isinstance(event, EntryCountersigned):
            self.added.setdefault(event.target, []).append(entry)
            return
        signers = self._signers(entry)
        lacking = _missing(entry, signers)
        if lacking and KINDS[entry.kind].completed and entry.id not in self.grant:
            target = entry.payload.corrects.id if entry.payload.corrects else None
            self.awaiting.append(Awaiting(entry, target, lacking))
            return
        if isinstance(event, EntryVoided) and entry.payload.corrects is not None:
            self.voided[entry.payload.corrects.id] = entry
        elif isinstance(event, EntryCorrected) and entry.payload.corrects is not None:
            self._amend(entry, entry.payload.corrects.id)
        else:
            self._state(entry, signers, lacking)

    def _signers(self, entry: Entry) -> tuple[Signer, ...]:
        if entry.id not in self.added:
            return entry.signers
        later = reversed(self.added[entry.id])
        in_time = (
            one
            for one in later
            if not KINDS[entry.kind].completed or one.recorded_at - entry.recorded_at <= needs.COMPLETION
        )
        return (*entry.signers, *(signer for one in in_time for signer in one.signers))

    def _amend(self, entry: Entry, target: str) -> None:
        newest = self.amended.pop(entry.id, None)
        if newest is not None:
            self.superseded.append((entry, newest))
        stands, rival = newest or entry, self.amended.get(target)
        if rival is not None:  # both name the target: the void of one of them was itself voided
            older, stands = sorted((stands, rival), key=lambda one: one.position)
            self.superseded.append((older, stands))
        self.amended[target] = stands

    def _state(self, entry: Entry, signers: tuple[Signer, ...], lacking: tuple[Need, ...]) -> None:
        amendment = self.amended.get(entry.id)
        event, occurred, at = entry.event, entry.payload.occurred, entry.occurred_at
        if amendment is not None and isinstance(amendment.event, EntryCorrected):
            self.superseded.append((entry, amendment))
            event = open_body(amendment.event.kind, amendment.event.body)
            occurred = amendment.event.occurred
            at = _instant(occurred, entry)
        self.facts.append(Fact(entry, event, occurred, at, amendment, signers, lacking))


def _newest(superseded: Sequence[tuple[Entry, Entry]]) -> tuple[tuple[Entry, Entry], ...]:
    """Give each entry that lost, with the one that lost to none."""
    won = {older.id: newer for older, newer in superseded}
    found = []
    for older, newer in superseded:
        standing = newer
        while standing.id in won:
            standing = won[standing.id]
        found.append((older, standing))
    return tuple(found)


def _instant(occurred: Occurred, entry: Entry) -> datetime:
    """Place a restated time as the codec places a stated one."""
    if occurred.precision == "minute":
        return datetime.fromisoformat(occurred.at)
    return datetime.fromisoformat(f"{occurred.at}T23:59:59.999{entry.signers[0].at[-6:]}")


def _placed(facts: Sequence[Fact]) -> list[Fact]:
    """Put a fact of day precision at the end of its day, yet never behind a fact that names it."""
    placed = list(facts)
    if not any(fact.occurred.precision == "day" for fact in placed):
        return placed
    while True:
        earliest: dict[str, datetime] = {}
        for fact in placed:
            for name in references(fact.event):
                earliest[name] = min(earliest.get(name, fact.occurred_at), fact.occurred_at)
        late = [
            (index, earliest[fact.id])
            for index, fact in enumerate(placed)
            if fact.occurred.precision == "day" and fact.id in earliest and earliest[fact.id] < fact.occurred_at
        ]
        if not late:
            return placed
        for index, at in late:  # what it names in turn may have to move with it
            placed[index] = replace(placed[index], occurred_at=at)
