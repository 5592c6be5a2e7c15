"""What was decided later on what an entry says: the acts that a correction or void of it calls into question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.book import Ledger
from ledger.events.entry import Entry
from ledger.events.event import of_review
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.registry import KINDS
from projections.printed import View
from projections.words import summary


class Relied(View, frozen=True, kw_only=True):
    """A later act: it `named` the entry, or its kind rests on entries of this kind and it was decided after it."""

    entry: int
    kind: str
    occurred: str
    name: str
    what: str
    named: bool


def relied(ledger: Ledger, entry: Entry, *, size: int | None = None) -> tuple[Relied, ...]:
    """List the acts among the first `size` entries that relied on an entry, or on its corrections, oldest first."""
    stream = ledger.stream(entry.stream, up_to=size)
    names = {entry.id} | {one.id for one in _about(entry, stream)}
    marks = {f"@{one.position}" for one in stream if one.id in names}
    return tuple(
        Relied(
            entry=one.position,
            kind=one.kind,
            occurred=one.payload.occurred.at,
            name=one.author.name,
            what=summary(one.event),
            named=named,
        )
        for one, named in _later(ledger, entry, stream, names, marks, size)
    )


def _later(  # noqa: PLR0917 - what is looked through
    ledger: Ledger, entry: Entry, stream: Sequence[Entry], names: set[str], marks: set[str], size: int | None
) -> Iterator[tuple[Entry, bool]]:
    cohort = [one for name in ledger.streams("cohort/") for one in ledger.stream(name, up_to=size)]
    for one in sorted([*stream, *cohort], key=lambda found: found.position):
        skipped = of_review(one.event) or isinstance(one.event, EntryCorrected | EntryVoided | EntryCountersigned)
        if one.position <= entry.position or skipped:
            continue
        refers = any(ref.id in names for ref in one.payload.causes)
        shown = any(name[name.find("@") :] in marks for name in one.payload.shown)
        rests = one.payload.after.size > entry.position and any(
            entry.kind in kinds and (entry.stream == one.stream if family == "any" else entry.stream.startswith(family))
            for family, kinds in KINDS[one.kind].conflicts
        )
        if refers or shown or rests:
            yield one, refers or shown


def _about(entry: Entry, stream: Sequence[Entry]) -> Iterator[Entry]:
    """The corrections of an entry, and those of them."""
    names = {entry.id}
    for one in stream:
        corrects = one.payload.corrects
        if isinstance(one.event, EntryCorrected) and corrects is not None and corrects.id in names:
            names.add(one.id)
            yield one
