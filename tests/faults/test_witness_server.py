"""A witness on real sockets: what it refuses at the door, two processes that race, a machine that dies."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from toylog import ORIGIN, ToyLog, key_of

from commands.cli.witness import listening
from commands.cli.witness.desk import Witness, witness
from commands.cli.witness.listening import Door, address
from ledger.anchors.cosignature import check_cosignature, strict, witness_key
from ledger.anchors.memory import Memory
from ledger.anchors.witnessing import MAX_REQUEST_BYTES, head_of
from ledger.errors import BadInput, NotAllowed, Unavailable
from ledger.merkle.note import VerifierKey, parse_note
from ledger.signing.keyfile import create_system

PROGRAM = Path(sys.executable).parent / "doseledger"
LOG = ToyLog(60)
NAME = "witness.example/w1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the key and the memory of a witness."""
    text, public = create_system()
    (tmp_path / "key").write_bytes(text)
    Memory.begin(tmp_path / "state", witness_key(NAME, public.raw))
    return tmp_path


def opened(folder: Path, logs: Sequence[ToyLog] = (LOG,)) -> Witness:
    """The witness, in this process."""
    return witness(str(folder / "key"), str(folder / "state"), [log.key.text() for log in logs])


@contextmanager
def door(found: Witness) -> Iterator[str]:
    """The witness listening in this process; its address."""
    with Door(("127.0.0.1", 0), found) as listens:
        thread = threading.Thread(target=listens.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield listens.url
        finally:
            listens.shutdown()
            thread.join()


@contextmanager
def process(folder: Path, logs: Sequence[ToyLog] = (LOG,)) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The witness as a process of its own; its address."""
    known = [f"--log={log.key.text()}" for log in logs]
    args = [PROGRAM, "witness", "serve", "--key", "key", "--state", "state", "--bind", "127.0.0.1:0", *known]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONWARNINGS": "error"}
    with subprocess.Popen(
        args, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip(), server
        finally:
            server.kill()


def post(url: str, body: bytes, path: str = "/add-checkpoint") -> tuple[int, bytes]:
    """Ask once, over a connection of its own."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("POST", path, body)
        found = connection.getresponse()
        return found.status, found.read()
    finally:
        connection.close()


def raw(url: str, request: bytes) -> bytes:
    """Send bytes as they are; the first line of the answer, nothing where the connection ends."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    with socket.create_connection((host or "", port or 0), timeout=30) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        data = b""
        while more := line.recv(65_536):
            data += more
    return data.partition(b"\r\n")[0]


DOOR = {
    "another path": (b"POST /else HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"404"),
    "another method": (b"GET /add-checkpoint HTTP/1.1\r\n\r\n", b"405"),
    "another method on another path": (b"DELETE /else HTTP/1.1\r\n\r\n", b"404"),
    "a method of nobody": (b"COSIGN /add-checkpoint HTTP/1.1\r\n\r\n", b"501"),
    "no length": (b"POST /add-checkpoint HTTP/1.1\r\n\r\n", b"411"),
    "a length that is none": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"411"),
    "pieces": (b"POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n", b"411"),
    "too much": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_REQUEST_BYTES + 1), b"413"),
    "far too much": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %b\r\n\r\n" % (b"9" * 5000), b"413"),
    "nothing": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"400"),
    "less than it says": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 50\r\n\r\nold 0\n", b""),
    "no request of HTTP": (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", b"400"),
}


def test_what_the_door_refuses(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One caller who sends nonsense would end the witness, and with it the proof for all sites."""
    with door(opened(folder)) as url:
        for what, (request, status) in DOOR.items():
            line = raw(url, request)
            assert status in line if status else line == b"", what
        assert 200 == post(url, LOG.request(0, 5))[0]
    told = capfd.readouterr().err
    assert f"200 {ORIGIN}: 0 -> 5 cosigned" in told
    assert all(line.count("\n") == 0 for line in told.splitlines())


def test_the_answers_of_the_specification(folder: Path) -> None:
    """A log that follows the specification, of whatever make, must understand every answer."""
    found = opened(folder)
    other = ToyLog(60, history="b", since=7)
    key, public = found.memory.key, found.signer.public.raw
    with door(found) as url:
        for body, expected in (
            (LOG.request(0, 8), 200),
            (LOG.request(8, 8), 200),
            (LOG.request(0, 12), 409),
            (b"old 8\n", 400),
            (ToyLog(9, origin="log.example/unknown").request(0, 9), 404),
            (ToyLog(9, key="another").request(0, 9), 403),
            (other.request(8, 20), 422),
            (other.request(8, 8), 409),
        ):
            status, told = post(url, body)
            assert expected == status, told
            if status == 409:
                assert b"8\n" == told
            if status == 200:
                text = LOG.text(8)
                _, lines = parse_note(text + b"\n" + told)
                assert check_cosignature(lines, text, witness_key(NAME, public), strict) is not None
        connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        for size in (10, 11):
            connection.request("POST", "/add-checkpoint", LOG.request(size - 1 if size > 10 else 8, size))
            answer = connection.getresponse()
            assert (200, True) == (answer.status, len(answer.read()) > 100), "one connection serves several requests"
        connection.close()
    assert key.name == NAME
    assert 1 == len(list((folder / "state").glob("*.fork-*.json")))


def test_a_memory_that_cannot_be_used_cosigns_nothing(folder: Path) -> None:
    """A full or broken disk would let a witness sign what it cannot remember."""
    found = opened(folder)
    assert 200 == found.answer(LOG.request(0, 5)).answer.status
    (note,) = (folder / "state").glob("*.note")
    note.write_bytes(b"nonsense")
    assert (500, None) == (found.answer(LOG.request(5, 9)).answer.status, found.answer(LOG.request(5, 9)).answer.keep)
    note.unlink()
    assert [500, 500] == [found.answer(LOG.request(0, size)).answer.status for size in (5, 9)], "a note was taken away"
    note.mkdir()
    assert 500 == found.answer(LOG.request(0, 9)).answer.status


def test_a_crowd_at_the_door_is_not_let_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens connections and says nothing would keep every site out for good."""
    monkeypatch.setattr(listening, "MOST_CALLERS", 2)
    with door(opened(folder)) as url:
        place = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        silent = [socket.create_connection(place, timeout=30) for _ in range(2)]
        with socket.create_connection(place, timeout=30) as third:
            assert b"" == third.recv(1)
        for one in silent:
            one.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while one.recv(65_536):
                pass
            one.close()
        for _ in range(1_000):
            try:
                status = post(url, LOG.request(0, 5))[0]
                break
            except OSError:  # the places are given back a moment after the callers are gone
                status = 0
        assert 200 == status


def test_nobody_keeps_a_place_by_sending_slowly(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then on a few connections would keep every site out for good."""
    monkeypatch.setattr(listening, "LONGEST", 0.05)
    with door(opened(folder)) as url:
        place = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        with socket.create_connection(place, timeout=30) as slow:
            slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Le")
            assert b"" == slow.recv(1)


def test_two_processes_cosign_one_history(folder: Path) -> None:
    """Two servers of one witness, or a request by file beside them, would each vouch for a history of their own."""
    logs = [ToyLog(12, origin=f"log.example/{number}", since=5) for number in range(12)]
    others = [ToyLog(12, origin=f"log.example/{number}", history="b", since=5) for number in range(12)]
    with process(folder, logs) as (first, _), process(folder, logs) as (second, _):
        for log, other in zip(logs, others, strict=True):
            assert 200 == post(first, log.request(0, 5))[0]
            ready, statuses = threading.Barrier(2), {}

            def ask(url: str, body: bytes, ready=ready, statuses=statuses) -> None:
                ready.wait()
                statuses[url] = post(url, body)[0]

            racing = [
                threading.Thread(target=ask, args=(first, log.request(5, 12))),
                threading.Thread(target=ask, args=(second, other.request(5, 12))),
            ]
            for one in racing:
                one.start()
            for one in racing:
                one.join()
            assert [200, 409] == sorted(statuses.values())
    assert 12 == len(list((folder / "state").glob("*.fork-*.json")))


def test_a_witness_that_is_killed_remembers_what_it_cosigned(folder: Path) -> None:
    """After a power cut the witness would cosign last week again, in another history."""
    size = 1
    for stop in (7, 23, 40):
        with process(folder) as (url, server):
            while size < stop:
                grown = LOG.request(size, size + 1) if size > 1 else LOG.request(0, size + 1)
                if post(url, grown)[0] == 200:
                    size += 1
            asking = HTTPConnection(urlsplit(url).netloc, timeout=30)
            asking.request("POST", "/add-checkpoint", LOG.request(size, size + 1))
            os.kill(server.pid, signal.SIGKILL)
            server.wait()
            asking.close()
        kept = opened(folder).memory.note(ORIGIN)
        assert kept is not None
        head = head_of(kept)[0]
        assert (size <= head.size <= size + 1, LOG.root(head.size)) == (True, head.root)
        size = head.size
    back = ToyLog(60, history="b", since=30)
    found = opened(folder)
    assert [409, 409, 422] == [
        found.answer(back.request(old, new)).answer.status for old, new in ((0, 35), (30, 35), (size, 50))
    ]


def test_who_may_be_a_log_and_where_one_may_listen(folder: Path) -> None:
    """A key under which any text is signed, or an address nobody meant, would make a witness of anything."""
    weak = VerifierKey(name=ORIGIN, public=b"\x01" + bytes(31))
    state = str(folder / "state")
    with pytest.raises(NotAllowed, match="may not be enrolled"):
        witness(str(folder / "key"), state, [weak.text()])
    with pytest.raises(BadInput, match="no verifier key"):
        witness(str(folder / "key"), state, [witness_key(NAME, key_of("w").public.raw).text()])
    with pytest.raises(BadInput, match="no log is named"):
        witness(str(folder / "key"), state, [])
    assert ("::1", 80) == address("[::1]:80")
    for said in ("8753", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", ":80", "127.0.0.1:65536"):
        with pytest.raises(BadInput):
            address(said)
    with door(opened(folder)) as url, pytest.raises(Unavailable, match="nobody can listen"):
        Door(("127.0.0.1", urlsplit(url).port or 0), opened(folder))
