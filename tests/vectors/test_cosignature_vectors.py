"""Cosignatures and requests that others published, and the frozen bytes of our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.anchors.cosignature import check_cosignature, cosign, parse_witness_key, strict
from ledger.anchors.witnessing import Asked, ask, decide, head_of
from ledger.errors import IntegrityFailure, Malformed
from ledger.merkle.note import VerifierKey, find_signature, parse_note, parse_vkey
from ledger.signing.signer import MemorySigner

FOLDER = Path(__file__).parent / "merkle"
VALUES = json.loads((FOLDER / "witness.json").read_bytes())
PUBLISHED, REQUESTS, OURS = VALUES["published"], VALUES["requests"], VALUES["ours"]
NOTE = (FOLDER / "published-cosigned.note").read_bytes()
LOGS = {REQUESTS["origin"]: (VerifierKey(name=REQUESTS["origin"], public=bytes.fromhex(REQUESTS["public"])),)}
SIGNER = MemorySigner(bytes.fromhex(OURS["seed"]))


def asked(name: str) -> Asked:
    """A published request, read."""
    found = ask(REQUESTS[name].encode(), LOGS)
    assert isinstance(found, Asked), found
    return found


def line(text: bytes) -> bytes:
    """The line of our own witness under a text."""
    return cosign(text, parse_witness_key(OURS["vkey"]), OURS["at"], SIGNER.sign)


@pytest.mark.parametrize("said", PUBLISHED["witnesses"], ids=lambda said: said.partition("+")[0])
def test_the_witnesses_of_the_public_network_are_understood(said: str) -> None:
    """If it failed, no witness but our own could vouch for a ledger, and ours is the sponsor's."""
    key = parse_witness_key(said)
    assert said == key.text()
    text, lines = parse_note(NOTE)
    assert PUBLISHED["at"] == check_cosignature(lines, text, key, strict)
    with pytest.raises(IntegrityFailure, match="was not made by key"):
        check_cosignature(lines, text.replace(b"1432088532", b"1432088531"), key, strict)


def test_the_log_of_the_published_checkpoint_signed_it_too() -> None:
    """If it failed, a log of another make could not be witnessed here."""
    key = parse_vkey(PUBLISHED["log"])
    head, text, lines = head_of(NOTE)
    strict(key.public, text, find_signature(lines, key))
    assert (key.name, 1432088532) == (head.origin, head.size)


@pytest.mark.parametrize("said", [PUBLISHED["log"], PUBLISHED["witnesses"][0][:-4] + "AAA="])
def test_the_key_of_a_log_is_not_the_key_of_a_witness(said: str) -> None:
    """If it failed, a log could be named as the witness of itself."""
    with pytest.raises(Malformed):
        parse_witness_key(said)


def test_the_frozen_line_of_our_own_witness() -> None:
    """If it failed, heads that our witness cosigned years ago could no longer be checked."""
    text, _ = parse_note((FOLDER / "checkpoint-8.note").read_bytes())
    assert OURS["line"].encode() == line(text)


@pytest.mark.parametrize(("name", "size"), [("to_3", 3), ("to_5", 5)])
def test_the_published_requests_are_cosigned(name: str, size: int) -> None:
    """If it failed, our witness would refuse an honest log, or read its proof in another way than all others."""
    first = decide(asked("first"), None, line)
    assert (200, None) == (first.status, first.incident)
    found = asked(name)
    answer = decide(found, first.keep, line)
    assert (200, size, line(found.text)) == (answer.status, found.head.size, answer.body)


def test_the_published_race_is_lost() -> None:
    """If it failed, a slower request would take back entries that were cosigned (the race of the specification)."""
    kept = decide(asked("first"), None, line).keep
    kept = decide(asked("to_5"), kept, line).keep
    late = decide(asked("to_3"), kept, line)
    assert (409, b"5\n", "text/x.tlog.size", None) == (late.status, late.body, late.kind, late.keep)
