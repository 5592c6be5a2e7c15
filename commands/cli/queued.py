"""Requests for time stamps on their way: kept on this user's disk until their answer is in the ledger, or a newer one.

One private file for each, `STATE/anchors/<ledger>/<entries>-<nonce>.json`. Where one is lost nothing of the record is.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from commands.cli.place import state_dir, write_private
from ledger.errors import BadInput

if TYPE_CHECKING:  # its library loads when a time stamp is asked for
    from ledger.anchors.timestamp import Request

Digest = Literal["sha256", "sha512"]


class Waiting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request over the stored head of `size` entries; `url` is null where it goes by file. `nonce` is hexadecimal."""

    size: int
    url: str | None
    digest: Digest
    nonce: str
    request: str

    @property
    def number(self) -> int:
        """The nonce as a number."""
        return int(self.nonce, 16)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits, as it is listed; `url` is null where it goes by file."""

    size: int
    url: str | None
    nonce: str


def rows(ledger_id: str) -> tuple[Row, ...]:
    """List what waits, the oldest head first."""
    return tuple(Row(size=one.size, url=one.url, nonce=one.nonce) for one in waiting(ledger_id))


def folder(ledger_id: str) -> Path:
    """Give the folder of one ledger's requests."""
    return state_dir() / "anchors" / ledger_id[:32]


def keep(ledger_id: str, size: int, url: str | None, digest: Digest, request: Request) -> Waiting:
    """Keep a request before it is sent; on the disk before this returns. An older one to that address goes."""
    made = Waiting(
        size=size,
        url=url,
        digest=digest,
        nonce=f"{request.nonce:x}",
        request=base64.b64encode(request.der).decode(),
    )
    write_private(_path(ledger_id, made), msgspec.json.encode(made) + b"\n")
    for other in waiting(ledger_id):
        if url is not None and other.url == url and other.nonce != made.nonce and other.size <= size:
            _path(ledger_id, other).unlink(missing_ok=True)
    return made


def waiting(ledger_id: str) -> tuple[Waiting, ...]:
    """Give what waits, the oldest head first."""
    here = folder(ledger_id)
    if not here.is_dir():
        return ()
    found = (one for path in here.glob("*.json") if (one := _read(path)) is not None)
    return tuple(sorted(found, key=lambda one: (one.size, one.nonce)))


def done(ledger_id: str, one: Waiting) -> None:
    """Remove a request that was answered, and every older one to the same address: the newer head covers them."""
    for other in waiting(ledger_id):
        if other.nonce == one.nonce or (one.url is not None and other.url == one.url and other.size <= one.size):
            _path(ledger_id, other).unlink(missing_ok=True)


def _path(ledger_id: str, one: Waiting) -> Path:
    return folder(ledger_id) / f"{one.size}-{one.nonce}.json"


def _read(path: Path) -> Waiting | None:
    """Read a request; None where another run of this user has just had it answered."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Waiting)
        int(found.nonce, 16)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadInput(
            "a request for a time stamp is damaged", why=f"{path}: {error}", fix="move it away, and ask again"
        ) from error
    return found
