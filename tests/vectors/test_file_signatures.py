"""Signatures over files: made here, judged by OpenSSH and OpenSSL, and refused when anything of them is changed."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ledger.errors import DoseLedgerError, IntegrityFailure
from ledger.signing import sshsig
from ledger.signing.keys import PublicKey
from ledger.signing.signer import MemorySigner

KEY, OTHER = MemorySigner(bytes(range(32))), MemorySigner(bytes(range(1, 33)))
DATA = b"0000  manifest-sha256.txt\n"
needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="NOT RUN: there is no ssh-keygen here")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="NOT RUN: there is no openssl here")


def test_the_signature_is_the_same_each_time_and_holds():
    """Two copies of one bundle would differ, and nobody could say which is the right one."""
    text = sshsig.sign(KEY, sshsig.BUNDLE, DATA)
    assert text == sshsig.sign(KEY, sshsig.BUNDLE, DATA)
    sshsig.check(text, KEY.public, sshsig.BUNDLE, DATA)


@pytest.mark.parametrize("at", range(0, 300, 7))
def test_a_changed_byte_of_the_signature_file_is_refused(at):
    """A forged signature over a bundle would pass here although stock tools refuse it."""
    text = bytearray(sshsig.sign(KEY, sshsig.BUNDLE, DATA))
    text[at] ^= 1
    with pytest.raises(DoseLedgerError):
        sshsig.check(bytes(text), KEY.public, sshsig.BUNDLE, DATA)


@pytest.mark.parametrize(
    ("public", "namespace", "data"),
    [(OTHER.public, sshsig.BUNDLE, DATA), (KEY.public, "git", DATA), (KEY.public, sshsig.BUNDLE, DATA + b" ")],
)
def test_another_key_purpose_or_file_is_refused(public, namespace, data):
    """What somebody signed for another purpose would be shown as his signature under a bundle."""
    with pytest.raises(IntegrityFailure):
        sshsig.check(sshsig.sign(KEY, sshsig.BUNDLE, DATA), public, namespace, data)


@needs_ssh
@pytest.mark.parametrize(("data", "code"), [(DATA, 0), (DATA + b"x", 255)])
def test_ssh_keygen_judges_the_signature_as_we_do(tmp_path, data, code):
    """An inspector with nothing but OpenSSH would find a true bundle forged, or a forged one true."""
    (tmp_path / "allowed").write_text(sshsig.allowed_signer(KEY.public, "device/ws1", sshsig.BUNDLE) + "\n")
    (tmp_path / "file.sshsig").write_bytes(sshsig.sign(KEY, sshsig.BUNDLE, DATA))
    words = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "device/ws1", "-n", sshsig.BUNDLE]
    ran = subprocess.run([*words, "-s", "file.sshsig"], cwd=tmp_path, input=data, capture_output=True, check=False)
    assert code == ran.returncode, ran.stderr.decode()


@needs_openssl
@pytest.mark.parametrize(("data", "code"), [(DATA, 0), (DATA + b"x", 1)])
def test_openssl_judges_the_raw_signature_as_we_do(tmp_path, data, code):
    """The third of the stock tools named in the bundle would contradict the other two."""
    (tmp_path / "key.pem").write_bytes(sshsig.pem(KEY.public))
    (tmp_path / "file.sig").write_bytes(KEY.sign(DATA))
    (tmp_path / "file").write_bytes(data)
    words = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem", "-sigfile", "file.sig"]
    ran = subprocess.run([*words, "-in", "file"], cwd=tmp_path, capture_output=True, check=False)
    assert code == ran.returncode, ran.stderr.decode()


def test_a_key_of_another_algorithm_signs_no_file():
    """A smartcard's key would be written into the bundle in a form that no tool reads."""
    with pytest.raises(DoseLedgerError):
        sshsig.pem(PublicKey("ES256", bytes(64)))
