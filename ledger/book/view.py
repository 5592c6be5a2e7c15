"""The log as it stands before one entry of a batch: what admission asks, answered from columns and from the batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ledger.admission import Named, log_time
from ledger.book.shelf import Shelf
from ledger.codec import Opened
from ledger.errors import BadInput
from ledger.events.entry import Entry
from ledger.events.event import of_review
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.row import Family
from ledger.merkle import tree
from ledger.storage.reader import Reader
from ledger.storage.rows import moment, uuid_bytes


class BatchView:
    """`stored` entries in the file, and after them those of the batch that were found good so far."""

    def __init__(self, reader: Reader, shelf: Shelf, stored: int) -> None:
        self._reader = reader
        self._shelf = shelf
        self._stored = stored
        self._batch: list[Opened] = []
        self._ids: dict[str, int] = {}
        self._commands: dict[tuple[str, int], int] = {}
        self._signed: dict[tuple[str, int], int] = {}
        self._last: dict[str, int] = {}
        at = reader.log_time(stored - 1)
        self._time = None if at is None else moment(at)
        self._frontiers = [reader.frontier(stored)]

    def accept(self, opened: Opened) -> None:
        """The next entry of the batch was found good."""
        entry = opened.entry
        self._batch.append(opened)
        self._ids.setdefault(entry.id, entry.position)
        self._commands.setdefault((entry.payload.command.id, entry.payload.command.index), entry.position)
        for signer in entry.signers:
            self._signed.setdefault((signer.kid, signer.n), entry.position)
        self._last[entry.author.kid] = entry.position
        self._time = log_time(self._time, entry)
        leaf = bytes.fromhex(entry.leaf)
        self._frontiers.append(tree.append(entry.position, self._frontiers[-1], leaf).frontier)

    @property
    def size(self) -> int:
        """How many entries stand."""
        return self._stored + len(self._batch)

    def opened(self, position: int) -> Opened:
        """The entry at a position below `size`."""
        return self._batch[position - self._stored] if position >= self._stored else self._shelf.opened(position)

    def named(self, position: int) -> Named | None:
        """What names the entry at a position; None where none stands."""
        if self._stored <= position < self.size:
            entry = self.opened(position).entry
            return Named(entry.id, entry.leaf, entry.stream, entry.kind)
        label = self._reader.label(position)
        if label is None:
            return None
        identifier, leaf, stream, kind = label
        text = identifier.hex()
        return Named("-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])), leaf.hex(), stream, kind)

    def withheld(self, position: int) -> None:
        """None: a ledger has all its entries."""

    def root_at(self, size: int) -> bytes:
        """The root of the log when it held `size` entries, 0 <= size <= self.size."""
        if not 0 <= size <= self.size:
            raise BadInput(f"The log never held {size} entries before this one.")
        if size <= self._stored:
            return tree.frontier_root(self._reader.frontier(size))
        return tree.frontier_root(self._frontiers[size - self._stored])

    def position_of(self, entry_id: str) -> int | None:
        """Where the entry with this id stands."""
        new = self._ids.get(entry_id)
        if new is not None:
            return new
        key = uuid_bytes(entry_id)
        return next(iter(self._reader.by_id(key, key)), None)

    def first_between(  # noqa: PLR0917  # the order is that of admission.View
        self, family: Family, stream: str, kinds: frozenset[str], start: int, stop: int, command_id: str | None
    ) -> int | None:
        """The smallest position in [start, stop) of an entry of one of `kinds` that is not of that command."""
        if start < min(stop, self._stored):
            other = b"" if command_id is None else uuid_bytes(command_id)
            own = family == "any"
            found = self._reader.first(
                stream if own else family, kinds, start, min(stop, self._stored), other_than=other, family=not own
            )
            if found is not None:
                return found
        for entry in self._new():
            here = entry.stream == stream if family == "any" else entry.stream.partition("/")[0] == family
            if (
                here
                and start <= entry.position < stop
                and entry.kind in kinds
                and entry.payload.command.id != command_id
            ):
                return entry.position
        return None

    def reviews(self, stream: str) -> Sequence[int]:
        """The entries of review and closing on a stream, in log order."""
        return [one.position for one in self._on(stream) if of_review(one.event)]

    def positions(self, stream: str, start: int, stop: int) -> Sequence[int]:
        """The entries of a stream in [start, stop), in log order."""
        return [one.position for one in self._on(stream) if start <= one.position < stop]

    def n_used(self, kid: str, n: int) -> int | None:
        """Where this key has already signed with this counter."""
        new = self._signed.get((kid, n))
        return self._reader.signed(kid, n) if new is None else new

    def command_used(self, command_id: str, index: int) -> int | None:
        """Where this index of this command stands."""
        new = self._commands.get((command_id, index))
        return self._reader.command_part(uuid_bytes(command_id), index) if new is None else new

    def last_of(self, kid: str) -> int | None:
        """The newest entry whose first signature is by this key."""
        new = self._last.get(kid)
        return self._reader.last_of(kid) if new is None else new

    def amendments(self, entry_id: str) -> Sequence[int]:
        """The corrections and voids whose `corrects` names this entry, in log order."""
        return [
            e.position
            for e in self._beside(entry_id)
            if isinstance(e.event, EntryCorrected | EntryVoided)
            and e.payload.corrects
            and e.payload.corrects.id == entry_id
        ]

    def countersignatures(self, entry_id: str) -> Sequence[int]:
        """The countersignatures of this entry, in log order."""
        return [
            e.position
            for e in self._beside(entry_id)
            if isinstance(e.event, EntryCountersigned) and e.event.target == entry_id
        ]

    def log_time(self) -> datetime | None:
        """T of the newest entry; None for an empty log."""
        return self._time

    def _new(self) -> list[Entry]:
        return [opened.entry for opened in self._batch]

    def _beside(self, entry_id: str) -> list[Entry]:
        """The entries of the stream of this entry: what is said about it stands nowhere else."""
        position = self.position_of(entry_id)
        named = None if position is None else self.named(position)
        return [] if named is None else self._on(named.stream)

    def _on(self, stream: str) -> list[Entry]:
        return [*self._shelf.stream(stream), *(entry.told for entry in self._new() if entry.stream == stream)]
