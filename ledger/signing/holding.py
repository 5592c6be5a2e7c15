"""A key that stays open for a while: a process of the same user that signs for the agent client, until it is idle.

It speaks the agent's protocol at a socket that only its user can reach, holds one key in memory, writes nothing, and
ends when nobody has asked for anything for the stated time, or when it is told to.
"""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

from ledger.errors import Malformed
from ledger.signing.agent import FAILED, LIST, LISTED, SIGN, SIGNED, TYPE, asked, blob, reachable, receive
from ledger.signing.signer import Signer
from ledger.signing.sshwire import Fields, number, string

FORGET, DONE = 19, 6
"""The agent's messages: forget all keys (it ends here), and yes."""
_PATIENCE = 5.0
"""Seconds until a client that sends half a message is left alone."""


def listen(path: Path) -> socket.socket:
    """Open the socket at a path that must not exist, for this user alone."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with reachable(path) as name:
            made.bind(name)
    except OSError:
        made.close()
        raise
    finally:
        os.umask(before)
    made.listen()
    return made


def serve(listener: socket.socket, signer: Signer, idle_s: float) -> None:
    """Answer until nobody has asked for `idle_s` seconds, or somebody says that the key be forgotten."""
    while True:
        listener.settimeout(idle_s)
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            return
        with connection:
            connection.settimeout(_PATIENCE)
            try:
                message = receive(connection) if _own(connection) else b""
                if not message:
                    continue
                connection.sendall(string(_answer(message, signer)))
            except (OSError, Malformed):
                continue
        if message[0] == FORGET:
            return


def forget(path: Path) -> None:
    """Tell the process at `path` to end; Unavailable where none answers."""
    asked(path, FORGET, b"")


def _own(connection: socket.socket) -> bool:
    """Tell whether the same user asks; the socket's mode says so too."""
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", peer)
    return bool(user == os.getuid())


def _answer(message: bytes, signer: Signer) -> bytes:
    kind, fields = message[0], Fields(message[1:])
    if kind == LIST:
        return bytes([LISTED]) + number(1) + string(blob(signer.public)) + string(b"doseledger session")
    if kind == SIGN and fields.string() == blob(signer.public):
        return bytes([SIGNED]) + string(string(TYPE) + string(signer.sign(fields.string())))
    return bytes([DONE if kind == FORGET else FAILED])
