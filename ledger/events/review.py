"""Review and closing: questions about an entry, sign-off, verification against the source, locks, redaction."""

from __future__ import annotations

from typing import Literal

from ledger import wire
from ledger.events.base import Wire

MOST_TARGETS = 64
"""Entries that one verification against the source may name."""
MOST_TEXTS = 16
"""Texts that one redaction may name."""


class QueryOpened(Wire, frozen=True, kw_only=True):
    """Somebody asks about the entry `target`; `field` is the member of its body that the question is about."""

    target: wire.Uuid
    field: wire.Code | None
    question: wire.Commitment


class QueryAnswered(Wire, frozen=True, kw_only=True):
    """The site answers a query; a correction that follows from it names the query itself."""

    query: wire.Uuid
    answer: wire.Commitment


class QueryClosed(Wire, frozen=True, kw_only=True):
    """A query ends: by its answer, by a correction of the entry, without any change, or it was no question."""

    query: wire.Uuid
    outcome: Literal["answered", "corrected", "unchanged", "withdrawn"]


class EntriesSigned(Wire, frozen=True, kw_only=True):
    """The principal investigator signs off a patient's entries at the positions from `since` to before `until`.

    `entries` is how many these are; `digest` is the SHA-256 over their leaf hashes, 32 bytes each, in log order, so
    that the signature is over every byte of them. Both are of the entries that stand in the log, whatever they say.
    """

    since: wire.Count
    until: wire.Count
    entries: wire.Count
    digest: wire.Hex

    def __post_init__(self) -> None:
        """Refuse (ValueError) a range of nothing."""
        if self.until <= self.since or not self.entries:
            raise ValueError("the range holds no entry")


class EntryReviewed(Wire, frozen=True, kw_only=True):
    """The monitor compared entries with their source documents: 1 to 64 of one patient, each once.

    What was compared is the entry, or its newest correction, that is named: a later correction was not compared.
    """

    targets: tuple[wire.Uuid, ...]

    def __post_init__(self) -> None:
        """Refuse (ValueError) none, more than 64, or one twice."""
        _each_once("targets", self.targets, MOST_TARGETS)


class AuditReviewed(Wire, frozen=True, kw_only=True):
    """Somebody reviewed the trail of the positions from `since` to before `until`.

    `streams` are those of the patients that were looked at, sorted; none of them: everything. `questions` are the
    preset questions that were asked of the trail, `findings` what came out, in words, `queries` what was asked of
    the site because of it.
    """

    since: wire.Count
    until: wire.Count
    streams: tuple[wire.Stream, ...]
    questions: tuple[wire.Token, ...]
    findings: wire.Commitment | None
    queries: tuple[wire.Uuid, ...]

    def __post_init__(self) -> None:
        """Refuse (ValueError) an empty range, and streams or questions that are not each once and in order."""
        if self.until <= self.since:
            raise ValueError("the range holds no entry")
        for what, values in (("streams", self.streams), ("questions", self.questions)):
            if list(values) != sorted(set(values)):
                raise ValueError(f"`{what}` are not sorted, or one stands twice")


class RecordLocked(Wire, frozen=True, kw_only=True):
    """A patient's record is closed to further statements about what happened up to `until`; null: about anything."""

    until: wire.When | None


class SiteLocked(Wire, frozen=True, kw_only=True):
    """All patients' records are closed to further statements about what happened up to `until`; null: anything."""

    until: wire.When | None


class RecordUnlocked(Wire, frozen=True, kw_only=True):
    """A lock ends; what it kept out may be written again, with the reason of the unlocking before it."""

    lock: wire.Uuid


class TextRedacted(Wire, frozen=True, kw_only=True):
    """Texts beside the record are deleted, with their salts: 1 to 16, each once. Every signed byte stays."""

    commitments: tuple[wire.Commitment, ...]

    def __post_init__(self) -> None:
        """Refuse (ValueError) none, more than 16, or one twice."""
        _each_once("commitments", self.commitments, MOST_TEXTS)


def _each_once(what: str, values: tuple[str, ...], most: int) -> None:
    if not 1 <= len(values) <= most or len(set(values)) < len(values):
        raise ValueError(f"`{what}` names 1 to {most}, each once")
