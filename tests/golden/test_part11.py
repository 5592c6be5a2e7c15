"""21 CFR Part 11, clause by clause, where no other test shows it: access, authority, identity, the two components."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from commands.cli.app import load
from commands.cli.demo.staff import PASSPHRASE
from commands.cli.keys import save_key
from commands.cli.tree import leaves

MEASURE = ("patient", "measure", "001-002", "--weight", "71kg", "--height", "172cm")
NADIA = ("nurse.7", "--name", "Nadia Neu", "--organisation", "Fictional Hospital")


def kept(here) -> dict:
    """The newest entry of the log."""
    return json.loads(here.run("log", "--last", "1", "--json").out)["data"]["rows"][0]


def asked_for(here, person: str, name: str) -> Path:
    """A new key, and the request with which it is enrolled."""
    given = f"--passphrase-file={here.passphrase}"
    save_key(person, "Nadia Neu", "Fictional Hospital", PASSPHRASE, rounds=1)
    request = here.folder / name
    assert 0 == here.run("key", "request", person, "--out", str(request), given).code
    return request


@pytest.mark.req("P11-10d")
def test_only_whoever_is_enrolled_gets_in(here) -> None:
    """Somebody who never worked there signs a dose, or reads another's key from the disk."""
    for name in ("site.ledger.log-key", "site.ledger.device-key", "keys/nurse.1.key"):
        assert 0o600 == (here.folder / name).stat().st_mode & 0o777, name
    asked_for(here, "nurse.7", "nadia.request")
    ran = here.run(*MEASURE, "--as", "nurse.7", "--yes", f"--passphrase-file={here.passphrase}")
    assert (4, True) == (ran.code, "is not enrolled" in ran.err)
    assert "entry.refused/1" == kept(here)["kind"]
    (here.folder / "keys" / "nurse.1.key").chmod(0o644)
    ran = here.sign("nurse.1", *MEASURE)
    assert (4, True) == (ran.code, "can be read by others" in ran.err)
    assert 0 == here.sign("nurse.2", *MEASURE).code


@pytest.mark.req("P11-300d")
def test_a_passphrase_that_others_can_read_is_told(here) -> None:
    """The passphrase lies in a file that the whole ward can read, and nobody says so."""
    here.passphrase.chmod(0o640)
    ran = here.sign("nurse.1", *MEASURE)
    assert (0, True) == (ran.code, "others can read the passphrase" in ran.err)
    here.passphrase.chmod(0o600)
    assert "others can read" not in here.sign("nurse.1", *MEASURE).err


@pytest.mark.req("P11-10g", "P11-100b", "P11-200a3")
def test_nobody_lets_himself_or_another_in_alone(here) -> None:
    """An administrator makes a key in a nurse's name and signs her doses; it must take a second registrar to do so."""
    request = asked_for(here, "nurse.7", "nadia.request")
    enrol = ("person", "enrol", str(request), "--role", "nurse")
    assert 4 == here.sign("nurse.1", *enrol, "--identity", "passport").code
    assert 2 == here.sign("reg.1", *enrol, "--identity", "a hunch").code, "how the identity was checked is stated"
    ran = here.sign("reg.1", *enrol, "--identity", "passport")
    assert 0 == ran.code, ran.err
    entry = kept(here)["position"]
    tried = (*MEASURE, "--as", "nurse.7", "--yes", f"--passphrase-file={here.passphrase}")
    assert 4 == here.run(*tried).code, "one registrar is not enough"
    assert 4 == here.sign("reg.1", "countersign", f"#{entry}").code, "nor the same one twice"
    assert 0 == here.sign("reg.2", "countersign", f"#{entry}").code
    ran = here.run(*tried)
    assert 0 == ran.code, ran.err
    assert 4 == here.sign("reg.1", *MEASURE).code, "a registrar records no patient's weight"


@pytest.mark.req("P11-100a", "P11-300a")
def test_no_two_people_have_one_identity(here) -> None:
    """Two nurses share an id or a key, and neither can be held to what it signed."""
    request = asked_for(here, "nurse.7", "nadia.request")
    enrol = ("person", "enrol", str(request), "--role", "nurse", "--identity", "passport")
    assert 0 == here.sign("reg.1+reg.2", *enrol).code
    again = here.sign("reg.1+reg.2", *enrol)
    assert (4, True) == (again.code, "enrolled before" in again.err)
    ran = here.run("key", "create", *NADIA, f"--passphrase-file={here.passphrase}")
    assert (6, True) == (ran.code, "already a key" in ran.err)


@pytest.mark.req("P11-200a1", "P11-200a1ii", "P11-200a2")
def test_neither_component_signs_alone(here) -> None:
    """A name without its passphrase, or a passphrase without its key, makes a signature that is nobody's."""
    assert 2 == here.run(*MEASURE, "--as", "nurse.1", "--yes").code, "the id alone"
    other = here.folder / "keys" / "nurse.2.key"
    other.rename(here.folder / "keys" / "nurse.1.key")
    ran = here.sign("nurse.1", *MEASURE)
    assert (4, True) == (ran.code, "is not the key enrolled here" in ran.err)
    for _ in range(2):
        assert 2 == here.run(*MEASURE, "--as", "inv.1", "--yes").code, "each act asks again"


@pytest.mark.req("P11-70")
def test_a_signature_cannot_be_moved_to_another_entry(here) -> None:
    """Somebody cuts a physician's signature from one order and puts it under another."""
    assert 0 == here.sign("nurse.1", *MEASURE).code
    assert 0 == here.sign("nurse.1", *MEASURE[:3], "--weight", "72kg", "--height", "172cm").code
    assert 0 == here.run("export", "jsonl", "--out", "copy").code
    lines = (here.folder / "copy" / "entries.jsonl").read_text().splitlines()
    first, second = (json.loads(line) for line in lines[-2:])
    lines[-1] = json.dumps(second | {"signatures": first["signatures"]}, separators=(",", ":"))
    (here.folder / "copy" / "entries.jsonl").write_text("\n".join(lines) + "\n")
    ran = here.run("verify", "copy", "--json")
    data = json.loads(ran.out)["data"]
    assert (8, "failed", len(lines) - 1) == (ran.code, data["verdict"], data["first_bad"]["position"])


@pytest.mark.req("P11-50a", "P11-200a1")
@pytest.mark.parametrize("how", [("--dry-run",), ("--yes",)])
def test_what_is_signed_is_shown_in_full_first(here, how) -> None:
    """A signature under what nobody saw is no statement of its signer."""
    order = ("dose", "order", "001-002", "alemtuzumab", "10mg", "--for", "now")
    ran = here.run(*order, "--as", "inv.1", f"--passphrase-file={here.passphrase}", *how)
    assert 0 == ran.code, ran.err
    told = ran.out + ran.err
    wanted = ("001-002", "alemtuzumab", "10 mg", "planned start", "inv.1", "investigator", "I wrote this entry")
    assert [] == [word for word in wanted if word not in told]


@pytest.mark.req("P11-300d")
def test_no_option_takes_a_secret() -> None:
    """Whoever lists the processes of the ward's machine would read the passphrases of everybody who signs."""
    words = [word for name, module in leaves().items() for one in load(name, module).params for word in one.opts]
    secrets = {word for word in words if re.search(r"pass|secret|pin\b", word)}
    assert {"--passphrase-file", "--passphrase-fd", "--new-passphrase-file"} == secrets
