"""Witnesses as a site and a sponsor run them: by file without a network, online on loopback, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toylog import ToyLog

from commands.cli.witness.desk import witness
from commands.cli.witness.listening import Door

HERE = Path(__file__).parent / "transcripts"
PROGRAM = Path(sys.executable).parent / "doseledger"
NAME = "sponsor.example/w1"
OTHER = ToyLog(1, origin="log.example/other").key.text()
MEASURE = ("patient", "measure", "001-001", "--weight")


def data(ran) -> dict:
    """The data of a run with --json."""
    assert ran.out, ran.err
    return json.loads(ran.out)["data"]


def log_key(site) -> str:
    """The verifier key of the log, as it is printed for the paper."""
    return data(site.run("checkpoint", "show", "--json"))["log_key"]


def made(site, name: str = NAME, at: str = "w1") -> str:
    """A witness of the sponsor: its key and its memory; its public key."""
    ran = site.run("witness", "key", name, "--key", f"{at}.key", "--state", f"{at}.state")
    assert 0 == ran.code, ran.err
    return ran.out.strip()


def named(site, *keys: str, quorum: int = 1) -> None:
    """The registrars name witnesses."""
    options = [f"--witness-key={key}" for key in keys]
    ran = site.sign("reg.1+reg.2", "policy", "amend", *options, "--witness-quorum", str(quorum))
    assert 0 == ran.code, ran.err


def cosigner(site, at: str = "w1") -> tuple[str, ...]:
    """The options of a witness that knows this log."""
    return ("--key", f"{at}.key", "--state", f"{at}.state", "--log", log_key(site))


@contextmanager
def serving(site, at: str = "w1") -> Iterator[str]:
    """A witness that listens on a free port, as a process of its own; its address."""
    args = [PROGRAM, "witness", "serve", *cosigner(site, at), "--bind", "127.0.0.1:0"]
    with subprocess.Popen(
        args, env=site.env, cwd=site.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()


@contextmanager
def listening(site, at: str = "w1", log: str | None = None) -> Iterator[str]:
    """The same in a thread of this process."""
    found = witness(str(site.folder / f"{at}.key"), str(site.folder / f"{at}.state"), [log or log_key(site)])
    with Door(("127.0.0.1", 0), found) as door:
        thread = threading.Thread(target=door.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield door.url
        finally:
            door.shutdown()
            thread.join()


def test_a_head_goes_to_the_sponsor_by_file_and_comes_back_cosigned(here, golden) -> None:
    """A site without a network could otherwise never be vouched for by anybody but itself."""
    key = made(here)
    parts = []

    def ran(*args: str, by: str | None = None) -> None:
        found = here.run(*args) if by is None else here.sign(by, *args)
        parts.append(here.transcript(found, *args))

    ran("witness", "request", "--out", "request")
    ran("policy", "amend", "--witness-key", key, "--witness-quorum", "1", by="reg.1+reg.2")
    ran("witness", "request", "--out", "request")
    ran("witness", "cosign", "request", *cosigner(here), "--out", "reply")
    ran("witness", "add", "reply")
    ran("witness", "list")
    ran("witness", "cosign", "request", *cosigner(here), "--out", "again")
    ran("witness", "request", "--out", "request-2")
    ran("witness", "cosign", "request-2", *cosigner(here), "--out", "reply-2")
    ran("witness", "add", "reply-2")
    golden(HERE / "witness.txt", "\n".join(parts))
    assert 0 == here.run("verify").code


def test_two_witnesses_online_reach_the_quorum(site) -> None:
    """With the sponsor's witness alone, a sponsor that cheats would vouch for himself."""
    keys = made(site), made(site, "inspector.example/w2", "w2")
    named(site, *keys, quorum=2)
    with serving(site) as one, serving(site, "w2") as two:
        ran = site.run("witness", "request", "--json", DOSELEDGER_WITNESSES=f"{one} {two}")
        shown = data(ran)
        assert (0, True, 2) == (ran.code, shown["reached"], shown["quorum"])
        assert [("cosigned", 39, 39), ("cosigned", 39, 40)] == [
            (row["state"], row["size"], row["entry"]) for row in shown["rows"]
        ]
        ran = site.run("witness", "request", "--url", two, "--url", f"{one}/", "--url", two)
        assert 0 == ran.code, ran.err
        assert 2 == ran.out.count("cosigned the head of 41 entries")
    listed = data(site.run("witness", "list", "--json"))
    assert (2, 41) == (listed["quorum"], listed["covered"])
    assert [(NAME, 41, 42, 2), ("inspector.example/w2", 41, 41, 2)] == [
        (row["name"], row["size"], row["entry"], row["later"]) for row in listed["rows"]
    ]
    assert list(keys) == [row["key"] for row in listed["rows"]]
    assert 0 == site.run("verify").code


def test_a_witness_that_fails_keeps_no_other_from_cosigning(here) -> None:
    """The head of today would stay without any witness because one of them is switched off."""
    named(here, made(here), made(here, "inspector.example/w2", "w2"), quorum=2)
    with listening(here) as one:
        silent = "http://127.0.0.1:9"
        ran = here.run("witness", "request", "--url", silent, "--url", one, "--json")
        shown = data(ran)
        assert (6, False) == (ran.code, shown["reached"])
        assert {one: "cosigned", silent: "unavailable"} == {row["url"]: row["state"] for row in shown["rows"]}
    assert 39 == data(here.run("witness", "list", "--json"))["rows"][0]["size"]


def test_a_witness_that_does_not_know_the_log_or_is_not_known_itself(here) -> None:
    """A cosignature of nobody would be kept as the word of a witness."""
    named(here, made(here))
    made(here, "stranger.example/w", "w2")
    with listening(here, "w2") as stranger, listening(here, log=OTHER) as elsewhere:
        for url, code, state, words in (
            (stranger, 8, "another-history", "no witness that this ledger names signed"),
            (elsewhere, 4, "refused", "does not cosign this log"),
            (f"{elsewhere}/nothing", 4, "refused", "there is nothing here"),
        ):
            ran = here.run("witness", "request", "--url", url, "--json")
            (row,) = data(ran)["rows"]
            assert (code, state, True) == (ran.code, row["state"], words in row["why"]), row
    assert [None] == [row["size"] for row in data(here.run("witness", "list", "--json"))["rows"]]


def test_a_second_history_is_not_cosigned_and_is_proved(here) -> None:
    """The operator who shows one history to the sponsor and another to the inspector would not be found out."""
    named(here, made(here))
    other = here.folder / "other"
    other.mkdir()
    for name in ("site.ledger", "site.ledger.log-key", "site.ledger.device-key"):
        shutil.copyfile(here.folder / name, other / name)
    there = {"DOSELEDGER_LEDGER": str(other / "site.ledger"), "DOSELEDGER_STATE": str(other)}
    own = (f"--passphrase-file={here.passphrase}", "--as", "nurse.1", "--yes")
    assert 0 == here.run(*MEASURE, "70kg", *own).code
    assert 0 == here.run(*MEASURE, "90kg", *own, **there).code
    with listening(here) as url:
        assert 0 == here.run("witness", "request", "--url", url).code
        ran = here.run("witness", "request", "--url", url, **there)
        assert (8, True) == (ran.code, "cosigned another history of this log" in ran.err)
    (fork,) = (here.folder / "w1.state").glob("*.fork-*.json")
    checked = here.run("proof", "check", str(fork), "--log-key", log_key(here))
    assert (0, "x It holds: the log signed two histories.") == (checked.code, checked.out.splitlines()[0])
    request = ("witness", "request", "--from", "0", "--out", "request")
    assert 0 == here.run(*request, **there).code
    ran = here.run("witness", "cosign", "request", *cosigner(here), "--out", "reply")
    assert (8, True) == (ran.code, "FORK: another root over 40 entries" in ran.err)


def test_a_ledger_that_lost_entries_learns_it_from_its_witness(here) -> None:
    """A backup put back on a new machine knows of no later head; the witness does."""
    named(here, made(here))
    shutil.copyfile(here.ledger, here.folder / "backup")
    with listening(here) as url:
        assert 0 == here.sign("nurse.1", *MEASURE, "70kg").code
        assert 0 == here.run("witness", "request", "--url", url).code
        shutil.copyfile(here.folder / "backup", here.ledger)
        new = {"DOSELEDGER_STATE": str(here.folder / "new machine")}
        ran = here.run("witness", "request", "--url", url, **new)
        assert (8, True) == (ran.code, "cosigned 40 entries of this log; only 39 are here" in ran.err)
    (note,) = (here.folder / "w1.state").glob("*.note")
    ran = here.run("witness", "add", str(note), **new)
    assert (8, True) == (ran.code, "what the witness cosigned is not in this ledger" in ran.err.lower())


def test_a_witness_that_lost_its_memory_is_named(here) -> None:
    """A witness set back to nothing would cosign a second history, and nobody would ask why."""
    named(here, made(here))
    with listening(here) as url:
        assert 0 == here.run("witness", "request", "--url", url).code
        (note,) = (here.folder / "w1.state").glob("*.note")
        note.unlink()
        ran = here.run("witness", "request", "--url", url, "--json")
        assert (6, ["unavailable"]) == (ran.code, [row["state"] for row in json.loads(ran.out)["data"]["rows"]])
        lock = note.with_suffix(".lock")
        lock.unlink()
        ran = here.run("witness", "request", "--url", url, "--json")
        assert ["forgetful"] == [row["state"] for row in data(ran)["rows"]]
        assert "39 entries before" in data(ran)["rows"][0]["why"]
        note.unlink()
        lock.unlink()
        assert "forgot them" in here.run("witness", "request", "--url", url).err


def test_a_reply_that_was_changed_or_is_of_another_history_is_not_taken(here) -> None:
    """What comes back on a stick is as good as its signatures, and no better."""
    named(here, made(here))
    assert 0 == here.run("witness", "request", "--out", "request").code
    assert 0 == here.run("witness", "cosign", "request", *cosigner(here), "--out", "reply").code
    reply = (here.folder / "reply").read_bytes()
    lines = reply.partition(b"\n\n")[2].splitlines(keepends=True)
    for changed in (
        reply.replace(b"\n39\n", b"\n38\n"),
        reply[: -len(lines[1])],
        reply[: -len(lines[1])] + lines[1][:40] + (b"A" if lines[1][40:41] != b"A" else b"B") + lines[1][41:],
        b"hello",
    ):
        (here.folder / "changed").write_bytes(changed)
        assert 8 == here.run("witness", "add", "changed").code, changed
    assert "no reply of a witness" in here.run("witness", "add", "request").err
    (here.folder / "lines").write_bytes(lines[1])
    assert 2 == here.run("witness", "add", "lines").code
    assert 8 == here.run("witness", "add", "lines", "--size", "38").code
    assert 2 == here.run("witness", "add", "reply", "--size", "38").code
    assert 0 == here.run("witness", "add", "lines", "--size", "39").code
    assert 0 == here.run("witness", "add", "reply").code
    assert 2 == [row["kind"] for row in data(here.run("log", "--json"))["rows"]].count("anchor.made/1")


def test_what_a_request_by_file_needs(here) -> None:
    """A request to the wrong witness, or from a size it never saw, is carried through the town for nothing."""
    assert 2 == here.run("witness", "request").code
    named(here, made(here), made(here, "inspector.example/w2", "w2"))
    for args in (
        ("--out", "request"),
        ("--out", "request", "--for", "nobody.example"),
        ("--out", "request", "--for", NAME, "--from", "40"),
        ("--out", "request", "--for", NAME, "--url", "http://127.0.0.1:9"),
        ("--for", NAME),
        ("--url", "ftp://127.0.0.1"),
    ):
        assert 2 == here.run("witness", "request", *args).code, args
    ran = here.run("witness", "request", "--out", "request", "--for", NAME, "--from", "7", "--json")
    assert (0, 7, 39) == (ran.code, data(ran)["old"], data(ran)["size"])
    assert (here.folder / "request").read_bytes().startswith(b"old 7\n")
    (here.folder / "mess").write_bytes(b"hello")
    assert 2 == here.run("witness", "cosign", "mess", *cosigner(here), "--out", "reply").code
    unknown = ("--key", "w1.key", "--state", "w1.state", "--log", OTHER)
    assert 4 == here.run("witness", "cosign", "request", *unknown, "--out", "reply").code
    assert not (here.folder / "reply").exists()


def test_the_first_entry_names_witnesses(here) -> None:
    """Who vouches for the log must be known before there is anything to vouch for."""
    key = made(here)
    said = [f"--passphrase-file={name}={here.passphrase}" for name in ("reg.1", "reg.2")]
    args = ("--trial", "nct00983528", "--site", "002", "--zone", "UTC", "--purpose", "training", "--device", "ward-9")
    people = ("--registrar", "reg.1", "--registrar", "reg.2", *said, "--yes")
    for wrong in (("--witness-quorum", "1"), ("--witness", key, "--witness", key), ("--witness", log_key(here))):
        assert 2 == here.run("init", "new", *args, *people, *wrong).code
    ran = here.run("init", "new", *args, *people, "--witness", key, "--witness-quorum", "1")
    assert 0 == ran.code, ran.err
    assert f"    witness       {NAME}" in ran.err
    listed = data(here.run("witness", "list", "--json", DOSELEDGER_LEDGER=str(here.folder / "new.ledger")))
    assert (1, 0, [(NAME, key)]) == (
        listed["quorum"],
        listed["covered"],
        [(row["name"], row["key"]) for row in listed["rows"]],
    )


def test_the_secret_key_of_a_witness_is_never_shown(here) -> None:
    """A sponsor who mailed the wrong one of two files would find his secret key on a screen at the site."""
    key = made(here)
    ran = here.sign("reg.1+reg.2", "policy", "amend", "--witness-key=w1.key", "--witness-quorum", "1")
    assert 2 == ran.code
    assert "this is not the key of a witness" in ran.err.lower()
    secret = (here.folder / "w1.key").read_text().splitlines()
    assert [] == [line for line in secret if line in ran.err]
    named(here, key)
    assert "Asked for: 1. No head was cosigned by as many." in here.run("witness", "list").err


def test_a_witness_is_made_once(here) -> None:
    """A second key over the first, or a memory that begins anew, would make two witnesses of one."""
    made(here)
    again = ("witness", "key", NAME, "--key", "w1.key", "--state", "new")
    assert 6 == here.run(*again).code
    assert 2 == here.run("witness", "key", NAME, "--key", "w3.key", "--state", "w1.state").code
    assert not (here.folder / "w3.key").exists()
    assert 2 == here.run("witness", "key", "a name", "--key", "w3.key", "--state", "w3").code
    assert 0o600 == (here.folder / "w1.key").stat().st_mode & 0o777
    ran = here.run("witness", "key", NAME, "--key", "w4.key", "--state", "w4", "--json")
    assert [NAME, "w4.key", "w4"] == [data(ran)[name] for name in ("name", "path", "state")]


def test_a_log_key_that_changes_takes_its_witness_along(here) -> None:
    """A site whose registrars change the log's key as they should would lose its witness on that day."""
    named(here, made(here))
    first = log_key(here)
    with listening(here, log=first) as url:
        assert 0 == here.run("witness", "request", "--url", url).code
        assert 0 == here.sign("reg.1+reg.2", "log", "rotate-key").code
        assert 4 == here.run("witness", "request", "--url", url).code
    assert 0 == here.run("checkpoint", "show", "--key-out", "second.vkey").code
    assert 0 == here.run("witness", "request", "--out", "request").code
    both = ("--key", "w1.key", "--state", "w1.state", "--log", first, "--log", "second.vkey")
    ran = here.run("witness", "cosign", "request", *both, "--out", "reply")
    assert (0, True) == (ran.code, ": 39 -> 41 cosigned" in ran.err), ran.err
    assert 0 == here.run("witness", "add", "reply").code
    assert 0 == here.run("verify").code


def test_after_a_loss_the_witness_begins_anew_when_it_is_told_to(here) -> None:
    """Where entries were lost, the witness must neither refuse for ever nor look away unasked."""
    named(here, made(here))
    shutil.copyfile(here.ledger, here.folder / "backup")
    assert 0 == here.sign("nurse.1", *MEASURE, "70kg").code
    with listening(here) as url:
        assert 0 == here.run("witness", "request", "--url", url).code
        shutil.copyfile(here.folder / "backup", here.ledger)
        ran = here.sign("reg.1+reg.2", "ledger", "accept", "--reason", "other")
        assert 0 == ran.code, ran.err
        assert 4 == here.run("witness", "request", "--url", url).code
    assert 0 == here.run("witness", "request", "--out", "request").code
    ran = here.run("witness", "cosign", "request", *cosigner(here), "--out", "reply")
    assert (0, True) == (ran.code, "main.2: 0 -> 40 cosigned" in ran.err), ran.err
    assert 0 == here.run("witness", "add", "reply").code
    assert [40] == [row["size"] for row in data(here.run("witness", "list", "--json"))["rows"]]
    assert 2 == len(list((here.folder / "w1.state").glob("*.note")))
    assert 0 == here.run("verify").code
