"""Keys that are in no file: a real ssh-agent, and a card (SoftHSM2), from the request to the verified entry."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MEASURE = ("patient", "measure", "001-002", "--weight", "71kg", "--height", "172cm")
CARD = ("key", "create", "nurse.7", "--name", "Nadia Neu", "--organisation", "Fictional Hospital")
PIN = "271828"
MODULES = [Path(root) / "softhsm" / "libsofthsm2.so" for root in ("/usr/lib", "/usr/lib/x86_64-linux-gnu")]
MODULE = next((str(path) for path in MODULES if path.is_file()), None)

needs_agent = pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="NOT RUN: OpenSSH's ssh-agent is not here")
needs_card = pytest.mark.skipif(
    MODULE is None or shutil.which("softhsm2-util") is None, reason="NOT RUN: SoftHSM2 is not installed here"
)


@pytest.fixture
def agent(tmp_path) -> Iterator[Path]:
    """A running ssh-agent that holds one Ed25519 key; its socket."""
    socket, key = tmp_path / "agent", tmp_path / "id"
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "nadia on the ward", "-f", str(key)]
    subprocess.run(made, check=True)
    with subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        env = {"SSH_AUTH_SOCK": str(socket), "PATH": "/usr/bin:/bin"}
        subprocess.run(["ssh-add", "-q", str(key)], env=env, check=True)
        yield socket
        process.terminate()


@pytest.fixture
def token(tmp_path, monkeypatch) -> str:
    """A token of SoftHSM2 with one P-256 key; its label."""
    (tmp_path / "tokens").mkdir()
    conf = tmp_path / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(conf))
    init = ["softhsm2-util", "--init-token", "--free", "--label", "ward", "--pin", PIN, "--so-pin", "31415926"]
    subprocess.run(init, check=True, capture_output=True)
    from pkcs11 import Attribute, KeyType, lib
    from pkcs11.util.ec import encode_named_curve_parameters

    with lib(MODULE).get_token(token_label="ward").open(rw=True, user_pin=PIN) as session:
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        session.create_domain_parameters(KeyType.EC, curve, local=True).generate_keypair(
            store=True, label="signing", id=b"\1"
        )
    return "ward"


def enrolled(here) -> None:
    """Nadia's request is enrolled by two registrars, and the principal investigator delegates to her."""
    request = str(here.folder / "nadia.request")
    enrol = ("person", "enrol", request, "--role", "nurse", "--identity", "known-in-person")
    ran = here.sign("reg.1+reg.2", *enrol)
    assert 0 == ran.code, ran.err
    ran = here.sign("pi.1", "person", "delegate", "nurse.7", "--from", "now")
    assert 0 == ran.code, ran.err


def headers(here, position):
    """The protected headers of an entry."""
    return json.loads(here.run("show", f"#{position}", "--json").out)["data"]["headers"]


@needs_agent
@pytest.mark.req("P11-200a1i", "P11-200a2")
def test_an_agent_signs_where_the_registrars_allow_it(here, agent) -> None:
    """A nurse whose key is in her agent could sign nothing, or it would sign where the passphrase must be asked for."""
    env = {"SSH_AUTH_SOCK": str(agent)}
    assert 0 == here.run(*CARD, "--backend", "agent", **env).code
    assert 0 == here.run("key", "request", "nurse.7", "--out", "nadia.request", **env).code
    enrolled(here)
    tested = here.run("key", "selftest", "nurse.7", "--json", **env)
    assert (0, True) == (tested.code, json.loads(tested.out)["data"]["ok"])
    sign = (*MEASURE, "--as", "nurse.7", "--yes", "--json")
    ran = here.run(*sign, **env)
    assert (4, True) == (ran.code, "held open by an agent" in ran.err)
    assert 0 == here.sign("reg.1+reg.2", "policy", "amend", "--signing", "session").code
    ran = here.run(*sign, **env)
    assert 0 == ran.code, ran.err
    raw = json.loads(here.run("export", "jsonl").out.splitlines()[json.loads(ran.out)["data"]["position"]])
    auth = json.loads(decoded(raw["signatures"][0]["protected"]))["auth"]
    assert ("agent", False) == (auth["method"], auth["first"])
    assert 0 == here.run("verify").code
    subprocess.run(["ssh-add", "-q", "-D"], env={**env, "PATH": "/usr/bin:/bin"}, check=True, capture_output=True)
    assert 4 == here.run(*sign, **env).code
    assert 6 == here.run(*sign, SSH_AUTH_SOCK=str(here.folder / "gone")).code
    assert 6 == here.run(*sign, SSH_AUTH_SOCK="").code


@needs_agent
@pytest.mark.req("P11-300b")
def test_a_key_moves_from_a_file_into_an_agent(here, agent) -> None:
    """A nurse who gets a better key would have to be enrolled as somebody new, or keep signing with the old one."""
    env = {"SSH_AUTH_SOCK": str(agent)}
    assert 0 == here.sign("reg.1+reg.2", "policy", "amend", "--signing", "session").code
    given = f"--passphrase-file={here.passphrase}"
    ran = here.run("key", "rotate", "nurse.1", "--as", "nurse.1", "--backend", "agent", given, "--yes", **env)
    assert 0 == ran.code, ran.err
    assert 0 == here.run(*MEASURE, "--as", "nurse.1", "--yes", **env).code
    people = json.loads(here.run("person", "list", "--json").out)["data"]["persons"]
    keys = next(one["keys"] for one in people if one["person"] == "nurse.1")
    assert ["active", "rotated"] == sorted(key["state"] for key in keys)
    assert 2 == here.run("key", "create", "nurse.9", "--backend", "paper", "--name", "N", "--organisation", "O").code
    assert 0 == here.run("verify").code


@needs_card
@pytest.mark.req("P11-200a1", "P11-200a2")
def test_a_card_signs_behind_its_pin(here, token) -> None:
    """A hospital that gives its staff cards could not use them, or anybody who finds one could sign with it."""
    where = ("--module", str(MODULE), "--token", token, "--label", "signing")
    ran = here.run(*CARD, "--backend", "pkcs11", *where)
    assert 0 == ran.code, ran.err
    pin, wrong = here.folder / "pin", here.folder / "wrong"
    pin.write_text(PIN)
    wrong.write_text("000000")
    ran = here.run("key", "request", "nurse.7", "--out", "nadia.request", f"--passphrase-file={pin}")
    assert 0 == ran.code, ran.err
    enrolled(here)
    refused = here.run(*MEASURE, "--as", "nurse.7", "--yes", f"--passphrase-file={wrong}")
    assert (4, True) == (refused.code, "PIN does not open" in refused.err), refused.err
    alerts = json.loads(here.run("security", "alerts", "--json").out)["data"]["rows"]
    assert [("failed-passphrase", "nurse.7")] == [(row["what"], row["person"]) for row in alerts]
    ran = here.run(*MEASURE, "--as", "nurse.7", "--yes", "--json", f"--passphrase-file={pin}")
    assert 0 == ran.code, ran.err
    raw = json.loads(here.run("export", "jsonl").out.splitlines()[json.loads(ran.out)["data"]["position"]])
    header = json.loads(decoded(raw["signatures"][0]["protected"]))
    assert ("ES256", "pin", True) == (header["alg"], header["auth"]["method"], header["auth"]["first"])
    assert 0 == here.run("verify").code
    told = here.run(
        "key", "create", "nurse.8", "--name", "N", "--organisation", "O", "--backend", "pkcs11", *where[:-1], "x"
    )
    assert 6 == told.code
    absent = here.run("key", "create", "nurse.8", "--name", "N", "--organisation", "O", "--backend", "pkcs11")
    assert 2 == absent.code


def decoded(text: str) -> bytes:
    """The bytes behind base64url without padding."""
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
