"""The signatures that a revocation put in doubt: each entry that nobody stood by is worth a notice."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.course.people import Roster
from ledger.verify.report import Finding
from ledger.verify.seen import Seen


def doubts(roster: Roster, seen: Seen) -> Iterator[Finding]:
    """Give a notice for every disputed and every repudiated signature, in the order of the log."""
    found: dict[tuple[int, str], Finding] = {}
    for doubt in roster.disputes.doubts:
        for position in seen.counters_of(doubt.kid).values():
            named = seen.named(position) if doubt.since <= position < doubt.until else None
            if named is None:
                continue
            answer = roster.disputes.answer(named.id, doubt.person)
            if answer is None:
                why = f"{doubt.person} has not answered for it since the key was revoked at position {doubt.until}"
                finding = Finding("L2", "disputed", why, position, named.kind)
                found.setdefault((position, doubt.person), finding)
            elif not answer.reaffirmed:
                why = f"{doubt.person} repudiated this signature at position {answer.position}"
                found[position, doubt.person] = Finding("L2", "repudiated", why, position, named.kind)
    for place in sorted(found):
        yield found[place]
