"""The verifier that travels, as an inspector starts it: an interpreter without packages, and the released entries."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from carried import laid_out, of_the_file, of_the_program
from forging import Forged
from released import kept_blobs, kept_texts, log_turns

from ledger.merkle.note import VerifierKey
from ledger.signing.signer import MemorySigner
from projections.export.carried import verify as alone

FILE = Path(alone.__file__)
FOLDER = Path(__file__).parent / "entries"


def frozen(name: str) -> list[dict[str, str]]:
    """One of the frozen files."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def released() -> Forged:
    """The released entries as a ledger."""
    entries = frozen("entries")
    texts = {one["commitment"]: (bytes.fromhex(one["salt"]), one["text"].encode()) for one in kept_texts()}
    blobs = kept_blobs()
    secret = next(one["secret"] for one in frozen("keys") if one["owner"] == "the log")
    trial = json.loads(entries[0]["payload"])["body"]["trial"]
    raws = tuple(one["raw"].encode() for one in entries)
    turns = tuple((at, log, MemorySigner(key)) for at, log, key in log_turns())
    return Forged(raws, texts, blobs, MemorySigner(bytes.fromhex(secret)), trial, turns=turns)


@pytest.fixture(scope="module")
def copy(released: Forged, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it."""
    return laid_out(released, tmp_path_factory.mktemp("released") / "copy")


def started(arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The file alone in an interpreter that sees no package, in an empty folder."""
    (folder / "verify.py").write_bytes(FILE.read_bytes())
    command = [sys.executable, "-I", "-S", "-W", "error", "verify.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_every_released_kind_holds(copy: Path) -> None:
    """A kind that the table does not know would be called damage on the inspector's desk."""
    assert of_the_program(copy) == of_the_file(copy)
    assert ("self-consistent", None) == of_the_file(copy)[:2]


def test_without_any_package_it_says_what_it_did_not_check(copy: Path, tmp_path: Path) -> None:
    """Signatures that the machine at hand cannot check would be called good."""
    done = started([str(copy)], tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
    lines = done.stdout.splitlines()
    assert "SELF-CONSISTENT: It agrees with itself; nothing outside it was asked." == lines[0]
    curves = [header for one in frozen("entries") for header in one["headers"] if '"alg":"ES256"' in header]
    requests = sum(
        '\\"crv\\":\\"P-256\\"' in one["payload"] or '"crv":"P-256"' in one["payload"] for one in frozen("entries")
    )
    told = [line for line in lines if "ES256 signatures (they need the package cryptography)" in line]
    assert [str(len(curves) + requests)] == [line.split()[2] for line in told]


def test_both_ways_of_checking_a_signature_agree(copy: Path, released: Forged, tmp_path: Path) -> None:
    """The same stick would give two verdicts on two machines."""
    whole = released.entries[30]
    texts = {one["commitment"]: (bytes.fromhex(one["salt"]), one["text"].encode()) for one in frozen("texts")}
    named = [one["payload"] for one in frozen("entries")[:38]]
    blobs = {name: data for name, data in released.blobs.items() if any(name in payload for payload in named)}
    short = replace(released, texts=texts, blobs=blobs).with_entries(*released.entries[:38])
    for number, entry in enumerate((whole, whole[:-12] + b"AAAAAA" + whole[-6:])):
        folder = laid_out(short.put(30, entry), tmp_path / str(number))
        found = [json.loads(started([str(folder), "--json"], tmp_path).stdout)["findings"]]
        found.append(alone.verify(str(folder), None, None, None)["findings"])
        assert found[0] == found[1]
        assert bool(number) == bool(found[0])


def test_keys_that_split_verifiers_are_told_apart_without_a_package() -> None:
    """A key of small or mixed order could be enrolled, and its signatures hold here and not there."""
    points = json.loads((FOLDER.parent / "signing" / "points.json").read_text(encoding="utf-8"))
    assert len(points) > 1
    for reason, listed in points.items():
        for one in listed:
            public = bytes.fromhex(one if isinstance(one, str) else one["public"])
            jwk = {"crv": "Ed25519", "kty": "OKP", "x": alone.b64url(public), "y": None}
            assert (reason == "good") == alone.strong(jwk), (reason, one)


@pytest.mark.parametrize("library", [True, False])
def test_the_signatures_of_the_standard_hold(library: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arithmetic that is slightly wrong would hold for our own entries and for nobody else's."""
    monkeypatch.setitem(alone.USE, "library", library)
    for one in json.loads((FOLDER.parent / "signing" / "ed25519.json").read_text(encoding="utf-8")):
        jwk = {"crv": "Ed25519", "kty": "OKP", "x": alone.b64url(bytes.fromhex(one["public"])), "y": None}
        message, signature = bytes.fromhex(one["message"]), bytes.fromhex(one["signature"])
        larger = (int.from_bytes(signature[32:], "little") + alone.ORDER).to_bytes(32, "little")
        assert alone.made(jwk, message, signature) is True
        assert alone.made(jwk, message + b"x", signature) is False
        assert alone.made(jwk, message, signature[:32] + larger) is False
        assert alone.made(jwk, message, bytes([signature[0] ^ 1]) + signature[1:]) is False


def test_what_was_given_from_outside(
    copy: Path, released: Forged, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy of another ledger, made whole and signed by its own people, would pass for this one."""
    ledger = json.loads(frozen("entries")[1]["payload"])["ledger"]
    key = VerifierKey(f"doseledger/{released.trial}/{ledger[:32]}/main", released.log_key.public.raw).text()
    kept, newer = tmp_path / "kept", tmp_path / "newer"
    kept.write_bytes(released.note(40))
    newer.write_bytes(released.note(40).replace(b"\n40\n", b"\n41\n"))
    given = {
        ("--ledger", ledger): (0, "ok-unanchored"),
        ("--ledger", "0" * 64): (8, "fork"),
        ("--log-key", key): (0, "ok-unanchored"),
        ("--log-key", f"{key[:-6]}AAAAA="): (8, "fork"),
        ("--trusted", str(kept)): (0, "ok"),
        ("--trusted", str(newer)): (8, "fork"),
    }
    for options, (code, verdict) in given.items():
        assert code == alone.main([str(copy), "--json", *options]), options
        assert verdict == json.loads(capsys.readouterr().out)["verdict"], options


@pytest.mark.parametrize("arguments", [[], ["nothing-here"], ["verify.py", "--ledger", "x"], ["verify.py", "--sign"]])
def test_a_wrong_command_line_is_no_verdict(arguments: list[str], tmp_path: Path) -> None:
    """A script would take a mistyped path for a failed verification, or for a good one."""
    done = started(arguments, tmp_path)
    assert (2, "") == (done.returncode, done.stdout)
    assert "Traceback" not in done.stderr


def test_whatever_the_bytes_are_there_is_a_verdict(tmp_path: Path) -> None:
    """Foreign or damaged files would end the inspection with an internal error."""
    chance = random.Random(3)
    begins = (b"", b"{", b"PK\x03\x04", b"<!doctype html>", b'{"withheld":"', b'{"payload":"', b"\xef\xbb\xbf{")
    place = tmp_path / "file"
    for begin in begins:
        for _ in range(20):
            place.write_bytes(begin + chance.randbytes(chance.randrange(200)))
            assert "failed" == alone.verify(str(place), None, None, chance.randbytes(40))["verdict"]
    (tmp_path / "entries.jsonl").mkdir()
    assert "failed" == alone.verify(str(tmp_path), None, None, None)["verdict"]


def test_a_reader_who_has_seen_enough(copy: Path, tmp_path: Path) -> None:
    """`| head -1` on the inspector's machine would end in a traceback instead of the verdict."""
    read, write = os.pipe()
    os.close(read)
    (tmp_path / "verify.py").write_bytes(FILE.read_bytes())
    command = [sys.executable, "verify.py", str(copy / "entries.jsonl")]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False, cwd=tmp_path)
    os.close(write)
    assert (0, b"") == (done.returncode, done.stderr)
