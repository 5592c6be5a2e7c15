"""From drafts to signed bytes: the payload, a protected header for each signer, and the seal."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from commands.draft import Circumstances, Desk, Draft, Pad, dictionary_ref, protocol_ref
from commands.opening import bare_desk
from commands.post import RULES_VERSION, Post
from commands.signatures import Signing
from ledger import codec, wire
from ledger.book import Ledger
from ledger.events.base import Clock, CommandRef, DictionaryRef, Need, Payload, Wire, Writer
from ledger.events.body import close_body, graded
from ledger.events.record import EntryRecovered
from ledger.events.registry import NAMES
from ledger.signing.header import Auth, Header, ShownMeaning, SignedSet, SignerCard
from ledger.signing.jws import PAYLOAD_LIMIT, RECOVERED_LIMIT
from ledger.signing.meanings import text as statement
from ledger.signing.seal import seal
from ledger.signing.signer import Signer
from ledger.values import wire_decimal, wire_signed_at, wire_utc


@dataclass(frozen=True)
class Hand:
    """A person at the desk with an unlocked key; `first`: this is the first act since it was unlocked."""

    person: str
    signer: Signer
    first: bool = True


@dataclass(frozen=True)
class Sealer:
    """Makes entries at one desk, in one writer's turn; counts the signatures of each key as it goes."""

    desk: Desk
    ledger: Ledger
    post: Post

    def command(
        self, drafts: Sequence[Draft], signed_by: Sequence[Sequence[Signing]], hands: Sequence[Hand], command: str
    ) -> list[bytes]:
        """Sign the drafts of one command: those of one subject as a set in one act, others each in its own act."""
        of, subjects = len(drafts), {draft.stream for draft in drafts}
        as_set = of > 1 and len(subjects) == 1
        payloads = [
            codec.write_payload(self._payload(draft, signed[0].needs, CommandRef(id=command, index=i, of=of)))
            for i, (draft, signed) in enumerate(zip(drafts, signed_by, strict=True))
        ]
        digest = hashlib.sha256(b"".join(hashlib.sha256(p).digest() for p in payloads)).hexdigest()
        by_person = {hand.person: hand for hand in hands}
        acts = {hand.person: self.desk.pad.new_id() for hand in hands}
        counters = {hand.person: self.ledger.next_n(hand.signer.public.kid) for hand in hands}
        sealed = []
        for i, (payload, signed) in enumerate(zip(payloads, signed_by, strict=True)):
            together = SignedSet(digest=digest, i=i, of=of) if as_set else None
            if i and not as_set:
                acts = {hand.person: self.desk.pad.new_id() for hand in hands}
            parts = []
            for signing in signed:
                hand = by_person[signing.person]
                card = SignerCard(
                    id=signing.person, name=signing.name, role=signing.role, organisation=signing.organisation
                )
                first = hand.first and i == 0
                auth = Auth(method=hand.signer.method, act=acts[signing.person], first=first, set=together)
                n = counters[signing.person]
                counters[signing.person] = n + 1
                parts.append((self._header(card, hand.signer, signing.meaning, auth=auth, n=n), hand.signer))
            sealed.append(seal(payload, parts, limit=_limit(drafts[i])))
        return sealed

    def system(self, draft: Draft) -> bytes:
        """Sign an entry of the device itself."""
        post = self.post
        card = SignerCard(
            id=post.device, name=f"Device {post.device}", role="system", organisation=f"Site {self.desk.site}"
        )
        return self.alone(draft, card, post.device_signer, "system")

    def alone(self, draft: Draft, card: SignerCard, signer: Signer, meaning: wire.Meaning) -> bytes:
        """Sign one entry with one key, which no person at the desk holds."""
        new_id = self.desk.pad.new_id
        needs = (Need(meaning=meaning, role=card.role),)
        payload = codec.write_payload(self._payload(draft, needs, CommandRef(id=new_id(), index=0, of=1)))
        auth = Auth(method=signer.method, act=new_id(), first=meaning != "system", set=None)
        header = self._header(card, signer, meaning, auth=auth, n=self.ledger.next_n(signer.public.kid))
        return seal(payload, [(header, signer)])

    def _header(self, card: SignerCard, signer: Signer, meaning: wire.Meaning, *, auth: Auth, n: int) -> Header:
        return Header(
            alg=signer.public.alg,
            kid=signer.public.kid,
            typ="doseledger-entry/1",
            signer=card,
            at=wire_signed_at(self.desk.now),
            meaning=ShownMeaning(code=meaning, lang="en", version=1, text=statement(meaning)),
            n=n,
            auth=auth,
        )

    def _dictionary(self, draft: Draft) -> DictionaryRef | None:
        found = self.desk.graded_by(draft.occurred) if graded(draft.event) else None
        return dictionary_ref(found) if found is not None else None

    def _payload(self, draft: Draft, needs: tuple[Need, ...], command: CommandRef) -> Payload:
        desk, post = self.desk, self.post
        return Payload(
            format=1,
            ledger=self.ledger.id,
            site=desk.site,
            stream=draft.stream,
            id=draft.id,
            command=command,
            kind=NAMES[type(draft.event)],
            occurred=draft.occurred,
            recorded_at=wire_utc(desk.now),
            clock=_clock(post),
            protocol=protocol_ref(desk.base) if desk.base is not None else None,
            dictionary=self._dictionary(draft),
            after=self.ledger.head(),
            needs=needs,
            shown=draft.shown,
            performed_by=draft.performed_by,
            source=draft.source,
            reason=draft.reason,
            causes=draft.causes,
            corrects=draft.corrects,
            writer=Writer(software=post.software, build=post.build, rules=RULES_VERSION, device=post.device),
            body=close_body(draft.event),
        )


def _limit(draft: Draft) -> int:
    """How long a payload may be: one that carries another entry is longer."""
    return RECOVERED_LIMIT if isinstance(draft.event, EntryRecovered) else PAYLOAD_LIMIT


def _clock(post: Post) -> Clock:
    offset = None if post.offset_ms is None else wire_decimal(post.offset_ms)
    return Clock(source="scripted" if post.clock_source == "scripted" else "system", offset_ms=offset)


def system_entry(ledger: Ledger, post: Post, stream: str, event: Wire, pad: Pad) -> bytes:
    """Make an entry of the device, at the head of the log; call it inside the turn that appends it."""
    desk = bare_desk(ledger, post, pad, Circumstances(basis="device"))
    return Sealer(desk, ledger, post).system(desk.draft(stream, event))
