"""What of the record a signer must see beside the entry: what a sign-off covers, what a review found, what goes."""

from __future__ import annotations

from collections.abc import Iterator

from commands.closing import texts_of
from commands.draft import Draft
from ledger.book import Ledger
from ledger.events.event import of_review
from ledger.events.record import EntryCorrected, EntryVoided
from ledger.events.review import AuditReviewed, EntriesSigned, RecordLocked, SiteLocked, TextRedacted
from projections.words import summary

MOST = 40
"""Lines of one list; of longer ones the last are shown, and how many went before."""


def lines(draft: Draft, ledger: Ledger) -> list[str]:
    """Describe what an entry rests on, as lines behind it."""
    match draft.event:
        case EntriesSigned() as event:
            return _listed("covers", _signed(event, draft.stream, ledger))
        case AuditReviewed() as event:
            return _listed("the trail says", _asked(event, ledger))
        case TextRedacted() as event:
            return _listed("deletes", _deleted(event, draft, ledger))
        case RecordLocked() | SiteLocked():
            return _listed("open when it is locked", _open(draft, ledger))
        case EntryCorrected() | EntryVoided():
            return _relied(draft, ledger)
        case _:
            return []


def _listed(title: str, found: Iterator[str]) -> list[str]:
    every = list(found)
    more = [f"      ... {len(every) - MOST} before these"] if len(every) > MOST else []
    return [
        f"    {title}: {'nothing' if not every else ''}".rstrip(),
        *more,
        *(f"      {one}" for one in every[-MOST:]),
    ]


def _signed(event: EntriesSigned, stream: str, ledger: Ledger) -> Iterator[str]:
    for entry in ledger.stream(stream, up_to=event.until):
        if entry.position >= event.since and not of_review(entry.event):
            head = f"#{entry.position} {entry.payload.occurred.at} {entry.kind} by {entry.author.name}"
            yield f"{head}: {summary(entry.event)}"


def _asked(event: AuditReviewed, ledger: Ledger) -> Iterator[str]:
    """Ask the questions of everything known at the end of the range, and keep the rows inside the range."""
    from projections.find.found import Ask
    from projections.find.queries import QUERIES

    patients = {name.partition("/")[2] for name in event.streams}
    ask = Ask(now=ledger.log_time(ledger.size - 1), known_at=event.until)
    for name in event.questions:
        rows = QUERIES[name].answer(ledger, ask).rows
        own = [row for row in rows if event.since <= row.position < event.until]
        own = [row for row in own if not patients or row.patient in patients]
        yield f"{name}: {len(own)} found"
        for row in own:
            yield f"  #{row.position} {row.occurred} {row.name}: {row.why}"


def _deleted(event: TextRedacted, draft: Draft, ledger: Ledger) -> Iterator[str]:
    for ref in draft.causes:
        for name, commitment in texts_of(ledger.find(ref.id)):
            if commitment in event.commitments:
                words = ledger.text(commitment)
                said = repr(words.decode(errors="replace")) if words is not None else "(not here)"
                yield f"{name} of #{ref.position}: {said}"


def _open(draft: Draft, ledger: Ledger) -> Iterator[str]:
    """Say what a locked record would keep open (ICH E6(R3) 4.2.6): queries, signatures, what was never signed off."""
    from projections.queue import queue
    from projections.review.asked import queries
    from projections.review.signoff import status

    now = ledger.log_time(ledger.size - 1)
    number = draft.stream.partition("/")[2] if draft.stream.startswith("patient/") else None
    asked = queries(ledger, now=now, patient=number, only_open=True).rows
    yield from (f"query #{row.entry} on {row.stream}, {row.state}" for row in asked)
    for lacking in queue(ledger, now=now).signatures:
        if lacking.stream == draft.stream or (number is None and lacking.stream.startswith("patient/")):
            yield f"#{lacking.entry} {lacking.kind} lacks {lacking.meaning} by {lacking.role}"
    for row in status(ledger, now=now, patient=number).rows:
        if row.state != "signed off":
            yield f"{row.patient} is {row.state}: {row.entries - row.covered} entries are not signed off"


def _relied(draft: Draft, ledger: Ledger) -> list[str]:
    from projections.relied import relied

    if draft.corrects is None:
        return []
    about = ledger.find(draft.corrects.id)
    while isinstance(about.event, EntryCorrected) and about.payload.corrects is not None:
        about = ledger.find(about.payload.corrects.id)
    found = relied(ledger, about)
    if not found:
        return []
    named = "1 later act" if len(found) == 1 else f"{len(found)} later acts"
    return [
        f"    {named} relied on this:",
        *(f"      #{row.entry} {row.kind} of {row.occurred} by {row.name}: {row.what}" for row in found[:MOST]),
    ]
