"""Closing: locks of a record, their end, and the deletion of a text; always two persons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from commands.draft import Desk, Draft, When
from ledger.course import locks
from ledger.errors import BadInput, Conflict, Refused
from ledger.events.base import Occurred
from ledger.events.body import restated
from ledger.events.entry import Entry
from ledger.events.event import of_review
from ledger.events.record import EntryCorrected
from ledger.events.review import MOST_TEXTS, RecordLocked, RecordUnlocked, SiteLocked, TextRedacted
from ledger.values import wire_minute

_COMMITMENT = re.compile(r"sha256:[0-9a-f]{64}\Z")


@dataclass(frozen=True, kw_only=True)
class LockRecord:
    """Close a patient's record, or with `site` all of them, to statements about what happened up to a time."""

    verb: ClassVar[str] = "lock"
    kind: ClassVar[str | None] = None
    patient: str | None = None
    site: bool = False
    until: When | None = None

    def about(self) -> tuple[str, ...]:
        """The patient's stream."""
        return (f"patient/{self.patient}",) if self.patient is not None else ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The principal investigator and a coordinator or data manager sign at once."""
        if self.site == (self.patient is not None):
            raise BadInput("name a patient, or the whole site", fix="doseledger lock PATIENT, or lock --site")
        until = None
        if self.until is not None:
            until = self.until.day.isoformat() if self.until.day is not None else wire_minute(self.until.at)
        if self.patient is not None:
            return (desk.draft(desk.patient(self.patient).stream, RecordLocked(until=until)),)
        return (desk.draft(f"review/{desk.site}", SiteLocked(until=until)),)


@dataclass(frozen=True, kw_only=True)
class UnlockRecord:
    """End a lock, with a reason; what it kept out may be written again."""

    verb: ClassVar[str] = "unlock"
    kind: ClassVar[str] = "record.unlocked/1"
    lock: str

    def about(self) -> tuple[str, ...]:
        """Known only once the lock is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The lock is named by its entry, or by the patient where one lock of his record stands."""
        if desk.circumstances.reason is None:
            raise BadInput("an unlocking needs a reason", fix="--reason new-information --reason-text '...'")
        lock = self._lock(desk)
        return (desk.draft(lock.stream, RecordUnlocked(lock=lock.id), causes=[lock.ref]),)

    def _lock(self, desk: Desk) -> Entry:
        stream = f"patient/{self.lock}"
        own = locks.standing(desk.book.stream(stream))
        if len(own) == 1:
            return own[0]
        entry = desk.book.find(self.lock)
        if not isinstance(entry.event, RecordLocked | SiteLocked):
            raise BadInput(f"entry #{entry.position} is no lock", why=f"it is {entry.kind}", fix="doseledger lock list")
        if entry not in locks.standing(desk.book.stream(entry.stream)):
            raise Conflict(f"the lock #{entry.position} was ended before", winner=entry.position)
        return entry


@dataclass(frozen=True, kw_only=True)
class RedactText:
    """Delete the words behind an entry, and their salts, for privacy; every signed byte stays."""

    verb: ClassVar[str] = "redact"
    kind: ClassVar[str] = "text.redacted/1"
    entry: str
    fields: tuple[str, ...] = ()

    def about(self) -> tuple[str, ...]:
        """Known only once the entry is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """All texts of the entry, or those of the fields that are named."""
        if desk.circumstances.reason != "privacy":
            raise BadInput("a text is deleted for one reason alone", fix="--reason privacy --reason-text '...'")
        entry = desk.book.find(self.entry)
        held = dict(texts_of(entry))
        gone = {
            name
            for one in desk.book.stream(entry.stream)
            if isinstance(one.event, TextRedacted)
            for name in one.event.commitments
        }
        wanted = self.fields or tuple(name for name, commitment in held.items() if commitment not in gone)
        unknown = [name for name in wanted if _full(name, held) is None]
        if unknown or not wanted:
            raise BadInput(
                f"entry #{entry.position} has no text {unknown[0]!r}" if unknown else "no text is left to delete",
                fix=f"one of: {', '.join(held) or 'none'}",
            )
        commitments = tuple(dict.fromkeys(held[full] for name in wanted if (full := _full(name, held)) is not None))
        if len(commitments) > MOST_TEXTS:
            raise BadInput(f"{len(commitments)} texts at once", fix=f"name at most {MOST_TEXTS} with --field")
        for name in commitments:
            if name in gone:
                raise Conflict(f"the text {name[:15]} was redacted before", winner=entry.position)
        return (desk.draft(entry.stream, TextRedacted(commitments=commitments), causes=[entry.ref]),)


def texts_of(entry: Entry) -> Iterator[tuple[str, str]]:
    """List the commitments of an entry by the fields that hold them: those of its body, its reason and its source."""
    yield from _commitments("body", msgspec.to_builtins(restated(entry.event)))
    payload = entry.payload
    if payload.reason is not None and payload.reason.text is not None:
        yield "reason.text", payload.reason.text
    if payload.source.ref is not None:
        yield "source.ref", payload.source.ref


def _full(name: str, held: Mapping[str, str]) -> str | None:
    """The whole name of a field that is named in short: `reason` is `reason.text`, `verbatim` is `body.verbatim`."""
    return next((one for one in (name, f"{name}.text", f"{name}.ref", f"body.{name}") if one in held), None)


def _commitments(at: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and _COMMITMENT.match(value):
        yield at, value
    elif isinstance(value, Mapping):
        for name, inside in value.items():
            yield from _commitments(f"{at}.{name}", inside)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for place, inside in enumerate(value):
            yield from _commitments(f"{at}.{place}", inside)


def require_unlocked(drafts: Sequence[Draft], desk: Desk) -> None:
    """Refuse (P-LOCK) what states something about a time that a lock closes."""
    site = desk.book.stream(f"review/{desk.site}")
    for draft in drafts:
        if not locks.held(draft.stream, draft.event):
            continue
        standing = locks.standing([*desk.book.stream(draft.stream), *site])
        times = _times(draft, desk) if standing else ()
        for lock in standing:
            if any(locks.closes(lock, occurred) for occurred in times):
                raise Refused(
                    f"the record is locked (#{lock.position})",
                    rules=("P-LOCK",),
                    why=f"{' and '.join(signer.name for signer in lock.signers)} locked it for what happened then",
                    fix=f"two persons unlock it with a reason: doseledger unlock {lock.position}",
                )


def _times(draft: Draft, desk: Desk) -> tuple[Occurred, ...]:
    """When what a draft states, and everything that it amends, is said to have happened; none of a review's."""
    times = [draft.event.occurred if isinstance(draft.event, EntryCorrected) else draft.occurred]
    named = draft.corrects
    while named is not None:
        about = desk.book.find(named.id)
        if of_review(about.event):
            return ()
        times.append(about.event.occurred if isinstance(about.event, EntryCorrected) else about.payload.occurred)
        named = about.payload.corrects
    return tuple(times)
