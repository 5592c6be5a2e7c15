"""A BagIt 1.0 bag against its manifests: every file listed, nothing unlisted, every digest right; each flaw named.

Whether the bag lies in a folder or in an archive makes no difference: `Files` is what both can do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from ledger.copies.lines import LINE_LIMIT, plain_file

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
SIGNATURES = "signatures/"
"""Signatures over the tag manifest lie here; they cannot be listed in it."""
_SIGNED_BY = frozenset({"tagmanifest.sig", "tagmanifest.sshsig", "allowed_signers", "export-key.pem"})
_LINE = re.compile(r"([0-9a-f]{64})  ([^\x00-\x1f\\]+)")
_ESCAPES = {"%25": "%", "%0A": "\n", "%0D": "\r"}
_READ = 1 << 20


class Files(Protocol):
    """The files of a bag by their path relative to it, with `/`."""

    def names(self) -> Iterator[str]:
        """Every file, whatever it is."""

    def open(self, name: str) -> BinaryIO | None:
        """Open a plain file to read; None where the name is none."""


class FolderFiles:
    """The files under a folder; links are named but not followed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Iterator[str]:
        """Every file under the folder, sorted."""
        waiting = [self._folder]
        while waiting:
            for one in sorted(waiting.pop().iterdir()):
                if one.is_dir() and not one.is_symlink():
                    waiting.append(one)
                else:
                    yield one.relative_to(self._folder).as_posix()

    def open(self, name: str) -> BinaryIO | None:
        """Open a plain file; None where there is none."""
        place = self._folder / name
        return place.open("rb") if plain_file(place) else None


def flaws(files: Files) -> Iterator[str]:
    """What is wrong with a bag, in sentences."""
    if _small(files, "bagit.txt") != DECLARATION:
        yield "bagit.txt is missing or does not declare BagIt 1.0 in UTF-8"
    names = set(files.names())
    payload = {name for name in names if name.startswith("data/")}
    tags = {name for name in names - payload if name != TAG_MANIFEST and not name.startswith(SIGNATURES)}
    for name in sorted(names):
        if name.startswith(SIGNATURES) and name.removeprefix(SIGNATURES) not in _SIGNED_BY:
            yield f"{name} is in no manifest, and is no signature over one"
    yield from _listed(files, MANIFEST, payload)
    yield from _listed(files, TAG_MANIFEST, tags)


def _listed(files: Files, manifest: str, expected: set[str]) -> Iterator[str]:
    text = _small(files, manifest)
    if text is None:
        yield f"{manifest} is missing or cannot be read"
        return
    listed: dict[str, str] = {}
    for number, line in enumerate(_lines(text), 1):
        found = _LINE.fullmatch(line)
        if found is None:
            yield f"line {number} of {manifest} is not in its form"
            continue
        name = re.sub("%(?:25|0A|0D)", lambda match: _ESCAPES[match[0]], found[2])
        if name in listed:
            yield f"{name} is listed twice in {manifest}"
        listed[name] = found[1]
    for name in sorted(expected - listed.keys()):
        yield f"{name} is not listed in {manifest}"
    for name, digest in sorted(listed.items()):
        if name not in expected:
            yield f"{name} is listed in {manifest} and is not there"
        elif digest_in(files, name) != digest:
            yield f"{name} is not the file that {manifest} names: its bytes are others"


def _lines(text: bytes) -> list[str]:
    lines = text.decode("utf-8", "replace").split("\n")
    return lines[:-1] if not lines[-1] else lines


def _small(files: Files, name: str) -> bytes | None:
    """A whole tag file, up to a size that no honest one reaches."""
    file = files.open(name)
    if file is None:
        return None
    with file:
        data = file.read(64 * LINE_LIMIT + 1)
    return data if len(data) <= 64 * LINE_LIMIT else None


def digest_in(files: Files, name: str) -> str:
    """The SHA-256 of a file, hexadecimal; empty where there is none."""
    file = files.open(name)
    if file is None:
        return ""
    made = sha256()
    with file:
        while data := file.read(_READ):
            made.update(data)
    return made.hexdigest()
