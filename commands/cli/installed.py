"""What is installed: a digest of the program's files, and a comparison of each with what the installer recorded."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

import commands
import ledger
import projections

PACKAGES = (ledger, commands, projections)
_PARTS = (".py", ".toml", ".js", ".css", ".html", ".j2", ".md")


def build() -> str:
    """Give one SHA-256 over every file of the three packages: what an entry names as the build that wrote it."""
    whole = hashlib.sha256()
    for root in (Path(package.__path__[0]) for package in PACKAGES):
        for path in sorted(path for path in root.rglob("*") if path.suffix in _PARTS):
            whole.update(f"{root.name}/{path.relative_to(root).as_posix()}\n".encode())
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


@dataclass(frozen=True)
class Checked:
    """The comparison with the installer's list: how many files agree, which differ, and why none could be compared."""

    agree: int
    differ: tuple[str, ...]
    unknown: str = ""


def check() -> Checked:
    """Compare every installed file with the hash in the distribution's RECORD."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = distribution("doseledger")
    except PackageNotFoundError:
        return Checked(0, (), "the program is not installed as a distribution")
    listed = [
        file for file in found.files or () if file.hash is not None and file.parts[0] in {p.__name__ for p in PACKAGES}
    ]
    if not listed:
        return Checked(0, (), "it runs from a working copy, whose files the installer does not list")
    differ = tuple(
        str(file)
        for file in listed
        if file.hash is not None and _digest(Path(str(file.locate())), file.hash.mode) != file.hash.value
    )
    return Checked(len(listed) - len(differ), differ)


def _digest(path: Path, mode: str) -> str:
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    return base64.urlsafe_b64encode(hashlib.new(mode, data).digest()).rstrip(b"=").decode()
