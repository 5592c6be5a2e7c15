"""The door of a witness: C2SP tlog-witness over HTTP, one call, with limits on time, size and company."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from commands.cli import clock, console
from commands.cli.witness.desk import Witness
from ledger.anchors.witnessing import MAX_REQUEST_BYTES
from ledger.errors import BadInput, Unavailable

PATH = "/add-checkpoint"
SECONDS = 10.0
"""Who sends nothing for so long is hung up on."""
LONGEST = 60.0
"""Seconds after which a connection ends, whatever is sent over it: nobody keeps a place by sending slowly."""
MOST_CALLERS = 64
"""Connections at one time; whoever comes beyond them is hung up on."""


class Door(ThreadingHTTPServer):
    """Listens at one address for one witness."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        """Raises Unavailable where nobody can listen there."""
        self.witness = witness
        self._places = threading.BoundedSemaphore(MOST_CALLERS)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        try:
            super().__init__(address, _Caller)
        except OSError as error:
            raise Unavailable(
                f"nobody can listen at {address[0]}, port {address[1]}",
                why=error.strerror or str(error),
                fix="name another address: --bind ADDRESS:PORT",
            ) from error

    @property
    def url(self) -> str:
        """The submission prefix: what those who ask are told."""
        host, port = self.server_address[:2]
        return f"http://[{host!s}]:{port}" if self.address_family == socket.AF_INET6 else f"http://{host!s}:{port}"

    def process_request(self, request: object, client_address: object) -> None:
        """Serve a caller in a thread of his own, where there is a place."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)  # type: ignore[arg-type]  # as the library passes it on
            return
        try:
            super().process_request(request, client_address)  # type: ignore[arg-type]  # as above
        except BaseException:  # no thread could be begun for him
            self._places.release()
            raise

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Give the place back when the caller is gone, and see to it that he goes."""
        end = threading.Timer(LONGEST, _hang_up, (request,))
        end.daemon = True
        try:
            end.start()
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]  # as above
        finally:
            end.cancel()
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the library's interface
        """Say that a caller was lost; what went wrong with one concerns no other."""
        console.insist(f"{clock.now():%Y-%m-%dT%H:%M:%SZ} - a caller was lost")


class _Caller(BaseHTTPRequestHandler):
    """One connection: several requests may come over it, one after the other."""

    protocol_version = "HTTP/1.1"
    server_version = "doseledger"
    sys_version = ""
    timeout = SECONDS
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # an answer leaves in one piece
    server: Door
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(code)d %(message)s\n"

    def do_POST(self) -> None:
        """Answer a request to cosign a checkpoint."""
        if self.path != PATH:
            self._refuse(404, "there is nothing here")
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or "Transfer-Encoding" in self.headers:
            self._refuse(411, "the length of the request is not said")
        elif len(length) > 9 or int(length) > MAX_REQUEST_BYTES:
            self._refuse(413, f"the request is longer than {MAX_REQUEST_BYTES} bytes")
        else:
            self._answer(int(length))

    def do_GET(self) -> None:
        """Refuse everything but a request to cosign."""
        if self.path == PATH:
            self._refuse(405, "only POST is answered here")
        else:
            self._refuse(404, "there is nothing here")

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815 - the library's interface

    def log_message(self, format: str, *args: object) -> None:
        """Keep still: each request has its own line."""

    def _answer(self, length: int) -> None:
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        found = self.server.witness.answer(body)
        answer = found.answer
        self._say(answer.status, found.origin, answer.why)
        if found.incident is not None:
            console.insist(f"! both heads are in {found.incident}", "warn")
        self._send(answer.status, answer.kind, answer.body)

    def _refuse(self, status: int, why: str) -> None:
        """Answer without reading what was sent; the connection ends with it."""
        self.close_connection = True
        self._say(status, "", why)
        self._send(status, "text/plain; charset=utf-8", f"{why}\n".encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        with suppress(ConnectionError, TimeoutError):  # who no longer listens asks again
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if status == 405:
                self.send_header("Allow", "POST")
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            self.wfile.flush()

    def _say(self, status: int, origin: str, why: str) -> None:
        about = f" {origin[:100]}" if origin else ""
        line = f"{clock.now():%Y-%m-%dT%H:%M:%SZ} {self.client_address[0]} {status}{about}: {why}"
        console.insist(console.one_line(line))


def _hang_up(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


def address(said: str) -> tuple[str, int]:
    """Read ADDRESS:PORT, an IPv6 address in brackets; BadInput for anything else."""
    host, colon, port = said.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not colon or not host or not port.isascii() or not port.isdigit() or len(port) > 5 or int(port) > 65_535:
        raise BadInput(f"{said!r} is no address to listen at", fix="ADDRESS:PORT, for example 127.0.0.1:8753")
    return host, int(port)
