"""Key files against frozen ones, against `cryptography`'s own reader and writer, and against OpenSSH."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from ledger.errors import BadInput, WrongPassphrase
from ledger.signing import container
from ledger.signing.container import Lock
from ledger.signing.keyfile import create, create_system, open_key, open_system
from ledger.signing.keys import check, require_strong
from ledger.signing.signer import MemorySigner

FROZEN = json.loads((Path(__file__).parent / "keyfiles.json").read_text(encoding="utf-8"))
PASSPHRASE = b"correct horse"
SEED = bytes(range(32))
SSH_KEYGEN = shutil.which("ssh-keygen")
with_openssh = pytest.mark.skipif(
    SSH_KEYGEN is None, reason="NOT RUN: key files against OpenSSH, because ssh-keygen is not installed"
)


def written_by_cryptography(rounds):
    builder = PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(rounds)
    return Ed25519PrivateKey.from_private_bytes(SEED).private_bytes(
        Encoding.PEM, PrivateFormat.OpenSSH, builder.build(PASSPHRASE)
    )


def fast(**changes):
    """A key file of few rounds with one thing in its container changed."""
    lock = Lock(bytes(16), changes.pop("rounds", 1))
    public = MemorySigner(SEED).public.raw
    packed = container.pack(changes.pop("inner", public), SEED, b"test", b"\1\2\3\4", lock=lock, passphrase=PASSPHRASE)
    return container.dump(container.Container(changes.pop("outer", public), lock, packed.secret))


def rewritten(text, old, new):
    """The key file with some bytes inside its base64 replaced."""
    first, *body, last = text.split(b"\n")[:-1]
    data = b64decode(b"".join(body))
    assert old in data
    return b"\n".join([first, b64encode(data.replace(old, new, 1)), last, b""])


@pytest.mark.parametrize("vector", FROZEN, ids=["person", "person, fast", "system"])
def test_the_frozen_key_files(vector):
    """A person's key file could no longer be opened after an update."""
    text, secret = vector["text"].encode(), bytes.fromhex(vector["secret"])
    expected = MemorySigner(secret).public
    lock = None if vector["salt"] is None else Lock(bytes.fromhex(vector["salt"]), vector["rounds"])
    passphrase = (vector["passphrase"] or "").encode()
    opened = open_system(text) if lock is None else open_key(text, passphrase, allow_fast=True)
    assert expected == opened.public
    packed = container.pack(
        expected.raw,
        secret,
        vector["comment"].encode(),
        bytes.fromhex(vector["nonce"]),
        lock=lock,
        passphrase=passphrase,
    )
    assert text == container.dump(packed)


def test_a_new_key_opens_with_its_passphrase_only():
    """A nurse could not sign, or whoever finds the file could."""
    text, public = create(PASSPHRASE, comment="nurse.1")
    signer = open_key(text, PASSPHRASE)
    assert (public, "pwd") == (signer.public, signer.method)
    check(public, b"10 mg", signer.sign(b"10 mg"))
    require_strong(public)
    for wrong in (b"correct hors", b"Correct horse", b""):
        with pytest.raises(WrongPassphrase):
            open_key(text, wrong)


def test_no_two_new_keys_are_the_same():
    """Two persons would share one key, and the second signature prove nothing."""
    one, other = (create(PASSPHRASE, rounds=1, comment="") for _ in range(2))
    assert one[1] != other[1]
    assert container.load(one[0]).lock != container.load(other[0]).lock


def test_a_system_key_opens_without_a_passphrase():
    """The device could not sign its refusals and checkpoints."""
    text, public = create_system()
    assert public == open_system(text).public


def test_cryptography_reads_our_key_files():
    """A key could only be opened by this program, and be lost with it."""
    for text, public, passphrase in [
        (*create(PASSPHRASE, rounds=16, comment="nurse.1"), PASSPHRASE),
        (*create_system(), None),
    ]:
        private = load_ssh_private_key(text, passphrase)
        assert public.raw == private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def test_we_read_the_key_files_of_cryptography():
    """A key made elsewhere could not be used here."""
    assert MemorySigner(SEED).public == open_key(written_by_cryptography(100), PASSPHRASE).public


@with_openssh
def test_openssh_reads_our_key_files(tmp_path):
    """A person could not inspect or re-encrypt his own key with `ssh-keygen`."""
    for text, public, passphrase in [
        (*create(PASSPHRASE, comment="nurse.1@site"), "correct horse"),
        (*create_system(comment="device"), ""),
    ]:
        file = tmp_path / public.kid
        file.write_bytes(text)
        file.chmod(0o600)
        run = subprocess.run(
            [SSH_KEYGEN, "-y", "-P", passphrase, "-f", file], capture_output=True, check=True, timeout=60
        )
        kind, blob = run.stdout.split()[:2]
        assert (b"ssh-ed25519", public.raw) == (kind, b64decode(blob)[-32:])


@with_openssh
def test_we_read_the_key_files_of_openssh(tmp_path):
    """A key that a person made, or protected anew, with `ssh-keygen` would be refused."""
    file = tmp_path / "key"
    make = [SSH_KEYGEN, "-q", "-t", "ed25519", "-f", file, "-C", "nurse.1 at the site"]
    subprocess.run([*make, "-a", "100", "-N", "correct horse"], check=True, timeout=60)
    blob = file.with_suffix(".pub").read_bytes().split()[1]
    assert b64decode(blob)[-32:] == open_key(file.read_bytes(), PASSPHRASE).public.raw


@with_openssh
def test_the_default_rounds_of_openssh_are_too_few(tmp_path):
    """A stolen key file of 16 or 24 rounds would be guessed four times as fast."""
    file = tmp_path / "key"
    subprocess.run([SSH_KEYGEN, "-q", "-t", "ed25519", "-f", file, "-N", "correct horse"], check=True, timeout=60)
    with pytest.raises(BadInput) as caught:
        open_key(file.read_bytes(), PASSPHRASE)
    assert "The key file is protected too weakly" in caught.value.what


@pytest.mark.parametrize(("rounds", "why"), [(99, "too weakly"), (0, "too weakly"), (2**32 - 1, "damaged")])
def test_rounds_are_judged_before_they_are_run(rounds, why):
    """A weak key file would be used, or one that asks for a year of computing would stop the ward's computer."""
    text = fast()
    text = rewritten(text, bytes(16) + b"\0\0\0\1", bytes(16) + rounds.to_bytes(4, "big"))
    with pytest.raises(BadInput) as caught:
        open_key(text, PASSPHRASE)
    assert why in caught.value.what


def test_few_rounds_open_only_when_that_is_asked_for():
    """Demonstrations would take minutes; and nobody else must get the same."""
    text = fast()
    assert MemorySigner(SEED).public == open_key(text, PASSPHRASE, allow_fast=True).public
    with pytest.raises(BadInput):
        open_key(text, PASSPHRASE)


@pytest.mark.parametrize(
    "arguments",
    [
        {"passphrase": b"1234567", "comment": ""},
        {"passphrase": b"", "comment": ""},
        {"passphrase": b"correct horse\n", "comment": ""},
        {"passphrase": b"correct\0horse", "comment": ""},
        {"passphrase": PASSPHRASE, "comment": "two\nlines"},
        {"passphrase": PASSPHRASE, "comment": "x" * 129},
        {"passphrase": PASSPHRASE, "comment": "", "rounds": 0},
        {"passphrase": PASSPHRASE, "comment": "", "rounds": 10_001},
    ],
)
def test_a_key_that_would_be_weak_or_lost_is_not_made(arguments):
    """A nurse would sign with a passphrase that is guessed at once, or that she cannot type a second time."""
    with pytest.raises(BadInput):
        create(**arguments)


def test_a_key_without_a_passphrase_is_not_a_persons():
    """Whoever copies the file could sign as its owner; and a device must not wait for somebody to type."""
    with pytest.raises(BadInput, match="not protected by a passphrase"):
        open_key(create_system()[0], PASSPHRASE)
    with pytest.raises(BadInput, match="is a person's"):
        open_system(fast())


def other_formats():
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    yield b""
    yield b"correct horse"
    yield b"\xff\xfe\0"
    yield private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    yield private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    yield derive_private_key(7, SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    good = fast()
    yield good[:-40]
    yield good[40:]
    yield good.replace(b"b3Bl", b"b3B!", 1)
    yield b"-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n"
    yield rewritten(good, b"openssh-key-v1", b"openssh-key-v2")
    yield rewritten(good, b"aes256-ctr", b"aes256-cbc")
    yield rewritten(good, b"bcrypt", b"scrypt")
    yield rewritten(good, b"\0\0\0\1\0\0\0\x33", b"\0\0\0\2\0\0\0\x33")
    yield rewritten(good, b"ssh-ed25519", b"ssh-ed25518")
    yield fast(outer=MemorySigner(bytes(32)).public.raw)
    yield fast(inner=MemorySigner(bytes(32)).public.raw, outer=MemorySigner(bytes(32)).public.raw)
    yield fast(inner=MemorySigner(bytes(32)).public.raw)
    yield fast(outer=bytes(31))
    public = MemorySigner(SEED).public.raw
    packed = container.pack(public, SEED, b"test", b"\1\2\3\4", lock=None, passphrase=b"")
    yield container.dump(container.Container(public, None, packed.secret[:-1]))
    yield container.dump(container.Container(public, None, packed.secret[:-1] + b"\0"))


def test_the_key_of_the_next_cases_is_otherwise_good():
    """The cases below would be refused for another reason than the one they are there for."""
    public = MemorySigner(SEED).public
    packed = container.pack(public.raw, SEED, b"test", b"\1\2\3\4", lock=None, passphrase=b"")
    assert packed.secret.endswith(b"test\1")
    assert public == open_system(container.dump(packed)).public


@pytest.mark.parametrize("text", list(other_formats()))
def test_anything_else_is_said_not_to_be_such_a_key(text):
    """The owner of a wrong or damaged file would get a traceback instead of a sentence, or sign as somebody else."""
    with pytest.raises(BadInput):
        open_key(text, PASSPHRASE, allow_fast=True)
    with pytest.raises(BadInput):
        open_system(text)


def test_a_key_file_cut_or_longer_anywhere_is_said_to_be_damaged():
    """As above, for a file that lost its end or gained a byte somewhere."""
    text = create_system()[0]
    first, *body, last = text.split(b"\n")[:-1]
    data = b64decode(b"".join(body))
    for size in range(len(data) + 1):
        if size < len(data):
            with pytest.raises(BadInput):
                open_system(b"\n".join([first, b64encode(data[:size]), last, b""]))
        longer = b"\n".join([first, b64encode(data[:size] + b"\0" + data[size:]), last, b""])
        with pytest.raises(BadInput):
            open_system(longer)


def test_line_ends_of_another_system_do_no_harm():
    """A key file that went through a Windows editor would be lost."""
    text = fast().replace(b"\n", b"\r\n") + b"\r\n"
    assert MemorySigner(SEED).public == open_key(text, PASSPHRASE, allow_fast=True).public
