"""Keys, devices, registrars and policy at the command line, beside what the how-to pages show."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "transcripts"


def data(ran) -> dict:
    """The data of a run with --json."""
    assert ran.out, ran.err
    return json.loads(ran.out)["data"]


@pytest.mark.req("P11-10g")
def test_registrars_and_policy_change_by_the_quorum(site, golden) -> None:
    """One registrar alone could bring an accomplice, or lower what it takes to bring one."""
    own = f"--passphrase-file={site.passphrase}"
    card = ("--name", "Renate Registrar", "--organisation", "Fictional Hospital")
    assert 0 == site.run("key", "create", "reg.3", *card, own).code
    assert 0 == site.run("key", "request", "reg.3", "--out", "reg.3.request", own).code
    parts = []
    for by, code, args in (
        ("reg.1", 0, ("registrar", "change", "--add", "reg.3.request")),
        ("reg.1+reg.2", 5, ("policy", "amend", "--signing", "session", "--session-minutes", "5")),
        ("reg.2", 0, ("countersign", "38")),
        ("reg.1+reg.2", 0, ("policy", "amend", "--quorum", "3", "--lockout-after", "3")),
        ("reg.1+reg.2+reg.3", 4, ("registrar", "change", "--remove", "reg.3")),
        ("nurse.1", 4, ("policy", "amend", "--quorum", "2")),
    ):
        ran = site.sign(by, *args)
        parts.append(site.transcript(ran, *args, "--as", by))
        assert code == ran.code, ran.err
    golden(HERE / "registrars.txt", "\n".join(parts))


@pytest.mark.req("P11-300e")
def test_an_interrupted_change_of_a_key_is_finished(site) -> None:
    """A nurse whose machine died between two files would be locked out by her own passphrase."""
    own = f"--new-passphrase-file={site.passphrase}"
    assert 0 == site.sign("nurse.1", "key", "rotate", own).code
    folder = site.folder / "keys"
    (old,) = folder.glob("nurse.1.key.*")
    (old_card,) = folder.glob("nurse.1.card.*")
    for name, before in (("nurse.1.key", old), ("nurse.1.card", old_card)):
        (folder / name).rename(folder / f"{name}.next")
        before.rename(folder / name)
    stuck = site.run("key", "selftest", "nurse.1", "--json", f"--passphrase-file={site.passphrase}")
    assert (1, False) == (stuck.code, data(stuck)["ok"])
    again = site.sign("nurse.1", "key", "rotate", own)
    assert (0, "") == (again.code, again.out)
    assert 39 == site.run("export", "jsonl").out.count("\n"), "nothing is signed a second time"
    tried = site.run("key", "selftest", "nurse.1", "--json", f"--passphrase-file={site.passphrase}")
    assert (0, [True] * 4) == (tried.code, [check["ok"] for check in data(tried)["checks"]])
    rows = {row["person"]: row["state"] for row in data(site.run("key", "list", "--json"))["keys"]}
    assert ("active", "active") == (rows["nurse.1"], rows["nurse.2"])


def test_a_change_that_is_declined_leaves_the_key_as_it_was(site) -> None:
    """Whoever mistypes the old passphrase would lose the key that he has."""
    wrong = site.folder / "wrong"
    wrong.write_text("not the passphrase\n")
    own = f"--new-passphrase-file={site.passphrase}"
    ran = site.run("key", "rotate", "nurse.1", own, f"--passphrase-file=nurse.1={wrong}", "--yes")
    assert 4 == ran.code, ran.err
    assert ["nurse.1.card", "nurse.1.key"] == sorted(path.name for path in (site.folder / "keys").glob("nurse.1.*"))


SKIPPING = (
    "import sys; from ledger.book import Ledger; from commands.cli import main; n = Ledger.next_n; "
    "Ledger.next_n = lambda book, kid: n(book, kid) + 2; sys.exit(main(sys.argv[1:]))"
)
"""A program that counts two signatures which it never sends."""


def test_counters_that_were_never_used_are_abandoned_by_the_device(site) -> None:
    """A machine could call a signature abandoned that nobody misses, and one that is missed would be told for ever."""
    none = site.run("key", "abandon", "crc.1")
    assert (4, "") == (none.code, none.out)
    assert "No signature of crc.1 is missing" in none.err
    act = ("patient", "measure", "001-001", "--weight", "71kg", "--as", "crc.1", "--yes")
    ran = (sys.executable, "-c", SKIPPING, *act, f"--passphrase-file={site.passphrase}")
    subprocess.run(ran, env=site.env, cwd=site.folder, check=True, capture_output=True)
    assert "n-missing: signatures of crc.1" in site.run("verify").out
    assert 0 == site.run("key", "abandon", "crc.1").code
    assert "n-missing" not in site.run("verify").out


@pytest.mark.req("P11-10h")
def test_a_second_device_writes_under_its_own_name(site) -> None:
    """Nobody could say at which workstation a dose was entered, or a stolen one would go on writing."""
    assert 0 == site.run("device", "create", "ward-2").code
    assert 0 == site.sign("reg.1+reg.2", "device", "enrol", "ward-2.device-card").code
    mine = {"DOSELEDGER_DEVICE_KEY": str(site.folder / "ward-2.device-key")}
    measure = ("patient", "measure", "001-001", "--weight", "71kg", "--as", "crc.1", "--yes")
    passphrase = f"--passphrase-file={site.passphrase}"
    written = site.run(*measure, passphrase, "--json", **mine)
    position = data(written)["position"]
    shown = site.run("show", f"#{position}", "--json")
    assert '"device": "ward-2"' in shown.out
    assert 0 == site.sign("reg.1", "key", "revoke", "ward-2", "--reason", "lost").code
    refused = site.run(*measure, passphrase, **mine)
    assert 4 == refused.code
    assert "of ward-2 was revoked (lost)" in refused.err
