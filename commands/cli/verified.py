"""What this user has verified of a ledger: the newest head of it, kept beside what was last seen, and when that was."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from commands.cli import clock, console
from commands.cli.lastseen import Look
from commands.cli.place import read_file
from commands.cli.version import SOFTWARE
from ledger.anchors.disk import alone, replace
from ledger.book import Ledger
from ledger.errors import BadInput, DoseLedgerError
from ledger.merkle.checkpoint import parse
from ledger.merkle.note import MAX_NOTE_BYTES
from ledger.verify import Report, Verified


class Kept(Struct, frozen=True, forbid_unknown_fields=True):
    """The file `<log>.verified.json`: the note, when and by which program it was verified, and when all was.

    `authority` is the SHA-256 over position and leaf hash of every entry of the streams `study` and `people` that the
    note covers: that no revocation is missing among them, no hash of the tree shows.
    """

    format: Literal["doseledger-verified/1"]
    at: datetime
    by: str
    whole: datetime
    note: str
    authority: str

    def verified(self) -> Verified:
        """Say it in words."""
        whole = f", as a whole last on {self.whole:%Y-%m-%d}" if self.whole != self.at else ""
        return Verified(self.note.encode(), f"on {self.at:%Y-%m-%d} by {self.by}{whole}")


def asked(note: str | None, seen: Look | None, path: str, *, newest: bool) -> Verified | None:
    """Give what is not to be judged again: a checkpoint in a file, or the newest that was verified here.

    Raises BadInput where both are asked for, and where what is verified is no ledger in use but a copy or inspected.
    """
    if note is None and not newest:
        return None
    if note is not None and newest:
        raise BadInput("--since and --new name two checkpoints", fix="leave one of them out")
    if seen is None:
        raise BadInput(
            "only a ledger in use is verified from a checkpoint on",
            why="a copy, and what is inspected, is always verified whole",
            fix="leave --since and --new out",
        )
    kept = _read(seen)
    if note is not None:
        data = read_file(note)
        same = kept is not None and kept.note.encode() == data
        return kept.verified() if kept is not None and same else Verified(data, "before")
    if kept is None:
        console.say("! nothing of this ledger was verified here before: everything is verified", "warn")
        return None
    if kept.authority == "unread" or kept.authority != _authority(path, kept.note):
        console.insist("! who may do what is not what was verified here before: everything is verified", "warn")
        return None
    return kept.verified()


def keep(seen: Look, report: Report, path: str) -> None:
    """Keep the head that was found good; a state folder that cannot be written keeps nothing.

    Nor is anything kept where the head that was read before is not the one that was verified: entries came meanwhile,
    or somebody put another file there.
    """
    if report.exit_code != 0 or not seen.standing.sound or not seen.standing.note:
        return
    head = parse(seen.standing.note)[0]
    if (head.size, head.root.hex()) != (report.entries, report.root):
        return
    at, before = clock.now().replace(microsecond=0), _read(seen)
    whole = before.whole if report.verdict == "continued" and before is not None else at
    place = _path(seen)
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with alone(place.with_suffix(".lock")):
            note, by = seen.standing.note.decode(), SOFTWARE.replace("/", " ")
            made = Kept("doseledger-verified/1", at, by, whole, note, _authority(path, note))
            replace(place, msgspec.json.encode(made) + b"\n")


def _authority(path: str, note: str) -> str:
    """The digest of what says who may do what among the entries of a note; a word where it cannot be read."""
    found = sha256()
    try:
        size = parse(note.encode())[0].size
        with Ledger.open(path, read_only=True) as ledger:
            for name in ("study", "people"):
                for entry in ledger.stream(name, up_to=size):
                    found.update(f"{entry.position} {entry.leaf}\n".encode())
    except (DoseLedgerError, TypeError, ValueError):
        return "unread"
    return found.hexdigest()


def _path(seen: Look) -> Path:
    note = seen.kept.path
    return note.with_name(f"{note.stem}.verified.json")


def _read(seen: Look) -> Kept | None:
    try:
        with _path(seen).open("rb") as file:
            return msgspec.json.decode(file.read(2 * MAX_NOTE_BYTES), type=Kept)
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return None
