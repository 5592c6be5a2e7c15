"""A time-stamp authority (RFC 3161) made with openssl, behind a loopback server: its own root, its own certificate."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

OPENSSL = shutil.which("openssl")
CONFIG = """\
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""

USAGE = f"""\
extendedKeyUsage=critical,timeStamping
subjectAltName=URI:https://tsa.example.org/{"practice-statement-" * 12}
"""
"""What makes the signer's certificate longer than that of its root."""


class Authority:
    """An authority in a folder: `root` is the PEM of its root, and `answer` stamps what a request asks for.

    Its certificates come as a chain, the signer's first, as those of many do: DER would have the shorter one first.
    """

    def __init__(self, folder: Path) -> None:
        """Make its keys and certificates in a folder."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._keys("root", "-x509", "-days", "3650")
        self._keys("tsa")
        (folder / "usage").write_text(USAGE)
        signing = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "3650", "-extfile", "usage")
        self._openssl("x509", "-req", "-in", "tsa.pem", *signing, "-out", "tsa.crt")
        (folder / "ts.cnf").write_text(CONFIG.format(folder=folder))
        self.root = (folder / "root.pem").read_bytes()

    def answer(self, request: bytes) -> bytes:
        """The response to a request, as DER."""
        (self.folder / "asked.tsq").write_bytes(request)
        given = ("-config", "ts.cnf", "-queryfile", "asked.tsq", "-signer", "tsa.crt", "-inkey", "tsa.key")
        given += ("-chain", "root.pem")
        self._openssl("ts", "-reply", *given, "-out", "answer.tsr")
        return (self.folder / "answer.tsr").read_bytes()

    def reads(self, answer: bytes, note: bytes) -> bool:
        """Whether openssl accepts the answer as a stamp of the note, under this root."""
        (self.folder / "read.tsr").write_bytes(answer)
        (self.folder / "read.note").write_bytes(note)
        given = ("ts", "-verify", "-data", "read.note", "-in", "read.tsr", "-CAfile", "root.pem")
        done = subprocess.run([str(OPENSSL), *given], cwd=self.folder, capture_output=True, check=False)
        return done.returncode == 0

    def _keys(self, name: str, *options: str) -> None:
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        subject = ("-subj", f"/O=Demo authority/CN=Demo {name} of {self.folder.name}")
        self._openssl("req", *options, *curve, "-keyout", f"{name}.key", "-out", f"{name}.pem", *subject)

    def _openssl(self, *args: str) -> None:
        subprocess.run([str(OPENSSL), *args], cwd=self.folder, capture_output=True, check=True)


@contextmanager
def served(authority: Authority | None, *, status: int = 200) -> Iterator[str]:
    """Answer requests on loopback while the block runs; gives the address. None: every answer is an empty one."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = self.headers["Content-Type"] == "application/timestamp-query"
            answer = authority.answer(body) if authority is not None and asked else b""
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/tsr"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def nowhere() -> str:
    """An address at which nothing listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = server.server_address[1]
    server.server_close()
    return f"http://127.0.0.1:{port}/tsr"
