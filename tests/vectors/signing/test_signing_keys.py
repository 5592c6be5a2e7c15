"""Public keys and signatures against published vectors, and the ones that must be refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import BadInput, IntegrityFailure, Malformed, NotAllowed
from ledger.signing import base64url, curve
from ledger.signing.keys import (
    P256_ORDER,
    P256_PRIME,
    Ed25519Jwk,
    Jwk,
    P256Jwk,
    PublicKey,
    check,
    from_jwk,
    require_strong,
    to_jwk,
)
from ledger.signing.signer import MemorySigner, Signer

FOLDER = Path(__file__).parent
RFC8032 = json.loads((FOLDER / "ed25519.json").read_text(encoding="utf-8"))
POINTS = json.loads((FOLDER / "points.json").read_text(encoding="utf-8"))
JOSE = json.loads((FOLDER / "jose.json").read_text(encoding="utf-8"))

published = pytest.mark.parametrize("vector", RFC8032, ids=[vector["source"] for vector in RFC8032])


def weak(kind, why):
    return [
        pytest.param(bytes.fromhex(point["public"]), why, id=f"{kind}-{at}") for at, point in enumerate(POINTS[kind])
    ]


# --- edwards25519


@published
def test_the_curve_gives_the_published_public_keys(vector):
    """The check of public keys would judge on wrong arithmetic, and let a weak key into the study."""
    digest = bytearray(hashlib.sha512(bytes.fromhex(vector["secret"])).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    point = curve.multiply(int.from_bytes(digest, "little"), curve.BASE)
    assert vector["public"] == curve.encode(point).hex()


@published
def test_the_curve_agrees_that_the_published_signatures_hold(vector):
    """As above, for points that come from outside: [S]B = R + [h]A (RFC 8032 section 5.1.7, cofactorless)."""
    signature, public = bytes.fromhex(vector["signature"]), bytes.fromhex(vector["public"])
    digest = hashlib.sha512(signature[:32] + public + bytes.fromhex(vector["message"])).digest()
    h, s = (int.from_bytes(number, "little") for number in (digest, signature[32:]))
    right = curve.add(curve.decode(signature[:32]), curve.multiply(h, curve.decode(public)))
    assert curve.encode(curve.multiply(s, curve.BASE)) == curve.encode(right)


def test_the_group_has_the_order_it_must_have():
    """The test for the prime-order subgroup would refuse every key, or none."""
    assert curve.is_identity(curve.multiply(curve.ORDER, curve.BASE))
    assert not curve.is_identity(curve.multiply(8, curve.BASE))
    assert curve.encode(curve.IDENTITY) == curve.encode(curve.multiply(0, curve.BASE))
    for point in POINTS["small_order"]:
        data, order = bytes.fromhex(point["public"]), point["order"]
        assert data == curve.encode(curve.decode(data))
        fits = [times for times in (1, 2, 4, 8) if curve.is_identity(curve.multiply(times, curve.decode(data)))]
        assert order == fits[0]
    assert [1, 2, 4, 4, 8, 8, 8, 8] == [point["order"] for point in POINTS["small_order"]]


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33)])
def test_a_point_of_another_length_is_malformed(data):
    """A key cut short in a request file would end in a traceback at the enrolment."""
    with pytest.raises(Malformed):
        curve.decode(data)


# --- which keys may be enrolled


@published
def test_a_good_ed25519_key_may_be_enrolled(vector):
    """No nurse could enrol."""
    public = PublicKey("Ed25519", bytes.fromhex(vector["public"]))
    require_strong(public)
    assert public.raw.hex() == vector["public"]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        *weak("small_order", "small order"),
        *weak("mixed_order", "prime-order subgroup"),
        *weak("not_canonical", "second"),
        *weak("no_point", "not a point"),
    ],
)
def test_a_weak_ed25519_key_may_not_be_enrolled(raw, why):
    """Somebody could enrol a key whose signatures prove nothing, and later deny what he signed."""
    with pytest.raises(NotAllowed) as caught:
        require_strong(PublicKey("Ed25519", raw))
    assert why in caught.value.why


def p256(x, y):
    return PublicKey("ES256", x.to_bytes(32, "big") + y.to_bytes(32, "big"))


def test_a_good_p256_key_may_be_enrolled():
    """No card holder could enrol."""
    public = from_jwk(msgspec.convert(JOSE["es256_high_s"]["jwk"], Jwk))
    require_strong(public)
    assert public.alg == "ES256"


def test_a_p256_key_off_the_curve_or_twice_named_may_not_be_enrolled():
    """One key would have two names, so that one person could count as two; or its signatures prove nothing."""
    root_b = 0x66485C780E2F83D72433BD5D84A06BB6541C2AF31DAE871728BF856A174F93F4
    require_strong(p256(0, root_b))
    for x, y in [(0, 0), (1, 1), (0, root_b + 1), (P256_PRIME, root_b), (2**256 - 1, 2**256 - 1)]:
        with pytest.raises(NotAllowed):
            require_strong(p256(x, y))


# --- names of keys


def test_the_published_thumbprint():
    """Our name of a key would not be the one that other tools compute, and the printed roster could not be compared."""
    jwk = msgspec.convert(JOSE["thumbprint"]["jwk"], Jwk)
    assert JOSE["thumbprint"]["kid"] == from_jwk(jwk).kid


@pytest.mark.parametrize("name", ["thumbprint", "es256_high_s"])
def test_a_key_on_the_wire_has_its_members_in_order(name):
    """The thumbprint of a key would not be the SHA-256 of the bytes that stand in its enrolment."""
    expected = JOSE[name]["jwk"]
    public = from_jwk(msgspec.convert(expected, Jwk))
    assert expected == public.jwk()
    assert json.dumps(expected, separators=(",", ":"), sort_keys=True).encode() == msgspec.json.encode(to_jwk(public))


@pytest.mark.parametrize(
    "jwk",
    [
        Ed25519Jwk(kty="OKP", x=""),
        Ed25519Jwk(kty="OKP", x="A" * 42),
        Ed25519Jwk(kty="OKP", x="A" * 42 + "B"),
        Ed25519Jwk(kty="OKP", x="A" * 43 + "="),
        Ed25519Jwk(kty="OKP", x="+" + "A" * 42),
        P256Jwk(kty="EC", x="A" * 43, y="A" * 42 + "B"),
        P256Jwk(kty="EC", x="A" * 42, y="A" * 44),
        P256Jwk(kty="EC", x="", y="A" * 86),
    ],
)
def test_a_key_in_another_spelling_is_malformed(jwk):
    """One key could be enrolled under two spellings."""
    with pytest.raises(Malformed):
        from_jwk(jwk)


@pytest.mark.parametrize(
    "text",
    [
        '{"crv":"Ed448","kty":"OKP","x":"AA"}',
        '{"crv":"X25519","kty":"OKP","x":"AA"}',
        '{"crv":"P-256","kty":"OKP","x":"AA","y":"AA"}',
        '{"crv":"Ed25519","kty":"OKP","x":"AA","d":"AA"}',
        '{"crv":"Ed25519","kty":"OKP"}',
        '{"kty":"oct","k":"AA"}',
    ],
)
def test_other_kinds_of_keys_do_not_decode(text):
    """A shared secret, or a private key, could be enrolled as somebody's public key."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Jwk)


@pytest.mark.parametrize(("alg", "size"), [("Ed25519", 31), ("Ed25519", 64), ("ES256", 32), ("ES256", 65)])
def test_a_key_of_another_length_is_malformed(alg, size):
    """A damaged key would fail late, when somebody's signature is checked."""
    with pytest.raises(Malformed):
        PublicKey(alg, bytes(size))


# --- signatures


@published
def test_the_published_ed25519_signatures(vector):
    """Signatures made here would not be Ed25519."""
    signer: Signer = MemorySigner(bytes.fromhex(vector["secret"]))
    message, signature = bytes.fromhex(vector["message"]), bytes.fromhex(vector["signature"])
    assert vector["public"] == signer.public.raw.hex()
    assert signature == signer.sign(message)
    check(signer.public, message, signature)


def test_the_published_jws_signature():
    """As above, for the signing input of a JWS (RFC 8037 appendix A.4)."""
    public = from_jwk(msgspec.convert(JOSE["thumbprint"]["jwk"], Jwk))
    vector = JOSE["ed25519"]
    check(public, vector["input"].encode(), base64url.decode(vector["signature"].encode()))


def test_a_signature_with_the_order_added_to_s_is_refused():
    """Anybody could make a second signature from a nurse's, and two records of one act would both be valid."""
    signer = MemorySigner(bytes(range(32)))
    good = signer.sign(b"10 mg")
    number = int.from_bytes(good[32:], "little") + curve.ORDER
    with pytest.raises(IntegrityFailure) as caught:
        check(signer.public, b"10 mg", good[:32] + number.to_bytes(32, "little"))
    assert "Its number S is not below the order L (RFC 8032 section 5.1.7)." == caught.value.why


def test_a_signature_that_holds_only_with_the_cofactor_is_refused():
    """Two honest verifiers would disagree about one entry: R plus a point of order 8 passes the other equation."""
    secret, message = 3 * 2**200, b"10 mg"
    public = curve.encode(curve.multiply(secret, curve.BASE))
    torsion = curve.decode(bytes.fromhex(POINTS["small_order"][4]["public"]))
    nonce = 2**190 + 5
    r = curve.encode(curve.add(curve.multiply(nonce, curve.BASE), torsion))
    h = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little")
    s = (nonce + h * secret) % curve.ORDER
    left = curve.multiply(8 * s, curve.BASE)
    right = curve.multiply(8, curve.add(curve.decode(r), curve.multiply(h, curve.decode(public))))
    assert curve.encode(left) == curve.encode(right)
    with pytest.raises(IntegrityFailure):
        check(PublicKey("Ed25519", public), message, r + s.to_bytes(32, "little"))


def test_a_high_s_es256_signature_is_refused():
    """As for Ed25519; the example of RFC 7515 itself has the high s, and is good with the low one."""
    vector = JOSE["es256_high_s"]
    public = from_jwk(msgspec.convert(vector["jwk"], Jwk))
    high = base64url.decode(vector["signature"].encode())
    with pytest.raises(IntegrityFailure) as caught:
        check(public, vector["input"].encode(), high)
    assert "Of the two equivalent values of s only the low one is accepted." == caught.value.why
    low = P256_ORDER - int.from_bytes(high[32:], "big")
    check(public, vector["input"].encode(), high[:32] + low.to_bytes(32, "big"))


def test_es256_signatures_made_here_have_the_low_s():
    """Half of the acts signed with a card's algorithm would be refused by our own verifier."""
    secret = int.from_bytes(base64url.decode(JOSE["es256_high_s"]["secret"].encode()), "big")
    signer = MemorySigner(derive_private_key(secret, SECP256R1()), "pin")
    assert JOSE["es256_high_s"]["jwk"] == signer.public.jwk()
    for number in range(16):
        check(signer.public, bytes([number]), signer.sign(bytes([number])))


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (P256_ORDER, 1), (1, P256_ORDER), (2**256 - 1, 2**256 - 1)])
def test_es256_numbers_out_of_range_are_refused(r, s):
    """A signature that fits any text (r or s zero) would be accepted."""
    public = from_jwk(msgspec.convert(JOSE["es256_high_s"]["jwk"], Jwk))
    with pytest.raises(IntegrityFailure, match="not between 0 and the order"):
        check(public, b"10 mg", r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def test_an_es256_signature_with_a_leading_zero_more_is_refused():
    """One signature would have several spellings."""
    signer = MemorySigner(derive_private_key(7, SECP256R1()))
    signature = signer.sign(b"10 mg")
    with pytest.raises(IntegrityFailure):
        check(signer.public, b"10 mg", signature[:32] + b"\0" + signature[32:])


@pytest.mark.parametrize("size", [0, 32, 63, 65, 71])
@pytest.mark.parametrize("signer", [MemorySigner(bytes(32)), MemorySigner(derive_private_key(7, SECP256R1()))])
def test_a_signature_of_another_length_is_refused(signer, size):
    """A cut or DER-encoded signature would end in a traceback during verify."""
    with pytest.raises(IntegrityFailure):
        check(signer.public, b"10 mg", (signer.sign(b"10 mg") + bytes(8))[:size])


@pytest.mark.parametrize("signer", [MemorySigner(bytes(32)), MemorySigner(derive_private_key(7, SECP256R1()))])
def test_a_signature_over_other_bytes_is_refused(signer):
    """30 mg could be put under the signature for 10 mg."""
    signature = signer.sign(b"10 mg")
    check(signer.public, b"10 mg", signature)
    with pytest.raises(IntegrityFailure):
        check(signer.public, b"30 mg", signature)
    with pytest.raises(IntegrityFailure):
        check(signer.public, b"10 mg", signature[:40] + bytes([signature[40] ^ 1]) + signature[41:])


def test_a_signer_takes_the_two_kinds_of_keys_only():
    """A key that no verifier knows would sign, and the entry be lost."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert MemorySigner(bytes(32)).public == MemorySigner(private).public
    for other in (bytes(31), bytes(33), derive_private_key(7, SECP384R1())):
        with pytest.raises(BadInput):
            MemorySigner(other)


def test_a_signer_does_not_print_its_secret():
    """A nurse's key would stand in a log file."""
    signer = MemorySigner(bytes(range(32)))
    assert f"MemorySigner({signer.public.kid})" == repr(signer)
