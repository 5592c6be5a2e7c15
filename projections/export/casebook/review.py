"""What reviewers said: queries and answers, sign-offs, verification against the source, locks, reviews of the trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledger.events.entry import Entry
from projections.export.casebook import records
from projections.export.casebook.parts import Row, Section, Table, cell, entry, says
from projections.export.casebook.source import Source
from projections.printed import second
from projections.words import summary

NOUNS = ("query.", "entries.", "entry.reviewed", "record.", "site.", "audit.", "text.")
"""How the kinds begin that speak of review and closing."""
_OF_ALL = ("Entry", "Recorded", "What", "Stated", "State", "Signed")


def section(source: Source, changed: Mapping[int, int]) -> Section:
    """Show the reviews of this patient, and those of the whole site; `changed` are those that are stale."""
    own = records.table(source, "Of this patient", lambda noun: noun.startswith(NOUNS), "None.")
    stale = {one: entry(changed[one]) for one in changed}
    rows = tuple(
        Row(
            (one.position,),
            (
                cell(entry(one.position)),
                cell(second(one.recorded_at, source.opened.window.zone)),
                cell(one.kind.partition("/")[0].replace(".", " ")),
                cell(summary(one.event)),
                cell(f"STALE: changed in {stale[one.position]}" if one.position in stale else None, "tag"),
                tuple(
                    says(f"{signer.name}, {signer.role}: {signer.meaning} {signer.at}", line=True)
                    for signer in one.signers
                ),
            ),
        )
        for one in _of_all(source)
    )
    return Section(
        "review",
        "Queries, reviews, sign-offs and locks",
        "A sign-off is over the entries that stood when it was made; a later change of one makes it STALE.",
        (own, Table("Of the site", _OF_ALL, rows, "None.")),
    )


def _of_all(source: Source) -> Iterator[Entry]:
    """Give the reviews and locks of the site that cover this patient."""
    stream = f"patient/{source.opened.number}"
    for name in source.ledger.streams("review/"):
        for one in source.ledger.stream(name, up_to=source.opened.window.size):
            named = getattr(one.event, "streams", ())
            if not named or stream in named:
                yield one
