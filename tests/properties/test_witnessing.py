"""Witnesses without a network: what they answer, what they remember, whose cosignatures count."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toylog import ORIGIN, ToyLog, key_of

from ledger.anchors.cosignature import LAST_SECOND, check_line, cosign, message, stated, strict, witness_key
from ledger.anchors.fork import parse_fork
from ledger.anchors.memory import MOST_UNPROVEN, Memory
from ledger.anchors.quorum import cosigned, covered, keys_of, policy_of
from ledger.anchors.reply import size_told, take
from ledger.anchors.witnessing import (
    MAX_REQUEST_BYTES,
    MOST_PROOF_LINES,
    Answer,
    Asked,
    Request,
    ask,
    decide,
    head_of,
    parse_request,
)
from ledger.errors import BadInput, IntegrityFailure, Malformed
from ledger.events.study import Witnesses
from ledger.merkle.note import NoteSignature, VerifierKey, parse_note

LOG = ToyLog(20)
OTHER = ToyLog(20, history="b", since=7)
FOREIGN = ToyLog(20, key="a key that nobody knows")
LOGS: Mapping[str, tuple[VerifierKey, ...]] = {ORIGIN: (LOG.key,)}
AT = 1_800_000_000


def quorum_reached(note: bytes, policy: Witnesses) -> bool:
    """Whether as many of the named witnesses as are asked for cosigned this very note; never, where it is none."""
    try:
        return len({one.name for one in cosigned(note, policy) if one.good}) >= policy.quorum
    except Malformed:
        return False


def named(name: str) -> VerifierKey:
    """The key of a witness by its name."""
    return witness_key(name, key_of(name).public.raw)


def line(text: bytes, name: str = "w1", at: int = AT) -> bytes:
    """The signature line of a witness under a text."""
    return cosign(text, named(name), at, key_of(name).sign)


def asked(body: bytes) -> Asked:
    """A request of a known log."""
    found = ask(body, LOGS)
    assert isinstance(found, Asked), found
    return found


def status(body: bytes, kept: bytes | None = None) -> int:
    """The status that a request is answered with."""
    found = ask(body, LOGS)
    return found.status if isinstance(found, Answer) else decide(found, kept, line).status


def kept(size: int, log: ToyLog = LOG) -> bytes:
    """The note that a witness keeps of a log of that size."""
    return log.note(size) + line(log.text(size))


REFUSED = {
    "nothing": (b"", 400),
    "no old size": (LOG.request(0, 5).replace(b"old 0\n", b"\n", 1), 400),
    "an old size with a zero before it": (LOG.request(0, 5).replace(b"old 0", b"old 00", 1), 400),
    "an old size that is no number": (LOG.request(0, 5).replace(b"old 0", b"old -1", 1), 400),
    "no empty line": (LOG.request(0, 5).replace(b"\n\n", b"\n", 1), 400),
    "a line of proof that is no hash": (LOG.request(3, 5).replace(b"\n\n", b"\nAAAA\n\n", 1), 400),
    "too long a proof": (
        Request(3, (LOG.leaves[0],) * (MOST_PROOF_LINES + 1), LOG.note(5)).written(),
        400,
    ),
    "too long": (LOG.request(0, 5) + b"x" * MAX_REQUEST_BYTES, 400),
    "no checkpoint": (b"old 0\n\nhello\n", 400),
    "a checkpoint of two lines": (b"old 0\n\n" + LOG.note(5).replace(b"\n5\n", b"\n", 1), 400),
    "an old size beyond the new one": (Request(6, (), LOG.note(5)).written(), 400),
    "another log": (ToyLog(5, origin="log.example/other").request(0, 5), 404),
    "another key": (FOREIGN.request(0, 5), 403),
    "a signature over another text": (LOG.request(0, 5).replace(b"\n5\n", b"\n6\n", 1), 403),
    "a proof from nothing": (Request(0, (LOG.leaves[0],), LOG.note(5)).written(), 422),
    "an old size that was not cosigned": (LOG.request(3, 5), 409),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_request_that_is_refused(what: str) -> None:
    """A witness that lets one of these pass vouches for a history that nobody proved to it."""
    body, expected = REFUSED[what]
    assert expected == status(body)


def test_a_log_that_grows_is_cosigned_step_by_step() -> None:
    """An honest site whose next head is refused looks like a forger to every reader."""
    note = None
    for old, new in ((0, 1), (1, 1), (1, 8), (8, 13), (13, 20)):
        found = asked(LOG.request(old, new))
        answer = decide(found, note, line)
        assert (200, line(LOG.text(new))) == (answer.status, answer.body)
        note = answer.keep
        assert LOG.note(new) + line(LOG.text(new)) == note


def test_an_empty_log_has_one_root() -> None:
    """The head of nothing could otherwise commit a witness to any root."""
    empty = ToyLog(0)
    assert 200 == status(empty.request(0, 0))
    text = empty.text(0).replace(b"47DE", b"47DF")
    made = text + b"\n" + NoteSignature(ORIGIN, LOG.key.key_id, LOG.signer.sign(text)).line()
    assert 422 == status(Request(0, (), made).written())


@pytest.mark.parametrize("old", [0, 12])
def test_another_root_of_the_same_size_is_a_fork_that_anybody_can_check(old: int) -> None:
    """The proof that a site showed two histories would be thrown away by the only one who saw both."""
    found = asked(Request(old, (), OTHER.note(12)).written())
    answer = decide(found, kept(12), line)
    assert (409, b"12\n", "text/x.tlog.size", None) == (answer.status, answer.body, answer.kind, answer.keep)
    assert answer.incident is not None
    fork = parse_fork(answer.incident[1])
    assert ("fork", OTHER.root(12).hex(), ()) == (answer.incident[0], fork.root, fork.proof)
    heads = [head_of(note.encode())[0] for note in (fork.older, fork.newer)]
    assert [LOG.root(12), OTHER.root(12)] == [head.root for head in heads]


@pytest.mark.parametrize(("old", "new"), [(8, 12), (12, 20)])
def test_a_history_that_does_not_go_on_is_not_cosigned(old: int, new: int) -> None:
    """Entries before the kept head could be exchanged, and the witness would vouch for it."""
    answer = decide(asked(OTHER.request(old, new)), kept(old), line)
    assert (422, None) == (answer.status, answer.keep)
    assert answer.incident is not None
    assert {"doseledger-unproven/1"} == {json.loads(answer.incident[1])["format"]}


def test_a_second_key_of_a_log_is_known_beside_the_first() -> None:
    """A log whose key was changed by its registrars would lose its witness on that day."""
    later = ToyLog(20, key="the next log key")
    logs = {ORIGIN: (LOG.key, later.key)}
    found = ask(later.request(8, 12), logs)
    assert isinstance(found, Asked)
    assert 200 == decide(found, kept(8), line).status


def test_only_the_signature_that_counts_is_kept() -> None:
    """Whoever sends a thousand foreign signatures along would fill the witness's disk."""
    noise = NoteSignature("x.example", b"abcd", bytes(64)).line()
    body = LOG.request(0, 5) + noise + line(LOG.text(5), "w2")
    assert LOG.note(5) == asked(body).note


def test_extension_lines_are_cosigned_as_they_are() -> None:
    """Logs of other makes have them; leaving them out would make a signature over a text that nobody has."""
    found = asked(Request(0, (), LOG.note(5, "more")).written())
    assert LOG.text(5, "more") == found.text
    assert b"cosignature/v1\ntime 7\n" + found.text == message(found.text, 7)


@given(st.binary(max_size=300))
def test_reading_a_request_raises_malformed_only(data: bytes) -> None:
    """A request made by nobody would end the witness, and with it the proof for all sites."""
    for body in (data, b"old 0\n\n" + data, LOG.request(3, 9)[: len(data)] + data):
        try:
            found = parse_request(body)
            head_of(found.note)
        except Malformed:
            continue
        assert body == found.written()


@given(st.binary(max_size=200), st.integers(0, 400))
def test_reading_a_reply_raises_our_errors_only(data: bytes, cut: int) -> None:
    """A witness that answers nonsense would end the site's nightly request with a trace instead of a sentence."""
    policy, note = policy_of([named("w1")], 1), LOG.note(5)
    whole = line(LOG.text(5))
    for reply in (data, whole[:cut] + data, note + whole[:cut] + data):
        try:
            found = take(note, reply, policy)
        except IntegrityFailure:
            continue
        assert ["w1"] == [one.name for one in found]
    try:
        assert all(one.good or one.why for one in cosigned(note + whole[:cut] + data, policy))
    except Malformed:
        assert not quorum_reached(note + whole[:cut] + data, policy)


def test_a_request_reads_back() -> None:
    """What a site writes into a file must be what the sponsor's witness reads."""
    body = LOG.request(7, 20)
    assert body == parse_request(body).written()
    assert b"old 7\n" == body[:6]


# --- cosignatures and the quorum ---------------------------------------------------------------------------------


def signed(text: bytes, key: VerifierKey) -> NoteSignature:
    """The line of the witness w1."""
    (found,) = (one for one in parse_note(text + b"\n" + line(text))[1] if one.key_id == key.key_id)
    return found


def test_a_cosignature_says_who_when_and_what() -> None:
    """A time or a head that can be exchanged under a signature dates any history."""
    text, key = LOG.text(5), named("w1")
    made = signed(text, key)
    assert AT == check_line(made, text, key, strict)
    other = made.signature[:7] + bytes([made.signature[7] ^ 1]) + made.signature[8:]
    for changed, words in (
        (NoteSignature(made.name, made.key_id, other), "was not made"),
        (NoteSignature(made.name, made.key_id, made.signature[:-1]), "72 bytes"),
        (NoteSignature("w2", made.key_id, made.signature), "not by"),
        (NoteSignature(made.name, made.key_id, b"\xff" * 8 + made.signature[8:]), "after the year 2199"),
    ):
        with pytest.raises(IntegrityFailure, match=words):
            check_line(changed, text, key, strict)
    with pytest.raises(IntegrityFailure):
        check_line(made, LOG.text(6), key, strict)


def test_times_are_those_that_entries_can_state() -> None:
    """A cosignature whose time no entry can hold could not be put into the ledger."""
    assert "2199-12-31T23:59:59.000Z" == stated(LAST_SECOND)
    assert "1970-01-01T00:00:00.000Z" == stated(0)
    for at in (-1, LAST_SECOND + 1):
        with pytest.raises(IntegrityFailure):
            line(LOG.text(5), at=at)
    with pytest.raises(IntegrityFailure, match="64 bytes"):
        cosign(LOG.text(5), named("w1"), AT, lambda text: text[:10])


def test_a_quorum_is_of_different_witnesses() -> None:
    """One sponsor who signs twice would be counted as two organisations."""
    policy = policy_of([named("w1"), named("w2"), named("w3")], 2)
    text, once = LOG.text(5), LOG.note(5) + line(LOG.text(5))
    twice = once + line(text, at=AT + 5)
    assert [("w1", AT, True)] == [(one.name, one.at, one.good) for one in cosigned(twice, policy)]
    assert not quorum_reached(twice, policy)
    assert quorum_reached(twice + line(text, "w3"), policy)
    assert quorum_reached(LOG.note(5), Witnesses(quorum=0, keys=policy.keys))
    assert not quorum_reached(b"no note", policy)
    first, second = (policy_of([named(name)], 1).keys[0] for name in ("w1", "w2"))
    other_key = witness_key("w1", key_of("w2").public.raw)
    other_name = witness_key("w9", key_of("w1").public.raw)
    renamed = policy_of([other_key, other_name], 0).keys
    again = cosign(text, other_key, AT, key_of("w2").sign)
    same = Witnesses(quorum=2, keys=(first, renamed[0]))
    assert not quorum_reached(once + again, same), "two keys under one name are one witness"
    alias = Witnesses(quorum=2, keys=(first, renamed[1], second))
    assert ["w1", "w2"] == [key.name for key in keys_of(alias)], "one key under two names is one witness"


def test_a_bad_cosignature_is_named_and_counts_for_nothing() -> None:
    """A line with the name of a witness and somebody else's signature would do for a witness."""
    policy = policy_of([named("w1"), named("w2")], 1)
    forged = LOG.note(5) + line(LOG.text(6))
    (found,) = cosigned(forged, policy)
    assert ("w1", None, False) == (found.name, found.at, found.good)
    assert "not made by" in found.why
    assert not quorum_reached(forged, policy)


def test_what_a_quorum_covers() -> None:
    """The verdict would name entries as vouched for that only one of two witnesses ever saw."""
    policy = policy_of([named("w1"), named("w2"), named("w3")], 2)
    assert 30 == covered({"w1": 30, "w2": 50}, policy)
    assert 40 == covered({"w1": 30, "w2": 50, "w3": 40, "stranger": 90}, policy)
    assert 0 == covered({"w1": 30, "stranger": 90}, policy)
    assert 0 == covered({"w1": 30}, policy_of([named("w1")], 0))


@pytest.mark.parametrize("keys", [("w1", "w1"), ("w1",)])
def test_a_policy_names_each_witness_once_and_asks_for_no_more_than_it_names(keys: tuple[str, ...]) -> None:
    """A quorum of two could be met by one, or by nobody ever."""
    with pytest.raises(BadInput):
        policy_of([named(name) for name in keys], 2)


def test_what_of_a_reply_goes_into_the_ledger() -> None:
    """Signatures of strangers, or about another head, would be kept as the word of a witness."""
    policy, note, text = policy_of([named("w1"), named("w2")], 1), LOG.note(5), LOG.text(5)
    stranger = line(text, "w9")
    (found,) = take(note, stranger + line(text), policy)
    assert ("w1", AT, note + line(text)) == (found.name, found.at, found.note)
    assert (found,) == take(note, note + stranger + line(text), policy)
    for reply, words in (
        (stranger, "no witness that this ledger names"),
        (line(LOG.text(6)), "was not made by"),
        (LOG.note(6) + line(LOG.text(6)), "another head"),
        (b"hello", "not a text"),
        (b"\xe2\x80\x94 nothing\n", "too short"),
    ):
        with pytest.raises(IntegrityFailure, match=words):
            take(note, reply, policy)
    assert 12 == size_told(b"12\n")
    for body in (b"", b"-1\n", b"1" * 40, b"<html>"):
        with pytest.raises(Malformed):
            size_told(body)


# --- the memory --------------------------------------------------------------------------------------------------


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """The memory of a witness that has cosigned nothing."""
    return Memory.begin(tmp_path / "w1", named("w1"))


def answered(memory: Memory, body: bytes, at: int = AT) -> tuple[Answer, Path | None]:
    """The answer to a request, remembered."""
    return memory.answer(asked(body), partial(line, at=at))


def test_a_memory_goes_forward_only(memory: Memory) -> None:
    """A witness that can be set back to last week cosigns a second history of this week."""
    assert 200 == answered(memory, LOG.request(0, 12))[0].status
    for old in (0, 5):
        assert 409 == answered(memory, LOG.request(old, 8))[0].status
    again = Memory.open(memory.folder, key_of("w1").public.raw)
    assert kept(12) == again.note(ORIGIN)
    assert 200 == answered(again, LOG.request(12, 20))[0].status
    assert {0o600} == {path.stat().st_mode & 0o777 for path in memory.folder.iterdir()}


def test_a_memory_belongs_to_one_key(memory: Memory, tmp_path: Path) -> None:
    """A mistyped folder would make a witness that remembers nothing, and cosigns anything."""
    with pytest.raises(BadInput, match="another witness"):
        Memory.open(memory.folder, key_of("w2").public.raw)
    with pytest.raises(BadInput, match="not the memory"):
        Memory.open(tmp_path / "elsewhere", key_of("w1").public.raw)
    with pytest.raises(BadInput, match="already"):
        Memory.begin(memory.folder, named("w1"))
    (memory.folder / "witness").write_bytes(b"\xff")
    with pytest.raises(BadInput, match="not the key of a witness"):
        Memory.open(memory.folder, key_of("w1").public.raw)


@pytest.mark.parametrize("forged", [b"", LOG.note(3), kept(3, ToyLog(5, origin="log.example/other"))])
def test_what_is_remembered_must_be_what_was_cosigned(memory: Memory, forged: bytes) -> None:
    """Whoever can write one file could set a witness back, and have another history vouched for."""
    assert 200 == answered(memory, LOG.request(0, 12))[0].status
    (path,) = memory.folder.glob("*.note")
    path.write_bytes(forged)
    with pytest.raises(IntegrityFailure):
        answered(memory, LOG.request(3, 8))


def test_incidents_are_kept_and_do_not_fill_the_disk(memory: Memory) -> None:
    """The proof of two histories must outlive a flood of requests that prove nothing."""
    assert 200 == answered(memory, LOG.request(0, 5))[0].status
    first, path = answered(memory, Request(5, (), OTHER_5.note(5)).written())
    assert (409, True) == (first.status, path is not None and path.exists())
    for number in range(MOST_UNPROVEN + 3):
        other = ToyLog(7, history=f"c{number}")
        assert 422 == answered(memory, Request(5, LOG.proof(5, 7), other.note(7)).written())[0].status
    assert MOST_UNPROVEN == len(list(memory.folder.glob("*.unproven-*.json")))
    assert path == answered(memory, Request(5, (), OTHER_5.note(5)).written())[1]


OTHER_5 = ToyLog(5, history="b", since=2)
