"""The released entries: opened strictly, written again byte for byte, checked by others, and refused when changed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import joserfc.jws
import jwcrypto.jwk
import jwcrypto.jws
import msgspec
import pytest
import released
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey

from ledger.book import Ledger
from ledger.codec import commitments, open_entry, open_payload, open_whole, write_payload
from ledger.course.history import effective
from ledger.errors import Malformed
from ledger.events.body import blobs as named_blobs
from ledger.events.body import close_body, restated
from ledger.events.registry import KINDS
from ledger.merkle.tree import leaf_hash
from ledger.signing.header import open_header, write_header
from ledger.signing.jws import Signature, assemble, parse
from ledger.signing.signer import MemorySigner
from ledger.verify import verify

FOLDER = Path(__file__).parent / "entries"


def frozen(name):
    """One of the frozen files."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


ENTRIES = frozen("entries")
KEYS = {key["kid"]: key for key in frozen("keys")}
TEXTS = {text["commitment"]: (bytes.fromhex(text["salt"]), text["text"].encode()) for text in frozen("texts")}
every_entry = pytest.mark.parametrize("vector", ENTRIES, ids=[f"{v['position']}-{v['name']}" for v in ENTRIES])


def named(name):
    """The vector of this name."""
    return next(vector for vector in ENTRIES if vector["name"] == name)


# --- what is accepted


def test_there_is_a_released_entry_of_every_kind():
    """A kind without frozen bytes could change its form, and old entries of it would no longer open."""
    assert sorted(KINDS) == sorted({vector["kind"] for vector in ENTRIES})


def test_the_bytes_come_out_the_same_from_the_specification_alone():
    """What is specified would not be what is stored, and nobody else could ever read or write the record."""
    for name, text in released.files(released.story()).items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name}: released bytes never change"


@every_entry
def test_a_released_entry_opens_and_is_written_again_byte_for_byte(vector):
    """An entry of an earlier release would be refused, or read as something else than what was signed."""
    raw = vector["raw"].encode()
    opened = open_whole(raw, log="main", position=vector["position"])
    payload, event = open_payload(vector["payload"].encode())
    assert vector["leaf"] == leaf_hash(raw).hex() == opened.entry.leaf
    assert vector["payload"].encode() == opened.jws.payload == write_payload(opened.entry.payload)
    assert vector["headers"] == [write_header(header).decode() for header in opened.headers]
    assert raw == assemble(opened.jws.payload, opened.jws.signatures)
    assert (payload, event) == (opened.entry.payload, opened.entry.event)
    assert json.loads(vector["payload"])["body"] == json.loads(bytes(close_body(event)))


@every_entry
def test_others_read_the_same_entry_and_its_signatures(vector):
    """The record would only be readable with the program that wrote it."""
    raw = json.loads(vector["raw"])
    ours = jwcrypto.jws.JWS()
    ours.deserialize(vector["raw"])
    registry = joserfc.jws.JWSRegistry(algorithms=["Ed25519", "ES256"], strict_check_header=False)
    registry.max_header_length = registry.max_payload_length = registry.max_signature_length = 65_535
    theirs = joserfc.jws.deserialize_json(
        raw, lambda one: joserfc_key(KEYS[one.headers()["kid"]]), algorithms=["Ed25519", "ES256"], registry=registry
    )
    assert vector["payload"].encode() == theirs.payload
    for header, part in zip(vector["headers"], raw["signatures"], strict=True):
        key = KEYS[json.loads(header)["kid"]]
        one = jwcrypto.jws.JWS()
        one.allowed_algs = ["EdDSA", "ES256"]
        assert jwcrypto.jwk.JWK(**bare(key)).thumbprint() == key["kid"]
        if key["alg"] == "ES256":
            one.deserialize(json.dumps({"payload": raw["payload"], **part}))
            one.verify(jwcrypto.jwk.JWK(**bare(key)))
            assert vector["payload"].encode() == one.payload


def bare(key):
    """A key as other tools take it: without the member that is null."""
    return {name: value for name, value in key["jwk"].items() if value is not None}


def joserfc_key(key):
    """A key for joserfc."""
    return (ECKey if key["alg"] == "ES256" else OKPKey).import_key(bare(key))


def test_the_released_entries_are_one_ledger_that_verifies(tmp_path):
    """What a second implementation writes by the specification would be refused by this program."""
    now, opened = (
        datetime(2010, 3, 31, 20, tzinfo=UTC),
        [open_whole(v["raw"].encode(), log="main", position=v["position"]) for v in ENTRIES],
    )
    log_key = next(key for key in KEYS.values() if key["owner"] == "the log")
    signer = MemorySigner(bytes.fromhex(log_key["secret"]))
    ledger = Ledger.create(tmp_path / "released.ledger", ENTRIES[0]["raw"].encode(), log_signer=signer, now=now)
    blobs = released.kept_blobs()
    turns = {position: MemorySigner(secret) for position, _, secret in released.log_turns()}
    at = 1
    while at < len(opened):
        until = at + opened[at].entry.payload.command.of
        texts = {name: TEXTS[name] for one in opened[at:until] for name in commitments(one.jws.payload)}
        given_blobs = {name: blobs[name] for one in opened[at:until] for _, name in named_blobs(one.entry.event)}
        raws = [v["raw"].encode() for v in ENTRIES[at:until]]
        if at in turns:
            ledger.hold(turns[at])
        ledger.append(raws, now=now, texts=texts, blobs=given_blobs)
        assert ENTRIES[until - 1]["root"] == ledger.head().root
        at = until
    assert ["main", "main", "main.2"] == [key.origin.rpartition("/")[2] for key in ledger.log_keys.keys]
    assert () == verify(ledger).findings


def test_every_commitment_is_that_of_its_text():
    """A text beside the record could be exchanged, and the record would not show it."""
    for commitment, (salt, text) in TEXTS.items():
        assert 32 == len(salt)
        assert commitment == f"sha256:{sha256(salt + text).hexdigest()}"
    inside = set().union(*(commitments(vector["payload"].encode()) for vector in ENTRIES))
    assert set(TEXTS) == inside


def test_a_day_stands_at_its_last_millisecond_in_the_offset_of_the_first_signature():
    """A death or consent known to the day would be ordered before or after other acts of that day by chance."""
    vector = named("death")
    entry = open_entry(vector["raw"].encode(), log="main", position=vector["position"])
    assert "2010-03-11T23:59:59.999000-08:00" == entry.occurred_at.isoformat()
    assert "2010-03-11" == entry.occurred_on.isoformat()


def test_a_correction_says_what_it_restates():
    """A corrected dose would still be read with the wrong amount."""
    stream = [
        open_entry(vector["raw"].encode(), log="main", position=vector["position"])
        for vector in ENTRIES
        if '"stream":"patient/P-001"' in vector["payload"]
    ]
    fact = next(fact for fact in effective(stream).facts if fact.entry.position == named("fact")["position"])
    assert "9.8" == fact.event.given_mg
    assert fact.event == restated(fact.amended_by.event)


# --- what is refused


def rewritten(vector, payload=None, header=None):
    """The entry with other payload or first header bytes, under the signatures that it had."""
    read = parse(vector["raw"].encode())
    first = read.signatures[0]
    changed = Signature(first.protected if header is None else header, first.signature)
    return assemble(read.payload if payload is None else payload, (changed, *read.signatures[1:]))


def refused(raw):
    """Nothing but Malformed comes of these bytes."""
    with pytest.raises(Malformed):
        open_entry(raw, log="main", position=0)


def swapped(text):
    """The first two members of a JSON object in the other order."""
    members = list(json.loads(text).items())
    members[:2] = members[1::-1]
    return released.canonical(dict(members)).decode()


def without(text, index):
    """A JSON object without one of its members."""
    members = list(json.loads(text).items())
    del members[index]
    return released.canonical(dict(members)).decode()


SPELLINGS = {
    "members in another order": swapped,
    "a blank after a colon": lambda text: text.replace('":', '": ', 1),
    "a blank at the end": lambda text: text + " ",
    "a newline at the end": lambda text: text + "\n",
    "a byte order mark": lambda text: "\ufeff" + text,
    "a member twice": lambda text: "{" + text[1:].partition(",")[0] + "," + text[1:],
    "an unknown member": lambda text: text[:-1] + ',"note":1}',
    "no first member": lambda text: without(text, 0),
    "no last member": lambda text: without(text, -1),
    "an escaped letter": lambda text: text.replace('":"', '":"\\u0061', 1).replace("\\u0061a", "\\u0061", 1),
    "an escaped slash": lambda text: text.replace("/1", "\\/1", 1),
    "a number with an exponent": lambda text: re.sub(r'":1([,}])', r'":1e0\1', text, count=1),
    "a number with a fraction": lambda text: re.sub(r'":1([,}])', r'":1.0\1', text, count=1),
    "a minus zero": lambda text: re.sub(r'":0([,}])', r'":-0\1', text, count=1),
    "a number with a leading zero": lambda text: re.sub(r'":1([,}])', r'":01\1', text, count=1),
    "a number as text": lambda text: re.sub(r'":1([,}])', r'":"1"\1', text, count=1),
    "a number too large": lambda text: re.sub(r'":1([,}])', r'":9007199254740992\1', text, count=1),
    "another value": lambda text: "[" + text + "]",
    "two values": lambda text: text + text,
    "nothing": lambda _: "",
    "half of it": lambda text: text[: len(text) // 2],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("where", ["payload", "header"])
def test_a_second_spelling_is_refused(where, spelling):
    """Two different leaves would say the same thing, and what was signed could be spelled again by a forger."""
    vector = named("genesis")
    text = vector["payload"] if where == "payload" else vector["headers"][0]
    changed = SPELLINGS[spelling](text)
    assert text != changed
    refused(rewritten(vector, **{where: changed.encode()}))


PAYLOADS = {
    "an upper-case hash": ("genesis", '"root":"e3b0', '"root":"E3b0'),
    "an upper-case id": ("start", '"id":"0127', '"id":"0127'.replace("0127", "012A")),
    "an id of another version": ("start", "-7", "-4"),
    "a lower-case z": ("start", 'Z","clock"', 'z","clock"'),
    "a second as a comma": ("start", ".250Z", ",250Z"),
    "no milliseconds": ("start", ".250Z", "Z"),
    "a day that does not exist": ("death", '"2010-03-11"', '"2010-02-29"'),
    "a day of another form": ("death", '"2010-03-11"', '"20100311"'),
    "a minute called a day": ("death", '"precision":"day"', '"precision":"minute"'),
    "a day called a minute": ("start", '"precision":"minute"', '"precision":"day"'),
    "a restated minute called a day": (
        "correction",
        '"precision":"minute","basis":"chart"',
        '"precision":"day","basis":"chart"',
    ),
    "an offset of minus zero": ("start", '-08:00","zone"', '-00:00","zone"'),
    "an offset that no place has": ("start", '-08:00","zone"', '+14:30","zone"'),
    "a decimal with a trailing zero": ("start", '"rate_ml_h":"50"', '"rate_ml_h":"50.0"'),
    "a decimal with a leading zero": ("start", '"rate_ml_h":"50"', '"rate_ml_h":"050"'),
    "a decimal with an exponent": ("start", '"rate_ml_h":"50"', '"rate_ml_h":"5e1"'),
    "a decimal with a sign": ("start", '"rate_ml_h":"50"', '"rate_ml_h":"+50"'),
    "a negative amount": ("start", '"rate_ml_h":"50"', '"rate_ml_h":"-50"'),
    "a decimal of minus zero": ("measurement", '"offset_ms":"-12.5"', '"offset_ms":"-0"'),
    "a decimal as a number": ("start", '"rate_ml_h":"50"', '"rate_ml_h":50'),
    "a decimal comma": ("start", '"rate_ml_h":"50"', '"rate_ml_h":"5,0"'),
    "an empty decimal": ("start", '"rate_ml_h":"50"', '"rate_ml_h":""'),
    "an empty ledger": ("start", '"ledger":"7b', '"ledger":"'),
    "a genesis of another ledger": ("genesis", '"ledger":""', f'"ledger":"{"0" * 64}"'),
    "a patient's name as a stream": ("start", '"stream":"patient/P-001"', '"stream":"patient/Jane-Doe"'),
    "a stream of another family": ("start", '"stream":"patient/P-001"', '"stream":"supply/001"'),
    "a kind of a later release": ("start", '"kind":"infusion.started/1"', '"kind":"infusion.started/2"'),
    "the body of another kind": ("start", '"kind":"infusion.started/1"', '"kind":"infusion.resumed/1"'),
    "a correction of a void": ("correction", '"body":{"kind":"infusion.recorded/1"', '"body":{"kind":"entry.voided/1"'),
    "a part that the command does not have": ("start", '"index":0,"of":1', '"index":1,"of":1'),
    "a reference that is not among the causes": ("start", '"causes":[{', '"causes":[],"corrects":{'),
    "a cause named twice": ("start", '"causes":[', None),
    "a grade without its dictionary": ("grade", '"dictionary":{"ctcae":"5.0",', None),
    "a dictionary without a grade": (
        "start",
        '"dictionary":null',
        f'"dictionary":{{"ctcae":"5.0","digest":"{"0" * 64}"}}',
    ),
    "a check that does not exist": ("start", '"appearance"', '"colour"'),
    "a text in the place of a commitment": ("toxicity", '"verbatim":"sha256:', '"verbatim":"chills:'),
    "a name of 129 bytes": ("key of ivan", '"name":"Dr. Ivan Ibsen"', f'"name":"{"ü" * 64}e"'),
    "a name that is turned round": ("key of ivan", '"name":"Dr. Ivan Ibsen"', '"name":"Dr. \u202enesbI navI"'),
    "a point of another curve": ("key of ivan", '"crv":"Ed25519"', '"crv":"P-256"'),
    "a key with loose bits": ("genesis", '","y":null}},"log_key"', None),
    "a null that is missing": ("start", '"performed_by":null,', ""),
    "a grade of six": ("grade", '"grade":2', '"grade":6'),
    "a grade of zero": ("grade", '"grade":2', '"grade":0'),
}


def loosened(text, name, old):
    """The changes that no replacement of fixed text can make."""
    if name == "a cause named twice":
        first = re.search(r'"causes":\[(\{[^}]*\})', text)[1]
        return text.replace(old, old + first + ",", 1)
    if name == "a grade without its dictionary":
        return re.sub(r'"dictionary":\{[^}]*\}', '"dictionary":null', text)
    at = text.index(old) - 1
    return text[:at] + chr(ord(text[at]) + 1) + text[at + 1 :]


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_outside_its_grammar_is_refused(name):
    """A dose, a day or a name could be written in a way that two readers understand differently."""
    vector_name, old, new = PAYLOADS[name]
    vector = named(vector_name)
    assert old in vector["payload"]
    changed = loosened(vector["payload"], name, old) if new is None else vector["payload"].replace(old, new, 1)
    assert vector["payload"] != changed
    refused(rewritten(vector, payload=changed.encode()))


HEADERS = {
    "an extra member": ('"n":', '"jku":"https://example.org","n":'),
    "an embedded key": ('"n":', '"jwk":null,"n":'),
    "critical extensions": ('"n":', '"crit":["b64"],"n":'),
    "no algorithm": ('"alg":"Ed25519"', '"alg":"none"'),
    "the old name of the algorithm": ('"alg":"Ed25519"', '"alg":"EdDSA"'),
    "another type": ('"typ":"doseledger-entry/1"', '"typ":"JWT"'),
    "a thumbprint with loose bits": ('"kid":"', None),
    "another sentence": ('"text":"I performed', '"text":"I watched'),
    "the sentence of another meaning": ('"code":"performed"', '"code":"verified"'),
    "another version": ('"version":1', '"version":2'),
    "a role that does not exist": ('"role":"nurse"', '"role":"surgeon"'),
    "a time without an offset": ("-08:00", ""),
    "a time to the second": (".250-08:00", "-08:00"),
    "a day that does not exist": ('"at":"2010-03-01', '"at":"2010-02-30'),
    "a method that does not exist": ('"method":"pwd"', '"method":"otp"'),
    "a first that is no truth": ('"first":true', '"first":1'),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_outside_its_grammar_is_refused(name):
    """A signer could bring his own key, choose no algorithm, or show a meaning that he did not sign."""
    vector = named("start")
    text, (old, new) = vector["headers"][0], HEADERS[name]
    if new is None:
        kid = json.loads(text)["kid"]
        old, new = kid, kid[:-1] + chr(ord(kid[-1]) + 1)
    assert old in text
    refused(rewritten(vector, header=text.replace(old, new, 1).encode()))


def test_an_outer_member_nobody_signed_is_refused():
    """An unprotected header could tell another tool another signer."""
    raw = named("start")["raw"]
    refused(raw.replace('{"protected"', '{"header":{"kid":"x"},"protected"', 1).encode())
    refused((raw[:-1] + ',"note":1}').encode())
    refused((raw + "\n").encode())
    refused(raw.replace('":"', '": "', 1).encode())
    refused(b"\xef\xbb\xbf" + raw.encode())


@given(
    vector=st.sampled_from(ENTRIES),
    at=st.integers(0, 4000),
    piece=st.one_of(
        st.binary(max_size=6), st.sampled_from([b"null", b"{}", b"[]", b"-0", b"1e9", b'"', b"\\", b",", b"\xff"])
    ),
    cut=st.integers(0, 12),
    where=st.sampled_from(["payload", "header", "raw"]),
)
def test_any_bytes_are_an_entry_in_its_one_form_or_malformed(vector, at, piece, cut, where):
    """A damaged or forged entry would stop the inspection with an internal error instead of being named."""
    text = {"payload": vector["payload"], "header": vector["headers"][0], "raw": vector["raw"]}[where].encode()
    at %= len(text)
    changed = text[:at] + piece + text[at + cut :]
    raw = changed if where == "raw" else rewritten(vector, **{where: changed})
    try:
        opened = open_whole(raw, log="main", position=0)
    except Malformed:
        return
    again = [
        Signature(write_header(h), s.signature) for h, s in zip(opened.headers, opened.jws.signatures, strict=True)
    ]
    assert raw == assemble(write_payload(opened.entry.payload), again)


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    kind=st.sampled_from(sorted(KINDS)),
)
def test_any_json_in_the_place_of_a_body_is_malformed(body, kind):
    """A body that nobody can read would become part of a patient's record."""
    vector = named("start")
    payload = {**json.loads(vector["payload"]), "kind": kind, "body": body}
    refused(rewritten(vector, payload=released.canonical(payload) if is_utf8(payload) else b"{"))


def is_utf8(value):
    """Whether a value can be written at all: a lone surrogate cannot."""
    try:
        msgspec.json.encode(value)
        released.canonical(value)
    except (UnicodeEncodeError, msgspec.MsgspecError):
        return False
    return True


def test_a_deep_nesting_is_malformed():
    """A nest of a thousand brackets would stop the reader."""
    vector = named("start")
    deep = b"[" * 5000 + b"]" * 5000
    refused(
        rewritten(vector, payload=vector["payload"].encode().replace(b'"checks":[', b'"checks":' + deep + b',"x":[', 1))
    )
    refused(rewritten(vector, header=deep))
    with pytest.raises(Malformed):
        open_header(deep)
