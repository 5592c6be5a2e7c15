"""From what lies in a key's place to a signer: a file behind a passphrase, an agent, a card behind its PIN."""

from __future__ import annotations

import os
from pathlib import Path

from ledger.errors import BadInput, Unavailable
from ledger.signing import agent, backend
from ledger.signing.backend import InAgent, OnCard
from ledger.signing.keyfile import open_key
from ledger.signing.keys import PublicKey, to_jwk
from ledger.signing.signer import Signer

BACKENDS = ("file", "agent", "pkcs11")


def secret_of(text: bytes) -> str:
    """What opens it, as it is asked for: a passphrase, a PIN, or "" where an agent holds the key open."""
    if not backend.is_reference(text):
        return "Passphrase"
    return "PIN of the card" if isinstance(backend.open_reference(text), OnCard) else ""


def signer_of(text: bytes, secret: bytes, *, fast: bool) -> Signer:
    """Open it once; raises WrongPassphrase for a wrong passphrase or PIN. `fast`: fewer rounds of bcrypt will do."""
    if not backend.is_reference(text):
        return open_key(text, secret, allow_fast=fast)
    named = backend.open_reference(text)
    public = backend.public_of(named)
    if isinstance(named, InAgent):
        return agent.AgentSigner(agent_socket(), public)
    from ledger.signing.pkcs11 import open_card

    card = open_card(named.module, named.token, named.label, secret)
    if card.public != public:
        raise Unavailable(
            "another card is in the reader, or its key was changed",
            why=f"its key is {card.public.kid[:8]}, the file names {public.kid[:8]}",
        )
    return card


def agent_socket() -> Path:
    """The socket of this user's ssh-agent; Unavailable where none runs."""
    said = os.environ.get("SSH_AUTH_SOCK", "")
    if not said:
        raise Unavailable("no agent is running here", why="$SSH_AUTH_SOCK is not set", fix="start one: ssh-agent")
    return Path(said)


def in_agent(words: str | None) -> tuple[bytes, PublicKey]:
    """Find the key in the agent whose comment or id has these words; the text of its file, and the key."""
    found = [key for key in agent.held(agent_socket()) if words is None or words in f"{key.comment} {key.public.kid}"]
    if len(found) != 1:
        known = ", ".join(f"{key.comment!r}" for key in found) or "none"
        raise BadInput(
            f"the agent holds {len(found)} Ed25519 keys that fit",
            why=known,
            fix="add one: ssh-add FILE; or name it: --agent-key WORDS of its comment",
        )
    public = found[0].public
    return backend.write_reference(InAgent(key=to_jwk(public))), public


def on_card(module: str | None, token: str | None, label: str | None) -> tuple[bytes, PublicKey]:
    """Find the key on the card; the text of its file, and the key."""
    from ledger.signing.pkcs11 import read_public

    if module is None or token is None or label is None:
        raise BadInput(
            "it is not said which key of which card",
            why="a card is found by the library of its maker and two labels",
            fix="--module PATH --token LABEL --label LABEL",
        )
    public = read_public(module, token, label)
    return backend.write_reference(OnCard(module=module, token=token, label=label, key=to_jwk(public))), public
