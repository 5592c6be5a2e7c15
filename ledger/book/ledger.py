"""class Ledger: one ledger, in a file or on a server, opened for reading or for writing.

Reading needs neither the keys nor the event store: their libraries load when a ledger is opened to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from os import PathLike, fspath
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Self

from ledger.book.shelf import Shelf
from ledger.codec import open_entry
from ledger.copies.form import form_of
from ledger.course.people import Roster
from ledger.errors import BadInput, IntegrityFailure, Unavailable
from ledger.events.base import After
from ledger.events.entry import Entry
from ledger.merkle import proof, tree
from ledger.merkle.epochs import LogKeys
from ledger.storage.audit import Flaw, audit
from ledger.storage.location import shown
from ledger.storage.opening import look_at
from ledger.storage.reader import Reader
from ledger.storage.receipt import Receipt, receipt_of
from ledger.storage.rows import milliseconds, moment, uuid_bytes
from ledger.storage.schema import LOG

if TYPE_CHECKING:  # the libraries of keys and of the event store load only for writing
    from ledger.signing.signer import Signer
    from ledger.storage.store import Store

_POSITION = re.compile(r"\A(?:#[0-9]{1,16}|[0-9]{1,7})\Z")
_ID = re.compile(r"\A[0-9a-f]{8,32}\Z")
_NONE: Mapping[str, tuple[bytes, bytes]] = MappingProxyType({})
_NO_BLOBS: Mapping[str, bytes] = MappingProxyType({})


class Ledger:
    """The record of one trial site: a list of entries that only grows, and the proof that it did nothing else."""

    log = LOG

    def __init__(self, path: str, reader: Reader, store: Store | None, log_signer: Signer | None) -> None:
        """Use `Ledger.open` or `Ledger.create`. `path` is shown to people; `opened_as` may hold a password."""
        self.path, self.opened_as = shown(path), path
        self._reader = reader
        self._store = store
        self._signers = () if log_signer is None else (log_signer,)
        self._shelf = Shelf(reader)

    @classmethod
    def create(
        cls,
        path: str | PathLike[str],
        genesis: bytes,
        *,
        texts: Mapping[str, tuple[bytes, bytes]] = _NONE,
        blobs: Mapping[str, bytes] = _NO_BLOBS,
        log_signer: Signer,
        now: datetime,
    ) -> Ledger:
        """Make a ledger that begins with `genesis`, readable by this user alone; it appears whole or not at all.

        At the URL of a database its tables must be there already, and empty. Raises Unavailable where something stands
        or nothing can be made, and what `append` raises for the entry.
        """
        from ledger.storage.making import made_at  # noqa: PLC0415  # see the top of this module

        name = fspath(path)
        with made_at(name) as store, cls(name, store.reader, store, log_signer) as new:
            new.append([genesis], now=now, texts=texts, blobs=blobs)
        return cls.open(name, log_signer=log_signer)

    @classmethod
    def open(cls, path: str | PathLike[str], *, read_only: bool = False, log_signer: Signer | None = None) -> Ledger:
        """Open a ledger by its path or its URL; with `read_only` nothing is ever made or changed, and `append` refuses.

        A copy (a folder of lines, a bundle, a dossier) opens for reading too, from a private file that goes with it.
        Raises Unavailable when it is missing, of another program, newer, or on a network share (writing),
        IntegrityFailure when the file is damaged, BadInput when `log_signer` is not the key of this log.
        """
        name = fspath(path)
        if read_only:
            return cls(name, _reader(name), None, None)
        from ledger.book.sealing import require_log_key  # noqa: PLC0415  # see the top of this module
        from ledger.storage.making import store_at  # noqa: PLC0415

        store = store_at(name)
        ledger = cls(name, store.reader, store, log_signer)
        try:
            if log_signer is not None:
                require_log_key(ledger.log_keys, log_signer)
        except BaseException:
            ledger.close()
            raise
        return ledger

    def close(self) -> None:
        """Let go of the file, or of the server."""
        (self._store or self._reader).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()

    @cached_property
    def id(self) -> str:
        """The ledger's id: the leaf hash of its first entry, as printed for the trial master file."""
        return self._shelf.id()

    @property
    def log_keys(self) -> LogKeys:
        """The keys that seal the heads of the log, in their order."""
        return self._shelf.log_keys(self.size)

    @property
    def origin(self) -> str:
        """The name of the log in its newest checkpoint: doseledger/<trial>/<32 hex of the id>/main."""
        keys = self.log_keys
        if not keys.keys:
            raise IntegrityFailure("The first entry does not create a ledger.", fix="Run `doseledger verify`.")
        return keys.newest.origin

    # --- the log -------------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """How many entries there are now."""
        return self._reader.size()

    def root(self) -> bytes:
        """The root over all entries."""
        return self.root_at(self.size)

    def root_at(self, size: int) -> bytes:
        """The root over the first `size` entries; BadInput when there are fewer."""
        self._require_size(size)
        return tree.frontier_root(self._reader.frontier(size))

    def head(self) -> After:
        """The head of the log, as the next entry names it in `after`."""
        size = self.size
        return After(log=LOG, size=size, root=tree.frontier_root(self._reader.frontier(size)).hex())

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint."""
        return self.checkpoint_at(self.size)

    def checkpoint_at(self, size: int) -> bytes:
        """The signed checkpoint of exactly `size` entries; BadInput where none was made."""
        found = self._reader.note(size)
        if found is None or found[0] != size:
            raise BadInput(f"The log has no checkpoint of {size} entries.", why="one is made at the end of every act")
        return found[1]

    def checkpoints(self, stop: int) -> Iterator[tuple[int, bytes]]:
        """Size and signed note of every checkpoint of at most `stop` entries, by size, in bounded memory."""
        return self._reader.notes(stop)

    def prove(self, position: int, size: int | None = None) -> tuple[bytes, ...]:
        """The inclusion proof of an entry under the root of `size` entries (all, when None)."""
        top = self.size if size is None else size
        self._require_size(top)
        return proof.inclusion(position, top, self._reader.node)

    def prove_consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """The proof that the log of `new` entries (all, when None) begins with that of `old`."""
        top = self.size if new is None else new
        self._require_size(top)
        return proof.consistency(old, top, self._reader.node)

    def receipts(self, command_id: str) -> tuple[Receipt, ...]:
        """The receipts of one act, by index; empty when it is not stored. They are the same at every time."""
        stored = self._reader.command(uuid_bytes(command_id))
        return tuple(
            receipt_of(self._reader, open_entry(raw, log=LOG, position=position)) for _, position, raw in stored
        )

    # --- entries -------------------------------------------------------------------------------------------

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Entries in log order from `start` to before `stop`, opened one by one in bounded memory."""
        return self._shelf.entries(start, self.size if stop is None else stop)

    def raws(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Positions and stored bytes from `start` to before `stop`."""
        return self._reader.raws(start, self.size if stop is None else stop)

    def raw(self, position: int) -> bytes:
        """The stored bytes of one entry; BadInput where there is none."""
        return self._reader.raw(position)

    def leaf(self, position: int) -> bytes:
        """The leaf hash of an entry, withheld or not; IntegrityFailure where none stands."""
        return self._reader.node(0, position)

    def node(self, level: int, index: int) -> bytes:
        """One stored hash of the tree (docs/spec/log.md); level 0 are the leaves."""
        return self._reader.node(level, index)

    def withheld(self) -> tuple[int, ...]:
        """The positions whose content was left out of the copy that was opened; of a ledger file, none."""
        return self._reader.withheld()

    def entry(self, position: int) -> Entry:
        """One entry, or the one that was recovered by it; BadInput where there is none."""
        return self._shelf.opened(position).entry.told

    def stream(self, name: str, *, up_to: int | None = None) -> tuple[Entry, ...]:
        """The entries of one stream, or those among the first `up_to` entries of the log."""
        found = self._shelf.stream(name)
        return tuple(found) if up_to is None else tuple(entry for entry in found if entry.position < up_to)

    def streams(self, prefix: str = "") -> tuple[str, ...]:
        """The names of all streams that begin with `prefix`, sorted."""
        return self._reader.streams(prefix)

    def kinds(self) -> tuple[tuple[str, int], ...]:
        """Every kind with its number of entries, by name."""
        return self._reader.kinds()

    def find(self, text: str) -> Entry:
        """The entry that a person means: `#402`, `402`, or the first 8 or more digits of an id; BadInput otherwise."""
        if _POSITION.match(text):
            return self.entry(int(text.removeprefix("#")))
        digits = text.lower().replace("-", "")
        if _ID.match(digits) is None:
            raise BadInput(
                f"{text!r} names no entry.", fix="Give its number (`#402`), or the first 8 or more digits of its id."
            )
        found = self._reader.by_id(bytes.fromhex(digits.ljust(32, "0")), bytes.fromhex(digits.ljust(32, "f")))
        if not found:
            raise BadInput(f"No entry has an id that begins with {text!r}.")
        if len(found) > 1:
            raise BadInput(
                f"More than one entry has an id that begins with {text!r}.", fix="Give more digits, or its number."
            )
        return self.entry(found[0])

    def text(self, commitment: str) -> bytes | None:
        """The words behind a commitment, or None when they are not in this ledger."""
        found = self.salted(commitment)
        return None if found is None else found[1]

    def salted(self, commitment: str) -> tuple[bytes, bytes] | None:
        """The salt and the words behind a commitment: what an export gives, so that others can check them."""
        return None if self.redacted(commitment) is not None else self._reader.text(commitment)

    def redacted(self, commitment: str) -> int | None:
        """The position of the redaction that deleted the words behind a commitment, or None."""
        return self._reader.redacted(commitment)

    def blob(self, digest: str) -> bytes:
        """The file with this SHA-256 (hexadecimal): a protocol pack, a dictionary; BadInput where it is not kept."""
        return self._shelf.blob(digest)

    # --- people and time -----------------------------------------------------------------------------------

    def roster(self, at: int | None = None) -> Roster:
        """Who may do what, by the first `at` entries (all, when None)."""
        size = self.size
        return self._shelf.roster(size if at is None else at, newest=at is None or at == size)

    def next_n(self, kid: str) -> int:
        """The next signature counter of a key; the first is 0."""
        return self._reader.next_n(kid)

    def newest_by(self, kid: str) -> int | None:
        """The position of the newest entry that a key signed, alone or beside others; None where it signed none."""
        return self._reader.newest_by(kid)

    def log_time(self, position: int) -> datetime:
        """T(p): the newest `recorded_at` up to this entry, UTC; BadInput where there is none."""
        found = self._reader.log_time(position)
        if found is None:
            raise BadInput(f"The ledger has no entry #{position}.")
        return moment(found)

    def position_at(self, when: datetime) -> int:
        """How many entries had been written at log time `when`: what was known then is the log up to there."""
        return self._reader.visible(milliseconds(when))

    # --- writing -------------------------------------------------------------------------------------------

    def turn(self, timeout: float | None = None) -> AbstractContextManager[None]:
        """The writer's turn, for reading, deciding, signing and appending in one go; re-entrant in one thread.

        Raises Unavailable when it does not come within `timeout` seconds, or the ledger is open for reading only.
        """
        return self._writable().take(timeout)

    def hold(self, log_signer: Signer) -> None:
        """Hold a further key of the log, which seals the heads once an entry has named it."""
        self._signers = (*self._signers, log_signer)

    def append(
        self,
        entries: Sequence[bytes],
        *,
        now: datetime,
        texts: Mapping[str, tuple[bytes, bytes]] = _NONE,
        blobs: Mapping[str, bytes] = _NO_BLOBS,
    ) -> tuple[Receipt, ...]:
        """Store signed entries, all or none, and give their receipts; the same bytes again store nothing.

        `texts` maps each new commitment to (salt, text), `blobs` a SHA-256 to its bytes. Entries that name another key
        of the log are sealed by that one (`hold`). Takes the turn where the caller has not. Raises
        Malformed for bytes that are no entry, NotAllowed, Refused or Conflict for an entry that may not stand here,
        BadInput for missing texts, another key of the log, an incomplete command or a `recorded_at` more than two
        minutes after `now`, Unavailable when nothing could be stored, and OutcomeUnknown when that is not known: then
        run it again.
        """
        from ledger.book import writing  # noqa: PLC0415  # see the top of this module

        store = self._writable()
        with self.turn():
            return writing.append(store, self._shelf, entries, now=now, texts=texts, blobs=blobs, signers=self._signers)

    def audit(self) -> Iterator[Flaw]:
        """Compare everything derived in the file with the entries' bytes; yields what does not agree."""
        return audit(self._reader)

    def _writable(self) -> Store:
        if self._store is None:
            raise Unavailable("The ledger is open for reading only.", fix="Open it for writing, with its log key.")
        return self._store

    def _require_size(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise BadInput(f"The log never held {size} entries.", why=f"it has {self.size}")


def _reader(path: str) -> Reader:
    if form_of(path) is None:
        return look_at(path)
    from ledger.book.copied import reader_of  # noqa: PLC0415  # what reads copies loads for copies alone

    return reader_of(path)
