"""The keys that somebody keeps open: where their processes listen, and whether one was used since it was opened."""

from __future__ import annotations

from pathlib import Path

from commands.cli.place import state_dir
from ledger.errors import Unavailable
from ledger.signing import agent, holding
from ledger.signing.agent import AgentSigner


def socket_of(ledger_id: str, person: str) -> Path:
    """Give the socket of a person's open key for a ledger; its folder is readable by this user alone."""
    return state_dir() / "sessions" / ledger_id[:32] / f"{person}.socket"


def open_key_of(ledger_id: str, person: str, kid: str) -> AgentSigner | None:
    """Find the person's open key of this id; a socket at which nobody answers is removed."""
    path = socket_of(ledger_id, person)
    if not path.exists():
        return None
    try:
        found = agent.held(path)
    except Unavailable:
        path.unlink(missing_ok=True)
        return None
    return next((AgentSigner(path, one.public) for one in found if one.public.kid == kid), None)


def fresh(ledger_id: str, person: str) -> bool:
    """Tell whether the open key has signed nothing since it was opened."""
    return not _used(ledger_id, person).exists()


def mark_used(ledger_id: str, person: str) -> None:
    """Remember that the open key has signed."""
    if socket_of(ledger_id, person).exists():
        _used(ledger_id, person).touch(mode=0o600)


def close(ledger_id: str, person: str) -> bool:
    """End the process that holds the person's key; tell whether there was one."""
    path = socket_of(ledger_id, person)
    _used(ledger_id, person).unlink(missing_ok=True)
    if not path.exists():
        return False
    try:
        holding.forget(path)
    except Unavailable:
        return False
    finally:
        path.unlink(missing_ok=True)
    return True


def _used(ledger_id: str, person: str) -> Path:
    return socket_of(ledger_id, person).with_suffix(".used")
