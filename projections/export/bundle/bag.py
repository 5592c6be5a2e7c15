"""A bag (RFC 8493, BagIt 1.0): files that are hashed as they are written, and the manifests over them.

A bag is written into a folder of its own. Names are those of the bundle, never of a patient's choosing: letters,
digits, `-`, `_`, `.` and `/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from ledger.errors import BadInput

MANIFEST, TAGMANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")
_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_CHUNK = 1 << 20


class Bag:
    """A bag that grows in the empty folder `root`; `close` makes its manifests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._payload: dict[str, tuple[str, int]] = {}

    def put(self, name: str, data: bytes) -> None:
        """Write a file of the payload; `name` is its path below `data/`."""
        with self.file(name) as out:
            out.write(data)

    @contextmanager
    def file(self, name: str) -> Iterator[BinaryIO]:
        """Open a new file of the payload for writing; it is hashed when it is closed."""
        if _NAME.match(name) is None or name in self._payload:
            raise BadInput(f"{name!r} cannot stand in a bundle.")
        path = self.root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            yield out
        self._payload[name] = digest_of(path), path.stat().st_size

    def taken(self, name: str) -> None:
        """Take in what was written below `data/` by somebody else: a file, or a folder with all that is in it."""
        base = self.root / "data"
        at = base / name
        for path in [at] if at.is_file() else sorted(path for path in at.rglob("*") if path.is_file()):
            self._payload[path.relative_to(base).as_posix()] = digest_of(path), path.stat().st_size

    @property
    def names(self) -> tuple[str, ...]:
        """The paths of the payload below `data/`, sorted."""
        return tuple(sorted(self._payload))

    def digest(self, name: str) -> str:
        """The SHA-256 of a file of the payload, in hexadecimal."""
        return self._payload[name][0]

    def close(self, info: Iterable[tuple[str, str]]) -> str:
        """Write the tag files with what `info` says of the bag, and give the SHA-256 of the tag manifest."""
        size = sum(size for _, size in self._payload.values())
        lines = [*info, ("Payload-Oxum", f"{size}.{len(self._payload)}")]
        payload = {f"data/{name}": digest for name, (digest, _) in self._payload.items()}
        tags = {
            "bagit.txt": _DECLARATION,
            "bag-info.txt": "".join(f"{label}: {value}\n" for label, value in lines).encode(),
            MANIFEST: _manifest(payload),
        }
        for name, data in tags.items():
            (self.root / name).write_bytes(data)
        tag = _manifest({name: sha256(data).hexdigest() for name, data in tags.items()})
        (self.root / TAGMANIFEST).write_bytes(tag)
        return sha256(tag).hexdigest()


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    whole = sha256()
    with path.open("rb") as data:
        while piece := data.read(_CHUNK):
            whole.update(piece)
    return whole.hexdigest()


def _manifest(digests: Mapping[str, str]) -> bytes:
    """The lines that `sha256sum -c` reads: two spaces, sorted by path."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())).encode()
