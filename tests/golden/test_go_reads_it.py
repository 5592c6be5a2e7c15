"""The tiles, the checkpoint and a proof of ours, read by a program that shares nothing with us: Go's x/mod."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from minting import Site

from ledger.events.patient import PatientMeasured
from projections import heads, proofs
from projections.export.tiles import directory

READER = Path(__file__).parents[1] / "support" / "read_log.go"
GOPATH = Path(os.environ.get("GOPATH", "/usr/share/gocode"))
GO = shutil.which("go")
HERE = GO is not None and (GOPATH / "src" / "golang.org" / "x" / "mod" / "sumdb" / "tlog").is_dir()
ENTRIES = 300
"""More than one full tile of leaves."""


@pytest.mark.skipif(
    not HERE,
    reason="NOT RUN: go and its package golang.org/x/mod (Debian: golang-go, "
    "golang-golang-x-mod-dev) are not both installed",
)
def test_go_reads_tiles_checkpoint_and_proof(tmp_path: Path) -> None:
    """Tools that only we wrote prove nothing about us: an inspector's own must come to the same root."""
    site = Site(tmp_path / "trial.ledger").staffed()
    with closing(site.book):
        while site.book.size < ENTRIES:
            site.write("patient/001-001", PatientMeasured(weight_kg="71.5", height_cm=None), by="nina")
        directory(site.book, tmp_path / "tiles")
        key = heads.log_key(site.book).text()
        made = proofs.prove(site.book, site.book.entry(259), 270).proof.encode()
    (tmp_path / "259.tlog-proof").write_bytes(made)
    assert "ok 300 entries, proof of 259 under 270" == _read(tmp_path, key)
    bundle = tmp_path / "tiles" / "tile" / "entries" / "001.p" / "44"
    data = bytearray(bundle.read_bytes())
    data[-40] ^= 1
    bundle.write_bytes(data)
    assert _read(tmp_path, key).startswith("x ")


def _read(folder: Path, key: str) -> str:
    env = {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOCACHE": str(folder / "cache"), "PATH": os.environ["PATH"]}
    for name in ("GOROOT", "HOME"):
        if name in os.environ:
            env[name] = os.environ[name]
    files = (folder / "tiles", key, folder / "259.tlog-proof")
    done = subprocess.run(
        [GO or "go", "run", READER, *map(str, files)], env=env, capture_output=True, text=True, check=False
    )
    return (done.stdout or done.stderr).splitlines()[0]
