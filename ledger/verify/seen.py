"""What a verification has passed, in memory: the View from which the next entry is judged.

Ids are kept as 16 bytes, streams and kinds as small numbers, opened entries only while they are recent.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime

from ledger.admission.view import Named, log_time
from ledger.codec import Opened
from ledger.errors import Malformed
from ledger.events.event import of_review
from ledger.events.record import EntryCountersigned
from ledger.events.registry import KINDS
from ledger.events.row import Family
from ledger.verify.tree import Tree

RECENT = 1024
"""Opened entries that are kept; an older one is read and opened again when it is asked for."""
_ANCHOR = "anchor.made/1"
_RACED = frozenset(kind for row in KINDS.values() for _, kinds in row.conflicts for kind in kinds) | {_ANCHOR}
_ACROSS = frozenset(
    (family, kind) for row in KINDS.values() for family, kinds in row.conflicts for kind in kinds if family != "any"
) | {("archive", _ANCHOR)}
_UNREAD, _WITHHELD = "", "?"
"""What stands for the kind of an entry that cannot be read, and of one whose content a copy left out."""
_NO_KIND = (_UNREAD, _WITHHELD)


class Seen:
    """The entries passed so far; `reopen` opens the entry at a position again from its stored bytes."""

    def __init__(self, reopen: Callable[[int], Opened], tree: Tree | None = None) -> None:
        """`tree` may hold entries before the first one that is passed."""
        self.tree = Tree() if tree is None else tree
        self.first = self.tree.size
        self._reopen = reopen
        self._recent: list[Opened | None] = [None] * RECENT
        self._newest: Opened | None = None
        self._ids = bytearray()
        self._positions: dict[bytes, int] = {}
        self._commands: dict[bytes, int] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._last: dict[str, int] = {}
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._streams = array("L")
        self._kinds = array("L")
        self._raced: dict[str, list[int]] = {}
        self._amending: dict[bytes, list[int]] = {}
        self._countersigning: dict[bytes, list[int]] = {}
        self._reviewing: dict[str, list[int]] = {}
        self._time: datetime | None = None

    def skip(self, leaf: bytes, *, withheld: bool = False) -> None:
        """Pass an entry that cannot be read, or that a copy left out: its hash stays in the tree."""
        self.tree.add(leaf)
        self._newest = None
        self._ids += bytes(16)
        number = self._number(_WITHHELD if withheld else _UNREAD)
        self._streams.append(number)
        self._kinds.append(number)

    def add(self, opened: Opened, leaf: bytes) -> None:
        """Pass an entry."""
        entry, position = opened.entry, self.tree.size
        payload = entry.payload
        self.tree.add(leaf)
        name = _sixteen(payload.id)
        self._ids += name
        self._positions.setdefault(name, position)
        self._commands.setdefault(_part(payload.command.id, payload.command.index), position)
        for signer in entry.signers:
            self._counters.setdefault(signer.kid, {}).setdefault(signer.n, position)
        self._last[entry.signers[0].kid] = position
        kind, stream = payload.kind, payload.stream
        self._streams.append(self._number(stream))
        self._kinds.append(self._number(kind))
        if kind in _RACED:
            self._raced.setdefault(stream, []).append(position)
            family = stream.partition("/")[0]
            if (family, kind) in _ACROSS:
                self._raced.setdefault(f"{family}/*", []).append(position)
        if payload.corrects is not None:
            self._amending.setdefault(_sixteen(payload.corrects.id), []).append(position)
        elif isinstance(entry.event, EntryCountersigned):
            self._countersigning.setdefault(_sixteen(entry.event.target), []).append(position)
        elif of_review(entry.told.event):
            self._reviewing.setdefault(stream, []).append(position)
        self._time = log_time(self._time, entry)
        self._newest = opened
        self._keep(position, opened)

    @property
    def size(self) -> int:
        """How many entries were passed."""
        return self.tree.size

    def opened(self, position: int) -> Opened:
        """The entry at a position below `size`; Malformed where it cannot be read."""
        if self._newest is not None and position == self.tree.size - 1:
            return self._newest
        found = self._recent[position % RECENT]
        if found is None or found.entry.position != position:
            if self._names[self._kinds[position - self.first]] in _NO_KIND:
                raise Malformed(f"the entry at position {position} cannot be read")
            found = self._reopen(position)
            self._keep(position, found)
        return found

    def named(self, position: int) -> Named | None:
        """What names the entry at a position."""
        if not self.first <= position < self.tree.size or self._names[self._kinds[position - self.first]] in _NO_KIND:
            return None
        at = 16 * (position - self.first)
        text = self._ids[at : at + 16].hex()
        name = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
        return Named(
            name,
            self.tree.leaf(position).hex(),
            self._names[self._streams[position - self.first]],
            self._names[self._kinds[position - self.first]],
        )

    def withheld(self, position: int) -> str | None:
        """The leaf hash of an entry that a copy left out, in hexadecimal; None for every other position."""
        if not self.first <= position < self.tree.size or self._names[self._kinds[position - self.first]] != _WITHHELD:
            return None
        return self.tree.leaf(position).hex()

    def root_at(self, size: int) -> bytes:
        """The root of the log when it held `size` entries."""
        return self.tree.root(size)

    def position_of(self, entry_id: str) -> int | None:
        """Where the entry with this id stands."""
        return self._positions.get(_sixteen(entry_id))

    def first_between(  # noqa: PLR0917
        self, family: Family, stream: str, kinds: frozenset[str], start: int, stop: int, command_id: str | None
    ) -> int | None:
        """The smallest position in [start, stop) of an entry of `kinds` that is not of that command."""
        places = self._raced.get(stream if family == "any" else f"{family}/*", [])
        for position in places[bisect_left(places, start) :]:
            if position >= stop:
                return None
            if self._names[self._kinds[position - self.first]] not in kinds:
                continue
            if command_id is None or self.opened(position).entry.payload.command.id != command_id:
                return position
        return None

    def reviews(self, stream: str) -> Sequence[int]:
        """The entries of review and closing on a stream."""
        return self._reviewing.get(stream, ())

    def positions(self, stream: str, start: int, stop: int) -> Sequence[int]:
        """The entries of a stream in [start, stop)."""
        number = self._numbers.get(stream)
        within = range(max(start, self.first), min(stop, self.tree.size))
        return [one for one in within if self._streams[one - self.first] == number]

    def n_used(self, kid: str, n: int) -> int | None:
        """Where this key has already signed with this counter."""
        used = self._counters.get(kid)
        return None if used is None else used.get(n)

    def command_used(self, command_id: str, index: int) -> int | None:
        """Where this index of this command stands."""
        return self._commands.get(_part(command_id, index))

    def last_of(self, kid: str) -> int | None:
        """The newest entry whose first signature is by this key."""
        return self._last.get(kid)

    def amendments(self, entry_id: str) -> Sequence[int]:
        """The corrections and voids that name this entry."""
        return self._amending.get(_sixteen(entry_id), ())

    def countersignatures(self, entry_id: str) -> Sequence[int]:
        """The countersignatures of this entry."""
        return self._countersigning.get(_sixteen(entry_id), ())

    def log_time(self) -> datetime | None:
        """T of the newest entry."""
        return self._time

    def counters(self) -> dict[str, dict[int, int]]:
        """For every key the counters it has signed with, and where."""
        return self._counters

    def counters_of(self, kid: str) -> dict[int, int]:
        """The counters that one key has signed with, and where."""
        return self._counters.get(kid, {})

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._names)
            self._names.append(name)
        return number

    def _keep(self, position: int, opened: Opened) -> None:
        self._recent[position % RECENT] = opened


def _sixteen(uuid: str) -> bytes:
    return bytes.fromhex(uuid.replace("-", ""))


def _part(command_id: str, index: int) -> bytes:
    name = _sixteen(command_id)
    return name if index == 0 else name + index.to_bytes(8, "big")
