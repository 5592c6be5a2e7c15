"""A key that stays open for a while: only where the registrars allow it, only for its owner, and not for long."""

from __future__ import annotations

import json
import socket
import threading
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from ledger.errors import NotAllowed, Unavailable
from ledger.signing import agent, holding, keys
from ledger.signing.signer import MemorySigner

MEASURE = ("patient", "measure", "001-002", "--weight", "71kg", "--height", "172cm")
OPEN = ("session", "open", "--as", "nurse.1")


def auth(here) -> dict:
    """How the signer of the newest entry proved himself."""
    line = json.loads(here.run("export", "jsonl").out.splitlines()[-1])
    text = line["signatures"][0]["protected"]
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))["auth"]


@pytest.mark.req("P11-200a1i", "P11-200a1ii", "FQ11")
def test_a_key_stays_open_only_where_the_registrars_allow_it(here) -> None:
    """Somebody walks up to a terminal whose nurse has gone for lunch, and signs as her."""
    given, program = f"--passphrase-file={here.passphrase}", type(here).run
    refused = here.run(*OPEN, given)
    assert (4, True) == (refused.code, "No key stays open here" in refused.err)
    assert 0 == here.sign("reg.1+reg.2", "policy", "amend", "--signing", "session").code
    assert 2 == here.run(*MEASURE, "--as", "nurse.1", "--yes").code
    opened = program(here, *OPEN, given)
    assert 0 == opened.code, opened.err
    (folder,) = (here.folder / "state" / "sessions").iterdir()
    modes = [path.stat().st_mode & 0o777 for path in (folder, folder / "nurse.1.socket")]
    assert [0o700, 0o600] == modes
    assert 2 == here.run(*MEASURE, "--as", "nurse.1").code, "what is signed is still asked for"
    for first in (True, False):
        ran = here.run(*MEASURE, "--as", "nurse.1", "--yes")
        assert 0 == ran.code, ran.err
        assert "weight  71 kg" in ran.err
        assert ("agent", first) == (auth(here)["method"], auth(here)["first"])
    assert 2 == here.run(*MEASURE, "--as", "nurse.2", "--yes").code
    assert 0 == here.sign("reg.1+reg.2", "policy", "amend", "--signing", "every-act").code
    assert 2 == here.run(*MEASURE, "--as", "nurse.1", "--yes").code, "the policy is looked at every time"
    assert 0 == here.run("session", "close", "--as", "nurse.1").code
    assert [] == [path.name for path in folder.iterdir()]
    assert "No key" in here.run("session", "close", "--as", "nurse.1").err
    assert 0 == here.run("verify").code


@pytest.fixture
def held(tmp_path):
    """A key that another thread holds open; its socket and its signer."""
    path, signer = tmp_path / ("long" * 25) / "held.socket", MemorySigner(bytes(range(32)))
    path.parent.mkdir()
    listener = holding.listen(path)
    thread = threading.Thread(target=holding.serve, args=(listener, signer, 20.0))
    thread.start()
    yield path, signer
    try:
        holding.forget(path)
    except Unavailable:
        path.unlink()
    thread.join(20)
    listener.close()
    assert not thread.is_alive()


def test_the_open_key_signs_for_the_agent_client(held) -> None:
    """A signature made in a session must be one that every verifier accepts, byte for byte."""
    path, signer = held
    (found,) = agent.held(path)
    assert signer.public == found.public
    keys.check(signer.public, b"an entry", agent.AgentSigner(path, found.public).sign(b"an entry"))
    with pytest.raises(NotAllowed):
        agent.AgentSigner(path, MemorySigner(bytes(32)).public).sign(b"an entry")


@pytest.mark.parametrize("sent", [b"", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\1\x0d", b"\0\0\0\5\x0d\0\0\0\xff"])
def test_nonsense_does_not_end_it(held, sent) -> None:
    """A program that stumbles over the socket would close a nurse's key in the middle of a dose."""
    path, signer = held
    with socket.socket(socket.AF_UNIX) as connection, agent.reachable(path) as name:
        connection.connect(name)
        connection.sendall(sent)
    assert [signer.public] == [one.public for one in agent.held(path)]


@pytest.mark.req("P11-200a1i", "FQ11")
def test_a_key_that_nobody_uses_is_closed(tmp_path) -> None:
    """A key that stays open all night signs for whoever comes by."""
    path: Path = tmp_path / "held.socket"
    with holding.listen(path) as listener:
        holding.serve(listener, MemorySigner(bytes(range(32))), 0.01)
    with pytest.raises(Unavailable):
        agent.held(path)
