"""Where an act is done: the clock, randomness, the device and its key, the software; and the ids it gives out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from commands.chart import PatientFile
from ledger.signing.signer import Signer

RULES_VERSION = "1"
"""The version of the rules in `ledger.rules`; it changes when a judgement changes."""


@dataclass(frozen=True)
class Parcel:
    """One act's signed entries with the texts and files that they commit to: all that storing it needs."""

    command: str
    entries: tuple[bytes, ...]
    texts: Mapping[str, tuple[bytes, bytes]]
    blobs: Mapping[str, bytes]


class Tally(Protocol):
    """Counts that outlive a run: what was tried too often to be kept each time."""

    def names(self) -> list[str]:
        """What is counted now."""

    def add(self, key: str) -> int:
        """Count one more, and give how many there are."""

    def take(self, key: str) -> int:
        """Give how many there are, and begin anew."""


@dataclass(frozen=True)
class Post:
    """Where the act is done: clock, randomness, device and its key, software.

    `offset_ms` is how far the clock is from true time, where that is known. `keep` saves signed bytes before they are
    sent; `tally` counts what is not kept each time, None: all is kept. `mute`: nothing but the act itself is written,
    neither refused attempts nor wrong passphrases, because the newest entries of this ledger are given up by it.
    """

    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    device: str
    device_signer: Signer
    software: str
    build: str
    clock_source: str = "system"
    offset_ms: Decimal | None = None
    keep: Callable[[Parcel], None] | None = None
    tally: Tally | None = None
    mute: bool = False
    memory: dict[str, dict[str, PatientFile]] = field(default_factory=dict)
    """What was read here before, by ledger and patient; what stands where it stood is not judged again."""


@dataclass
class Ids:
    """UUIDv7 in rising order within one act."""

    at: datetime
    random: Callable[[int], bytes]
    used: int = field(default=0)

    def __call__(self) -> str:
        """Give the next id."""
        return uuid7(self.at, self.random, self._next())

    def _next(self) -> int:
        self.used += 1
        return self.used


def uuid7(at: datetime, random: Callable[[int], bytes], counter: int) -> str:
    """Make a UUIDv7 (RFC 9562): milliseconds, a counter that orders ids of one act, randomness."""
    ms = int(at.timestamp() * 1000)
    tail = int.from_bytes(random(8)) & ((1 << 62) - 1)
    number = ms << 80 | 7 << 76 | (counter & 0xFFF) << 64 | 2 << 62 | tail
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
