"""Whatever bytes arrive, the readers of envelopes, headers and keys refuse in one way, and keep one form."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BadInput, IntegrityFailure, Malformed, NotAllowed
from ledger.signing import base64url
from ledger.signing.header import Header, open_header, write_header
from ledger.signing.jws import Signature, assemble, parse
from ledger.signing.keyfile import open_system
from ledger.signing.keys import PublicKey, check, from_jwk, require_strong, to_jwk
from ledger.signing.signer import MemorySigner

ENTRIES = json.loads((Path(__file__).parents[1] / "vectors/signing/entries.json").read_text(encoding="utf-8"))
SEEDS = [vector["entry"].encode() for vector in ENTRIES]
HEADERS = [card["header"].encode() for vector in ENTRIES for card in vector["signers"]]
PIECES = [
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b" ",
    b"\n",
    b"=",
    b"null",
    b"\\u0041",
    b"\xff",
    b"\0",
    b"-0",
]


@st.composite
def damaged(draw, seeds):
    """A good text with a few pieces cut out, doubled, moved or put in."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
        put = draw(st.sampled_from([*PIECES, b"", data[start:end] * 2]) | st.binary(max_size=4))
        data = data[:start] + put + data[end if draw(st.booleans()) else start :]
    return data


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary() | damaged(SEEDS) | json_values.map(lambda value: json.dumps(value).encode()))
def test_foreign_envelopes_are_refused_or_kept_byte_for_byte(raw):
    """A damaged ledger file would stop `verify` with a traceback, or be read as if it were whole."""
    with suppress(Malformed):
        read = parse(raw)
        assert raw == assemble(read.payload, read.signatures)


@given(st.binary() | damaged(HEADERS) | json_values.map(lambda value: json.dumps(value).encode()))
def test_foreign_headers_are_refused_or_kept_byte_for_byte(data):
    """As for the envelope; and a header could say something else to another reader than to ours."""
    with suppress(Malformed):
        header = open_header(data)
        assert data == write_header(header)
        assert data == json.dumps(json.loads(data), ensure_ascii=False, separators=(",", ":")).encode()


@st.composite
def changed_header(draw):
    """A good header with the value at one place replaced by any other value."""
    value = json.loads(draw(st.sampled_from(HEADERS)))
    inner = value
    while True:
        name = draw(st.sampled_from(sorted(inner)))
        if isinstance(inner[name], dict) and draw(st.booleans()):
            inner = inner[name]
            continue
        inner[name] = draw(json_values)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


@given(changed_header())
def test_headers_with_one_other_value_are_refused_or_kept(data):
    """As above, where the JSON itself is in perfect order."""
    with suppress(Malformed):
        assert data == write_header(open_header(data))


@given(
    payload=st.binary(max_size=2000),
    signatures=st.lists(
        st.builds(Signature, st.binary(max_size=800), st.binary(min_size=64, max_size=64)), min_size=1, max_size=8
    ),
)
def test_every_envelope_comes_back_whole(payload, signatures):
    """An act that was signed could not be read again."""
    read = parse(assemble(payload, signatures))
    assert (payload, tuple(signatures)) == (read.payload, read.signatures)


names = st.from_regex(r"\A[^\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]{1,32}\Z")


@given(name=names, organisation=names, n=st.integers(0, 2**53 - 1))
def test_every_printed_name_comes_back_whole(name, organisation, n):
    """A nurse could not sign because of the letters of her name, or would be printed under another."""
    header = open_header(HEADERS[0])
    card = msgspec.structs.replace(header.signer, name=name, organisation=organisation)
    written = msgspec.structs.replace(header, signer=card, n=n)
    assert written == open_header(write_header(written))
    assert isinstance(written, Header)


@given(st.binary(max_size=100))
def test_base64url_has_one_form(data):
    """One entry would have several spellings."""
    text = base64url.encode(data)
    assert data == base64url.decode(text)
    assert b"=" not in text


@given(st.binary(max_size=60) | st.text("AQgw-_+/= \n\\", max_size=12).map(str.encode))
def test_foreign_base64url_is_refused_or_kept(text):
    """As above, from the reader's side."""
    with suppress(Malformed):
        assert text == base64url.encode(base64url.decode(text))


@given(raw=st.binary(min_size=32, max_size=32), signature=st.binary(min_size=64, max_size=64))
def test_any_32_bytes_are_judged_as_a_key(raw, signature):
    """A request file with an impossible key or signature would end in a traceback at the enrolment."""
    public = PublicKey("Ed25519", raw)
    assert public == from_jwk(to_jwk(public))
    with suppress(NotAllowed):
        require_strong(public)
    with suppress(IntegrityFailure):
        check(public, b"10 mg", signature)


@given(damaged([MemorySigner(bytes(32)).public.raw, bytes(64)]), st.binary(max_size=80))
def test_any_bytes_are_judged_as_a_p256_key(raw, signature):
    """As for Ed25519."""
    try:
        public = PublicKey("ES256", raw)
    except Malformed:
        return
    with suppress(NotAllowed):
        require_strong(public)
    with suppress(IntegrityFailure):
        check(public, b"10 mg", signature)


@given(st.binary() | damaged([b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"]))
def test_any_bytes_are_judged_as_a_key_file(text):
    """The owner of a damaged key file would get a traceback."""
    refused = False
    try:
        open_system(text)
    except BadInput:
        refused = True
    assert refused
