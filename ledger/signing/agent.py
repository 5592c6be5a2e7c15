"""A client of ssh-agent: a key that somebody unlocked elsewhere signs here, and never leaves the agent.

Written from the agent protocol of OpenSSH (draft-ietf-sshm-ssh-agent). Ed25519 alone: the agent signs the bytes
themselves, so that the signature is an ordinary one.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ledger.errors import DoseLedgerError, Malformed, NotAllowed, Unavailable
from ledger.signing import keys
from ledger.signing.header import Method
from ledger.signing.keys import PublicKey
from ledger.signing.sshwire import Fields, number, string

TYPE = b"ssh-ed25519"
LIST, LISTED, SIGN, SIGNED, FAILED = 11, 12, 13, 14, 5
"""The numbers of the messages: which keys there are, sign this, and no."""
LONGEST = 256 * 1024
"""Bytes of a message, as OpenSSH's own agent limits them."""
_LONGEST_NAME = 100
"""Bytes of a socket's name; the system takes 107."""
_PATIENCE = 30.0
"""Seconds until an agent that says nothing is given up; a person may have to confirm each use."""


class Held(msgspec.Struct, frozen=True):
    """A key that an agent holds, with the words that stand beside it there."""

    public: PublicKey
    comment: str


class AgentSigner:
    """A key that an agent holds, at the socket `path`."""

    __slots__ = ("_path", "method", "public")

    def __init__(self, path: Path, public: PublicKey) -> None:
        self._path, self.public = path, public
        self.method: Method = "agent"

    def __repr__(self) -> str:
        return f"AgentSigner({self.public.kid})"

    def sign(self, data: bytes) -> bytes:
        """The agent's signature over `data`; NotAllowed when it refuses, IntegrityFailure when it does not hold."""
        answer = asked(self._path, SIGN, string(blob(self.public)) + string(data) + number(0))
        if answer[0] != SIGNED:
            raise NotAllowed(
                "the agent did not sign",
                why="it holds the key no longer, is locked, or somebody said no",
                fix="unlock the key in it: ssh-add FILE",
            )
        parts = Fields(Fields(answer[1:]).string())
        if parts.string() != TYPE:
            raise Malformed("The agent signed with another kind of key.")
        signature = parts.string()
        keys.check(self.public, data, signature)
        return signature


def held(path: Path) -> tuple[Held, ...]:
    """The Ed25519 keys that the agent at `path` holds; Unavailable where none answers."""
    answer = asked(path, LIST, b"")
    if answer[0] != LISTED:
        raise Malformed("The agent does not say which keys it holds.")
    fields, found = Fields(answer[1:]), []
    for _ in range(fields.number()):
        key, comment = Fields(fields.string()), fields.string()
        if key.string() == TYPE:
            found.append(Held(PublicKey("Ed25519", key.string()), comment.decode("utf-8", "replace")))
    return tuple(found)


def blob(public: PublicKey) -> bytes:
    """A public key as the messages carry it."""
    return string(TYPE) + string(public.raw)


def receive(connection: socket.socket) -> bytes:
    """The next whole message of a connection, b"" when the other side has gone; Malformed for one that is too long."""
    head = _exactly(connection, 4)
    if not head:
        return b""
    size = int.from_bytes(head, "big")
    if not 0 < size <= LONGEST:
        raise Malformed(f"A message of {size} bytes is none of an agent.")
    return _exactly(connection, size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = connection.recv(size - len(found))
        if not piece:
            return b""
        found += piece
    return found


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """A name of a socket that the system takes: the path itself, or a short one by way of its folder."""
    if len(os.fsencode(path)) <= _LONGEST_NAME:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def asked(path: Path, kind: int, body: bytes) -> bytes:
    """Send one message to whatever listens at `path` and give its answer; Unavailable where nothing answers."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection, reachable(path) as name:
            connection.settimeout(_PATIENCE)
            connection.connect(name)
            connection.sendall(string(bytes([kind]) + body))
            answer = receive(connection)
    except OSError as error:
        raise _gone(path, str(error)) from error
    if not answer:
        raise _gone(path, "it closed the connection")
    return answer


def _gone(path: Path, why: str) -> DoseLedgerError:
    return Unavailable(
        "no agent answers",
        why=f"{path}: {why}",
        fix="start one and add the key: ssh-agent, ssh-add; $SSH_AUTH_SOCK names its socket",
    )
