"""`doseledger anchor` as a person runs it: on paper, to authorities online and by file, and what is due."""

from __future__ import annotations

import json
import re
import sys
import threading
from pathlib import Path

import pexpect
import pytest
from authority import OPENSSL, Authority, nowhere, served
from jsonschema import Draft202012Validator

from commands.cli.witness.desk import witness
from commands.cli.witness.listening import Door
from ledger.anchors.paper import code

PROGRAM = Path(sys.executable).parent / "doseledger"
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "json"
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="NOT RUN: there is no openssl here to stamp with")


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    """One authority for all tests: its keys take a while."""
    return Authority(tmp_path_factory.mktemp("authority"))


def checked(name: str, ran) -> dict:
    """The data of a run, once they are as their schema says."""
    data = json.loads(ran.out)
    Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text())).validate(data)
    return data["data"]


def entry(site, position: int) -> dict:
    """The body of an entry."""
    return json.loads(site.run("show", f"#{position}", "--json").out)["data"]


def test_a_page_for_the_binder_is_made_and_recorded(here) -> None:
    """The binder is the only thing an attacker in the hospital's network cannot reach: the page must be right."""
    note = here.run("checkpoint", "show", "--json")
    head = json.loads(note.out)["data"]
    ran = here.run("anchor", "paper", "--out", "page.html", "--json")
    assert 0 == ran.code, ran.err
    data = checked("anchor-paper", ran)
    page = (here.folder / "page.html").read_text()
    assert (38, head["root"], 38) == (data["size"], data["root"], data["recorded"])
    assert all(line in page for line in data["lines"])
    assert head["log_key"].replace("+", "&#43;") in page or head["log_key"] in page
    assert "<svg" in page
    assert "<script" not in page
    assert "anchor.made/1" == entry(here, 38)["kind"]
    assert 2 == here.run("anchor", "paper", "--out", "page.html").code
    typed = " ".join(data["lines"])
    for said in (typed, typed.replace(" ", "").upper(), f"38 {head['root']}"):
        assert 0 == here.run("verify", "--paper", said).code, said
    report = json.loads(here.run("verify", "--paper", typed, "--json").out)["data"]
    said = (
        "anchored by the checkpoint last seen here of 39 entries; 0 came later; it agrees with the paper of 38 entries"
    )
    assert ("ok", said) == (report["verdict"], report["anchor"])


def test_a_slip_of_the_finger_is_named_and_another_root_is_a_fork(here) -> None:
    """An inspector types 64 digits at 17:55: a slip must not look like a forged ledger, nor a forgery like a slip."""
    data = json.loads(here.run("anchor", "paper", "--out", "page.html", "--json").out)["data"]
    third = data["lines"][3]
    digits, _, said = third.partition(" *")
    slips = (other + third[1:] for other in "0123456789abcdef")
    slip = next(one for one in slips if code(3, one[: len(digits)].replace(" ", "")) != said)  # 1 in 256 has the same
    ran = here.run("verify", "--paper", " ".join((*data["lines"][:3], slip, data["lines"][4])))
    assert (2, True) == (ran.code, "Line 3 of the root is mistyped" in ran.err)
    other = f"38 {'0' * 64}"
    assert (8, "fork") == _verdict(here.run("verify", "--paper", other, "--json"))
    assert (8, "stale") == _verdict(here.run("verify", "--paper", f"99 {data['root']}", "--json"))


def _verdict(ran) -> tuple[int, str]:
    return ran.code, json.loads(ran.out)["data"]["verdict"]


@needs_openssl
def test_an_authority_stamps_the_head_and_openssl_reads_it(here, authority) -> None:
    """A stamp that only our own program reads is our own word about our own record."""
    (here.folder / "root.pem").write_bytes(authority.root)
    note = here.run("checkpoint", "show").out
    with served(authority) as url, served(None) as silent:
        ran = here.run("anchor", "timestamp", "--url", url, "--url", silent, "--tsa-root", "root.pem", "--json")
    assert 0 == ran.code, ran.err
    data = checked("anchor-timestamp", ran)
    assert [("127.0.0.1", 38, 38)] == [(one["authority"], one["size"], one["position"]) for one in data["made"]]
    assert [39] == [one["size"] for one in data["waiting"]]
    assert "anchor.made/1" == entry(here, 38)["kind"]
    here.run("export", "bundle", "--out", "bundle")
    blobs = [path.read_bytes() for path in here.folder.glob("bundle/**/blobs/*")]
    assert 1 == sum(authority.reads(blob, note.encode()) for blob in blobs)
    report = json.loads(here.run("verify", "--tsa-root", "root.pem", "--json").out)["data"]
    assert "ok" == report["verdict"]


@needs_openssl
def test_what_is_not_answered_waits_and_is_asked_again(here, authority) -> None:
    """At night the hospital is offline: what was to be stamped must not be forgotten in the morning."""
    gone = nowhere()
    ran = here.run("anchor", "timestamp", "--url", gone)
    assert (6, True) == (ran.code, "127.0.0.1: 127.0.0.1 does not answer" in ran.err)
    waiting = json.loads(here.run("anchor", "status", "--json").out)["data"]["waiting"]
    assert [(38, gone)] == [(one["size"], one["url"]) for one in waiting]
    kept = list((here.folder / "state" / "anchors").glob("*/*.json"))
    assert [0o600] == [path.stat().st_mode & 0o777 for path in kept]
    with served(authority) as url:
        kept[0].write_text(kept[0].read_text().replace(gone, url))
        ran = here.run("anchor", "timestamp", "--retry")
    assert 0 == ran.code, ran.err
    assert [] == json.loads(here.run("anchor", "status", "--json").out)["data"]["waiting"]
    assert 2 == here.run("anchor", "timestamp", "--retry").code


@needs_openssl
def test_a_site_without_network_gets_its_stamp_by_file(here, authority, tmp_path) -> None:
    """The ward has no internet: a stick goes to somebody who has, and comes back with the stamp."""
    assert 0 == here.run("anchor", "timestamp", "--request-out", "head.tsq", "--digest", "sha512").code
    answer = authority.answer((here.folder / "head.tsq").read_bytes())
    (here.folder / "head.tsr").write_bytes(answer)
    assert 2 == here.run("anchor", "timestamp", "--response", "head.tsr").code
    ran = here.run("anchor", "timestamp", "--response", "head.tsr", "--authority", "tsa.example.org")
    assert 0 == ran.code, ran.err
    assert "v tsa.example.org stamped the head of 38 entries" in ran.out
    again = here.run("anchor", "timestamp", "--response", "head.tsr", "--authority", "tsa.example.org")
    assert (8, True) == (again.code, "answers no request that waits here" in again.err)


@needs_openssl
def test_an_answer_by_somebody_else_is_not_recorded(here, authority, tmp_path) -> None:
    """Whoever sits between the ward and the authority must not put his own stamp into the record."""
    stranger = Authority(tmp_path / "stranger")
    (here.folder / "root.pem").write_bytes(authority.root)
    with served(stranger) as url, served(authority, status=503) as busy:
        ran = here.run("anchor", "timestamp", "--url", url, "--url", busy, "--tsa-root", "root.pem")
    assert (6, True) == (ran.code, "it answers 503" in ran.err)
    assert "the time stamp is not signed by that authority" in ran.err
    assert 38 == json.loads(here.run("verify", "--json").out)["data"]["entries"]


def test_what_cannot_be_asked_is_said(here) -> None:
    """A mistyped address that is waited for in silence is an anchor that never comes."""
    for args in (
        ("--url", "ftp://tsa.example.org"),
        ("--url", "tsa.example.org"),
        ("--url", nowhere(), "--retry"),
        ("--digest", "md5", "--url", nowhere()),
        ("--timeout", "0", "--url", nowhere()),
        (),
    ):
        assert 2 == here.run("anchor", "timestamp", *args).code, args
    (here.folder / "no.tsr").write_bytes(b"no answer")
    assert 8 == here.run("anchor", "timestamp", "--response", "no.tsr").code


@needs_openssl
def test_an_export_asks_for_an_anchor_by_itself(here, authority) -> None:
    """Whoever forgets to anchor after an export leaves the door open for another past."""
    with served(authority) as url:
        online = {"DOSELEDGER_TIMESTAMP_AUTHORITIES": url}
        ran = here.run("export", "csv", "--out", "one.csv", **online)
        assert 0 == ran.code, ran.err
        assert "  stamped by 127.0.0.1 at " in ran.err
        assert "anchor is due" not in ran.err
        assert "" == _standing(here)["due"]
    offline = {"DOSELEDGER_TIMESTAMP_AUTHORITIES": nowhere()}
    ran = here.run("export", "csv", "--out", "two.csv", **offline)
    assert 0 == ran.code, ran.err
    assert "does not answer" in ran.err
    assert "! an anchor is due since #40 (a copy was exported): doseledger anchor status" in ran.err
    assert 40 == _standing(here)["due_since"]
    checks = {one["what"]: one for one in json.loads(here.run("doctor", "--json").out)["data"]["checks"]}
    assert "warn" == checks["anchor"]["state"]
    assert "due since #40" in checks["anchor"]["found"]
    assert "! an anchor is due since #40" in here.run("todo").err
    notices = json.loads(here.run("verify", "--json").out)["data"]["notices"]
    assert [("anchor-due", 40)] == [(one["code"], one["position"]) for one in notices if one["code"] == "anchor-due"]
    with served(authority) as url:
        (kept,) = (here.folder / "state" / "anchors").glob("*/*.json")
        kept.write_text(kept.read_text().replace(offline["DOSELEDGER_TIMESTAMP_AUTHORITIES"], url))
        ran = here.run("export", "csv", "--out", "three.csv")
    assert 0 == ran.code, ran.err
    assert ("", []) == (_standing(here)["due"], list((here.folder / "state" / "anchors").glob("*/*.json")))


def _standing(site) -> dict:
    return checked("anchor-status", site.run("anchor", "status", "--json"))["standing"]


def test_a_revoked_key_makes_an_anchor_due(here) -> None:
    """After a theft somebody might wish for another past: the moment of the revocation is fixed outside."""
    ran = here.sign("reg.1", "key", "revoke", "nurse.2", "--reason", "lost")
    assert 0 == ran.code, ran.err
    assert "! an anchor is due since #38 (a key was revoked)" in ran.err
    assert 0 == here.run("anchor", "paper", "--out", "page.html").code
    assert (None, "") == (_standing(here)["due_since"], _standing(here)["due"])
    assert "an anchor is due" not in here.run("todo").err


@needs_openssl
def test_times_around_an_entry_are_shown(here, authority) -> None:
    """An inspector asks when this was really written: the answer is two times that the site did not choose."""
    with served(authority) as url:
        assert 0 == here.run("anchor", "timestamp", "--url", url).code
    shown = json.loads(here.run("show", "#35", "--json").out)["data"]["sandwich"]
    assert (None, 38, False) == (shown["earlier"], shown["later"], shown["outside"])
    assert "written before  " in here.run("show", "#35").out
    assert "what these times are worth: doseledger verify --entry '#35'" in here.run("show", "#35").out
    done = here.sign("nurse.1", "patient", "measure", "001-001", "--weight", "70kg")
    assert 0 == done.code, done.err
    ran = here.run("verify", "--entry", "#39", "--json")
    found = json.loads(ran.out)["data"]["sandwich"]
    assert (38, None, False) == (found["earlier"], found["later"], found["outside"])
    strange = here.run("verify", "--entry", "39").out
    assert re.search(r"written after   20\d\d-.*Z \(#38\), NOT CHECKED\n", strange)
    (here.folder / "root.pem").write_bytes(authority.root)
    known = here.run("verify", "--entry", "39", "--tsa-root", "root.pem").out
    assert re.search(r"written after   20\d\d-.*Z \(#38\)\n", known)


def test_a_page_is_typed_in_line_by_line(site) -> None:
    """Two people read and type; the one slip is named while the finger is still on the line."""
    data = json.loads(site.run("anchor", "paper", "--out", "page.html", "--json").out)["data"]
    child = pexpect.spawn(
        str(PROGRAM), ["verify", "--paper", "-"], env=site.env, encoding="utf-8", timeout=30, cwd=str(site.folder)
    )
    for number, line in enumerate(data["lines"]):
        child.expect("Entries: " if number == 0 else f"Root, line {number}: ")
        if number == 2:
            child.sendline(line[:-1] + ("0" if line[-1] != "0" else "1"))
            child.expect(r"line 2 of the root is mistyped: its check code is not \*")
            child.expect("Root, line 2: ")
        child.sendline(line)
    child.expect(pexpect.EOF)
    child.close()
    assert "it agrees with the paper of 38 entries" in child.before
    assert 0 == child.exitstatus


def test_times_around_an_entry_of_lines_alone_are_not_told(here) -> None:
    """A report that is lost because one question has no answer would be worse than no answer."""
    (here.folder / "entries.jsonl").write_text(here.run("export", "jsonl").out)
    ran = here.run("verify", "entries.jsonl", "--entry", "#3")
    assert (0, True) == (ran.code, "the times around an entry cannot be told" in ran.err)
    assert 2 == here.run("verify", "--entry", "#99").code


def test_an_act_that_forces_an_anchor_asks_the_witnesses_of_the_settings(here) -> None:
    """The sponsor's witness sees the head of a revocation before anybody at the site can wish for another one."""
    key = here.run("witness", "key", "sponsor.example/w1", "--key", "w1.key", "--state", "w1.state").out.strip()
    named = here.sign("reg.1+reg.2", "policy", "amend", f"--witness-key={key}", "--witness-quorum", "1")
    assert 0 == named.code, named.err
    log = json.loads(here.run("checkpoint", "show", "--json").out)["data"]["log_key"]
    found = witness(str(here.folder / "w1.key"), str(here.folder / "w1.state"), [log])
    with Door(("127.0.0.1", 0), found) as door:
        thread = threading.Thread(target=door.serve_forever, args=(0.01,))
        thread.start()
        try:
            ran = here.run("export", "csv", "--out", "one.csv", DOSELEDGER_WITNESSES=door.url)
        finally:
            door.shutdown()
            thread.join()
    assert 0 == ran.code, ran.err
    assert "  cosigned by sponsor.example/w1: 40 entries (#40)" in ran.err
    assert "anchor is due" not in ran.err
    report = json.loads(here.run("verify", "--witness", key, "--json").out)["data"]
    assert [("witness", "good", True)] == [(one["form"], one["state"], one["known"]) for one in report["anchors"]]
    ran = here.run("export", "csv", "--out", "two.csv", DOSELEDGER_WITNESSES=nowhere())
    assert 0 == ran.code, ran.err
    assert "! an anchor is due since #41 (a copy was exported): doseledger anchor status" in ran.err
