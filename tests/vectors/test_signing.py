"""Entry bytes against frozen vectors and against two independent JOSE libraries."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from joserfc import jws as joserfc_jws
from joserfc.jwk import import_key
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from ledger.errors import BadInput, IntegrityFailure, Malformed, NotAllowed
from ledger.signing import base64url
from ledger.signing.header import Header, open_header, write_header
from ledger.signing.jws import (
    ENTRY_LIMIT,
    PAYLOAD_LIMIT,
    RECOVERED_LIMIT,
    SIGNATURE_LIMIT,
    Signature,
    assemble,
    parse,
    signing_input,
)
from ledger.signing.keys import P256_ORDER, check, from_jwk
from ledger.signing.keys import Jwk as WireJwk
from ledger.signing.meanings import TEXTS, text
from ledger.signing.seal import seal
from ledger.signing.signer import MemorySigner

FOLDER = Path(__file__).parent / "signing"
ENTRIES = json.loads((FOLDER / "entries.json").read_text(encoding="utf-8"))
REFUSED = json.loads((FOLDER / "refused.json").read_text(encoding="utf-8"))
MEANINGS = json.loads((FOLDER / "meanings.json").read_text(encoding="utf-8"))

every_entry = pytest.mark.parametrize("vector", ENTRIES, ids=[vector["name"] for vector in ENTRIES])


def refused(kind):
    cases = REFUSED[kind]
    return pytest.mark.parametrize(
        "data",
        [case["text"].encode() if "text" in case else bytes.fromhex(case["hex"]) for case in cases],
        ids=[case["name"] for case in cases],
    )


def signer_of(card):
    secret = bytes.fromhex(card["secret"])
    method = json.loads(card["header"])["auth"]["method"]
    if card["alg"] == "Ed25519":
        return MemorySigner(secret, method)
    return MemorySigner(derive_private_key(int.from_bytes(secret, "big"), SECP256R1()), method)


def public_of(card):
    return from_jwk(msgspec.convert(card["jwk"], WireJwk))


def private_jwk(card):
    return card["jwk"] | {"d": base64url.encode(bytes.fromhex(card["secret"])).decode()}


class CountingSigner(MemorySigner):
    """A signer that counts how often it was used."""

    used = 0

    def sign(self, data):
        self.used += 1
        return super().sign(data)


class WideRegistry(joserfc_jws.JWSRegistry):
    """joserfc's own limits, but for the size of a header: it stops at 512 bytes."""

    max_header_length = 2048


def joserfc_rules():
    return WideRegistry(algorithms=["Ed25519", "ES256"], strict_check_header=False)


# --- what is accepted


@every_entry
def test_an_entry_is_read_as_it_was_written(vector):
    """An infusion signed today could not be read, or would read differently, at the inspection in 25 years."""
    raw = vector["entry"].encode()
    read = parse(raw)
    assert vector["payload"].encode() == read.payload
    assert [card["header"].encode() for card in vector["signers"]] == [one.protected for one in read.signatures]
    assert raw == assemble(read.payload, read.signatures)
    for card, one in zip(vector["signers"], read.signatures, strict=True):
        header = open_header(one.protected)
        assert (card["alg"], card["kid"]) == (header.alg, header.kid)
        assert card["kid"] == public_of(card).kid
        check(public_of(card), signing_input(one.protected, read.payload), one.signature)


@every_entry
def test_sealing_gives_the_frozen_bytes(vector):
    """A new release would write other bytes for the same act, and released entries could not be reproduced."""
    pairs = [(open_header(card["header"].encode()), signer_of(card)) for card in vector["signers"]]
    raw = seal(vector["payload"].encode(), pairs)
    frozen = parse(vector["entry"].encode())
    made = parse(raw)
    assert [one.protected for one in frozen.signatures] == [one.protected for one in made.signatures]
    for card, expected, actual in zip(vector["signers"], frozen.signatures, made.signatures, strict=True):
        check(public_of(card), signing_input(actual.protected, made.payload), actual.signature)
        if card["alg"] == "Ed25519":
            assert expected.signature == actual.signature


@every_entry
def test_a_header_is_the_json_that_everybody_writes(vector):
    """An inspector's own tool would compute other header bytes than ours and call a good signature bad."""
    for card in vector["signers"]:
        usual = json.dumps(json.loads(card["header"]), ensure_ascii=False, separators=(",", ":")).encode()
        assert usual == write_header(open_header(card["header"].encode()))


@every_entry
def test_jwcrypto_accepts_our_entries(vector):
    """An inspector with a standard library of his own could not check who signed a dose."""
    for card in vector["signers"]:
        token = JWS()
        token.deserialize(vector["entry"])
        token.verify(JWK(**card["jwk"]))
        assert vector["payload"].encode() == token.payload


@every_entry
def test_joserfc_accepts_our_entries(vector):
    """As for jwcrypto, with every signature of the entry needed at once."""
    keys = {card["kid"]: import_key(card["jwk"]) for card in vector["signers"]}
    token = joserfc_jws.deserialize_json(
        json.loads(vector["entry"]), lambda one: keys[one.headers()["kid"]], registry=joserfc_rules()
    )
    assert vector["payload"].encode() == token.payload


@every_entry
def test_signatures_made_by_jwcrypto_are_ours(vector):
    """A card or agent that signs with other software would be taken for a forger."""
    token = JWS(vector["payload"].encode())
    for card in vector["signers"]:
        token.add_signature(JWK(**private_jwk(card)), None, protected=card["header"])
    theirs = json.loads(token.serialize())
    parts = theirs.get("signatures", [theirs])
    for card, part in zip(vector["signers"], parts, strict=True):
        protected, signature = (base64url.decode(part[name].encode()) for name in ("protected", "signature"))
        assert card["header"].encode() == protected
        if card["alg"] == "ES256":
            signature = low(signature)
        check(public_of(card), signing_input(protected, vector["payload"].encode()), signature)


@every_entry
def test_the_spelling_of_joserfc_is_refused_and_its_signatures_are_good(vector):
    """One entry would have two spellings, hence two leaves, and one of them could replace the other unseen."""
    keys = {card["kid"]: import_key(private_jwk(card)) for card in vector["signers"]}
    theirs = joserfc_jws.serialize_json(
        [{"protected": json.loads(card["header"])} for card in vector["signers"]],
        vector["payload"].encode(),
        lambda one: keys[one.headers()["kid"]],
        registry=joserfc_rules(),
    )
    with pytest.raises(Malformed):
        parse(json.dumps(theirs, separators=(",", ":")).encode())
    for card, part in zip(vector["signers"], theirs["signatures"], strict=True):
        protected, signature = (base64url.decode(part[name].encode()) for name in ("protected", "signature"))
        with pytest.raises(Malformed):
            open_header(protected)
        if card["alg"] == "ES256":
            signature = low(signature)
        check(public_of(card), signing_input(protected, vector["payload"].encode()), signature)


def low(signature):
    s = int.from_bytes(signature[32:], "big")
    return signature[:32] + min(s, P256_ORDER - s).to_bytes(32, "big")


# --- what is refused


@refused("entries")
def test_an_entry_in_another_form_is_refused(data):
    """A second spelling, or a member nobody signed, would pass as the record of a dose."""
    with pytest.raises(Malformed):
        parse(data)


@refused("headers")
def test_a_header_in_another_form_is_refused(data):
    """A signer could bring his own key, choose no algorithm, or show a meaning that he did not sign."""
    with pytest.raises(Malformed):
        open_header(data)


@every_entry
def test_every_changed_bit_of_an_entry_is_noticed(vector):
    """One flipped bit in a stored dose would go unnoticed: each must break the form or a signature."""
    raw = vector["entry"].encode()
    keys = [public_of(card) for card in vector["signers"]]
    for at in range(0, len(raw), 7):
        changed = bytearray(raw)
        changed[at] ^= 1
        with pytest.raises(IntegrityFailure):
            check_all(bytes(changed), keys)


def check_all(raw, keys):
    read = parse(raw)
    for public, one in zip(keys, read.signatures, strict=True):
        check(public, signing_input(one.protected, read.payload), one.signature)


def test_a_signature_does_not_fit_another_entry():
    """The signature under one patient's dose could be moved to another patient's."""
    vector = ENTRIES[0]
    read = parse(vector["entry"].encode())
    moved = parse(assemble(read.payload.replace(b"001-003", b"001-004"), read.signatures))
    with pytest.raises(IntegrityFailure) as caught:
        check(
            public_of(vector["signers"][0]),
            signing_input(moved.signatures[0].protected, moved.payload),
            moved.signatures[0].signature,
        )
    assert "The signed bytes, the signature or the key was changed." == caught.value.why


@pytest.mark.parametrize(("limit", "size"), [(PAYLOAD_LIMIT, PAYLOAD_LIMIT), (RECOVERED_LIMIT, RECOVERED_LIMIT)])
def test_a_payload_of_the_greatest_size_and_not_one_byte_more(limit, size):
    """An entry could be stored that no tile, proof or recovery wrapper can carry."""
    signature = Signature(b"{}", bytes(64))
    assert bytes(size) == parse(assemble(bytes(size), [signature]), limit).payload
    with pytest.raises(Malformed):
        parse(assemble(bytes(size + 1), [signature]), limit)


def test_an_entry_of_the_greatest_size_and_not_one_byte_more():
    """As for the payload: 65,535 bytes are what a tile entry can hold."""
    room = ENTRY_LIMIT - len(assemble(b"", [Signature(b"", bytes(64))]))
    fits = assemble(b"", [Signature(bytes(room * 3 // 4), bytes(64))])
    assert ENTRY_LIMIT == len(fits)
    assert room * 3 // 4 == len(parse(fits).signatures[0].protected)
    with pytest.raises(Malformed) as caught:
        parse(assemble(b"", [Signature(bytes(room * 3 // 4 + 1), bytes(64))]))
    assert f"at most {ENTRY_LIMIT} are allowed" in caught.value.what


def test_eight_signatures_are_read():
    """A ceremony of eight signers would be refused."""
    raw = assemble(b"{}", [Signature(b"{}", bytes([at]) * 64) for at in range(SIGNATURE_LIMIT)])
    assert [bytes([at]) * 64 for at in range(SIGNATURE_LIMIT)] == [one.signature for one in parse(raw).signatures]


# --- sealing refuses before anybody signs


def sample() -> Header:
    return open_header(ENTRIES[0]["signers"][0]["header"].encode())


def own_signer() -> CountingSigner:
    return CountingSigner(bytes.fromhex(ENTRIES[0]["signers"][0]["secret"]))


@pytest.mark.parametrize(
    "other",
    [
        MemorySigner(bytes(32)),
        MemorySigner(derive_private_key(7, SECP256R1())),
        MemorySigner(bytes.fromhex(ENTRIES[0]["signers"][0]["secret"]), "hwk"),
    ],
    ids=["another key", "another algorithm", "another method"],
)
def test_a_header_that_names_another_key_is_not_signed(other):
    """The record would hold an act under a nurse's name that her key did not sign, or not in the way stated."""
    first = own_signer()
    with pytest.raises(NotAllowed):
        seal(b"{}", [(sample(), first), (sample(), other)])
    assert 0 == first.used


@pytest.mark.parametrize(
    ("payload", "signers"),
    [(bytes(PAYLOAD_LIMIT + 1), 1), (b"{}", 0), (b"{}", SIGNATURE_LIMIT + 1)],
    ids=["payload too large", "nobody signs", "nine signers"],
)
def test_what_no_reader_would_accept_is_not_signed(payload, signers):
    """A nurse would sign, and the ledger would then refuse what she signed."""
    signer = own_signer()
    with pytest.raises(BadInput):
        seal(payload, [(sample(), signer)] * signers)
    assert 0 == signer.used


def test_a_header_whose_text_is_not_the_constant_is_not_signed():
    """The signer would see one sentence and sign another."""
    header = sample()
    altered = msgspec.structs.replace(header, meaning=msgspec.structs.replace(header.meaning, text="I saw it."))
    with pytest.raises(Malformed):
        write_header(altered)
    signer = own_signer()
    with pytest.raises(BadInput):
        seal(b"{}", [(altered, signer)])
    assert 0 == signer.used


def test_a_recovered_entry_may_be_larger():
    """An entry lost in a restore could not come back into the ledger."""
    payload = bytes(RECOVERED_LIMIT)
    assert payload == parse(seal(payload, [(sample(), own_signer())], limit=RECOVERED_LIMIT), RECOVERED_LIMIT).payload


# --- meanings


def test_the_sentences_of_the_meanings_are_frozen():
    """What somebody read when he signed would change under his signature."""
    assert MEANINGS == [
        {"code": code, "lang": lang, "version": version, "text": sentence}
        for (code, lang, version), sentence in TEXTS.items()
    ]


@pytest.mark.parametrize("meaning", MEANINGS, ids=[meaning["code"] for meaning in MEANINGS])
def test_every_meaning_fits_into_a_header(meaning):
    """An act could not be signed because the sentence shown for it is not one that a header takes."""
    header = sample()
    shown = msgspec.structs.replace(header.meaning, **meaning)
    data = write_header(msgspec.structs.replace(header, meaning=shown))
    assert text(meaning["code"]) == open_header(data).meaning.text


def test_a_text_that_does_not_exist_is_refused():
    """A signer would be shown nothing, and sign it."""
    with pytest.raises(BadInput):
        text("performed", "de")
    with pytest.raises(BadInput):
        text("performed", "en", 2)


def test_a_key_of_the_wrong_algorithm_does_not_check():
    """A card's signature could be passed off under an Ed25519 key's name, or the other way round."""
    ed25519, es256 = MemorySigner(bytes(32)), MemorySigner(derive_private_key(7, SECP256R1()))
    for signer, other in [(ed25519, es256), (es256, ed25519)]:
        with pytest.raises(IntegrityFailure):
            check(other.public, b"10 mg", signer.sign(b"10 mg"))
