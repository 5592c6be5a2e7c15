"""The one act of the recovery key: it brings a registrar where too few are left to bring one themselves."""

from __future__ import annotations

from datetime import UTC

from commands.draft import Circumstances, Pad
from commands.keys import opened, registrar
from commands.opening import bare_desk
from commands.post import Ids, Post
from commands.sealing import Sealer
from ledger.admission.signatures import wire_jwk
from ledger.book import Ledger, Receipt
from ledger.errors import NotAllowed
from ledger.events.keys import RegistrarRecovered
from ledger.signing.header import SignerCard
from ledger.signing.signer import Signer


def require_recovery_key(ledger: Ledger, key: Signer) -> None:
    """Refuse (NotAllowed) a key that is not the one the first entry committed to."""
    genesis = ledger.roster().genesis
    committed = genesis.recovery_key if genesis is not None else None
    if key.public.kid != committed:
        raise NotAllowed(
            "this is not the recovery key of the ledger",
            why="the first entry commits to another" if committed is not None else "the first entry commits to none",
            fix="use the file that was made with the ledger and kept apart",
        )


def recover(ledger: Ledger, post: Post, request: str, key: Signer) -> Receipt:
    """Append the registrar of a key request, signed by the recovery key under the new registrar's own card.

    BadInput for a request that its key has not signed, NotAllowed for another recovery key or a registrar who
    cannot be one.
    """
    require_recovery_key(ledger, key)
    asked = opened(request)
    with ledger.turn():
        now = post.clock().astimezone(UTC)
        pad = Pad(post.random, Ids(now, post.random))
        desk = bare_desk(ledger, post, pad, Circumstances())
        event = RegistrarRecovered(
            recovery_key=wire_jwk(key.public), registrar=registrar(asked), request=request.strip()
        )
        card = SignerCard(id=asked.person, name=asked.name, role="registrar", organisation=asked.organisation)
        raw = Sealer(desk, ledger, post).alone(desk.draft("people", event), card, key, "responsibility")
        return ledger.append([raw], now=now)[0]
