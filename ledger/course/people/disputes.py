"""Which signatures are in doubt after a key was revoked, and what their owners said of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from ledger.events.entry import Entry, Signer

Doubt = Literal["disputed", "repudiated"]
"""`disputed`: nobody has answered yet; `repudiated`: the owner of the key says that he did not sign."""


class Dispute(Struct, frozen=True):
    """What a key signed at the positions from `since` to before `until`, the revocation, is in doubt."""

    kid: str
    person: str
    since: int
    until: int


class Answer(Struct, frozen=True):
    """What a person said of his own signature of one entry, effective from `position` on.

    `said` is the entry that says so, which stands at `said_at`, signed with the key `kid`.
    """

    entry: str
    person: str
    reaffirmed: bool
    position: int
    said: str
    said_at: int
    kid: str


class Disputes(Struct, frozen=True):
    """All doubts and answers. An answer that is itself in doubt does not hold, until its signer stands by it too."""

    doubts: tuple[Dispute, ...] = ()
    answers: tuple[Answer, ...] = ()

    def doubt_of(self, entry: Entry) -> Doubt | None:
        """The doubt about an entry: the worst of its signatures; None where all of them stand."""
        found: list[Doubt] = []
        for _, signer in self._about(entry):
            answer = self.answer(entry.id, signer.person)
            if answer is None:
                found.append("disputed")
            elif not answer.reaffirmed:
                found.append("repudiated")
        return "repudiated" if "repudiated" in found else next(iter(found), None)

    def doubted(self, entries: Iterable[Entry]) -> frozenset[str]:
        """The ids of the entries in doubt."""
        if not self.doubts:
            return frozenset()
        return frozenset(entry.id for entry in entries if self.doubt_of(entry) is not None)

    def over(self, entry: Entry, person: str) -> Dispute | None:
        """The newest doubt about this person's signature of an entry, answered or not."""
        found = (dispute for dispute, signer in self._about(entry) if signer.person == person)
        return max(found, key=lambda dispute: dispute.until, default=None)

    def answer(self, entry_id: str, person: str) -> Answer | None:
        """What the person said of his signature of an entry: the newest answer that holds."""
        named = (one for one in reversed(self.answers) if (one.entry, one.person) == (entry_id, person))
        return next((one for one in named if self._holds(one)), None)

    def newest_answer(self, person: str, before: int | None = None) -> int | None:
        """Where the person's newest answer took effect, or the newest before position `before`."""
        own = (one.position for one in self.answers if one.person == person and self._holds(one))
        return max((one for one in own if before is None or one < before), default=None)

    def _holds(self, answer: Answer) -> bool:
        if not any(one.kid == answer.kid and one.since <= answer.said_at < one.until for one in self.doubts):
            return True
        later = self.answer(answer.said, answer.person)
        return later is not None and later.reaffirmed

    def _about(self, entry: Entry) -> Iterable[tuple[Dispute, Signer]]:
        for dispute in self.doubts:
            if dispute.since <= entry.position < dispute.until:
                for signer in entry.signers:
                    if signer.kid == dispute.kid:
                        yield dispute, signer
