"""What is said about entries: correction, void, countersignature, a refused attempt, the log's clock."""

from __future__ import annotations

from typing import Literal

import msgspec

from ledger import wire
from ledger.events.base import Occurred, Wire


class EntryCountersigned(Wire, frozen=True, kw_only=True):
    """A later signature under `target`; its own header says with which meaning."""

    target: wire.Uuid


class EntryCorrected(Wire, frozen=True, kw_only=True):
    """The record was wrong: the entry named by `corrects` is restated whole."""

    kind: wire.Kind
    occurred: Occurred
    body: msgspec.Raw


class EntryVoided(Wire, frozen=True, kw_only=True):
    """The entry named by `corrects` no longer counts; it stays readable."""

    why: Literal["duplicate", "wrong-patient", "never-happened", "test", "entered-in-error"]


class EntryRecovered(Wire, frozen=True, kw_only=True):
    """An entry that was lost, or came too late to be stored as it is: its exact bytes, attested by another person.

    The entry around it has the id, the stream and the occurred of the original; who signs it attests that the original
    is what was recorded then. The original counts as what it says from this position on. Its `after`, its references
    by position and its counters are those of another history, and are not judged again.
    """

    entry: wire.EntryText


class EntryRefused(Wire, frozen=True, kw_only=True):
    """An attempt that a rule, the authority table or another writer refused; signed by the device.

    `streams` are the streams the act was about; `claimed_by` is who it was said to be, `proof` how far
    that was shown, `signature` the SHA-256 of the person's signed bytes where there were any.
    """

    act: wire.Token
    streams: tuple[wire.Stream, ...]
    rules: tuple[wire.RuleId, ...]
    exit: wire.Count
    claimed_by: wire.Token | None
    proof: Literal["none", "key-opened", "signed"]
    signature: wire.Hex | None
    input: wire.Commitment
    answer: wire.Commitment
    count: wire.Count


class LogClock(Wire, frozen=True, kw_only=True):
    """The next entry's clock is behind this machine's by more than five minutes, or the log time is reset."""

    behind_ms: wire.Count
    reset: bool
