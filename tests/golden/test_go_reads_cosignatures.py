"""Cosigned checkpoints, ours and those that others published, read by a program that shares nothing with us: Go."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

READER = Path(__file__).parents[1] / "support" / "read_cosigned.go"
VECTORS = Path(__file__).parents[1] / "vectors" / "merkle"
GOPATH = Path(os.environ.get("GOPATH", "/usr/share/gocode"))
GO = shutil.which("go")
HERE = GO is not None and (GOPATH / "src" / "golang.org" / "x" / "mod" / "sumdb" / "note").is_dir()


@pytest.mark.skipif(
    not HERE,
    reason="NOT RUN: go and its package golang.org/x/mod (Debian: golang-go, "
    "golang-golang-x-mod-dev) are not both installed",
)
def test_go_reads_cosigned_checkpoints(tmp_path: Path) -> None:
    """An inspector's own tool must see who cosigned the head of a site, or the witness is our word alone."""
    values = json.loads((VECTORS / "witness.json").read_bytes())
    keys = json.loads((VECTORS / "keys.json").read_bytes())
    ours, published = values["ours"], values["published"]
    reader = tmp_path / "reader"
    _go(tmp_path, "build", "-o", str(reader), str(READER))
    note = tmp_path / "ours.note"
    note.write_bytes((VECTORS / "checkpoint-8.note").read_bytes() + ours["line"].encode())
    network = VECTORS / "published-cosigned.note"
    found = [_read(reader, note, keys["log"]["vkey"], ours["vkey"])]
    found += [_read(reader, network, published["log"], witness) for witness in published["witnesses"]]
    assert [f"ok 2 signatures, cosigned at {at}" for at in (ours["at"], *(published["at"],) * 4)] == found
    note.write_bytes(note.read_bytes().replace(b"\n8\n", b"\n9\n"))
    assert _read(reader, note, keys["log"]["vkey"], ours["vkey"]).startswith("x ")


def _go(folder: Path, *args: str) -> None:
    env = {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOCACHE": str(folder / "cache"), "PATH": os.environ["PATH"]}
    for name in ("GOROOT", "HOME"):
        if name in os.environ:
            env[name] = os.environ[name]
    subprocess.run([GO or "go", *args], env=env, capture_output=True, check=True)


def _read(reader: Path, note: Path, *keys: str) -> str:
    done = subprocess.run([reader, note, *keys], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0]
