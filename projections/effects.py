"""What became of each entry of one stream: whether it stands, and what corrected, voided or completed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from ledger.course.history import History
from ledger.events.entry import Entry
from ledger.events.record import EntryCountersigned, EntryVoided
from projections.printed import Needed, Signature, View, needed, signature

Effect = Literal[
    "stands", "incomplete", "corrected", "superseded", "void", "pending", "lapsed", "signature", "correction", "note"
]
"""`corrected`: stands as a later entry restates it; `superseded`: a correction that a later one replaced;
`pending`: without effect until it is signed; `lapsed`: never signed in time; `signature` and `correction`: an entry
about another; `note`: about no patient."""


class Amendment(View, frozen=True, kw_only=True):
    """A later entry about this one: what it does, why, and who signed it; `state` says whether it is in force."""

    entry: int
    id: str
    does: Literal["corrects", "voids", "signs"]
    state: Literal["in force", "pending", "lapsed", "void", "superseded"]
    why: str | None
    reason: str | None
    needs: tuple[Needed, ...]
    signatures: tuple[Signature, ...]


def effects(entries: Iterable[Entry], history: History, at: datetime) -> Mapping[str, Effect]:
    """Give the effect at `at` of every entry of a patient's stream, by its id."""
    found: dict[str, Effect] = {}
    for entry in entries:
        found[entry.id] = "signature" if isinstance(entry.event, EntryCountersigned) else "correction"
    for fact in history.facts:
        found[fact.id] = "corrected" if fact.amended_by is not None else "incomplete" if fact.missing else "stands"
    for old, _ in history.superseded:
        if found[old.id] == "correction":
            found[old.id] = "superseded"
    for waiting in history.awaiting:
        found[waiting.entry.id] = "lapsed" if waiting.lapsed(at) else "pending"
    for struck, _ in history.struck:
        found[struck.id] = "void"
    return found


def amendments(target: Entry, entries: Sequence[Entry], history: History, at: datetime) -> tuple[Amendment, ...]:
    """List what later entries say about one entry, in log order; a correction of its correction is among them."""
    known = effects(entries, history, at)
    waiting = {item.entry.id: item.missing for item in history.awaiting}
    chain, found = {target.id}, list[Amendment]()
    for entry in entries:
        event, corrects = entry.event, entry.payload.corrects
        signs = isinstance(event, EntryCountersigned) and event.target in chain
        amends = corrects is not None and corrects.id in chain
        if not signs and not amends:
            continue
        if amends:
            chain.add(entry.id)
        state = known.get(entry.id, "note")
        found.append(
            Amendment(
                entry=entry.position,
                id=entry.id,
                does="signs" if signs else "voids" if isinstance(event, EntryVoided) else "corrects",
                state=state if state in ("pending", "lapsed", "void", "superseded") else "in force",
                why=event.why if isinstance(event, EntryVoided) else None,
                reason=entry.payload.reason.code if entry.payload.reason is not None else None,
                needs=tuple(needed(need) for need in waiting.get(entry.id, ())),
                signatures=tuple(signature(signer) for signer in entry.signers),
            )
        )
    return tuple(found)
