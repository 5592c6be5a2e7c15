"""What was verified before and is not judged again: a ledger up to a head, taken from the checkpoint of that head.

The stored hashes must make the root of the checkpoint, and every entry that a later one leans on is read again and
proved to stand under it. That an id, a counter or a conflicting entry stands nowhere before rests on the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

from ledger.admission.view import Named
from ledger.book.shelf import Shelf
from ledger.codec import Opened
from ledger.course.people import Roster
from ledger.errors import IntegrityFailure
from ledger.events.event import ReviewEvent
from ledger.events.keys import SignatureAbandoned
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.registry import NAMES
from ledger.events.row import Family
from ledger.merkle import checkpoint
from ledger.merkle.epochs import LogKeys
from ledger.signing.keys import check_ed25519
from ledger.storage.earlier import Earlier
from ledger.storage.reader import Reader
from ledger.storage.rows import moment, uuid_bytes
from ledger.verify.seen import Seen
from ledger.verify.tree import Tree

_AMENDING = (NAMES[EntryCorrected], NAMES[EntryVoided])
_COUNTERSIGNING = (NAMES[EntryCountersigned],)
_REVIEWING = tuple(NAMES[kind] for kind in get_args(ReviewEvent))


@dataclass(frozen=True, slots=True)
class Verified:
    """A checkpoint whose entries were verified, and in words when and by whom: "on 2026-11-22"."""

    note: bytes
    when: str


class Since:
    """The part of a ledger that a checkpoint vouches for."""

    def __init__(self, reader: Reader, verified: Verified) -> None:
        """Raise an error of ours where the checkpoint is none of this ledger."""
        head = checkpoint.parse(verified.note)[0]
        if not head.size:
            raise IntegrityFailure("A checkpoint of no entries vouches for nothing.")
        self.size = head.size
        self.when = verified.when
        self.earlier = Earlier(reader, head.size, head.root)
        self._shelf = Shelf(self.earlier)
        self.log_keys: LogKeys = self._shelf.log_keys(head.size)
        self.log_keys.open(verified.note, check_ed25519)
        self.roster: Roster = self._shelf.roster(head.size, newest=True)

    def tree(self) -> Tree:
        """A tree that grows from there on."""
        return Tree(self.size, self.earlier.frontier(self.size))

    def opened(self, position: int) -> Opened:
        """One of its entries, proved."""
        return self._shelf.opened(position)

    def beside(self, entry_id: str, kinds: tuple[str, ...]) -> list[Opened]:
        """The entries of some kinds on the stream of an entry: what is said about it stands nowhere else."""
        position = self.position_of(entry_id)
        label = None if position is None else self.earlier.label(position)
        return [] if label is None else [self.opened(one) for one in self.earlier.among(label[2], kinds)]

    def position_of(self, entry_id: str) -> int | None:
        """Where the entry with this id stands."""
        name = uuid_bytes(entry_id)
        return next(iter(self.earlier.by_id(name, name)), None)

    def abandoned(self) -> dict[str, set[int]]:
        """The counters that were given up, by key."""
        found: dict[str, set[int]] = {}
        for stream in self.earlier.streams("security/"):
            for position in self.earlier.among(stream, (NAMES[SignatureAbandoned],)):
                event = self.opened(position).entry.event
                if isinstance(event, SignatureAbandoned):
                    found.setdefault(event.key_id, set()).update(event.n)
        return found

    def words(self) -> str:
        """What the report says first."""
        last, size = f"{self.size - 1:,}", f"{self.size:,}"
        return f"entries 0 to {last} were verified {self.when}, and are taken from the checkpoint of {size} entries"

    def left_open(self) -> tuple[str, ...]:
        """What a report names as not checked."""
        return (
            f"entries 0 to {self.size - 1:,} and the rows derived from them, which were verified {self.when}",
            "what the tables hold too much, files that no entry names, and the pages of the file",
        )


class Continued(Seen):
    """The entries that came since, and before them what the checkpoint vouches for."""

    def __init__(self, since: Since, reopen: Callable[[int], Opened]) -> None:
        """Nothing has come yet; `reopen` is for what comes."""
        super().__init__(reopen, since.tree())
        self._since = since
        self._earlier = since.earlier
        at = since.earlier.log_time(since.size - 1)
        self._time = None if at is None else moment(at)

    def opened(self, position: int) -> Opened:
        """The entry at a position below `size`; Malformed where it cannot be read."""
        return self._since.opened(position) if position < self.first else super().opened(position)

    def named(self, position: int) -> Named | None:
        """What names the entry at a position."""
        if not 0 <= position < self.first:
            return super().named(position)
        entry = self._since.opened(position).entry
        return Named(entry.id, entry.leaf, entry.stream, entry.kind)

    def root_at(self, size: int) -> bytes:
        """The root of the log when it held `size` entries."""
        return self._earlier.root_at(size) if size < self.first else super().root_at(size)

    def position_of(self, entry_id: str) -> int | None:
        """Where the entry with this id stands."""
        before = self._since.position_of(entry_id)
        return super().position_of(entry_id) if before is None else before

    def first_between(  # noqa: PLR0917
        self, family: Family, stream: str, kinds: frozenset[str], start: int, stop: int, command_id: str | None
    ) -> int | None:
        """The smallest position in [start, stop) of an entry of `kinds` that is not of that command."""
        if start < min(stop, self.first):
            other = b"" if command_id is None else uuid_bytes(command_id)
            own, until = family == "any", min(stop, self.first)
            name = stream if own else family
            before = self._earlier.first(name, kinds, start, until, other_than=other, family=not own)
            if before is not None:
                return before
        return super().first_between(family, stream, kinds, start, stop, command_id)

    def reviews(self, stream: str) -> Sequence[int]:
        """The entries of review and closing on a stream."""
        return (*self._earlier.among(stream, _REVIEWING), *super().reviews(stream))

    def positions(self, stream: str, start: int, stop: int) -> Sequence[int]:
        """The entries of a stream in [start, stop)."""
        return (*self._earlier.within(stream, start, stop), *super().positions(stream, start, stop))

    def n_used(self, kid: str, n: int) -> int | None:
        """Where this key has already signed with this counter."""
        before = self._earlier.signed(kid, n)
        return super().n_used(kid, n) if before is None else before

    def command_used(self, command_id: str, index: int) -> int | None:
        """Where this index of this command stands."""
        before = self._earlier.command_part(uuid_bytes(command_id), index)
        return super().command_used(command_id, index) if before is None else before

    def last_of(self, kid: str) -> int | None:
        """The newest entry whose first signature is by this key."""
        found = super().last_of(kid)
        return self._earlier.last_of(kid) if found is None else found

    def amendments(self, entry_id: str) -> Sequence[int]:
        """The corrections and voids that name this entry."""
        found = (one.entry for one in self._since.beside(entry_id, _AMENDING))
        before = (one.position for one in found if one.payload.corrects and one.payload.corrects.id == entry_id)
        return (*before, *super().amendments(entry_id))

    def countersignatures(self, entry_id: str) -> Sequence[int]:
        """The countersignatures of this entry."""
        found = (one.entry for one in self._since.beside(entry_id, _COUNTERSIGNING))
        before = (
            one.position for one in found if isinstance(one.event, EntryCountersigned) and one.event.target == entry_id
        )
        return (*before, *super().countersignatures(entry_id))

    def counters(self) -> dict[str, dict[int, int]]:
        """For every key that signed since the counters of what it signed, and the highest before."""
        found = {kid: dict(used) for kid, used in super().counters().items()}
        for kid, used in found.items():
            newest = self._earlier.newest_n(kid)
            if newest is not None:
                used.setdefault(*newest)
        return found

    def counters_of(self, kid: str) -> dict[int, int]:
        """The counters that one key has signed with, and where."""
        return {**super().counters_of(kid), **self._earlier.counters(kid)}
