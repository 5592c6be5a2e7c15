"""Signatures as a casebook prints them, each checked again with the key enrolled for its signer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ledger import codec
from ledger.admission.signatures import check_made, public_of
from ledger.book import Ledger
from ledger.course.people import Roster
from ledger.errors import DoseLedgerError
from projections.export.casebook.parts import Manifest, Status
from projections.printed import signature

STATUSES = (
    ("VALID", "the signature is that of the key enrolled for this person, and nothing is known against it"),
    ("STALE", "a sign-off or a verification against the source: what it covers was changed, and not signed off since"),
    ("DISPUTED", "made in a time for which its key was revoked as stolen; its owner has not said whether it is his"),
    ("REPUDIATED", "its owner says that it is not his"),
    ("REVOKED-AFTER", "valid when it was made; the key was revoked later, for another time"),
    ("INVALID", "the signature is not that of the key enrolled for this person: run doseledger verify"),
)
"""What each status means, the way it is printed."""
_HARMLESS = ("rotated", "left", "removed")
"""Ends of a key that say nothing against what it signed before."""


def manifests(
    ledger: Ledger, roster: Roster, positions: Iterable[int], changed: Mapping[int, int]
) -> Iterator[Manifest]:
    """Give every signature of these entries in log order; `changed` are the stale ones."""
    for position in sorted(set(positions)):
        opened = codec.open_whole(ledger.raw(position), log=ledger.id, position=position)
        for index, signer in enumerate(opened.entry.signers):
            status, why = _standing(opened, index, roster, changed)
            printed = signature(signer)
            yield Manifest(
                position=position,
                kind=opened.entry.kind,
                name=printed.name,
                person=printed.person,
                role=printed.role,
                organisation=printed.organisation,
                meaning=printed.meaning,
                statement=printed.statement,
                at=printed.at,
                at_utc=printed.at_utc,
                key=printed.key,
                status=status,
                why=why,
            )


def _standing(opened: codec.Opened, index: int, roster: Roster, changed: Mapping[int, int]) -> tuple[Status, str]:
    """Say whether a signature stands, and what speaks against it; what was never shown is not called valid."""
    entry, signer = opened.entry, opened.entry.signers[index]
    if not _made(opened, index, roster):
        return "INVALID", "not by the key enrolled for this person"
    if roster.disputes.over(entry, signer.person) is not None:
        answer = roster.disputes.answer(entry.id, signer.person)
        if answer is None:
            return "DISPUTED", "its key was revoked; nobody has answered"
        if not answer.reaffirmed:
            return "REPUDIATED", f"by its owner in #{answer.position}"
        return "VALID", f"reaffirmed in #{answer.position}"
    if entry.position in changed:
        return "STALE", f"changed in #{changed[entry.position]}"
    key = roster.key(signer.kid)
    if key is not None and key.ended is not None and key.why not in _HARMLESS:
        return "REVOKED-AFTER", f"in #{key.ended}: {key.why}"
    return "VALID", ""


def _made(opened: codec.Opened, index: int, roster: Roster) -> bool:
    """Tell whether the key that was enrolled for the signer, and had not ended, made the signature."""
    signer = opened.entry.signers[index]
    key = roster.key(signer.kid)
    if key is None or key.person != signer.person:
        return False
    if opened.entry.position < key.since or (key.ended is not None and key.ended < opened.entry.position):
        return False
    try:
        check_made(opened, index, public_of(key.jwk))
    except DoseLedgerError:
        return False
    return True
