"""What reviewers said: sign-offs and what made them stale, queries with their answers, verification, locks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledger.course.review import reviews
from ledger.events.entry import Entry
from projections.export.casebook import records
from projections.export.casebook.parts import Row, Section, Table, cell, entry, lines, says
from projections.export.casebook.source import Source
from projections.printed import second
from projections.review.asked import locks, queries
from projections.review.signoff import status
from projections.words import summary

NOUNS = ("query.", "entries.", "entry.reviewed", "record.", "site.", "audit.", "text.")
"""How the kinds begin that speak of review and closing."""
_SIGN_OFFS = ("Entry", "Covers", "Entries", "State", "Made stale by", "Signed")
_QUERIES = ("Entry", "About", "Question", "Asked by", "Answer", "Answered by", "State", "Signed")
_LOCKS = ("Entry", "Of", "Closes", "State", "Signed")
_OF_ALL = ("Entry", "Recorded", "What", "Stated", "Signed")


def stale(source: Source) -> Mapping[int, int]:
    """Give the sign-offs and verifications that no longer stand, each with the first entry that made it so."""
    found = reviews(source.opened.entries, source.opened.history)
    signed = {one.entry.position: one.stale[0].position for one in found.sign_offs if not one.stands}
    compared = [(one.entry.position, one.fell_off.position) for one in found.compared if one.fell_off is not None]
    return {**signed, **dict(reversed(compared))}


def section(source: Source) -> Section:
    """Show the reviews of this patient, and those of the whole site that cover him."""
    return Section(
        "review",
        "Queries, reviews, sign-offs and locks",
        "A sign-off is over the entries that stood when it was made; a later change of one makes it STALE.",
        (
            Table("Sign-offs", _SIGN_OFFS, tuple(_sign_offs(source)), "Nothing was signed off."),
            Table("Locks", _LOCKS, tuple(_locks(source)), "Nothing is locked."),
            Table("Queries", _QUERIES, tuple(_queries(source)), "None."),
            records.table(source, "Every entry about review", lambda noun: noun.startswith(NOUNS), "None."),
            Table("Of the site, this patient among others", _OF_ALL, tuple(_of_all(source)), "None."),
        ),
    )


def _sign_offs(source: Source) -> Iterator[Row]:
    ask = source.ask
    for patient in status(source.ledger, patient=ask.patient, now=ask.now, known_at=ask.known_at).rows:
        for one in (one for one in patient.sign_offs if one.entry in source.shown):
            yield Row(
                source.whole((one.entry, *(by.entry for by in one.stale_by))),
                (
                    cell(entry(one.entry)),
                    cell(f"{entry(one.since)} to {entry(one.until - 1)}"),
                    cell(str(one.entries)),
                    cell(one.state, "" if one.state == "stands" else "bad"),
                    lines(says(f"{entry(by.entry)} {by.why}: {by.what}") for by in one.stale_by),
                    source.signed(source.whole((one.entry,))),
                ),
                struck=one.state == "void",
            )


def _queries(source: Source) -> Iterator[Row]:
    ask = source.ask
    found = queries(source.ledger, patient=ask.patient, now=ask.now, known_at=ask.known_at).rows
    for one in (one for one in found if one.entry in source.shown):
        about = f"{entry(one.target)} {one.field or ''}"
        yield Row(
            source.whole((one.entry, one.target)),
            (
                cell(entry(one.entry)),
                (says(about), says(one.target_kind, "soft", line=True)),
                cell(one.question or "not in this copy"),
                (says(f"{one.by}, {one.role}"), says(one.at, "soft", line=True)),
                cell(one.answer),
                lines([*cell(one.answered_by), *cell(one.answered_at, "soft")]),
                lines([*cell(one.state, "bad" if one.state == "open" else ""), *cell(one.outcome, "soft")]),
                source.signed((one.entry,)),
            ),
        )


def _locks(source: Source) -> Iterator[Row]:
    ask, until = source.ask, source.opened.window.until
    for one in locks(source.ledger, patient=ask.patient, now=ask.now, known_at=ask.known_at).rows:
        if until is not None and source.entry(one.entry).occurred_at > until:
            continue
        ended = f"ended in {entry(one.ended)}, {one.ended_at}: {one.reason} {one.reason_text or ''}"
        yield Row(
            tuple(place for place in (one.entry, one.ended) if place is not None),
            (
                cell(entry(one.entry)),
                cell(one.scope),
                cell(f"what happened up to {one.until}" if one.until is not None else "everything"),
                (says(one.state), *lines(cell(ended if one.ended is not None else None, "soft"))),
                source.signed(place for place in (one.entry, one.ended) if place is not None),
            ),
        )


def _of_all(source: Source) -> Iterator[Row]:
    """Give the reviews and locks of the site that cover this patient."""
    for one in _of_site(source):
        yield Row(
            (one.position,),
            (
                cell(entry(one.position)),
                cell(second(one.recorded_at, source.opened.window.zone)),
                cell(one.kind.partition("/")[0].replace(".", " ")),
                cell(summary(one.event)),
                source.signed((one.position,)),
            ),
        )


def _of_site(source: Source) -> Iterator[Entry]:
    stream, until = f"patient/{source.opened.number}", source.opened.window.until
    for name in source.ledger.streams("review/"):
        for one in source.ledger.stream(name, up_to=source.opened.window.size):
            named = getattr(one.event, "streams", ())
            if (not named or stream in named) and (until is None or one.occurred_at <= until):
                yield one
