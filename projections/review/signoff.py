"""`signoff status` (COMPLIANCE.md T19): dates, gaps, what is stale and by which entries, and what is due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from ledger.book import Ledger
from ledger.course.history import effective
from ledger.course.review import SignOff, reviews, uncovered
from ledger.events.entry import Entry
from ledger.events.event import of_review
from ledger.events.record import EntryCorrected, EntryVoided
from projections.printed import Signature, View, second, signature
from projections.replay import Window, window
from projections.words import summary

State = Literal["signed off", "due", "stale", "never signed"]
"""`stale` before `due`: what was signed no longer stands as it was signed, and no later sign-off covers the change."""


class Span(View, frozen=True, kw_only=True):
    """Entries of a patient that no sign-off covers, from the first to the last of a run of them."""

    first: int
    last: int
    entries: int
    since: str


class Staleness(View, frozen=True, kw_only=True):
    """An entry that made a sign-off stale: a correction, a void, or one made later about an earlier moment."""

    entry: int
    kind: str
    why: Literal["corrected", "voided", "added late"]
    at: str
    name: str
    what: str


class SignedRange(View, frozen=True, kw_only=True):
    """One sign-off: the positions from `since` to before `until`, and whether it stands.

    `renewed`: stale, and every entry that made it so is covered by a later sign-off. `void`: taken back.
    """

    entry: int
    since: int
    until: int
    entries: int
    at: str
    signed: tuple[Signature, ...]
    state: Literal["stands", "stale", "renewed", "void"]
    stale_by: tuple[Staleness, ...]


class PatientSignOff(View, frozen=True, kw_only=True):
    """One patient: how many entries, how many of them are covered, the newest sign-off, what is due, the gaps."""

    patient: str
    state: State
    entries: int
    covered: int
    last: str | None
    last_by: str | None
    due: int
    due_since: str | None
    stale: tuple[int, ...]
    gaps: tuple[Span, ...]
    sign_offs: tuple[SignedRange, ...]


class SignOffStatus(View, frozen=True, kw_only=True):
    """The oversight of the principal investigator, patient by patient."""

    size: int
    known_at: str
    valid_at: str
    rows: tuple[PatientSignOff, ...]


def status(
    ledger: Ledger,
    *,
    now: datetime,
    patient: str | None = None,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
) -> SignOffStatus:
    """Give the sign-offs of all patients, or of one, as known then."""
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    names = [name for name in ledger.streams("patient/") if patient in {None, name.partition("/")[2]}]
    streams = [(name, ledger.stream(name, up_to=through.size)) for name in names]
    return SignOffStatus(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=second(through.at, through.zone),
        rows=tuple(_patient(name.partition("/")[2], entries, through) for name, entries in streams if entries),
    )


def _patient(number: str, entries: Sequence[Entry], through: Window) -> PatientSignOff:
    history = effective(entries)
    signed = reviews(entries, history).sign_offs
    stated = [entry for entry in entries if not of_review(entry.event)]
    left = uncovered(entries, signed)
    last = signed[-1] if signed else None
    ends = max((one.until for one in signed), default=0)
    stale = sorted({entry.position for one in signed if not one.stands for entry in one.stale})
    due = [entry for entry in left if entry.position >= ends]
    voided = [
        _range(SignOff(entry, *_said(entry), (), None), through, "void") for entry, _ in history.struck if _is(entry)
    ]
    ranges = [_range(one, through, _state(one)) for one in signed]
    return PatientSignOff(
        patient=number,
        state="never signed" if last is None else "stale" if stale else "due" if left else "signed off",
        entries=len(stated),
        covered=len(stated) - len(left),
        last=second(last.entry.recorded_at, through.zone) if last is not None else None,
        last_by=last.entry.author.name if last is not None else None,
        due=len(due),
        due_since=second(due[0].recorded_at, through.zone) if due else None,
        stale=tuple(stale),
        gaps=tuple(_spans(stated, [entry for entry in left if entry.position < ends], through)),
        sign_offs=tuple(sorted([*ranges, *voided], key=lambda one: one.entry)),
    )


def _is(entry: Entry) -> bool:
    return entry.kind == "entries.signed/1"


def _said(entry: Entry) -> tuple[int, int]:
    event = entry.event
    return getattr(event, "since", 0), getattr(event, "until", 0)


def _state(one: SignOff) -> Literal["stands", "stale", "renewed"]:
    return "stands" if not one.stale else "stale" if one.renewed is None else "renewed"


def _range(one: SignOff, through: Window, state: Literal["stands", "stale", "renewed", "void"]) -> SignedRange:
    return SignedRange(
        entry=one.entry.position,
        since=one.since,
        until=one.until,
        entries=getattr(one.entry.event, "entries", 0),
        at=second(one.entry.recorded_at, through.zone),
        signed=tuple(signature(signer) for signer in one.entry.signers),
        state=state,
        stale_by=tuple(_stale(entry, through) for entry in one.stale),
    )


def _stale(entry: Entry, through: Window) -> Staleness:
    event = entry.event
    why: Literal["corrected", "voided", "added late"] = "added late"
    if isinstance(event, EntryCorrected):
        why = "corrected"
    elif isinstance(event, EntryVoided):
        why = "voided"
    return Staleness(
        entry=entry.position,
        kind=entry.kind,
        why=why,
        at=second(entry.recorded_at, through.zone),
        name=entry.author.name,
        what=summary(event),
    )


def _spans(stated: Iterable[Entry], left: Sequence[Entry], through: Window) -> Iterable[Span]:
    """Join neighbours of the patient's own entries into runs."""
    wanted, run = {entry.position for entry in left}, list[Entry]()
    for entry in (*stated, None):
        if entry is not None and entry.position in wanted:
            run.append(entry)
        elif run:
            yield Span(
                first=run[0].position,
                last=run[-1].position,
                entries=len(run),
                since=second(run[0].recorded_at, through.zone),
            )
            run = []
