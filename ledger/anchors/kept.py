"""The newest head that was seen of a log, kept in a folder outside the ledger and outside its backup.

`FOLDER/<ledger id>/<log>.note` is the signed note, byte for byte; it only ever goes forward, and is replaced whole.
What did not go with it lies beside it, one file for each incident. All are readable by their owner alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from operator import itemgetter
from pathlib import Path

from ledger.anchors.disk import alone, replace
from ledger.merkle.checkpoint import parse
from ledger.merkle.epochs import epoch
from ledger.merkle.note import MAX_NOTE_BYTES

_DAMAGED = b""
"""Stands for a file that is longer than any note: no note is empty."""


class LastSeen:
    """What one user keeps of one log. Every method may raise OSError, for the caller to decide what that means."""

    def __init__(self, folder: Path, ledger: str, log: str) -> None:
        """`folder` is that of all ledgers, `ledger` the id of this one, 64 hexadecimal digits."""
        self._folder = folder
        self._here = folder / ledger
        self._log = log
        self.path = self._here / f"{log}.note"

    def note(self) -> bytes | None:
        """The note that is kept, None where nothing was seen. Its form is not looked at."""
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_NOTE_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return data if len(data) <= MAX_NOTE_BYTES else _DAMAGED

    def keep(self, note: bytes) -> bool:
        """Keep a note whose signature and place in the log were checked; False where a later one is kept already.

        A head of a later epoch is later, however many entries it has.
        On the disk before this returns. Raises Malformed where what lies there is no note: it is never replaced.
        """
        with self._alone():
            before = self.note()
            if before is not None and _place(before) >= _place(note):
                return False
            replace(self.path, note)
            return True

    def elsewhere(self, place: str) -> tuple[str, ...]:
        """The ids of other ledgers that were first seen at this place, a path of this machine; sorted."""
        if not self._folder.is_dir():
            return ()
        others = (one for one in self._folder.iterdir() if one != self._here)
        return tuple(sorted(one.name for one in others if _said(one / f"{self._log}.place") == place))

    @staticmethod
    def seen_at(folder: Path, place: str, log: str) -> tuple[bytes, ...]:
        """What is kept of every ledger that was first seen at this place, what was kept last first."""
        if not folder.is_dir():
            return ()
        there = (LastSeen(folder, one.name, log) for one in folder.iterdir() if _said(one / f"{log}.place") == place)
        kept = sorted(((one.path.stat().st_mtime_ns, one) for one in there if one.path.is_file()), key=itemgetter(0))
        return tuple(note for _, one in reversed(kept) if (note := one.note()) is not None)

    def at(self, place: str) -> None:
        """Note the place at which the ledger was first seen."""
        with self._alone():
            replace(self._here / f"{self._log}.place", place.encode("utf-8", "surrogateescape"))

    def incident(self, verdict: str, data: bytes) -> Path:
        """Keep what did not go with the note, once for the same bytes; gives the file."""
        path = self._here / f"{self._log}.{verdict}-{sha256(data).hexdigest()[:16]}.json"
        with self._alone():
            if not path.exists():
                replace(path, data)
        return path

    def incidents(self) -> tuple[Path, ...]:
        """The files of all incidents, sorted."""
        return tuple(sorted(self._here.glob(f"{self._log}.*-*.json")))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep every other run of this user out, so that none puts an older head over a newer one."""
        self._here.mkdir(parents=True, exist_ok=True, mode=0o700)
        with alone(self._here / f"{self._log}.lock"):
            yield


def _place(note: bytes) -> tuple[int, int]:
    head = parse(note)[0]
    return epoch(head.origin), head.size


def _said(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None
