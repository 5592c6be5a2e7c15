"""What a verification reads: stored bytes only, so that nothing derived vouches for itself."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Protocol

from ledger.codec import Opened
from ledger.copies import Withheld
from ledger.merkle.tree import NodeReader


class Oddity(Protocol):
    """What an audit of derived rows found."""

    @property
    def position(self) -> int | None:
        """The entry it is about, where it is about one."""

    @property
    def kind(self) -> str:
        """A stable name of what is wrong."""

    @property
    def why(self) -> str:
        """The sentence for the reader."""


class Audit(Protocol):
    """Compares every derived column, row and object of a storage with the stored bytes, in steps."""

    def take(
        self, stop: int, opened: Mapping[int, Opened], heads: Container[int], node: NodeReader
    ) -> Iterable[Oddity]:
        """Compare what hangs on the entries up to before position `stop`.

        What is known already is given: opened entries by position, sizes whose checkpoints were compared, the tree.
        """

    def rest(self) -> Iterable[Oddity]:
        """Compare everything that is left."""

    @property
    def unread(self) -> Sequence[str]:
        """What could not be compared, in words, once everything was."""


class Source(Protocol):
    """A ledger as it is stored. Every member may raise an error of ours, which becomes a finding."""

    @property
    def log(self) -> str:
        """The name of the log."""

    @property
    def size(self) -> int:
        """How many entries are stored."""

    def raws(self, start: int, stop: int) -> Sequence[bytes | Withheld | None]:
        """The exact bytes of the entries at [start, stop), in order; None where none stands.

        A copy gives the leaf hash of an entry whose content was left out of it.
        """

    def notes(self, start: int, stop: int) -> Sequence[tuple[int, bytes]]:
        """The stored checkpoints of the sizes in [start, stop), as (size, signed note), in order."""

    def text(self, commitment: str) -> tuple[bytes, bytes] | None:
        """The salt and the bytes of the text behind a commitment."""

    def blob(self, digest: str) -> bytes | None:
        """The bytes stored under a SHA-256."""

    def digests(self) -> Iterable[str]:
        """The digests under which bytes are stored."""

    def audit(self) -> Audit:
        """Begin to compare everything derived in the storage with the stored bytes."""
