"""Lost entries that come back: somebody who did not sign them attests that this is what was recorded then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

from commands.draft import Desk, Draft
from ledger import codec
from ledger.admission.recovered import recoverable
from ledger.errors import BadInput
from ledger.events.entry import Entry
from ledger.events.record import EntryRecovered
from ledger.events.review import TextRedacted

MOST = 8
"""Entries of one stream that one signing act may bring back."""


@dataclass(frozen=True)
class Lost:
    """An entry that is not in the ledger: its bytes, what they say, and the texts that go with it."""

    raw: bytes
    entry: Entry
    texts: Mapping[str, tuple[bytes, bytes]]

    @property
    def comes_back(self) -> bool:
        """Whether it may come back as it is; else it is signed anew."""
        return recoverable(self.entry)

    @property
    def lacking(self) -> tuple[str, ...]:
        """The texts that it is committed to and that are not here: without them it cannot be stored."""
        event = self.entry.event
        deleted = frozenset(event.commitments if isinstance(event, TextRedacted) else ())
        payload = codec.write_payload(self.entry.payload)
        return tuple(sorted(codec.commitments(payload) - self.texts.keys() - deleted))


def lost(raw: bytes, texts: Mapping[str, tuple[bytes, bytes]]) -> Lost:
    """Open the bytes of an entry, with those of the texts that are its own; Malformed where they are none."""
    entry = codec.open_entry(raw, log="main", position=1)
    if isinstance(entry.event, EntryRecovered):  # it was lost before, and came back where it was lost again
        return lost(entry.event.entry.encode(), texts)
    own = codec.commitments(codec.write_payload(entry.payload))
    held = {name: pair for name, pair in texts.items() if name in own}
    return Lost(raw, entry, {name: pair for name, pair in held.items() if _is(name, pair)})


def _is(name: str, pair: tuple[bytes, bytes]) -> bool:
    return f"sha256:{sha256(pair[0] + pair[1]).hexdigest()}" == name


@dataclass(frozen=True, kw_only=True)
class RecoverEntries:
    """Attest lost entries of one stream, 1 to 8 of them, in the order in which they were written."""

    verb: ClassVar[str] = "entry recover"
    kind: ClassVar[str] = "entry.recovered/1"
    entries: tuple[Lost, ...]

    def about(self) -> tuple[str, ...]:
        """Name the stream that the entries were on."""
        return tuple(sorted({one.entry.stream for one in self.entries}))

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse (BadInput) what is signed anew instead, and what lacks a text; the rest is judged by admission."""
        drafts = []
        for one in self.entries:
            if not one.comes_back:
                raise BadInput(f"{one.entry.kind} does not come back as it was", fix="it is signed anew")
            if one.lacking:
                raise BadInput(
                    f"the words of {one.entry.kind} {one.entry.id} are not there",
                    why="its bytes name a text, and a text is stored with its entry or not at all",
                    fix="take it from a copy that has its texts",
                )
            desk.pad.texts.update(one.texts)
            drafts.append(_draft(one, desk))
        return tuple(drafts)


def _draft(one: Lost, desk: Desk) -> Draft:
    found = desk.draft(one.entry.stream, EntryRecovered(entry=one.raw.decode()), entry_id=one.entry.id)
    return Draft(
        id=found.id,
        stream=found.stream,
        event=found.event,
        occurred=one.entry.payload.occurred,
        source=found.source,
        reason=found.reason,
    )
