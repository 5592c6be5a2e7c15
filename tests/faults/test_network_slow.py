"""Authorities and witnesses that answer badly: whoever waits at the terminal is let go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from socket import create_server, socket
from threading import Event, Thread
from time import monotonic

import pytest

from commands.cli import network
from ledger.errors import BadInput, Unavailable

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@pytest.fixture
def dripping(request: pytest.FixtureRequest) -> Iterator[str]:
    """An address that begins an answer at once, and goes on with it a byte at a time, while somebody listens."""
    end, beginning = Event(), request.param

    def drip(caller: socket) -> None:
        with caller, suppress(OSError):
            caller.sendall(beginning)
            while not end.wait(0.02):
                caller.sendall(b"a")

    def serve(door: socket) -> None:
        with suppress(OSError):
            drip(door.accept()[0])

    with create_server(("127.0.0.1", 0)) as door:
        thread = Thread(target=serve, args=(door,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}/"
        end.set()
        thread.join()


@pytest.mark.parametrize(
    "dripping", [HEAD + b"Content-Length: 60000\r\n\r\n", HEAD + b"X-Long: ", b"HTTP/1.1 20"], indirect=True
)
def test_an_answer_that_drips_is_not_waited_for(dripping: str) -> None:
    """The sponsor's witness would keep the investigator's screen for days after he has decided on a level."""
    begun = monotonic()
    with pytest.raises(Unavailable, match="does not answer"):
        network.post(dripping, b"", kind="text/plain", seconds=0.2)
    assert monotonic() - begun < 5


@pytest.mark.parametrize("url", ["file:///etc/hosts", "ftp://one.example", "//one.example", "http://", "http://[", "x"])
def test_only_addresses_of_the_web_are_asked(url: str) -> None:
    """A line in the settings could make the program read a file of the machine and put it into the ledger."""
    with pytest.raises(BadInput, match="is no address"):
        network.post(url, b"", kind="text/plain")


@pytest.mark.parametrize(
    "url",
    ["https://joe:s3cret@tsa.example.org/tsr", "https://s3cret@one.example", "http://joe:s3cret@[", "x:s3cret@one"],
)
def test_an_address_with_a_password_is_not_used(url: str) -> None:
    """The sponsor's password would lie in the queue of requests, and stand in `anchor status` and on photographs."""
    with pytest.raises(BadInput) as caught:
        network.post(url, b"", kind="text/plain")
    assert "s3cret" not in f"{caught.value.what} {caught.value.why} {caught.value.fix}"
