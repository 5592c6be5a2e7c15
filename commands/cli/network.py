"""The way out to the network: one request to one address, with a limit on time and on what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from commands.cli.version import SOFTWARE
from ledger.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

SECONDS = 15.0
"""How long an answer may take to come when somebody waits for it."""
SOON = 4.0
"""How long it may take where it is asked beside another act."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status of HTTP, the type of the content, and the content."""

    status: int
    kind: str
    body: bytes


def host_of(url: str) -> str:
    """The name of the machine in an address; BadInput for what is no address of the web, or holds a password."""
    try:
        parts = urlsplit(url)
        name = parts.hostname or ""
        _ = parts.port
    except ValueError:
        parts, name = None, ""
    if "@" in (parts.netloc if parts is not None and parts.netloc else url):
        raise BadInput(
            "an address with a password in it is not used",
            why="it would be kept on this machine, and shown",
            fix="https://NAME/PATH; whoever asks for a password is asked by file",
        )
    if parts is None or parts.scheme not in {"http", "https"} or not name or not url.isascii():
        raise BadInput(f"{url!r} is no address", fix="https://NAME/PATH")
    return name


def post(url: str, body: bytes, *, kind: str, seconds: float = SECONDS, limit: int = 1 << 20) -> Answer:
    """Send bytes of a type to an address; an answer that says no is an answer too.

    Raises BadInput for what is no address, Unavailable where no whole answer comes in so many `seconds`, however
    slowly it is sent, or one of more than `limit` bytes.
    """
    name = host_of(url)
    came: list[Answer | Unavailable] = []

    def wait() -> None:
        try:
            came.append(_sent(url, name, body, kind, seconds, limit))
        except Unavailable as error:
            came.append(error)

    asking = Thread(target=wait, daemon=True)  # whoever sends a byte now and then would keep us for days
    asking.start()
    asking.join(seconds)
    found = came[0] if came else Unavailable(f"{name} does not answer", why=f"no whole answer in {seconds:g} s")
    if isinstance(found, Unavailable):
        raise found
    return found


def _sent(url: str, name: str, body: bytes, kind: str, seconds: float, limit: int) -> Answer:  # noqa: PLR0917
    import http.client
    import urllib.error
    import urllib.request

    headers: Mapping[str, str] = {"Content-Type": kind, "User-Agent": SOFTWARE}
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310 - looked at
    try:
        try:
            with _opener().open(request, timeout=seconds) as found:
                return _read(found.status, found.headers.get_content_type(), found.read(limit + 1), limit, name)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error.code, error.headers.get_content_type(), error.read(limit + 1), limit, name)
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise Unavailable(f"{name} does not answer", why=str(why), fix="is this machine online? try again") from error


def _opener() -> OpenerDirector:
    """What opens addresses of the web alone, and follows no answer that points elsewhere."""
    import urllib.request

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            """Follow nowhere: the authority is the one that was named."""

    return urllib.request.build_opener(Stay)


def _read(status: int, kind: str, body: bytes, limit: int, name: str) -> Answer:
    if len(body) > limit:
        raise Unavailable(f"the answer of {name} is too long", why=f"more than {limit} bytes")
    return Answer(status, kind, body)
